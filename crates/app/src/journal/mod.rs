//! The journal: who did what, when. One entry a change, written in the change's own transaction.

mod model;
mod routes;
mod store;

pub use model::{Entry, Event, Wanted, What};
pub(crate) use routes::routes;

use crate::{Tx, people, people::Ref, projects};
use kernel::{Cursor, Error, JournalEntryId, Page, PersonId, ProjectId, Result};
use std::collections::HashMap;

/// Leaves the entry of a change; an [`Event::none`] leaves none.
pub(crate) fn record(tx: &mut Tx<'_, '_>, event: &Event) -> Result<()> {
    match event.what() {
        Some(what) => store::insert(tx, what, event),
        None => Ok(()),
    }
}

/// One page of what happened in the projects that the actor sees, newest first.
///
/// # Errors
/// Not found, where the project that is wanted is not one of them.
pub fn list(
    tx: &mut Tx<'_, '_>,
    wanted: Wanted,
    cursor: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Entry>> {
    if let Some(project) = wanted.project {
        projects::load(tx, project).map_err(|error| error.field("project"))?;
    }
    let below = match cursor {
        None => [0xff; 16],
        Some(cursor) => cursor.bytes()?.try_into().map_err(|_| Error::invalid("invalid-cursor", "cursor"))?,
    };
    let rows = store::newest(tx, &wanted, JournalEntryId::from_bytes(below), limit + 1)?;
    let (people, names) = (people::refs(tx)?, projects::names(tx)?);
    let entries =
        rows.into_iter().map(|row| store::open(tx, row, &people, &names)).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(entries, limit, |entry| Cursor::new(&entry.id.bytes())))
}

/// What happened last in each of these projects, whose names are given.
pub(crate) fn last(
    tx: &mut Tx<'_, '_>,
    names: &HashMap<ProjectId, String>,
    people: &HashMap<PersonId, Ref>,
) -> Result<HashMap<ProjectId, Entry>> {
    let mut last = HashMap::new();
    for &project in names.keys() {
        let wanted = Wanted { project: Some(project), ..Wanted::default() };
        for row in store::newest(tx, &wanted, JournalEntryId::from_bytes([0xff; 16]), 1)? {
            last.insert(project, store::open(tx, row, people, names)?);
        }
    }
    Ok(last)
}
