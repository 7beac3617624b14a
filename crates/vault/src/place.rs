//! Where a sealed field belongs.

use kernel::{Id, Noun};
use std::fmt;

/// The table, column and row of a sealed field. The key adds whose it is; all of it is associated data, so that a
/// field that was moved elsewhere does not open there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    table: &'static str,
    column: &'static str,
    row: [u8; 16],
}

impl Place {
    /// `column` of the row `id` in `table`.
    pub const fn new<N: Noun>(table: &'static str, column: &'static str, id: Id<N>) -> Self {
        Self::of_row(table, column, id.bytes())
    }

    /// `column` of the row in `table` whose key is these 16 bytes, for tables whose key is no [`Id`].
    pub const fn of_row(table: &'static str, column: &'static str, row: [u8; 16]) -> Self {
        Self { table, column, row }
    }

    /// The associated data: each part of fixed length or preceded by its length, so that no two places read alike.
    pub(crate) fn context(&self, owner: [u8; 16]) -> Vec<u8> {
        let mut data = Vec::with_capacity(16 + 16 + self.table.len() + self.column.len() + 16);
        data.extend_from_slice(&owner);
        data.extend_from_slice(&self.row);
        for name in [self.table, self.column] {
            data.extend_from_slice(&(name.len() as u64).to_be_bytes());
            data.extend_from_slice(name.as_bytes());
        }
        data
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}
