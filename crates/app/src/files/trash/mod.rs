//! The trash of a project: what was put there comes back as it was, until it has been there for long enough.
//!
//! Invariants:
//! * All that went into the trash together names its top in `trash_id`, and comes back, or goes for good, together.
//! * What was in the trash before its folder went there has its own top, and outlives the folder.

mod routes;

pub(crate) use routes::routes;

use super::{Entry, FileName, blobs, count, free_name, jobs, load, open, store};
use crate::{
    Done, Tx, accounts,
    journal::{Event, What},
    people,
    projects::{self, Project},
};
use access::{Editable, Visible};
use kernel::{EntryId, Error, ProjectId, Result};
use std::{cmp::Reverse, time::Duration};

/// Puts an entry into the trash, with all below it; it goes for good when it was `kept` there for so long.
pub fn put(tx: &mut Tx<'_, '_>, entry: &Editable<Entry>, kept: Duration) -> Result<Done<()>> {
    let by = tx.actor()?.person();
    let tree: Vec<store::Row> = store::live_tree(tx, entry.id)?.into_iter().flatten().collect();
    let sizes: Vec<i64> = tree.iter().filter(|row| row.is_file()).map(|row| row.size).collect();
    let ids: Vec<EntryId> = tree.iter().map(|row| row.id).collect();
    store::trash(tx, entry.id, &ids, by)?;
    projects::add_content(tx, entry.project, -count(&sizes), -sizes.iter().sum::<i64>())?;
    tx.enqueue(jobs::emptying(entry.id).at(tx.now() + kept))?;
    let event = Event::new(What::EntryTrashed).project(entry.project).folder(entry.folder);
    tx.done((), event.subject(entry.id, &entry.name))
}

/// The trash of a project, what came last first.
pub fn list(tx: &mut Tx<'_, '_>, project: ProjectId) -> Result<Vec<Entry>> {
    let project = projects::load(tx, project)?;
    let people = people::refs(tx)?;
    let rows = store::in_trash(tx, project.id)?;
    let mut entries = rows.iter().map(|row| store::open(tx, row, &people)).collect::<Result<Vec<_>>>()?;
    entries.sort_by_key(|entry| Reverse(entry.trashed_at));
    Ok(entries)
}

/// What was put into the trash, where the actor sees it; not what only came along.
pub fn load_top(tx: &mut Tx<'_, '_>, id: EntryId) -> Result<Visible<Entry>> {
    let row = store::by_id(tx, id)?.filter(|row| row.trash_id == Some(id)).ok_or_else(Error::not_found)?;
    open(tx, &row)
}

/// Takes an entry out of the trash: into its folder, or to the root where that is gone; under its name, or a numbered one
/// where that is taken meanwhile.
pub fn restore(tx: &mut Tx<'_, '_>, entry: &Editable<Entry>) -> Result<Done<Entry>> {
    let by = tx.actor()?.person();
    let root: EntryId = entry.project.cast();
    let folder_lives =
        entry.folder == root || store::by_id(tx, entry.folder)?.is_some_and(|row| row.trash_id.is_none());
    let folder = if folder_lives { entry.folder } else { root };
    let name = FileName::parse(&entry.name)?;
    let free = free_name(tx, folder, &name)?;
    if folder != entry.folder || free.as_str() != name.as_str() {
        store::relocate(tx, entry.id, folder, &free, by)?;
    }
    let sizes = store::trashed_sizes(tx, entry.id)?;
    store::restore(tx, entry.id)?;
    projects::add_content(tx, entry.project, count(&sizes), sizes.iter().sum())?;
    let restored = load(tx, entry.id)?.into_inner();
    let event = Event::new(What::EntryRestored).project(entry.project).folder(folder);
    let event = event.subject(entry.id, &restored.name);
    tx.done(restored, event)
}

/// Empties the trash of a project.
pub fn empty(tx: &mut Tx<'_, '_>, project: &Editable<Project>) -> Result<Done<()>> {
    for top in store::in_trash(tx, project.id)? {
        delete_tree(tx, top.id)?;
    }
    tx.done((), Event::new(What::TrashEmptied).project(project.id).subject(project.id, &project.name))
}

/// Deletes for good what is in the trash, with what went there with it.
pub fn delete(tx: &mut Tx<'_, '_>, entry: &Editable<Entry>) -> Result<Done<()>> {
    delete_tree(tx, entry.id)?;
    tx.done((), Event::new(What::EntryDeleted).project(entry.project).subject(entry.id, &entry.name))
}

/// Deletes what went into the trash with `top`. What had been put there before stays, until its own time has come.
pub(super) fn delete_tree(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<()> {
    let ids = store::trashed_with(tx, top)?;
    for version in store::versions(tx, &ids)? {
        blobs::count_use(tx, version.blob_id, -1)?;
        accounts::give_room(tx, u64::try_from(version.size).unwrap_or(0))?;
    }
    store::delete(tx, &ids)
}
