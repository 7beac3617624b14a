//! Opening the file of SQLite.

use crate::conn::Conn;
use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types::Text,
};
use kernel::{Error, Result, ResultExt};
use std::{fmt::Write, fs, io, os::unix::ffi::OsStrExt, os::unix::fs::OpenOptionsExt, path::Path};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Transactions that read; the file is opened read-only.
    Read,
    /// The one writer.
    Write,
    /// Migrations: a table may be made anew, so references are checked afterwards instead.
    Migrate,
}

/// Opens the file, and makes it where it is missing, unless to read.
///
/// * `busy_timeout`: another process (a backup, a command) may hold the write lock for a moment.
/// * `synchronous=FULL`: a commit is on the disk before it is acknowledged, also in WAL mode.
/// * `secure_delete`: what is deleted is overwritten.
/// * `temp_store=MEMORY`: a sort never leaves rows in a temporary file.
pub(crate) fn open(path: &Path, purpose: Use) -> Result<Conn> {
    if purpose != Use::Read {
        make_private(path).map_err(|error| Error::unavailable(format!("{}: {error}", path.display())))?;
    }
    let mut conn = SqliteConnection::establish(&uri(path, purpose)).or_unavailable()?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 2000; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;",
    )
    .or_unavailable()?;
    conn.batch_execute(match purpose {
        Use::Read => "PRAGMA foreign_keys = ON; PRAGMA query_only = ON;",
        Use::Write => {
            "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864;"
        }
        Use::Migrate => "PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON;",
    })
    .or_unavailable()?;
    if purpose != Use::Read {
        write_ahead(&mut conn)?;
    }
    Ok(Conn::Sqlite(conn))
}

/// An empty file is an empty database. `-wal` and `-shm` take over its mode.
fn make_private(path: &Path) -> io::Result<()> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// The path as a URI (SQLite, "Uniform Resource Identifiers"), since only a URI can say `mode`.
fn uri(path: &Path, purpose: Use) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(byte.into());
        } else {
            let _ = write!(uri, "%{byte:02X}"); // writing to a String cannot fail
        }
    }
    uri.push_str(if purpose == Use::Read { "?mode=ro" } else { "?mode=rwc" });
    uri
}

/// Turns the write-ahead log on. On a file system that cannot, SQLite keeps the old mode without an error.
fn write_ahead(conn: &mut SqliteConnection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let Mode { journal_mode } = sql_query("PRAGMA journal_mode = WAL").get_result(conn).or_unavailable()?;
    if journal_mode == "wal" {
        return Ok(());
    }
    Err(Error::unavailable(format!("SQLite cannot keep a write-ahead log here; its mode is {journal_mode}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_hold_any_byte() {
        assert_eq!(uri(Path::new("/a b/c?d%#é.db"), Use::Read), "file:/a%20b/c%3Fd%25%23%C3%A9.db?mode=ro");
    }
}
