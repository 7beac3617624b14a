//! The table `leftover`: what may lie at a site that no row says is held there.

use db::{
    SystemTx,
    schema::{
        blob::dsl as blob,
        leftover::{self, dsl},
        upload_intent::dsl as int,
    },
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{AccountId, BlobId, Result, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

/// How long a site that did not delete something is left alone.
const WAIT: Duration = Duration::from_mins(1);

#[derive(Insertable)]
#[diesel(table_name = leftover)]
struct Row<'a> {
    blob_id: BlobId,
    site: &'a str,
    due_at: Timestamp,
}

/// Notes that a blob may lie at a site, to be deleted there from `due_at` on unless a version uses it.
pub(in crate::files) fn leave(
    tx: &mut db::Tx<'_>,
    blob_id: BlobId,
    site: &str,
    due_at: Timestamp,
) -> Result<()> {
    let row = tx.owned(leftover::table, Row { blob_id, site, due_at });
    let insert = diesel::insert_into(leftover::table).values(row);
    let known = (dsl::account_id, dsl::blob_id, dsl::site);
    tx.upsert(insert.on_conflict(known).do_update().set(dsl::due_at.eq(due_at))).map(drop)
}

/// The accounts in which something is due at one of these sites. What lies at one that is gone waits, should it come back.
pub(in crate::files) fn accounts_with_leftovers(
    tx: &mut SystemTx<'_>,
    sites: &[String],
) -> Result<BTreeSet<AccountId>> {
    let due = dsl::leftover.filter(dsl::due_at.le(tx.now())).filter(dsl::site.eq_any(sites.to_vec()));
    Ok(tx.load::<AccountId>(due.select(dsl::account_id).distinct())?.into_iter().collect())
}

/// What is due in an account at these sites, by site, without what versions use: that is forgotten here, since the repair compares it.
pub(in crate::files) fn due_leftovers(
    tx: &mut db::Tx<'_>,
    sites: &[String],
    limit: i64,
) -> Result<BTreeMap<String, Vec<BlobId>>> {
    let due = tx.of(dsl::leftover).filter(dsl::due_at.le(tx.now())).filter(dsl::site.eq_any(sites.to_vec()));
    let rows: Vec<(BlobId, String)> = tx.load(due.limit(limit).select((dsl::blob_id, dsl::site)))?;
    let ids: Vec<BlobId> = rows.iter().map(|(blob, _)| *blob).collect();
    let used = tx.of(blob::blob).filter(blob::id.eq_any(ids)).filter(blob::uses.gt(0)).select(blob::id);
    let used: HashSet<BlobId> = tx.load::<BlobId>(used)?.into_iter().collect();
    let mut by_site: BTreeMap<String, Vec<BlobId>> = BTreeMap::new();
    for (blob, site) in rows {
        if used.contains(&blob) {
            forget_leftovers(tx, &site, &[blob])?;
        } else {
            by_site.entry(site).or_default().push(blob);
        }
    }
    Ok(by_site)
}

/// Forgets what a site has deleted, or holds rightly.
pub(in crate::files) fn forget_leftovers(tx: &mut db::Tx<'_>, site: &str, blobs: &[BlobId]) -> Result<()> {
    let these = tx.of(dsl::leftover).filter(dsl::blob_id.eq_any(blobs.to_vec()));
    tx.execute(diesel::delete(these.filter(dsl::site.eq(site.to_owned())))).map(drop)
}

/// Leaves what a site did not delete for later.
pub(in crate::files) fn postpone_leftovers(tx: &mut db::Tx<'_>, site: &str, blobs: &[BlobId]) -> Result<()> {
    let these = tx.of(dsl::leftover).filter(dsl::blob_id.eq_any(blobs.to_vec()));
    let due_at = tx.now() + WAIT;
    tx.execute(diesel::update(these.filter(dsl::site.eq(site.to_owned()))).set(dsl::due_at.eq(due_at)))
        .map(drop)
}

/// Whether somebody may be sending a blob: an upload under way, or the repair.
pub(in crate::files) fn is_expected(tx: &mut SystemTx<'_>, account: AccountId, blob: BlobId) -> Result<bool> {
    let intent = int::upload_intent.filter(int::account_id.eq(account)).filter(int::id.eq(blob));
    let live = intent.filter(int::claimed.eq(false)).filter(int::expires_at.gt(tx.now()));
    if tx.first::<BlobId, _>(live.select(int::id))?.is_some() {
        return Ok(true);
    }
    let coming = dsl::leftover.filter(dsl::account_id.eq(account)).filter(dsl::blob_id.eq(blob));
    Ok(tx.first::<BlobId, _>(coming.filter(dsl::due_at.gt(tx.now())).select(dsl::blob_id))?.is_some())
}

/// Forgets some of what is noted of a site; how much that was.
pub(super) fn forget_site(tx: &mut SystemTx<'_>, site: &str, limit: usize) -> Result<usize> {
    let some = dsl::leftover.filter(dsl::site.eq(site.to_owned()));
    let some = some.limit(i64::try_from(limit).unwrap_or(i64::MAX)).select((dsl::account_id, dsl::blob_id));
    let spots: Vec<(AccountId, BlobId)> = tx.load(some)?;
    for &(account, blob) in &spots {
        forget_leftovers(&mut tx.within(account), site, &[blob])?;
    }
    Ok(spots.len())
}
