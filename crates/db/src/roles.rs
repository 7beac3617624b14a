//! The roles of PostgreSQL, without which row level security protects nothing.
//!
//! The everyday role must be bound by it: no superuser, no `BYPASSRLS`, no owner of tables. The role for work across
//! accounts must not be bound: a policy would silently hide rows from a count or a backfill. `row_security = off` makes
//! the server refuse such a statement instead.

use crate::{
    address::Address,
    postgres::{Limits, Wire},
    primary::Primary,
};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_query,
    sql_types::{Bool, Text},
};
use kernel::{Error, Result, ResultExt};

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Bool)]
    bypasses: bool,
    #[diesel(sql_type = Bool)]
    owns: bool,
    #[diesel(sql_type = Text)]
    language: String,
}

fn role(wire: &mut Wire) -> Result<Role> {
    sql_query(
        "SELECT rolsuper OR rolbypassrls AS bypasses, EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid) AS owns, \
         current_setting('lc_messages') AS language FROM pg_roles r WHERE rolname = current_user",
    )
    .get_result(wire)
    .or_unavailable()
}

/// Refuses an everyday role that row level security does not bind.
pub(crate) fn check_app(wire: &mut Wire) -> Result<()> {
    let role = role(wire)?;
    if role.bypasses {
        return Err(Error::unavailable("the role of `url` bypasses row level security"));
    }
    if role.owns {
        return Err(Error::unavailable("the role of `url` owns tables"));
    }
    if !["", "C", "POSIX", "en"].iter().any(|known| role.language.split(['.', '_']).next() == Some(known)) {
        tracing::warn!(
            lc_messages = role.language,
            "a deadlock or a full disk of PostgreSQL is told apart in English only: set lc_messages to C"
        );
    }
    Ok(())
}

/// Refuses a system role that row level security binds.
pub(crate) fn check_system(wire: &mut Wire) -> Result<()> {
    let role = role(wire)?;
    if !role.bypasses {
        return Err(Error::unavailable("the role of `system_url` lacks BYPASSRLS"));
    }
    if role.owns {
        return Err(Error::unavailable("the role of `system_url` owns tables"));
    }
    Ok(())
}

/// Opens a session across accounts.
pub(crate) fn open_system(address: &Address, primary: &Primary, limits: Limits) -> Result<Wire> {
    let mut wire = Wire::at(address, primary, limits)?;
    wire.batch_execute("SET row_security = off").or_unavailable()?;
    Ok(wire)
}
