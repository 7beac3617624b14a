//! The journal: who did what, when. One entry a change, written in the change's own transaction.

mod model;
mod routes;
mod store;

pub use model::{Entry, Event, What};
pub(crate) use routes::routes;

use crate::Tx;
use kernel::{Cursor, Error, JournalEntryId, Page, ProjectId, Result};

/// Leaves the entry of a change; an [`Event::none`] leaves none.
pub(crate) fn record(tx: &mut Tx<'_, '_>, event: &Event) -> Result<()> {
    match event.what() {
        Some(what) => store::insert(tx, what, event),
        None => Ok(()),
    }
}

/// One page of what happened, newest first: in one project, or in all that the actor sees.
pub fn list(
    tx: &mut Tx<'_, '_>,
    project: Option<ProjectId>,
    cursor: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Entry>> {
    let before = match cursor {
        None => [0xff; 16],
        Some(cursor) => cursor.bytes()?.try_into().map_err(|_| Error::invalid("invalid-cursor", "cursor"))?,
    };
    let before = JournalEntryId::from_bytes(before);
    let rows = store::newest_before(tx, project, before, limit + 1)?;
    let page = Page::cut(rows, limit, |entry| Cursor::new(&entry.id.bytes()));
    Ok(page)
}
