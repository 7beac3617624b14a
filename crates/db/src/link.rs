//! A connection and the state of the transaction on it.

use crate::{
    conn::{Conn, Fixed},
    error::{self, Trouble},
    guard::{Eyes, Guard},
    postgres::{Answer, Held},
    primary::mark::Mark,
};
use diesel::{
    Connection, QueryResult, RunQueryDsl,
    connection::SimpleConnection,
    result::{DatabaseErrorKind, Error::DatabaseError},
};
use kernel::{AccountId, Error, Result};
use std::{fmt::Write, sync::Arc};

/// Whether a transaction may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It sees one snapshot, and the engine refuses a change.
    Read,
    /// It is as if no other ran at the same time.
    Write,
}

/// How a transaction begins.
pub(crate) enum Begun {
    /// It is open.
    Open,
    /// An earlier run under this mark was committed.
    Before,
}

/// What became of a COMMIT.
pub(crate) enum Commit {
    /// It is durable, and so many hold it.
    Done(Held),
    /// The engine says that it did not happen.
    Refused(diesel::result::Error),
    /// Nobody can say.
    Unknown(Error),
}

/// A connection and the state of the transaction on it.
pub(crate) struct Link {
    conn: Conn,
    trouble: Option<Trouble>,
    guard: Option<Arc<Guard>>,
}

impl Link {
    pub(crate) fn new(mut conn: Conn, guarded: bool) -> Self {
        let guard = guarded.then(Arc::<Guard>::default);
        if let Some(guard) = &guard {
            conn.set_instrumentation(Eyes(Arc::clone(guard)));
        }
        Self { conn, trouble: None, guard }
    }

    /// Begins a transaction, for this account or across accounts. On PostgreSQL a write is known by its mark.
    pub(crate) fn begin(
        &mut self,
        access: Access,
        account: Option<AccountId>,
        mark: Option<Mark>,
    ) -> QueryResult<Begun> {
        self.trouble = None;
        self.expect(None);
        let begun = match (&mut self.conn, access) {
            (Conn::Sqlite(conn), Access::Read) => Fixed("BEGIN").execute(conn).map(drop),
            (Conn::Sqlite(conn), Access::Write) => Fixed("BEGIN IMMEDIATE").execute(conn).map(drop),
            (Conn::Postgres(wire), access) => wire.batch_execute(&begin(access, account, mark)),
        };
        match begun {
            Ok(()) => Ok(Begun::Open),
            Err(cause) if Mark::is_there(&cause) => self.rollback().map(|()| Begun::Before),
            Err(cause) => Err(cause),
        }
    }

    /// How many hold what an earlier run committed.
    pub(crate) fn held(&mut self) -> QueryResult<Held> {
        match &mut self.conn {
            Conn::Sqlite(_) => Ok(Held::Enough),
            Conn::Postgres(wire) => wire.held(),
        }
    }

    /// Runs one statement of this account, unless one failed before: SQLite may have ended the transaction itself, and
    /// the next statement would be a transaction of its own.
    pub(crate) fn run<T>(
        &mut self,
        account: Option<AccountId>,
        statement: impl FnOnce(&mut Conn) -> QueryResult<T>,
    ) -> Result<T> {
        if self.trouble.is_some() {
            return Err(Error::internal("a statement after a failed one, outside a savepoint"));
        }
        self.expect(account);
        let result = statement(&mut self.conn);
        if let Some(complaint) = self.guard.as_ref().and_then(|guard| guard.complaint()) {
            self.trouble = Some(Trouble::Statement);
            return Err(Error::internal(complaint));
        }
        result.map_err(|cause| {
            if !matches!(cause, diesel::result::Error::NotFound) {
                self.trouble = Some(error::trouble(&cause));
            }
            error::error(cause)
        })
    }

    /// What went wrong in this transaction and was not undone.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// Whether the transaction cannot go on, even after an undo.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.trouble, Some(Trouble::Collision | Trouble::Lost))
    }

    /// Notes the failure of a savepoint: the transaction cannot go on.
    pub(crate) fn fail(&mut self, cause: diesel::result::Error) -> Error {
        self.trouble.get_or_insert(error::trouble(&cause));
        error::error(cause)
    }

    /// From here on all can be undone without the rest.
    pub(crate) fn save(&mut self) -> QueryResult<()> {
        self.fixed("SAVEPOINT s")
    }

    /// Keeps what was done since [`Link::save`].
    pub(crate) fn keep(&mut self) -> QueryResult<()> {
        self.fixed("RELEASE SAVEPOINT s")
    }

    /// Undoes what was done since [`Link::save`], and with it its trouble. It fails where the engine ended the
    /// whole transaction.
    pub(crate) fn undo(&mut self) -> QueryResult<()> {
        self.fixed("ROLLBACK TO SAVEPOINT s")?;
        self.fixed("RELEASE SAVEPOINT s")?;
        self.trouble = None;
        Ok(())
    }

    /// Commits.
    pub(crate) fn commit(&mut self) -> Commit {
        self.expect(None);
        let answer = match &mut self.conn {
            Conn::Sqlite(conn) => Fixed("COMMIT").execute(conn).map(|_| Answer::Held(Held::Enough)),
            Conn::Postgres(wire) => wire.commit(),
        };
        match answer {
            Ok(Answer::Held(held)) => Commit::Done(held),
            // "canceling wait for synchronous replication": committed here, perhaps nowhere else.
            Ok(Answer::Warned(warning)) => Commit::Unknown(error::unknown_outcome(warning)),
            Err(cause) if is_certain(&cause) => Commit::Refused(cause),
            Err(cause) => Commit::Unknown(error::unknown_outcome(cause)),
        }
    }

    /// SQLite: moves what is in the write-ahead log into the database's file, and gives the log's room back. Outside of a
    /// transaction.
    pub(crate) fn empty_log(&mut self) -> QueryResult<()> {
        match &mut self.conn {
            Conn::Sqlite(conn) => conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
            Conn::Postgres(_) => Ok(()),
        }
    }

    /// Rolls all of it back. SQLite may have done so itself.
    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        match self.fixed("ROLLBACK") {
            Err(DatabaseError(_, details))
                if details.message() == "cannot rollback - no transaction is active" =>
            {
                Ok(())
            }
            other => other,
        }
    }

    fn fixed(&mut self, sql: &'static str) -> QueryResult<()> {
        self.expect(None);
        match &mut self.conn {
            Conn::Sqlite(conn) => Fixed(sql).execute(conn).map(drop),
            Conn::Postgres(wire) => wire.batch_execute(sql),
        }
    }

    fn expect(&self, account: Option<AccountId>) {
        if let Some(guard) = &self.guard {
            guard.expect(account);
        }
    }
}

/// PostgreSQL's BEGIN, in one message with the account that row level security asks for, and the mark. Writes are
/// serializable, since verbs look before they change, as they may behind SQLite's one writer.
fn begin(access: Access, account: Option<AccountId>, mark: Option<Mark>) -> String {
    let mut sql = String::from(match access {
        Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Access::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
    });
    if let Some(account) = account {
        sql.push_str("; SELECT set_config('app.account_id', '");
        for byte in account.bytes() {
            let _ = write!(sql, "{byte:02x}"); // writing to a String cannot fail
        }
        sql.push_str("', true)");
    }
    if let Some(mark) = mark {
        sql.push_str("; ");
        sql.push_str(&mark.insert());
    }
    sql
}

/// Whether an error at COMMIT says for certain that nothing was committed: a collision, a reference that was checked
/// late, or no room for the log.
fn is_certain(cause: &diesel::result::Error) -> bool {
    use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, UniqueViolation};
    matches!(error::trouble(cause), Trouble::Full | Trouble::Collision)
        || matches!(cause, DatabaseError(ForeignKeyViolation | UniqueViolation | CheckViolation, _))
}
