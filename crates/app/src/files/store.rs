//! The tables `entry` and `version`.

use super::model::{Entry, EntryKind, FileName, Version};
use crate::{Tx, people::Ref};
use db::schema::{
    blob::dsl as blo,
    blob_copy::dsl as cop,
    entry::{self, dsl},
    version::{self, dsl as ver},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, QueryDsl, Queryable, Selectable,
    SelectableHelper, dsl::count_star,
};
use kernel::{BlobId, EntryId, PersonId, ProjectId, Result, Timestamp, VersionId};
use std::collections::{HashMap, HashSet};
use vault::Place;

/// Ids in one query; SQLite takes at most 32,766 values.
const BATCH: usize = 500;

#[derive(Insertable, Queryable, Selectable, Clone)]
#[diesel(table_name = entry, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub(super) id: EntryId,
    pub(super) project_id: ProjectId,
    pub(super) parent_id: EntryId,
    pub(super) kind: String,
    pub(super) name: Vec<u8>,
    pub(super) name_tag: Vec<u8>,
    pub(super) version_id: Option<VersionId>,
    pub(super) number: i64,
    pub(super) size: i64,
    pub(super) created_at: Timestamp,
    pub(super) changed_at: Timestamp,
    pub(super) changed_by: PersonId,
    pub(super) trash_id: Option<EntryId>,
    pub(super) trashed_at: Option<Timestamp>,
    pub(super) trashed_by: Option<PersonId>,
    pub(super) revision: i64,
}

impl Row {
    pub(super) fn is_file(&self) -> bool {
        self.kind == EntryKind::File.as_str()
    }
}

fn place(id: EntryId) -> Place {
    Place::new("entry", "name", id)
}

fn tag(tx: &Tx<'_, '_>, name: &FileName) -> Vec<u8> {
    tx.key().tag("entry.name", name.folded().as_bytes()).to_vec()
}

/// The entry of a row. Whether its project is archived, and its sites, are for the verb to add.
pub(super) fn open(tx: &Tx<'_, '_>, row: &Row, people: &HashMap<PersonId, Ref>) -> Result<Entry> {
    let file = row.is_file();
    Ok(Entry {
        id: row.id,
        account: tx.db.account(),
        archived: false,
        folder: row.parent_id,
        version_id: row.version_id,
        project: row.project_id,
        parent: (row.parent_id != row.project_id.cast()).then_some(row.parent_id),
        kind: if file { EntryKind::File } else { EntryKind::Folder },
        name: tx.open(place(row.id), &row.name)?,
        size: file.then_some(row.size),
        items: None,
        bytes: None,
        version: file.then_some(row.number),
        created_at: row.created_at,
        changed_at: row.changed_at,
        changed_by: people.get(&row.changed_by).cloned(),
        sites: Vec::new(),
        at_risk: false,
        trashed_at: row.trashed_at,
        trashed_by: row.trashed_by.and_then(|id| people.get(&id).cloned()),
        revision: row.revision,
    })
}

/// What a new entry is made of.
pub(super) struct NewEntry<'a> {
    pub(super) id: EntryId,
    pub(super) project: ProjectId,
    pub(super) folder: EntryId,
    pub(super) kind: EntryKind,
    pub(super) name: &'a FileName,
    pub(super) by: PersonId,
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, new: &NewEntry<'_>) -> Result<()> {
    let row = Row {
        id: new.id,
        project_id: new.project,
        parent_id: new.folder,
        kind: new.kind.as_str().to_owned(),
        name: tx.seal(place(new.id), new.name.as_str()),
        name_tag: tag(tx, new.name),
        version_id: None,
        number: 0,
        size: 0,
        created_at: tx.db.now(),
        changed_at: tx.db.now(),
        changed_by: new.by,
        trash_id: None,
        trashed_at: None,
        trashed_by: None,
        revision: 1,
    };
    tx.db.insert(dsl::entry, &row)
}

pub(super) fn by_id(tx: &mut Tx<'_, '_>, id: EntryId) -> Result<Option<Row>> {
    tx.db.first(tx.db.of(dsl::entry).filter(dsl::id.eq(id)).select(Row::as_select()))
}

pub(super) fn by_name(tx: &mut Tx<'_, '_>, folder: EntryId, name: &FileName) -> Result<Option<Row>> {
    let tag = tag(tx, name);
    let live = tx.db.of(dsl::entry).filter(dsl::parent_id.eq(folder)).filter(dsl::name_tag.eq(tag));
    tx.db.first(live.filter(dsl::trash_id.is_null()).select(Row::as_select()))
}

pub(super) fn in_folder(tx: &mut Tx<'_, '_>, folder: EntryId) -> Result<Vec<Row>> {
    let live = tx.db.of(dsl::entry).filter(dsl::parent_id.eq(folder)).filter(dsl::trash_id.is_null());
    tx.db.load(live.select(Row::as_select()))
}

/// The live files of a project that were changed last, the newest first.
pub(super) fn newest_files(tx: &mut Tx<'_, '_>, project: ProjectId, limit: usize) -> Result<Vec<Row>> {
    let live = tx.db.of(dsl::entry).filter(dsl::project_id.eq(project)).filter(dsl::trash_id.is_null());
    let files = live.filter(dsl::kind.eq(EntryKind::File.as_str()));
    let newest = files.order((dsl::changed_at.desc(), dsl::id.desc()));
    tx.db.load(newest.limit(i64::try_from(limit).unwrap_or(i64::MAX)).select(Row::as_select()))
}

/// What was put into the trash of a project, without what came along.
pub(super) fn in_trash(tx: &mut Tx<'_, '_>, project: ProjectId) -> Result<Vec<Row>> {
    let tops = tx.db.of(dsl::entry).filter(dsl::project_id.eq(project)).filter(dsl::trash_id.is_not_null());
    let rows: Vec<Row> = tx.db.load(tops.select(Row::as_select()))?;
    Ok(rows.into_iter().filter(|row| row.trash_id == Some(row.id)).collect())
}

/// How many live entries each of these folders holds.
pub(super) fn counts(tx: &mut Tx<'_, '_>, folders: &[EntryId]) -> Result<HashMap<EntryId, i64>> {
    let mut counts = HashMap::new();
    for folders in folders.chunks(BATCH) {
        let live = tx
            .db
            .of(dsl::entry)
            .filter(dsl::parent_id.eq_any(folders.to_vec()))
            .filter(dsl::trash_id.is_null());
        let rows: Vec<(EntryId, i64)> =
            tx.db.load(live.group_by(dsl::parent_id).select((dsl::parent_id, count_star())))?;
        counts.extend(rows);
    }
    Ok(counts)
}

/// What went into the trash with `top`, itself too.
pub(super) fn trashed_with(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<Vec<EntryId>> {
    tx.db.load(tx.db.of(dsl::entry).filter(dsl::trash_id.eq(Some(top))).select(dsl::id))
}

/// The sizes of the files that went into the trash with `top`.
pub(super) fn trashed_sizes(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<Vec<i64>> {
    let files = tx.db.of(dsl::entry).filter(dsl::trash_id.eq(Some(top)));
    tx.db.load(files.filter(dsl::kind.eq(EntryKind::File.as_str())).select(dsl::size))
}

/// The sites that hold the blobs of these versions.
fn sites(tx: &mut Tx<'_, '_>, versions: &[VersionId]) -> Result<HashMap<VersionId, Vec<String>>> {
    let mut sites: HashMap<VersionId, Vec<String>> = HashMap::new();
    for ids in versions.chunks(BATCH) {
        let these = tx.db.of(ver::version).filter(ver::id.eq_any(ids.to_vec()));
        let copies = these.inner_join(
            cop::blob_copy.on(cop::account_id.eq(ver::account_id).and(cop::blob_id.eq(ver::blob_id))),
        );
        for (id, site) in tx.db.load::<(VersionId, String)>(copies.select((ver::id, cop::site)))? {
            sites.entry(id).or_default().push(site);
        }
    }
    Ok(sites)
}

/// Those of these versions whose blobs lie at too few sites.
fn at_risk(tx: &mut Tx<'_, '_>, versions: &[VersionId]) -> Result<HashSet<VersionId>> {
    let mut risky = HashSet::new();
    for ids in versions.chunks(BATCH) {
        let these = tx.db.of(ver::version).filter(ver::id.eq_any(ids.to_vec()));
        let blob = blo::account_id.eq(ver::account_id).and(blo::id.eq(ver::blob_id));
        let short = these.inner_join(blo::blob.on(blob)).filter(blo::at_risk_since.is_not_null());
        risky.extend(tx.db.load::<VersionId>(short.select(ver::id))?);
    }
    Ok(risky)
}

/// Adds to files where their current versions are.
pub(super) fn add_sites<'e>(
    tx: &mut Tx<'_, '_>,
    entries: impl IntoIterator<Item = &'e mut Entry>,
) -> Result<()> {
    let entries: Vec<_> = entries.into_iter().filter_map(|entry| Some((entry.version_id?, entry))).collect();
    let versions: Vec<VersionId> = entries.iter().map(|(version, _)| *version).collect();
    let (mut sites, risky) = (sites(tx, &versions)?, at_risk(tx, &versions)?);
    for (version, entry) in entries {
        entry.sites = sites.remove(&version).unwrap_or_default();
        entry.at_risk = risky.contains(&version);
    }
    Ok(())
}

/// The ids of all that is below these folders, live or in the trash, the nearer first.
pub(super) fn below(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<Vec<EntryId>> {
    let mut found = Vec::new();
    let mut level = vec![top];
    while !level.is_empty() {
        let mut next = Vec::new();
        for parents in level.chunks(BATCH) {
            let children =
                tx.db.of(dsl::entry).filter(dsl::parent_id.eq_any(parents.to_vec())).select(dsl::id);
            next.extend(tx.db.load::<EntryId>(children)?);
        }
        found.extend_from_slice(&next);
        level = next;
    }
    Ok(found)
}

/// How many levels of folders a folder makes, itself the first. Those in the trash count: they may come back.
pub(super) fn nested(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<usize> {
    let (mut levels, mut level) = (0, vec![top]);
    while !level.is_empty() {
        levels += 1;
        let mut next = Vec::new();
        for parents in level.chunks(BATCH) {
            let folders = tx.db.of(dsl::entry).filter(dsl::parent_id.eq_any(parents.to_vec()));
            let folders = folders.filter(dsl::kind.eq(EntryKind::Folder.as_str())).select(dsl::id);
            next.extend(tx.db.load::<EntryId>(folders)?);
        }
        level = next;
    }
    Ok(levels)
}

/// The bytes of all live files below a folder.
pub(super) fn bytes_below(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<i64> {
    let (mut bytes, mut level) = (0, vec![top]);
    while !level.is_empty() {
        let mut next = Vec::new();
        for parents in level.chunks(BATCH) {
            let live = tx
                .db
                .of(dsl::entry)
                .filter(dsl::parent_id.eq_any(parents.to_vec()))
                .filter(dsl::trash_id.is_null());
            for (id, kind, size) in
                tx.db.load::<(EntryId, String, i64)>(live.select((dsl::id, dsl::kind, dsl::size)))?
            {
                bytes += size;
                next.extend((kind == EntryKind::Folder.as_str()).then_some(id));
            }
        }
        level = next;
    }
    Ok(bytes)
}

/// An entry and all that is live below it, level by level.
pub(super) fn live_tree(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<Vec<Vec<Row>>> {
    let mut levels = vec![by_id(tx, top)?.into_iter().collect::<Vec<_>>()];
    while let Some(level) = levels.last().filter(|level| !level.is_empty()) {
        let folders: Vec<EntryId> =
            level.iter().filter(|row| row.kind == EntryKind::Folder.as_str()).map(|row| row.id).collect();
        let mut next = Vec::new();
        for parents in folders.chunks(BATCH) {
            let children = tx.db.of(dsl::entry).filter(dsl::parent_id.eq_any(parents.to_vec()));
            next.extend(
                tx.db.load::<Row>(children.filter(dsl::trash_id.is_null()).select(Row::as_select()))?,
            );
        }
        levels.push(next);
    }
    levels.pop();
    Ok(levels)
}

/// What a copy of a row has of its own.
pub(super) struct NewCopy<'a> {
    pub(super) id: EntryId,
    pub(super) project: ProjectId,
    pub(super) parent: EntryId,
    /// Its name, where it is not that of the original.
    pub(super) name: Option<&'a FileName>,
    /// The blob of its one version; none for a folder.
    pub(super) blob: Option<BlobId>,
    pub(super) by: PersonId,
}

pub(super) fn insert_copy(tx: &mut Tx<'_, '_>, of: &Row, new: &NewCopy<'_>) -> Result<()> {
    let name = match new.name {
        Some(name) => name.clone(),
        None => FileName::parse(&tx.open(place(of.id), &of.name)?)?,
    };
    let now = tx.db.now();
    let version_id = new.blob.map(|_| tx.db.id());
    let row = Row {
        id: new.id,
        project_id: new.project,
        parent_id: new.parent,
        kind: of.kind.clone(),
        name: tx.seal(place(new.id), name.as_str()),
        name_tag: tag(tx, &name),
        version_id,
        number: i64::from(version_id.is_some()),
        size: of.size,
        created_at: now,
        changed_at: now,
        changed_by: new.by,
        trash_id: None,
        trashed_at: None,
        trashed_by: None,
        revision: 1,
    };
    tx.db.insert(dsl::entry, &row)?;
    let (Some(id), Some(blob_id)) = (version_id, new.blob) else { return Ok(()) };
    let (entry_id, size, created_by) = (new.id, of.size, new.by);
    let version = VersionRow { id, entry_id, number: 1, blob_id, size, created_at: now, created_by };
    tx.db.insert(ver::version, &version)
}

/// Gives an entry a folder and a name, in one step: it may have to leave its folder to be called so, or its name to go there.
pub(super) fn relocate(
    tx: &mut Tx<'_, '_>,
    id: EntryId,
    folder: EntryId,
    name: &FileName,
    by: PersonId,
) -> Result<()> {
    let (sealed, tag) = (tx.seal(place(id), name.as_str()), tag(tx, name));
    let change = diesel::update(tx.db.of(dsl::entry).filter(dsl::id.eq(id))).set((
        dsl::parent_id.eq(folder),
        dsl::name.eq(sealed),
        dsl::name_tag.eq(tag),
        dsl::changed_at.eq(tx.db.now()),
        dsl::changed_by.eq(by),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change).map(drop)
}

/// Takes a live subtree into the trash: all of it remembers `top`, only `top` the time. What was in the trash before is not
/// live, and stays with its own top.
pub(super) fn trash(tx: &mut Tx<'_, '_>, top: EntryId, live: &[EntryId], by: PersonId) -> Result<()> {
    for ids in live.chunks(BATCH) {
        let these = tx.db.of(dsl::entry).filter(dsl::id.eq_any(ids.to_vec()));
        tx.db.execute(diesel::update(these).set(dsl::trash_id.eq(Some(top))))?;
    }
    let change = diesel::update(tx.db.of(dsl::entry).filter(dsl::id.eq(top))).set((
        dsl::trashed_at.eq(Some(tx.db.now())),
        dsl::trashed_by.eq(Some(by)),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change).map(drop)
}

/// Takes a subtree out of the trash again.
pub(super) fn restore(tx: &mut Tx<'_, '_>, top: EntryId) -> Result<()> {
    let nothing: Option<EntryId> = None;
    let change = diesel::update(tx.db.of(dsl::entry).filter(dsl::id.eq(top))).set((
        dsl::trashed_at.eq(None::<Timestamp>),
        dsl::trashed_by.eq(None::<PersonId>),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change)?;
    let all = tx.db.of(dsl::entry).filter(dsl::trash_id.eq(Some(top)));
    tx.db.execute(diesel::update(all).set(dsl::trash_id.eq(nothing))).map(drop)
}

pub(super) fn delete(tx: &mut Tx<'_, '_>, ids: &[EntryId]) -> Result<()> {
    for ids in ids.chunks(BATCH) {
        tx.db.execute(diesel::delete(tx.db.of(ver::version).filter(ver::entry_id.eq_any(ids.to_vec()))))?;
        tx.db.execute(diesel::delete(tx.db.of(dsl::entry).filter(dsl::id.eq_any(ids.to_vec()))))?;
    }
    Ok(())
}

/// The tops of what has been in the trash since `before` or longer, and their projects.
pub(super) fn expired(tx: &mut Tx<'_, '_>, before: Timestamp) -> Result<Vec<(EntryId, ProjectId)>> {
    let old = tx.db.of(dsl::entry).filter(dsl::trashed_at.le(Some(before)));
    tx.db.load(old.select((dsl::id, dsl::project_id)))
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = version)]
pub(super) struct VersionRow {
    pub(super) id: VersionId,
    pub(super) entry_id: EntryId,
    pub(super) number: i64,
    pub(super) blob_id: BlobId,
    pub(super) size: i64,
    pub(super) created_at: Timestamp,
    pub(super) created_by: PersonId,
}

impl VersionRow {
    pub(super) fn open(&self, current: Option<VersionId>, people: &HashMap<PersonId, Ref>) -> Version {
        Version {
            id: self.id,
            number: self.number,
            size: self.size,
            created_at: self.created_at,
            created_by: people.get(&self.created_by).cloned(),
            current: current == Some(self.id),
        }
    }
}

/// Adds a version and makes it the current one.
pub(super) fn add_version(
    tx: &mut Tx<'_, '_>,
    entry: EntryId,
    blob_id: BlobId,
    size: i64,
    by: PersonId,
) -> Result<()> {
    let number: i64 = tx.db.get(tx.db.of(dsl::entry).filter(dsl::id.eq(entry)).select(dsl::number))?;
    let (id, now) = (tx.db.id(), tx.db.now());
    let row = VersionRow {
        id,
        entry_id: entry,
        number: number + 1,
        blob_id,
        size,
        created_at: now,
        created_by: by,
    };
    tx.db.insert(ver::version, &row)?;
    let change = diesel::update(tx.db.of(dsl::entry).filter(dsl::id.eq(entry))).set((
        dsl::version_id.eq(Some(id)),
        dsl::number.eq(number + 1),
        dsl::size.eq(size),
        dsl::changed_at.eq(now),
        dsl::changed_by.eq(by),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change).map(drop)
}

pub(super) fn versions(tx: &mut Tx<'_, '_>, entries: &[EntryId]) -> Result<Vec<VersionRow>> {
    let mut versions = Vec::new();
    for ids in entries.chunks(BATCH) {
        let theirs = tx.db.of(ver::version).filter(ver::entry_id.eq_any(ids.to_vec()));
        versions.extend(
            tx.db.load::<VersionRow>(theirs.order(ver::number.desc()).select(VersionRow::as_select()))?,
        );
    }
    Ok(versions)
}

pub(super) fn version(tx: &mut Tx<'_, '_>, entry: EntryId, id: VersionId) -> Result<Option<VersionRow>> {
    let mine = tx.db.of(ver::version).filter(ver::entry_id.eq(entry)).filter(ver::id.eq(id));
    tx.db.first(mine.select(VersionRow::as_select()))
}

/// The blobs of these versions.
pub(super) fn blobs_of(tx: &mut Tx<'_, '_>, versions: &[VersionId]) -> Result<HashMap<VersionId, BlobId>> {
    let mut blobs = HashMap::new();
    for ids in versions.chunks(BATCH) {
        let these = tx.db.of(ver::version).filter(ver::id.eq_any(ids.to_vec()));
        blobs.extend(tx.db.load::<(VersionId, BlobId)>(these.select((ver::id, ver::blob_id)))?);
    }
    Ok(blobs)
}
