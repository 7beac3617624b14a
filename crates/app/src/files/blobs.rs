//! The tables `blob`, `blob_copy` and `upload_intent`: what lies at the sites, and who still wants it.
//!
//! An upload commits an intent before its first byte reaches a site. The transaction that adds the version consumes the
//! intent; the collector claims one that has expired before it deletes. Each strikes the row where it is unclaimed, so
//! exactly one of the two wins. A blob that no version uses any more is deleted by the collector too, and only by it.

use super::{
    held::{self, Stored},
    spares::Spare,
};
use crate::{Tx, accounts};
use db::{
    SystemTx,
    schema::{
        blob::{self, dsl},
        blob_copy::{self, dsl as cop},
        missing_copy::dsl as mis,
        upload_intent::{self, dsl as int},
    },
};
use diesel::{ExpressionMethods, Insertable, QueryDsl, dsl::count_star};
use kernel::{AccountId, BlobId, Error, Result, Timestamp};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use vault::{Manifest, Place};

/// How long an intent lives without being renewed.
pub(super) const INTENT: Duration = Duration::from_mins(10);

#[derive(Insertable)]
#[diesel(table_name = upload_intent)]
struct Intent {
    id: BlobId,
    expires_at: Timestamp,
    claimed: bool,
    bytes: i64,
}

/// Intends an upload, and reserves its room until then.
pub(super) fn intend(tx: &mut Tx<'_, '_>, bytes: u64, expires_at: Timestamp) -> Result<BlobId> {
    let id = tx.db.id();
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    tx.db.insert(int::upload_intent, &Intent { id, expires_at, claimed: false, bytes })?;
    Ok(id)
}

/// Intends an upload that nobody has begun. It reserves nothing.
pub(super) fn intend_ahead(tx: &mut Tx<'_, '_>, Spare { blob, expires_at }: Spare) -> Result<()> {
    tx.db.insert(int::upload_intent, &Intent { id: blob, expires_at, claimed: false, bytes: 0 })
}

/// How many bytes are free beside what the account stores and what uploads under way, but this one, have reserved.
pub(super) fn free(tx: &mut Tx<'_, '_>, but: Option<BlobId>) -> Result<u64> {
    let open = tx.db.of(int::upload_intent).filter(int::claimed.eq(false)).filter(int::bytes.gt(0));
    let open: Vec<(BlobId, i64)> =
        tx.db.load(open.filter(int::expires_at.gt(tx.db.now())).select((int::id, int::bytes)))?;
    let reserved = open.iter().filter(|(id, _)| Some(*id) != but).map(|(_, bytes)| bytes).sum::<i64>();
    let (used, quota) = accounts::usage(tx)?;
    Ok(quota.saturating_sub(used).saturating_sub(u64::try_from(reserved).unwrap_or(0)))
}

/// Reserves so much for an upload, and renews its intent.
pub(super) fn reserve(tx: &mut Tx<'_, '_>, id: BlobId, bytes: u64) -> Result<()> {
    renew(tx, id, tx.db.now() + INTENT)?;
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let mine = tx.db.of(int::upload_intent).filter(int::id.eq(id));
    tx.db.execute(diesel::update(mine).set(int::bytes.eq(bytes))).map(drop)
}

pub(super) fn renew(tx: &mut Tx<'_, '_>, id: BlobId, expires_at: Timestamp) -> Result<()> {
    let mine = tx.db.of(int::upload_intent).filter(int::id.eq(id)).filter(int::claimed.eq(false));
    let struck = tx.db.execute(diesel::update(mine).set(int::expires_at.eq(expires_at)))?;
    if struck == 1 { Ok(()) } else { Err(expired()) }
}

fn expired() -> Error {
    Error::unavailable("the upload's intent had expired")
}

#[derive(Insertable)]
#[diesel(table_name = blob, treat_none_as_default_value = false)]
struct Row {
    id: BlobId,
    manifest: Vec<u8>,
    size: i64,
    uses: i64,
    created_at: Timestamp,
    parts: Option<Vec<u8>>,
    at_risk_since: Option<Timestamp>,
}
#[derive(Insertable)]
#[diesel(table_name = blob_copy, treat_none_as_default_value = false)]
struct Copy {
    blob_id: BlobId,
    site: String,
    since: Option<Timestamp>,
}

/// Consumes the intent of an upload and keeps its blob, used once.
pub(super) fn keep(tx: &mut Tx<'_, '_>, id: BlobId, manifest: &Manifest, stored: &Stored) -> Result<()> {
    let mine = tx.db.of(int::upload_intent).filter(int::id.eq(id)).filter(int::claimed.eq(false));
    if tx.db.execute(diesel::delete(mine))? != 1 {
        return Err(expired());
    }
    let size = i64::try_from(manifest.len()).unwrap_or(i64::MAX);
    let manifest = manifest.seal(tx.key(), place(id));
    let created_at = tx.db.now();
    let parts = stored.inventory.as_ref().map(held::Inventory::encode);
    let at_risk_since = stored.short.then_some(created_at);
    tx.db.insert(dsl::blob, &Row { id, manifest, size, uses: 1, created_at, parts, at_risk_since })?;
    for holder in &stored.sites {
        let copy = Copy { blob_id: id, site: holder.to_string(), since: Some(created_at) };
        tx.db.insert(cop::blob_copy, &copy)?;
    }
    held::store::miss(tx.db, id, stored.missing.iter().map(|lacking| &**lacking))
}

/// The sites that hold a blob.
pub(super) fn copies(tx: &mut Tx<'_, '_>, id: BlobId) -> Result<Vec<held::Copy>> {
    let copies = tx.db.of(cop::blob_copy).filter(cop::blob_id.eq(id));
    let rows: Vec<(String, Option<Timestamp>, Option<Timestamp>)> =
        tx.db.load(copies.select((cop::site, cop::since, cop::checked_at)))?;
    let copy = |(site, since, checked_at)| held::Copy { site, held: true, since, checked_at };
    Ok(rows.into_iter().map(copy).collect())
}

/// How many blobs versions use, and the newest of them.
pub(super) fn used(tx: &mut Tx<'_, '_>) -> Result<(usize, Option<BlobId>)> {
    let used = || dsl::uses.gt(0);
    let count: i64 = tx.db.get(tx.db.of(dsl::blob).filter(used()).select(count_star()))?;
    let newest = tx.db.of(dsl::blob).filter(used()).order(dsl::id.desc()).select(dsl::id);
    Ok((usize::try_from(count).unwrap_or(0), tx.db.first(newest)?))
}

/// How many of them lie at too few sites, and how many at none that has a good copy.
pub(super) fn short_and_lost(tx: &mut Tx<'_, '_>) -> Result<(usize, usize)> {
    let used = || dsl::uses.gt(0);
    let short = tx.db.of(dsl::blob).filter(used()).filter(dsl::at_risk_since.is_not_null());
    let lost = tx.db.of(dsl::blob).filter(used()).filter(dsl::lost_since.is_not_null());
    let (short, lost): (i64, i64) =
        (tx.db.get(short.select(count_star()))?, tx.db.get(lost.select(count_star()))?);
    Ok((usize::try_from(short).unwrap_or(0), usize::try_from(lost).unwrap_or(0)))
}

fn place(id: BlobId) -> Place {
    Place::new("blob", "manifest", id)
}

pub(super) fn manifest(tx: &mut Tx<'_, '_>, id: BlobId) -> Result<Manifest> {
    find_manifest(tx, id)?.ok_or_else(Error::not_found)
}

/// The same of a blob that may be gone.
pub(super) fn find_manifest(tx: &mut Tx<'_, '_>, id: BlobId) -> Result<Option<Manifest>> {
    let row = tx.db.of(dsl::blob).filter(dsl::id.eq(id)).select(dsl::manifest);
    let sealed: Option<Vec<u8>> = tx.db.first(row)?;
    sealed.map(|sealed| Manifest::open(tx.key(), place(id), &sealed)).transpose()
}

/// One version more, or less, uses a blob.
pub(super) fn count_use(tx: &mut Tx<'_, '_>, id: BlobId, change: i64) -> Result<()> {
    let row = tx.db.of(dsl::blob).filter(dsl::id.eq(id));
    tx.db.execute(diesel::update(row).set(dsl::uses.eq(dsl::uses + change))).map(drop)
}

/// Claims the intent of an upload that ended without its rows, so that nobody else consumes it; whether its blob is to be
/// deleted: not where it arrived after all. Should that not happen now, the intent has expired for the collector. Where the
/// collector had forgotten the intent before the last bytes came, the upload alone still knows of them.
pub(super) fn give_up(tx: &mut db::Tx<'_>, id: BlobId) -> Result<bool> {
    let mine = tx.of(int::upload_intent).filter(int::id.eq(id)).filter(int::claimed.eq(false));
    let claim = diesel::update(mine).set((int::claimed.eq(true), int::expires_at.eq(tx.now())));
    if tx.execute(claim)? == 1 {
        return Ok(true);
    }
    let arrived: Option<BlobId> = tx.first(tx.of(dsl::blob).filter(dsl::id.eq(id)).select(dsl::id))?;
    Ok(arrived.is_none())
}

/// The accounts in which something waits for the collector.
pub(super) fn accounts_with_waste(tx: &mut SystemTx<'_>) -> Result<BTreeSet<AccountId>> {
    let mut accounts: BTreeSet<AccountId> = tx
        .load(int::upload_intent.filter(int::expires_at.lt(tx.now())).select(int::account_id))?
        .into_iter()
        .collect();
    accounts.extend(tx.load::<AccountId>(dsl::blob.filter(dsl::uses.le(0)).select(dsl::account_id))?);
    Ok(accounts)
}

/// Claims what nobody wants: expired intents, and blobs that no version uses. Their rows stay until [`forget`], so that a
/// crash in between repeats the deletion rather than forgets it.
pub(super) fn claim_waste(tx: &mut db::Tx<'_>, limit: i64) -> Result<Vec<BlobId>> {
    let now = tx.now();
    let expired = tx.of(int::upload_intent).filter(int::expires_at.lt(now)).select(int::id).limit(limit);
    let mut waste: Vec<BlobId> = tx.load(expired)?;
    let claim = tx.of(int::upload_intent).filter(int::id.eq_any(waste.clone()));
    tx.execute(diesel::update(claim).set(int::claimed.eq(true)))?;
    waste.extend(tx.load::<BlobId>(tx.of(dsl::blob).filter(dsl::uses.le(0)).select(dsl::id).limit(limit))?);
    Ok(waste)
}

/// Forgets what was claimed, once the sites that answered have deleted it. At the others, `away` and those that a row names
/// and nobody knows any more, it is left to be deleted when they are back.
pub(super) fn forget(
    tx: &mut db::Tx<'_>,
    waste: &[BlobId],
    reached: &[Arc<str>],
    away: &[Arc<str>],
) -> Result<()> {
    let held = tx.of(cop::blob_copy).filter(cop::blob_id.eq_any(waste.to_vec()));
    let mut left: BTreeSet<(BlobId, String)> =
        tx.load::<(BlobId, String)>(held.select((cop::blob_id, cop::site)))?.into_iter().collect();
    left.retain(|(_, site)| !reached.iter().any(|reached| **reached == **site));
    left.extend(away.iter().flat_map(|site| waste.iter().map(|blob| (*blob, site.to_string()))));
    let now = tx.now();
    for (blob, site) in left {
        held::store::leave(tx, blob, &site, now)?;
    }
    tx.execute(diesel::delete(tx.of(int::upload_intent).filter(int::id.eq_any(waste.to_vec()))))?;
    tx.execute(diesel::delete(tx.of(cop::blob_copy).filter(cop::blob_id.eq_any(waste.to_vec()))))?;
    tx.execute(diesel::delete(tx.of(mis::missing_copy).filter(mis::blob_id.eq_any(waste.to_vec()))))?;
    let unused = tx.of(dsl::blob).filter(dsl::id.eq_any(waste.to_vec())).filter(dsl::uses.le(0));
    tx.execute(diesel::delete(unused)).map(drop)
}
