//! Copies: another entry with the same content, and no byte of it moves.
//!
//! A copy has the current version alone, as its first, and shares the blob. It takes room all the same, so that deleting
//! either gives back what it shows. What lies in the trash below a folder is not copied.

use super::{
    Entry, EntryKind, FileName, blobs, count, editable_folder, free_name, load, refuse_taken,
    store::{self, NewCopy},
};
use crate::{
    Done, Limits, Tx, accounts,
    journal::{Event, What},
    projects,
};
use access::Visible;
use kernel::{BlobId, EntryId, Error, ProjectId, Result, VersionId};
use std::collections::HashMap;

/// Where a copy goes.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The project.
    pub project: ProjectId,
    /// The folder; none for the root.
    pub parent: Option<EntryId>,
    /// The name; without one it keeps its own, numbered where that is taken.
    pub name: Option<FileName>,
}

/// Copies an entry, with all that is live below it. Whoever sees it may; its project may be archived, the other not.
///
/// # Errors
/// `into-itself`; `name-taken`; `too-many-entries`; `too-deep`, where folders would be nested too deep; `over-quota`.
pub fn copy(
    tx: &mut Tx<'_, '_>,
    entry: &Visible<Entry>,
    to: &Destination,
    limits: &Limits,
) -> Result<Done<Entry>> {
    let target = editable_folder(tx, to.project, to.parent)?;
    let levels = store::live_tree(tx, entry.id)?;
    let folder = EntryKind::Folder.as_str();
    if levels.iter().flatten().any(|row| row.id == target.id) {
        return Err(Error::conflict("into-itself").field("parent"));
    }
    if levels.iter().map(Vec::len).sum::<usize>() > limits.copied_entries {
        return Err(Error::conflict("too-many-entries").with("limit", limits.copied_entries));
    }
    let nested = levels.iter().take_while(|level| level.iter().any(|row| row.kind == folder)).count();
    if nested > 0 && target.depth + nested > limits.depth {
        return Err(Error::conflict("too-deep").field("parent").with("limit", limits.depth));
    }
    let name = match &to.name {
        Some(name) => {
            refuse_taken(tx, target.id, name, None)?;
            name.clone()
        }
        None => free_name(tx, target.id, &FileName::parse(&entry.name)?)?,
    };
    let blobs = share_blobs(tx, &levels)?;
    let (id, by) = (tx.id(), tx.actor()?.person());
    let mut copies: HashMap<EntryId, EntryId> = HashMap::from([(entry.id, id)]);
    for row in levels.iter().flatten() {
        let top = row.id == entry.id;
        let copy = *copies.entry(row.id).or_insert_with(|| tx.id());
        // Levels come from the top down, so the folder of each was copied before it.
        let parent = if top { Some(target.id) } else { copies.get(&row.parent_id).copied() };
        let parent = parent.ok_or_else(|| Error::internal("an entry before its folder"))?;
        let blob = row.version_id.and_then(|version| blobs.get(&version).copied());
        let name = top.then_some(&name);
        store::insert_copy(tx, row, &NewCopy { id: copy, project: to.project, parent, name, blob, by })?;
    }
    let sizes: Vec<i64> = levels.iter().flatten().filter(|row| row.is_file()).map(|row| row.size).collect();
    projects::add_content(tx, to.project, count(&sizes), sizes.iter().sum())?;
    let mut made = load(tx, id)?.into_inner();
    made.items = (made.kind == EntryKind::Folder).then(|| {
        let children = levels.get(1).map_or(0, Vec::len);
        i64::try_from(children).unwrap_or(i64::MAX)
    });
    let event = Event::new(What::EntryCopied).project(to.project).folder(target.id).subject(id, &made.name);
    tx.done(made, event)
}

/// Takes the room of the current versions, and counts one use more of each of their blobs.
fn share_blobs(tx: &mut Tx<'_, '_>, levels: &[Vec<store::Row>]) -> Result<HashMap<VersionId, BlobId>> {
    let rows = || levels.iter().flatten();
    let bytes: i64 = rows().map(|row| row.size).sum();
    accounts::take_room(tx, u64::try_from(bytes).unwrap_or(0))?;
    let current: Vec<VersionId> = rows().filter_map(|row| row.version_id).collect();
    let blobs = store::blobs_of(tx, &current)?;
    let mut uses: HashMap<BlobId, i64> = HashMap::new();
    for blob in blobs.values() {
        *uses.entry(*blob).or_default() += 1;
    }
    for (blob, more) in uses {
        blobs::count_use(tx, blob, more)?;
    }
    Ok(blobs)
}
