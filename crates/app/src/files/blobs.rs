//! The tables `blob`, `blob_copy` and `upload_intent`: what lies at the sites, and who still wants it.
//!
//! An upload commits an intent before its first byte reaches a site. The transaction that adds the version consumes the
//! intent; the collector claims one that has expired before it deletes. Each strikes the row where it is unclaimed, so
//! exactly one of the two wins. A blob that no version uses any more is deleted by the collector too, and only by it.

use crate::Tx;
use db::{
    SystemTx,
    schema::{
        blob::{self, dsl},
        blob_copy::{self, dsl as cop},
        upload_intent::{self, dsl as int},
    },
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
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
}

pub(super) fn intend(tx: &mut Tx<'_, '_>) -> Result<BlobId> {
    let id = tx.db.id();
    let row = Intent { id, expires_at: tx.db.now() + INTENT, claimed: false };
    tx.db.insert(int::upload_intent, &row)?;
    Ok(id)
}

pub(super) fn renew(tx: &mut Tx<'_, '_>, id: BlobId) -> Result<()> {
    let mine = tx.db.of(int::upload_intent).filter(int::id.eq(id)).filter(int::claimed.eq(false));
    let struck = tx.db.execute(diesel::update(mine).set(int::expires_at.eq(tx.db.now() + INTENT)))?;
    if struck == 1 { Ok(()) } else { Err(expired()) }
}

fn expired() -> Error {
    Error::unavailable("the upload's intent had expired")
}

#[derive(Insertable)]
#[diesel(table_name = blob)]
struct Row {
    id: BlobId,
    manifest: Vec<u8>,
    size: i64,
    uses: i64,
    created_at: Timestamp,
}
#[derive(Insertable)]
#[diesel(table_name = blob_copy)]
struct Copy {
    blob_id: BlobId,
    site: String,
}

/// Consumes the intent of an upload and keeps its blob, used once.
pub(super) fn keep(tx: &mut Tx<'_, '_>, id: BlobId, manifest: &Manifest, sites: &[Arc<str>]) -> Result<()> {
    let mine = tx.db.of(int::upload_intent).filter(int::id.eq(id)).filter(int::claimed.eq(false));
    if tx.db.execute(diesel::delete(mine))? != 1 {
        return Err(expired());
    }
    let size = i64::try_from(manifest.len()).unwrap_or(i64::MAX);
    let manifest = manifest.seal(tx.key(), place(id));
    tx.db.insert(dsl::blob, &Row { id, manifest, size, uses: 1, created_at: tx.db.now() })?;
    for site in sites {
        tx.db.insert(cop::blob_copy, &Copy { blob_id: id, site: site.to_string() })?;
    }
    Ok(())
}

fn place(id: BlobId) -> Place {
    Place::new("blob", "manifest", id)
}

pub(super) fn manifest(tx: &mut Tx<'_, '_>, id: BlobId) -> Result<Manifest> {
    let sealed: Vec<u8> = tx.db.get(tx.db.of(dsl::blob).filter(dsl::id.eq(id)).select(dsl::manifest))?;
    Manifest::open(tx.key(), place(id), &sealed)
}

/// One version more, or less, uses a blob.
pub(super) fn count_use(tx: &mut Tx<'_, '_>, id: BlobId, change: i64) -> Result<()> {
    let row = tx.db.of(dsl::blob).filter(dsl::id.eq(id));
    tx.db.execute(diesel::update(row).set(dsl::uses.eq(dsl::uses + change))).map(drop)
}

/// Claims the intent of an upload that ended without its rows, so that nobody else consumes it; whether it was there to
/// be claimed. Should its blob not be deleted now, it has expired for the collector.
pub(super) fn claim(tx: &mut db::Tx<'_>, id: BlobId) -> Result<bool> {
    let mine = tx.of(int::upload_intent).filter(int::id.eq(id)).filter(int::claimed.eq(false));
    let claim = diesel::update(mine).set((int::claimed.eq(true), int::expires_at.eq(tx.now())));
    Ok(tx.execute(claim)? == 1)
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

/// Forgets what was claimed, once the sites have deleted it.
pub(super) fn forget(tx: &mut db::Tx<'_>, waste: &[BlobId]) -> Result<()> {
    tx.execute(diesel::delete(tx.of(int::upload_intent).filter(int::id.eq_any(waste.to_vec()))))?;
    tx.execute(diesel::delete(tx.of(cop::blob_copy).filter(cop::blob_id.eq_any(waste.to_vec()))))?;
    let unused = tx.of(dsl::blob).filter(dsl::id.eq_any(waste.to_vec())).filter(dsl::uses.le(0));
    tx.execute(diesel::delete(unused)).map(drop)
}
