//! A transaction, as verbs see it.

use crate::{
    conn::Conn,
    insert::Change,
    link::Link,
    notices::Notice,
    owned::{Mine, Owned},
};
use diesel::{
    OptionalExtension, RunQueryDsl, dsl,
    query_dsl::methods::{FilterDsl, LimitDsl, LoadQuery},
};
use kernel::{AccountId, Error, Id, Noun, Result, Source, Timestamp};

/// What a transaction may reach. Only this crate has such types.
pub trait Scope: Copy + Send + sealed::Sealed + 'static {
    /// The one account, where it is one.
    fn account(&self) -> Option<AccountId>;
}

/// One account.
#[derive(Clone, Copy, Debug)]
pub struct Within(pub(crate) AccountId);

/// All accounts.
#[derive(Clone, Copy, Debug)]
pub struct Across(pub(crate) ());

impl Scope for Within {
    fn account(&self) -> Option<AccountId> {
        Some(self.0)
    }
}

impl Scope for Across {
    fn account(&self) -> Option<AccountId> {
        None
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Within {}
    impl Sealed for super::Across {}
}

/// A transaction within one account.
pub type Tx<'c> = Transaction<'c, Within>;
/// A transaction across accounts.
pub type SystemTx<'c> = Transaction<'c, Across>;

/// A transaction. It commits when its closure returns `Ok`.
pub struct Transaction<'c, S> {
    pub(crate) link: &'c mut Link,
    pub(crate) scope: S,
    source: &'c Source,
    now: Timestamp,
    /// What it tells once it is committed.
    notices: &'c mut Vec<Notice>,
}

impl<'c, S: Scope> Transaction<'c, S> {
    pub(crate) fn new(
        link: &'c mut Link,
        scope: S,
        source: &'c Source,
        notices: &'c mut Vec<Notice>,
    ) -> Self {
        Self { link, scope, source, now: source.now(), notices }
    }

    /// When this run of the transaction began: the same for all that it does.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id.
    pub fn id<N: Noun>(&self) -> Id<N> {
        self.source.id()
    }

    /// Time and randomness.
    pub fn source(&self) -> &'c Source {
        self.source
    }

    /// All rows of a query.
    pub fn load<'q, Row>(&mut self, query: impl LoadQuery<'q, Conn, Row>) -> Result<Vec<Row>> {
        self.run(|conn| query.load(conn))
    }

    /// The first row of a SELECT, if there is one. Adds `LIMIT 1`.
    pub fn first<'q, Row, Q>(&mut self, query: Q) -> Result<Option<Row>>
    where
        Q: LimitDsl + RunQueryDsl<Conn>,
        dsl::Limit<Q>: LoadQuery<'q, Conn, Row>,
    {
        self.run(|conn| query.first(conn).optional())
    }

    /// The one row of a query: a count, or what a change returned. `not-found` where there is none.
    pub fn get<'q, Row>(&mut self, query: impl LoadQuery<'q, Conn, Row>) -> Result<Row> {
        self.run(|conn| query.get_result(conn))
    }

    /// Runs an UPDATE or a DELETE, and says how many rows it struck.
    pub fn execute(&mut self, change: impl Change) -> Result<usize> {
        self.run(|conn| change.apply(conn))
    }

    /// Runs `work` so that its error is tolerated: where it fails, what it did is undone and the error is the inner
    /// result. The outer one fails where the transaction cannot go on.
    ///
    /// Anywhere else a failed statement ends the transaction.
    pub fn savepoint<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<Result<T>> {
        if self.link.trouble().is_some() {
            return Err(Error::internal("a savepoint after a failed statement"));
        }
        self.link.save().map_err(|cause| self.link.fail(cause))?;
        let told = self.notices.len();
        let result = work(self);
        if result.is_err() {
            self.notices.truncate(told);
        }
        let swallowed = result.is_ok() && self.link.trouble().is_some();
        if swallowed || self.link.is_over() {
            return result.and(Err(Error::internal("the transaction cannot go on")));
        }
        let end = if result.is_ok() { self.link.keep() } else { self.link.undo() };
        match end {
            Ok(()) => Ok(result),
            Err(cause) => result.and(Err(self.link.fail(cause))),
        }
    }

    pub(crate) fn run<T>(
        &mut self,
        statement: impl FnOnce(&mut Conn) -> diesel::QueryResult<T>,
    ) -> Result<T> {
        self.link.run(self.scope.account(), statement)
    }
}

impl Tx<'_> {
    /// The account.
    pub fn account(&self) -> AccountId {
        self.scope.0
    }

    /// Tells whoever listens ([`crate::Db::listen`]) one line, once this is committed. It is not sealed.
    ///
    /// # Errors
    /// Internal, where it is longer than 3,800 bytes.
    pub fn notify(&mut self, text: &str) -> Result<()> {
        self.notices.push(Notice::new(self.scope.0, text)?);
        Ok(())
    }

    /// The rows of a table that are the account's, to select, update or delete.
    pub fn of<T>(&self, table: T) -> Mine<T>
    where
        T: Owned + FilterDsl<dsl::Eq<T::Account, AccountId>>,
    {
        use diesel::ExpressionMethods;
        table.filter(T::Account::default().eq(self.scope.0))
    }
}

impl SystemTx<'_> {
    /// Goes on within one account, in the same transaction.
    pub fn within(&mut self, account: AccountId) -> Tx<'_> {
        Transaction {
            link: self.link,
            scope: Within(account),
            source: self.source,
            now: self.now,
            notices: self.notices,
        }
    }
}
