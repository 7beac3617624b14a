//! Migrations: the steps from an empty database to the one that this program knows.
//!
//! They go forward only, on a live system (expand, then contract). A database that has taken a step this program does
//! not know belongs to a newer one, and is refused.

use crate::{
    address::Address,
    conn::Conn,
    postgres::Wire,
    sqlite::{self, Use},
};
use diesel::{
    Connection, QueryableByName, RunQueryDsl, connection::SimpleConnection, migration::MigrationSource,
    sql_query, sql_types::Text,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use kernel::{Error, Kind, Result, ResultExt};
use std::{collections::BTreeSet, path::Path};

/// The steps for each engine.
pub struct Migrations {
    /// For SQLite.
    pub sqlite: EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: EmbeddedMigrations,
}

impl Migrations {
    /// Those of the product.
    pub const PRODUCT: Self = Self {
        sqlite: embed_migrations!("migrations/sqlite"),
        postgres: embed_migrations!("migrations/postgres"),
    };
}

/// Brings the file of SQLite forward.
pub(crate) fn sqlite(path: &Path, steps: EmbeddedMigrations, create: bool) -> Result<()> {
    #[derive(QueryableByName)]
    struct Broken {
        #[diesel(sql_type = Text)]
        table: String,
    }
    if !create && !path.exists() {
        return Err(no_database());
    }
    let mut conn = sqlite::open(path, Use::Migrate)?;
    if forward(&mut conn, steps, create)? {
        let broken: Vec<Broken> = sql_query("PRAGMA foreign_key_check").load(&mut conn).or_internal()?;
        if let Some(Broken { table }) = broken.first() {
            return Err(Error::internal(format!("a migration left a broken reference in {table}")));
        }
    }
    Ok(())
}

/// Brings PostgreSQL forward, as the role that owns the tables, one node at a time.
pub(crate) fn postgres(owner: &Address, steps: EmbeddedMigrations, create: bool) -> Result<()> {
    let mut wire = Wire::open(owner)?;
    wire.batch_execute("SELECT pg_advisory_lock(4713046)").or_unavailable()?; // ends with the session
    forward(&mut Conn::Postgres(wire), steps, create).map(drop)
}

fn no_database() -> Error {
    Error::new(Kind::Unavailable, "no-database")
}

/// Runs what is missing; whether anything was.
fn forward(conn: &mut Conn, steps: EmbeddedMigrations, create: bool) -> Result<bool> {
    let done = conn.applied_migrations().or_internal()?;
    if done.is_empty() && !create {
        return Err(no_database());
    }
    let known: Vec<_> = MigrationSource::<<Conn as Connection>::Backend>::migrations(&steps).or_internal()?;
    let known: BTreeSet<_> = known.iter().map(|step| step.name().version().as_owned()).collect();
    if let Some(unknown) = done.iter().find(|step| !known.contains(step)) {
        let newest = known.last().map(ToString::to_string).unwrap_or_default();
        let text = format!("the database has step {unknown}; this program knows steps up to {newest}");
        return Err(Error::new(Kind::Unavailable, "newer-database").because(text));
    }
    let run = conn.run_pending_migrations(steps).or_internal()?;
    for step in &run {
        tracing::info!(%step, "the database was brought forward");
    }
    Ok(!run.is_empty())
}
