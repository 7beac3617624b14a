//! Rows into tables. The account is never among the row's own fields: the transaction adds it.

use crate::{
    conn::{Conn, MultiBackend},
    owned::Owned,
    postgres::Wire,
    tx::{Scope, SystemTx, Transaction, Tx},
};
use diesel::{
    ExpressionMethods, Insertable, QueryResult, SqliteConnection, Table, dsl,
    insertable::{CanInsertInSingleQuery, InsertValues},
    pg::Pg,
    query_builder::{
        DeleteStatement, InsertStatement, QueryFragment, QueryId, UndecoratedInsertRecord, UpdateStatement,
        ValuesClause,
    },
    query_dsl::methods::{ExecuteDsl, LoadQuery},
    query_source::QuerySource,
    sqlite::Sqlite,
};
use kernel::{AccountId, Result};

/// A row to be inserted into `T`, without its account: any `#[derive(Insertable)]` with
/// `treat_none_as_default_value = false`, or a reference to one.
pub trait Row<T: Table>:
    Insertable<T, Values = ValuesClause<Self::Columns, T>> + UndecoratedInsertRecord<T>
{
    /// The columns, as Diesel sees them.
    type Columns: Columns<T>;
}

impl<T, R, C> Row<T> for R
where
    T: Table,
    R: Insertable<T, Values = ValuesClause<C, T>> + UndecoratedInsertRecord<T>,
    C: Columns<T>,
{
    type Columns = C;
}

/// The columns of a row, good for both engines.
pub trait Columns<T: Table>:
    InsertValues<MultiBackend, T>
    + InsertValues<Sqlite, T>
    + InsertValues<Pg, T>
    + CanInsertInSingleQuery<MultiBackend>
    + CanInsertInSingleQuery<Sqlite>
    + CanInsertInSingleQuery<Pg>
    + QueryId
{
}

impl<T, C> Columns<T> for C
where
    T: Table,
    C: InsertValues<MultiBackend, T>
        + InsertValues<Sqlite, T>
        + InsertValues<Pg, T>
        + CanInsertInSingleQuery<MultiBackend>
        + CanInsertInSingleQuery<Sqlite>
        + CanInsertInSingleQuery<Pg>
        + QueryId,
{
}

/// A row and the account that it belongs to.
pub type OwnedRow<T, R> = (dsl::Eq<<T as Owned>::Account, AccountId>, R);

/// PostgreSQL takes at most 65,535 values in a statement; a table has at most 32 columns.
const BATCH: usize = 1_000;

/// What [`Transaction::execute`] takes: an UPDATE or a DELETE, as Diesel makes them.
pub trait Change: sealed::Sealed {
    #[doc(hidden)]
    fn apply(self, conn: &mut Conn) -> QueryResult<usize>;
}

impl<T: QuerySource, U, V, R> Change for UpdateStatement<T, U, V, R>
where
    Self: ExecuteDsl<Conn>,
{
    fn apply(self, conn: &mut Conn) -> QueryResult<usize> {
        ExecuteDsl::execute(self, conn)
    }
}

impl<T: QuerySource, U, R> Change for DeleteStatement<T, U, R>
where
    Self: ExecuteDsl<Conn>,
{
    fn apply(self, conn: &mut Conn) -> QueryResult<usize> {
        ExecuteDsl::execute(self, conn)
    }
}

mod sealed {
    use super::{DeleteStatement, QuerySource, UpdateStatement};
    pub trait Sealed {}
    impl<T: QuerySource, U, V, R> Sealed for UpdateStatement<T, U, V, R> {}
    impl<T: QuerySource, U, R> Sealed for DeleteStatement<T, U, R> {}
}

impl Tx<'_> {
    /// A row with the account of the transaction, for [`Transaction::upsert`]. `R` is a `#[derive(Insertable)]` without
    /// the account, or a reference to one.
    pub fn owned<T: Owned, R>(&self, _table: T, row: R) -> OwnedRow<T, R> {
        (T::Account::default().eq(self.account()), row)
    }

    /// Inserts a row for the account.
    pub fn insert<T: Owned, R: Row<T>>(&mut self, table: T, row: R) -> Result<()> {
        let row = self.owned(table, row);
        self.run(|conn| ExecuteDsl::execute(diesel::insert_into(table).values(row), conn)).map(drop)
    }

    /// Inserts rows for the account: in few statements on PostgreSQL, where each is a journey; one by one on SQLite,
    /// where a statement that is prepared already costs less than a long one.
    pub fn insert_all<T, I>(&mut self, table: T, rows: I) -> Result<()>
    where
        T: Owned,
        I: IntoIterator<Item: Row<T>>,
    {
        let account = self.account();
        let mut rows = rows.into_iter().map(|row| (T::Account::default().eq(account), row));
        self.run(|conn| {
            match conn {
                Conn::Sqlite(conn) => {
                    for row in rows {
                        ExecuteDsl::execute(diesel::insert_into(table).values(row), conn)?;
                    }
                }
                Conn::Postgres(wire) => loop {
                    let some: Vec<_> = rows.by_ref().take(BATCH).collect();
                    if some.is_empty() {
                        break;
                    }
                    ExecuteDsl::execute(diesel::insert_into(table).values(some), wire)?;
                },
            }
            Ok(())
        })
    }
}

impl SystemTx<'_> {
    /// Inserts a row.
    pub fn insert<T, R>(&mut self, table: T, row: R) -> Result<()>
    where
        T: Table + QueryId + 'static,
        T::FromClause: QueryFragment<MultiBackend>,
        R: Row<T>,
    {
        self.run(|conn| ExecuteDsl::execute(diesel::insert_into(table).values(row), conn)).map(drop)
    }
}

impl<S: Scope> Transaction<'_, S> {
    /// Runs an INSERT … ON CONFLICT, and says how many rows it inserted or changed:
    /// `insert_into(item::table).values(tx.owned(item::table, &row)).on_conflict(…).do_update().set(…)`, or
    /// `.on_conflict_do_nothing()`. Diesel knows no ON CONFLICT over both engines, so it is compiled for each.
    pub fn upsert<T, U, Op, Ret>(&mut self, insert: InsertStatement<T, U, Op, Ret>) -> Result<usize>
    where
        T: QuerySource,
        InsertStatement<T, U, Op, Ret>: ExecuteDsl<SqliteConnection> + ExecuteDsl<Wire>,
    {
        self.run(|conn| match conn {
            Conn::Sqlite(conn) => ExecuteDsl::execute(insert, conn),
            Conn::Postgres(wire) => ExecuteDsl::execute(insert, wire),
        })
    }

    /// The same with `.returning(…)`: the row that is there afterwards.
    pub fn upsert_get<'q, Row, T, U, Op, Ret>(
        &mut self,
        insert: InsertStatement<T, U, Op, Ret>,
    ) -> Result<Row>
    where
        T: QuerySource,
        InsertStatement<T, U, Op, Ret>: LoadQuery<'q, SqliteConnection, Row> + LoadQuery<'q, Wire, Row>,
    {
        use diesel::RunQueryDsl;
        self.run(|conn| match conn {
            Conn::Sqlite(conn) => insert.get_result(conn),
            Conn::Postgres(wire) => insert.get_result(wire),
        })
    }
}
