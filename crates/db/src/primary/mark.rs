//! What became of a COMMIT that had no answer, and how many servers hold one that had.
//!
//! Each write begins, in the same message, by inserting a row of its own: its **mark**. Where the answer of its COMMIT is lost,
//! it is run again under the same mark. A row that is there already says that it was committed, and the result of that run is
//! given; where the first is still on its way, PostgreSQL has the second wait for it. So nothing is done twice, and whoever
//! waits hears what is so. (The marks of a client, which outlive the node, are the receipts of the product.)
//!
//! With a COMMIT, also in the same message, the primary tells how many standbys have flushed it.

use diesel::result::{DatabaseErrorKind, Error::DatabaseError};
use kernel::Timestamp;
use std::{fmt::Write, time::Duration};

/// How long marks are kept: much longer than anybody waits for a COMMIT.
const KEPT: Duration = Duration::from_hours(1);
/// The SQLSTATE of the notice that tells of copies.
pub(crate) const TOLD: &str = "PL001";

/// Names a write, at each of its runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark([u8; 16]);

impl Mark {
    /// Of a UUID of version 7: it begins with the time.
    pub(crate) fn new(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// The statement that inserts it.
    pub(crate) fn insert(self) -> String {
        format!("INSERT INTO __commit_mark (id) VALUES ('\\x{}')", hex(&self.0))
    }

    /// The statement that deletes those that were made long before `now`.
    pub(super) fn forget(now: Timestamp) -> String {
        let millis = ((now - KEPT).micros() / 1_000).unsigned_abs();
        format!("DELETE FROM __commit_mark WHERE id < '\\x{}'", hex(&millis.to_be_bytes()[2..]))
    }

    /// Whether this error says that the mark is there already.
    pub(crate) fn is_there(cause: &diesel::result::Error) -> bool {
        matches!(cause, DatabaseError(DatabaseErrorKind::UniqueViolation, details) if details.constraint_name() == Some("__commit_mark_pkey"))
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // a String takes all
    }
    text
}

/// What the primary tells of copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Up to where in the log.
    pub(crate) since: String,
    /// Standbys that stream.
    pub(crate) streaming: usize,
    /// Those of them that have flushed the log so far.
    pub(crate) holding: usize,
}

impl Told {
    /// The question, of the log as it is now.
    pub(crate) const ASK: &str = "SELECT __tell_copies(pg_current_wal_flush_lsn())";

    /// The question, of the log as it was.
    pub(crate) fn ask_again(&self) -> String {
        format!("SELECT __tell_copies('{}')", self.since)
    }

    /// Reads the notice.
    pub(crate) fn read(message: &str) -> Option<Self> {
        let mut words = message.split(' ');
        let since = words.next().filter(|since| since.bytes().all(|b| b.is_ascii_hexdigit() || b == b'/'))?;
        let (streaming, holding) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { since: since.to_owned(), streaming, holding })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_before_are_those_whose_id_begins_so() {
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        let millis = (1_795_000_000_000_u64 - 3_600_000).to_be_bytes();
        assert_eq!(
            Mark::forget(now),
            format!("DELETE FROM __commit_mark WHERE id < '\\x{}'", hex(&millis[2..]))
        );
    }

    #[test]
    fn a_notice_is_read_and_nothing_odd_is_asked_again() {
        let told = Told::read("0/3000148 2 1").unwrap();
        assert_eq!((told.streaming, told.holding), (2, 1));
        assert_eq!(told.ask_again(), "SELECT __tell_copies('0/3000148')");
        for odd in ["", "0/1", "0/1 2", "'; DROP 1 1", "0/1 a b"] {
            assert_eq!(Told::read(odd), None, "{odd}");
        }
    }
}
