//! Whether the database would take a write.

use crate::{conn::Conn, tx::SystemTx};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Bool, Text},
};
use kernel::{Clock, Result};

/// What a database that takes writes says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `SQLite` or `PostgreSQL`.
    pub engine: &'static str,
    /// The version of the engine: `3.51.1`.
    pub version: String,
    /// Whether it has a commit on the disk before it says that it is done, as its own settings are now.
    pub durable: bool,
    /// By how many microseconds its clock is ahead of this machine's, as far as an answer's way tells; 0 where it is the same.
    pub ahead: i64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Durable {
    #[diesel(sql_type = Bool)]
    durable: bool,
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = BigInt)]
    micros: i64,
}

/// The clock of PostgreSQL, which is another machine's.
const POSTGRES_NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros";

/// SQLite: `synchronous` of this connection, which is the writer, and a journal on the disk.
const SQLITE_DURABLE: &str = "SELECT synchronous >= 2 AND journal_mode IN ('wal', 'delete', 'truncate', 'persist') AS durable \
     FROM pragma_synchronous, pragma_journal_mode";
/// PostgreSQL: the log is flushed at each commit, to a disk that is told to, and torn pages are mended.
const POSTGRES_DURABLE: &str = "SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off' \
     AND current_setting('full_page_writes') = 'on' AS durable";

/// Makes the commit of this transaction a real one, without a row, and reads the version and what it is set to.
pub(crate) fn check(tx: &mut SystemTx<'_>) -> Result<Health> {
    tx.run(|conn| {
        let mut ahead = 0;
        let (engine, version, durable) = match conn {
            Conn::Sqlite(conn) => {
                conn.batch_execute("PRAGMA user_version = 1")?; // dirties the first page
                ("SQLite", "SELECT sqlite_version() AS version", SQLITE_DURABLE)
            }
            Conn::Postgres(wire) => {
                // COMMIT then waits for the standby, as it does not for a transaction that has a number only.
                wire.batch_execute("SELECT pg_logical_emit_message(true, 'palisade', '')")?;
                let (clock, before) = (Clock::system(), Clock::system().now());
                let Now { micros } = sql_query(POSTGRES_NOW).get_result(wire)?;
                // No difference is the nearest that can be so, where it was asked and answered in between.
                ahead = (micros - clock.now().micros()).max(0) + (micros - before.micros()).min(0);
                let version = "SELECT current_setting('server_version') AS version";
                ("PostgreSQL", version, POSTGRES_DURABLE)
            }
        };
        let Version { version } = sql_query(version).get_result(conn)?;
        let Durable { durable } = sql_query(durable).get_result(conn)?;
        Ok(Health { engine, version, durable, ahead })
    })
}
