//! What an engine's failure means, for the transaction and for whoever waits for it.

use diesel::result::{DatabaseErrorKind, Error as Cause};
use kernel::{Error, Kind};

/// What a failure does to the transaction it struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The statement is undone; the rest may be saved by a savepoint.
    Statement,
    /// There is no room left. SQLite may have ended the whole transaction.
    Full,
    /// It collided with another transaction: run all of it again.
    Collision,
    /// A lock was not given in time: SQLite's write lock, which another process holds, or one of PostgreSQL's. Or a statement
    /// took too long.
    Locked,
    /// The connection is gone, or not to be trusted: open another and run all of it again.
    Lost,
}

/// What `cause` does to the transaction.
pub(crate) fn trouble(cause: &Cause) -> Trouble {
    let Cause::DatabaseError(kind, details) = cause else { return Trouble::Statement };
    match kind {
        DatabaseErrorKind::SerializationFailure => Trouble::Collision,
        DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => Trouble::Lost,
        // Neither engine's code for these comes through Diesel. SQLite's texts are constant (sqlite3_errstr);
        // PostgreSQL's are those of lc_messages C or English.
        DatabaseErrorKind::Unknown => match details.message() {
            "database or disk is full" => Trouble::Full,
            "database is locked" => Trouble::Locked,
            "disk I/O error" => Trouble::Lost,
            "deadlock detected" => Trouble::Collision,
            "canceling statement due to lock timeout" | "canceling statement due to statement timeout" => {
                Trouble::Locked
            }
            message if message.ends_with("No space left on device") => Trouble::Full,
            message if message.starts_with("terminating connection") => Trouble::Lost,
            _ => Trouble::Statement,
        },
        _ => Trouble::Statement,
    }
}

/// What whoever waits is told.
pub(crate) fn error(cause: Cause) -> Error {
    match trouble(&cause) {
        Trouble::Full => return Error::new(Kind::Unavailable, "storage-full").because(cause),
        Trouble::Collision | Trouble::Locked => return Error::new(Kind::Unavailable, "busy").because(cause),
        Trouble::Lost => return Error::unavailable(cause),
        Trouble::Statement => {}
    }
    match cause {
        Cause::NotFound => Error::not_found(),
        Cause::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            Error::conflict("duplicate").because(cause)
        }
        Cause::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            Error::conflict("missing-reference").because(cause)
        }
        cause => Error::internal(cause),
    }
}

/// COMMIT was sent and nobody can say what became of it.
pub(crate) fn unknown_outcome(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Unavailable, "unknown-outcome").because(cause)
}

/// Whether a row with the same unique values is there already.
pub fn is_duplicate(error: &Error) -> bool {
    error.kind() == Kind::Conflict && error.code() == "duplicate"
}

/// Whether nobody can say if the write was committed. It may be repeated under its idempotency key.
pub fn is_unknown_outcome(error: &Error) -> bool {
    error.kind() == Kind::Unavailable && error.code() == "unknown-outcome"
}
