//! Files: folders to any depth, files with versions, a trash that keeps them.
//!
//! A file's content is a blob at the sites, sealed before it leaves the process; a row appears only when the blob is
//! durable at as many sites as must have it ([`upload`]; [`resumable`] for what comes in several requests). What nobody wants any more is deleted by the [`collector`].
//!
//! Invariants:
//! * A name is once among the live entries of a folder; the database's unique index is the last word.
//! * `trash_id` of a whole subtree is set and cleared together, so what is live is seen in one row.
//! * Room is taken by each version, when its transaction commits, and given back when it is deleted for good.

pub mod batches;
mod blobs;
pub mod collector;
mod copies;
mod download;
pub mod held;
mod jobs;
pub mod latest;
mod listing;
mod model;
mod resumable;
mod routes;
mod spares;
mod store;
pub mod trash;
mod upload;

pub(crate) use self::jobs::kinds;
pub use copies::{Destination, copy};
pub use download::Download;
pub use listing::list;
pub use model::{Entry, EntryKind, FileName, Order, Sort, Version, Whither};
pub(crate) use spares::Spares;
pub use upload::{Content, Taken, Target};

use crate::{
    Done, Palisade, Tx, accounts,
    journal::{Event, What},
    people, projects,
};
use access::{Editable, Visible};
use kernel::{EntryId, Error, ProjectId, Result, VersionId};
use std::collections::HashMap;
use utoipa_axum::router::OpenApiRouter;

/// The routes of the room.
pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    let parts = [resumable::routes(), trash::routes(), batches::routes(), latest::routes(), held::routes()];
    parts.into_iter().fold(routes::routes(), OpenApiRouter::merge)
}

/// A folder that the actor sees: the root of a project, or an entry.
#[derive(Debug)]
pub struct Folder {
    project: ProjectId,
    id: EntryId,
    /// How deep it lies; the root is 0.
    depth: usize,
}

/// A live folder of a project, to look into.
///
/// # Errors
/// Not found; `not-a-folder`.
pub fn folder(tx: &mut Tx<'_, '_>, project: ProjectId, parent: Option<EntryId>) -> Result<Folder> {
    let Some(id) = parent else {
        let project = projects::load(tx, project)?;
        return Ok(Folder { project: project.id, id: project.id.cast(), depth: 0 });
    };
    let entry = load(tx, id)?;
    if entry.kind != EntryKind::Folder {
        return Err(Error::conflict("not-a-folder").field("parent"));
    }
    if entry.project != project {
        return Err(Error::not_found().field("parent"));
    }
    Ok(Folder { project, id, depth: path(tx, &entry)?.len() + 1 })
}

/// The same, to change what is in it.
fn editable_folder(tx: &mut Tx<'_, '_>, project: ProjectId, parent: Option<EntryId>) -> Result<Folder> {
    projects::load(tx, project)?.editable()?;
    folder(tx, project, parent)
}

fn open(tx: &mut Tx<'_, '_>, row: &store::Row) -> Result<Visible<Entry>> {
    let project = projects::load(tx, row.project_id)?;
    let people = people::refs(tx)?;
    let mut entry = store::open(tx, row, &people)?;
    entry.archived = project.state == projects::State::Archived;
    store::add_sites(tx, [&mut entry])?;
    tx.see(entry)
}

/// A live entry, where the actor sees it.
pub fn load(tx: &mut Tx<'_, '_>, id: EntryId) -> Result<Visible<Entry>> {
    let row = store::by_id(tx, id)?.filter(|row| row.trash_id.is_none()).ok_or_else(Error::not_found)?;
    open(tx, &row)
}

/// The entry with how much is in it, where it is a folder.
///
/// One folder is weighed when somebody asks for it, and no list weighs its own: for 10,000 folders with 100,000 files below
/// that takes 370 ms, and the list without it 15. Sums that are kept instead would be changed along the whole path by every
/// upload, and whoever works in one project would wait for one row.
pub fn weigh(tx: &mut Tx<'_, '_>, entry: Visible<Entry>) -> Result<Entry> {
    let mut entry = entry.into_inner();
    if entry.kind == EntryKind::Folder {
        entry.items = Some(store::counts(tx, &[entry.id])?.remove(&entry.id).unwrap_or(0));
        entry.bytes = Some(store::bytes_below(tx, entry.id)?);
    }
    Ok(entry)
}

/// The folders from the root to the one that holds an entry, with their names. Where one of them was deleted for good
/// after the entry went into the trash, the path begins below it.
pub fn path(tx: &mut Tx<'_, '_>, entry: &Entry) -> Result<Vec<(EntryId, String)>> {
    let (mut path, mut at) = (Vec::new(), entry.folder);
    let nobody = HashMap::new();
    while at != entry.project.cast() {
        let Some(row) = store::by_id(tx, at)? else { break };
        path.push((at, store::open(tx, &row, &nobody)?.name));
        at = row.parent_id;
    }
    path.reverse();
    Ok(path)
}

fn refuse_taken(
    tx: &mut Tx<'_, '_>,
    folder: EntryId,
    name: &FileName,
    except: Option<EntryId>,
) -> Result<()> {
    match store::by_name(tx, folder, name)? {
        Some(row) if Some(row.id) != except => Err(taken_by(&row, name)),
        _ => Ok(()),
    }
}

fn taken_by(row: &store::Row, name: &FileName) -> Error {
    Error::conflict("name-taken").field("name").with("name", name.as_str()).with("id", row.id)
}

/// Makes a folder.
///
/// # Errors
/// `name-taken`; `too-deep`.
pub fn create_folder(
    tx: &mut Tx<'_, '_>,
    project: ProjectId,
    parent: Option<EntryId>,
    name: &FileName,
    depth: usize,
) -> Result<Done<Entry>> {
    let folder = editable_folder(tx, project, parent)?;
    if folder.depth >= depth {
        return Err(Error::conflict("too-deep").field("parent").with("limit", depth));
    }
    refuse_taken(tx, folder.id, name, None)?;
    let (id, by) = (tx.id(), tx.actor()?.person());
    store::insert(
        tx,
        &store::NewEntry { id, project, folder: folder.id, kind: EntryKind::Folder, name, by },
    )?;
    let mut entry = load(tx, id)?.into_inner();
    entry.items = Some(0);
    tx.done(
        entry,
        Event::new(What::FolderCreated).project(project).folder(folder.id).subject(id, name.as_str()),
    )
}

/// Renames an entry, or moves it into another folder of its project, or both.
///
/// # Errors
/// `name-taken`; `into-itself`; `too-deep`, where folders would be nested deeper than `depth`.
pub fn change(
    tx: &mut Tx<'_, '_>,
    entry: &Editable<Entry>,
    name: Option<&str>,
    whither: Whither,
    depth: usize,
) -> Result<Done<Entry>> {
    let by = tx.actor()?.person();
    let name = FileName::parse(name.unwrap_or(&entry.name))?;
    let parent = match whither {
        Whither::Stay => entry.parent,
        Whither::Root => None,
        Whither::Folder(id) => Some(id),
    };
    let target = editable_folder(tx, entry.project, parent)?;
    let folder_moves = entry.kind == EntryKind::Folder && whither != Whither::Stay;
    if folder_moves && (target.id == entry.id || store::below(tx, entry.id)?.contains(&target.id)) {
        return Err(Error::conflict("into-itself").field("parent"));
    }
    let moved = target.id != entry.folder;
    if moved && entry.kind == EntryKind::Folder && target.depth + store::nested(tx, entry.id)? > depth {
        return Err(Error::conflict("too-deep").field("parent").with("limit", depth));
    }
    let target = target.id;
    refuse_taken(tx, target, &name, Some(entry.id))?;
    if moved || name.as_str() != entry.name {
        store::relocate(tx, entry.id, target, &name, by)?;
    }
    let changed = load(tx, entry.id)?.into_inner();
    let what = if moved { What::EntryMoved } else { What::EntryRenamed };
    let event = Event::new(what).project(entry.project).folder(entry.folder).folder(target);
    let event = event.subject(entry.id, &changed.name);
    tx.done(changed, event)
}

/// The versions of a file, the newest first.
pub fn versions(tx: &mut Tx<'_, '_>, entry: &Visible<Entry>) -> Result<Vec<Version>> {
    let people = people::refs(tx)?;
    let rows = store::versions(tx, &[entry.id])?;
    Ok(rows.iter().map(|row| row.open(entry.version_id, &people)).collect())
}

/// Makes an older version the current one: as a new version with the same content.
pub fn restore_version(
    tx: &mut Tx<'_, '_>,
    entry: &Editable<Entry>,
    version: VersionId,
) -> Result<Done<Entry>> {
    let old = store::version(tx, entry.id, version)?.ok_or_else(Error::not_found)?;
    let by = tx.actor()?.person();
    accounts::take_room(tx, u64::try_from(old.size).unwrap_or(0))?;
    blobs::count_use(tx, old.blob_id, 1)?;
    store::add_version(tx, entry.id, old.blob_id, old.size, by)?;
    projects::add_content(tx, entry.project, 0, old.size - entry.size.unwrap_or(0))?;
    let changed = load(tx, entry.id)?.into_inner();
    let event = Event::new(What::VersionRestored).project(entry.project).folder(entry.folder);
    let event = event.subject(entry.id, &entry.name);
    tx.done(changed, event)
}

fn count(sizes: &[i64]) -> i64 {
    i64::try_from(sizes.len()).unwrap_or(i64::MAX)
}

/// This name, or a numbered one where it is taken in the folder.
fn free_name(tx: &mut Tx<'_, '_>, folder: EntryId, name: &FileName) -> Result<FileName> {
    let mut free = name.clone();
    let mut number = 2;
    while store::by_name(tx, folder, &free)?.is_some() {
        free = name.numbered(number)?;
        number += 1;
    }
    Ok(free)
}
