//! Tables whose rows belong to an account.

use crate::conn::MultiBackend;
use diesel::{
    Column, ExpressionMethods, QuerySource, Selectable, Table, dsl,
    pg::Pg,
    query_builder::{QueryFragment, QueryId},
    sql_types::Binary,
    sqlite::Sqlite,
};
use kernel::AccountId;

/// A table each row of which belongs to an account. Made by [`owned!`](crate::owned).
pub trait Owned:
    Table
    + QuerySource<FromClause: QueryFragment<MultiBackend> + QueryFragment<Sqlite> + QueryFragment<Pg>>
    + QueryId
    + Copy
    + Default
    + 'static
{
    /// The column that says to which.
    type Account: Column<Table = Self, SqlType = Binary> + ExpressionMethods + QueryId + Default + 'static;
}

/// The rows of a table that belong to the account of the transaction.
pub type Mine<T> = dsl::Filter<T, dsl::Eq<<T as Owned>::Account, AccountId>>;

/// The columns of a `#[derive(Selectable)]` row, for RETURNING on either engine: `….returning(columns::<Item>())`.
/// (`Item::as_returning()` is bound to one backend, and neither engine speaks that of both.)
pub fn columns<R: Selectable<MultiBackend>>() -> R::SelectExpression {
    R::construct_selection()
}

/// Says of tables that their rows belong to an account: `owned!(project, entry)`. The column is `account_id`;
/// `owned!(account by id)` names another.
#[macro_export]
macro_rules! owned {
    ($($table:ident $(by $column:ident)?),* $(,)?) => { $( $crate::owned!(@one $table $($column)?); )* };
    (@one $table:ident) => { $crate::owned!(@one $table account_id); };
    (@one $table:ident $column:ident) => {
        impl $crate::Owned for $table::table {
            type Account = $table::$column;
        }
    };
}
