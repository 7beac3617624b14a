//! The tables `upload` and `upload_part`.

use super::model::{Details, Draft, Piece, State, Unfinished, Upload};
use crate::{Tx, files::FileName};
use db::{
    SystemTx,
    schema::{
        upload::{self, dsl},
        upload_part::{self, dsl as par},
    },
};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper};
use kernel::{AccountId, EntryId, Error, PersonId, ProjectId, Result, Timestamp, UploadId};
use sites::Checksum;
use std::{collections::BTreeSet, time::Duration};
use vault::{PartLen, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = upload, treat_none_as_default_value = false)]
struct Row {
    id: UploadId,
    person_id: PersonId,
    project_id: ProjectId,
    parent_id: Option<EntryId>,
    details: Vec<u8>,
    as_version: bool,
    length: i64,
    received: i64,
    part: i64,
    parts: i64,
    sites: Option<String>,
    entry_id: Option<EntryId>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = upload_part, treat_none_as_default_value = false)]
struct Part {
    upload_id: UploadId,
    number: i64,
    length: i64,
    sealed: Option<i64>,
    digest: Option<Vec<u8>>,
    sites: Option<String>,
}

fn place(id: UploadId) -> Place {
    Place::new("upload", "details", id)
}

fn bytes(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn number(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn details(tx: &Tx<'_, '_>, row: &Row) -> Result<Details> {
    serde_json::from_str(&tx.open(place(row.id), &row.details)?).map_err(Error::internal)
}

impl Row {
    fn open(self, tx: &Tx<'_, '_>) -> Result<Upload> {
        let Details { name, modified, metadata } = details(tx, &self)?;
        let sites = self.sites.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
        Ok(Upload {
            draft: Draft {
                project: self.project_id,
                parent: self.parent_id,
                name: FileName::parse(&name)?,
                modified,
                metadata,
                as_version: self.as_version,
                length: bytes(self.length),
            },
            state: State { length: bytes(self.length), received: bytes(self.received), entry: self.entry_id },
            part: u32::try_from(self.part).map_err(Error::internal)?,
            parts: u32::try_from(self.parts).map_err(Error::internal)?,
            sites,
        })
    }
}

/// How many uploads of the account are under way.
pub(super) fn count(tx: &mut Tx<'_, '_>) -> Result<i64> {
    tx.db.get(tx.db.of(dsl::upload).filter(dsl::entry_id.is_null()).count())
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, id: UploadId, draft: &Draft, expires_at: Timestamp) -> Result<()> {
    let Draft { name, modified, metadata, .. } = draft.clone();
    let details = Details { name: name.as_str().to_owned(), modified, metadata };
    let details = serde_json::to_string(&details).map_err(Error::internal)?;
    let row = Row {
        id,
        person_id: tx.actor()?.person(),
        project_id: draft.project,
        parent_id: draft.parent,
        details: tx.seal(place(id), &details),
        as_version: draft.as_version,
        length: number(draft.length),
        received: 0,
        part: 0,
        parts: 0,
        sites: None,
        entry_id: None,
        created_at: tx.now(),
        expires_at,
    };
    tx.db.insert(dsl::upload, &row)
}

/// An upload of the actor's that has not expired.
pub(super) fn load(tx: &mut Tx<'_, '_>, id: UploadId) -> Result<Upload> {
    let mine = tx.db.of(dsl::upload).filter(dsl::id.eq(id)).filter(dsl::person_id.eq(tx.actor()?.person()));
    let row: Option<Row> = tx.db.first(mine.filter(dsl::expires_at.gt(tx.now())).select(Row::as_select()))?;
    row.ok_or_else(Error::not_found)?.open(tx)
}

pub(super) fn unfinished(tx: &mut Tx<'_, '_>, project: ProjectId) -> Result<Vec<Unfinished>> {
    let mine = tx.db.of(dsl::upload).filter(dsl::project_id.eq(project));
    let mine = mine.filter(dsl::person_id.eq(tx.actor()?.person())).filter(dsl::entry_id.is_null());
    let mine = mine.filter(dsl::expires_at.gt(tx.now())).order(dsl::id.desc());
    let rows: Vec<Row> = tx.db.load(mine.select(Row::as_select()))?;
    let open = |row: Row| {
        let Details { name, modified, .. } = details(tx, &row)?;
        let Row { id, parent_id: parent, as_version, length, received, created_at, expires_at, .. } = row;
        Ok(Unfinished { id, parent, name, modified, as_version, length, received, created_at, expires_at })
    };
    rows.into_iter().map(open).collect()
}

/// Takes the turn: whatever was being written counts no more. Gives the number of the part to be written now.
pub(super) fn take_turn(tx: &mut Tx<'_, '_>, id: UploadId, expires_at: Timestamp) -> Result<u32> {
    let row = tx.db.of(dsl::upload).filter(dsl::id.eq(id));
    tx.db.execute(diesel::update(row).set((dsl::part.eq(dsl::part + 1), dsl::expires_at.eq(expires_at))))?;
    let part: i64 = tx.db.get(tx.db.of(dsl::upload).filter(dsl::id.eq(id)).select(dsl::part))?;
    u32::try_from(part).map_err(Error::internal)
}

/// Enters a part that is durable at its sites; the next one takes the number after it. `complete` are those that have every part.
pub(super) fn add_part(
    tx: &mut Tx<'_, '_>,
    id: UploadId,
    piece: &Piece,
    complete: &BTreeSet<String>,
    kept: Duration,
) -> Result<()> {
    let Piece { part, checksum, sites } = piece;
    let row = Part {
        upload_id: id,
        number: part.number.into(),
        length: number(part.len),
        sealed: checksum.map(|checksum| number(checksum.bytes)),
        digest: checksum.map(|checksum| checksum.sha256.to_vec()),
        sites: sites.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?,
    };
    tx.db.insert(par::upload_part, &row)?;
    let sites = serde_json::to_string(complete).map_err(Error::internal)?;
    let change = diesel::update(tx.db.of(dsl::upload).filter(dsl::id.eq(id))).set((
        dsl::received.eq(dsl::received + number(part.len)),
        dsl::part.eq(dsl::part + 1),
        dsl::parts.eq(dsl::parts + 1),
        dsl::sites.eq(Some(sites)),
        dsl::expires_at.eq(tx.now() + kept),
    ));
    tx.db.execute(change).map(drop)
}

/// The parts of an upload, in order.
pub(super) fn parts(tx: &mut Tx<'_, '_>, id: UploadId) -> Result<Vec<Piece>> {
    let parts = tx.db.of(par::upload_part).filter(par::upload_id.eq(id)).order(par::number);
    let rows: Vec<Part> = tx.db.load(parts.select(Part::as_select()))?;
    let read = |row: Part| {
        let number = u32::try_from(row.number).map_err(Error::internal)?;
        let sha256 = row.digest.and_then(|digest| digest.try_into().ok());
        let checksum =
            row.sealed.zip(sha256).map(|(sealed, sha256)| Checksum { bytes: bytes(sealed), sha256 });
        let sites = row.sites.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
        Ok(Piece { part: PartLen { number, len: bytes(row.length) }, checksum, sites })
    };
    rows.into_iter().map(read).collect()
}

/// Notes that a site has a part too, and which sites have every part now.
pub(super) fn add_sites(
    tx: &mut Tx<'_, '_>,
    id: UploadId,
    pieces: &[Piece],
    complete: &BTreeSet<String>,
) -> Result<()> {
    for Piece { part, sites, .. } in pieces {
        let sites = sites.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
        let row = tx.db.of(par::upload_part).filter(par::upload_id.eq(id));
        let row = row.filter(par::number.eq(i64::from(part.number)));
        tx.db.execute(diesel::update(row).set(par::sites.eq(sites)))?;
    }
    let sites = serde_json::to_string(complete).map_err(Error::internal)?;
    let row = tx.db.of(dsl::upload).filter(dsl::id.eq(id));
    tx.db.execute(diesel::update(row).set(dsl::sites.eq(Some(sites)))).map(drop)
}

/// Notes the file that an upload has become. The row stays for a while: whoever missed the answer asks for it.
pub(super) fn finish(tx: &mut Tx<'_, '_>, id: UploadId, entry: EntryId) -> Result<()> {
    let row = tx.db.of(dsl::upload).filter(dsl::id.eq(id));
    tx.db.execute(diesel::update(row).set(dsl::entry_id.eq(Some(entry))))?;
    tx.db.execute(diesel::delete(tx.db.of(par::upload_part).filter(par::upload_id.eq(id)))).map(drop)
}

pub(super) fn delete(tx: &mut db::Tx<'_>, ids: &[UploadId]) -> Result<()> {
    tx.execute(diesel::delete(tx.of(par::upload_part).filter(par::upload_id.eq_any(ids.to_vec()))))?;
    tx.execute(diesel::delete(tx.of(dsl::upload).filter(dsl::id.eq_any(ids.to_vec())))).map(drop)
}

/// The accounts in which uploads have expired.
pub(in crate::files) fn accounts_with_old(tx: &mut SystemTx<'_>) -> Result<Vec<AccountId>> {
    tx.load(dsl::upload.filter(dsl::expires_at.le(tx.now())).select(dsl::account_id).distinct())
}

/// Forgets the uploads that have expired. What they left at the sites is the business of their intents.
pub(in crate::files) fn forget_old(tx: &mut db::Tx<'_>) -> Result<()> {
    let old: Vec<UploadId> =
        tx.load(tx.of(dsl::upload).filter(dsl::expires_at.le(tx.now())).select(dsl::id))?;
    delete(tx, &old)
}
