//! One connection type over both engines, so that each query is written once.

#![expect(missing_docs, reason = "what the derive makes")]

use crate::postgres::Wire;
use diesel::{
    MultiConnection, QueryResult, RunQueryDsl, SqliteConnection,
    backend::Backend,
    query_builder::{AstPass, QueryFragment, QueryId},
};

/// A connection to either engine. Public for the bounds of [`crate::Transaction`]'s methods, in a private module so
/// that nobody outside can name it, make one, or match on it.
#[expect(clippy::large_enum_variant, reason = "there is one for each thread")]
#[derive(MultiConnection)]
pub enum Conn {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgres(Wire),
}

/// A statement without values, prepared once and kept; `batch_execute` would compile its text each time.
pub(crate) struct Fixed(pub(crate) &'static str);

impl QueryId for Fixed {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false; // kept by its text
}

impl<DB: Backend> QueryFragment<DB> for Fixed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<C> RunQueryDsl<C> for Fixed {}
