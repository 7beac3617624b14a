//! Whether the database would take a write.

use crate::{conn::Conn, tx::SystemTx};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text};
use kernel::Result;

/// What a database that takes writes says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `SQLite` or `PostgreSQL`.
    pub engine: &'static str,
    /// The version of the engine: `3.51.1`.
    pub version: String,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Makes the commit of this transaction a real one, without a row, and reads the version.
pub(crate) fn check(tx: &mut SystemTx<'_>) -> Result<Health> {
    tx.run(|conn| {
        let (engine, query) = match conn {
            Conn::Sqlite(conn) => {
                conn.batch_execute("PRAGMA user_version = 1")?; // dirties the first page
                ("SQLite", "SELECT sqlite_version() AS version")
            }
            Conn::Postgres(wire) => {
                wire.batch_execute("SELECT pg_current_xact_id()")?; // COMMIT then waits for the standby
                ("PostgreSQL", "SELECT current_setting('server_version') AS version")
            }
        };
        let Version { version } = sql_query(query).get_result(conn)?;
        Ok(Health { engine, version })
    })
}
