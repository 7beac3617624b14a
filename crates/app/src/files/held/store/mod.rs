//! The tables of the copies, across accounts: what is held, what is missing, what is left over.

pub(super) mod duties;
mod leftovers;

pub(in crate::files) use leftovers::{
    accounts_with_leftovers, due_leftovers, forget_leftovers, is_expected, leave, postpone_leftovers,
};

use super::model::{Inventory, Spot, Standing, Wanted};
use db::{
    SystemTx,
    schema::{
        blob::dsl,
        blob_copy::{self, dsl as cop},
        missing_copy::{self, dsl as mis},
    },
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, QueryDsl,
    dsl::{count_star, min},
};
use kernel::{AccountId, BlobId, Result, Timestamp};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// How long a copy that could not be brought waits, at least and at most.
const WAIT: (Duration, Duration) = (Duration::from_secs(30), Duration::from_hours(1));

/// A blob as the work on copies sees it.
#[derive(Clone, Debug)]
pub(in crate::files) struct Blob {
    pub(super) account: AccountId,
    pub(super) id: BlobId,
    pub(super) inventory: Option<Inventory>,
    /// The sites that hold it.
    pub(super) held: Vec<String>,
    /// Those that are noted to lack it.
    missing: Vec<String>,
    /// Whether it is marked as at too few sites.
    at_risk: bool,
}

macro_rules! columns {
    () => {
        (dsl::account_id, dsl::id, dsl::parts, dsl::at_risk_since)
    };
}

type Row = (AccountId, BlobId, Option<Vec<u8>>, Option<Timestamp>);

/// The next blobs that versions use, in the order of their keys.
pub(super) fn page(tx: &mut SystemTx<'_>, after: Option<Spot>, limit: usize) -> Result<Vec<Blob>> {
    let mut rows = Vec::new();
    if let Some((account, blob)) = after {
        let here =
            dsl::blob.filter(dsl::account_id.eq(account)).filter(dsl::id.gt(blob)).filter(dsl::uses.gt(0));
        let here = here.order(dsl::id).limit(number(limit));
        rows = tx.load::<Row>(here.select(columns!()))?;
    }
    if rows.len() < limit {
        let rest = number(limit - rows.len());
        let mut others = dsl::blob.filter(dsl::uses.gt(0)).select(columns!()).into_boxed::<db::Backend>();
        if let Some((account, _)) = after {
            others = others.filter(dsl::account_id.gt(account));
        }
        rows.extend(tx.load::<Row>(others.order((dsl::account_id, dsl::id)).limit(rest))?);
    }
    complete(tx, rows)
}

/// These blobs, where versions use them still.
pub(super) fn these(tx: &mut SystemTx<'_>, spots: &[Spot]) -> Result<Vec<Blob>> {
    let mut rows = Vec::new();
    for &(account, blob) in spots {
        let one =
            dsl::blob.filter(dsl::account_id.eq(account)).filter(dsl::id.eq(blob)).filter(dsl::uses.gt(0));
        rows.extend(tx.first::<Row, _>(one.select(columns!()))?);
    }
    complete(tx, rows)
}

/// Adds where they are held.
fn complete(tx: &mut SystemTx<'_>, rows: Vec<Row>) -> Result<Vec<Blob>> {
    let mut accounts: BTreeMap<AccountId, Vec<BlobId>> = BTreeMap::new();
    for (account, blob, ..) in &rows {
        accounts.entry(*account).or_default().push(*blob);
    }
    let mut held: HashMap<BlobId, Vec<String>> = HashMap::new();
    let mut missing: HashMap<BlobId, Vec<String>> = HashMap::new();
    for (account, blobs) in accounts {
        let copies =
            cop::blob_copy.filter(cop::account_id.eq(account)).filter(cop::blob_id.eq_any(blobs.clone()));
        for (blob, site) in tx.load::<(BlobId, String)>(copies.select((cop::blob_id, cop::site)))? {
            held.entry(blob).or_default().push(site);
        }
        let lacking =
            mis::missing_copy.filter(mis::account_id.eq(account)).filter(mis::blob_id.eq_any(blobs));
        for (blob, site) in tx.load::<(BlobId, String)>(lacking.select((mis::blob_id, mis::site)))? {
            missing.entry(blob).or_default().push(site);
        }
    }
    let open = |(account, id, parts, at_risk_since): Row| {
        let inventory = parts.as_deref().map(Inventory::decode).transpose()?;
        let (held, missing) = (held.remove(&id).unwrap_or_default(), missing.remove(&id).unwrap_or_default());
        Ok(Blob { account, id, inventory, held, missing, at_risk: at_risk_since.is_some() })
    };
    rows.into_iter().map(open).collect()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A copy that is to be brought.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    pub(super) account: AccountId,
    pub(super) blob: BlobId,
    pub(super) site: String,
    pub(super) inventory: Option<Inventory>,
    pub(super) tries: i64,
}

type MissingRow = (AccountId, BlobId, String, i64, Option<Vec<u8>>);

/// The copies to be brought next to sites that answer: of blobs at risk first, and what is missing for longest first.
pub(super) fn missing(tx: &mut SystemTx<'_>, able: &[String], limit: usize) -> Result<Vec<Missing>> {
    let now = tx.now();
    let of = || {
        let blob = dsl::account_id.eq(mis::account_id).and(dsl::id.eq(mis::blob_id));
        let due = mis::missing_copy.inner_join(dsl::blob.on(blob)).filter(dsl::uses.gt(0));
        let due = due.filter(mis::try_at.le(now)).filter(mis::site.eq_any(able.to_vec()));
        due.select((mis::account_id, mis::blob_id, mis::site, mis::tries, dsl::parts))
    };
    let risky = of().filter(dsl::at_risk_since.is_not_null());
    let risky =
        risky.order((dsl::at_risk_since, mis::account_id, mis::blob_id, mis::site)).limit(number(limit));
    let others = of().filter(dsl::at_risk_since.is_null()).order((
        mis::since,
        mis::account_id,
        mis::blob_id,
        mis::site,
    ));
    let mut rows = tx.load::<MissingRow>(risky)?;
    if rows.len() < limit {
        rows.extend(tx.load::<MissingRow>(others.limit(number(limit - rows.len())))?);
    }
    let open = |(account, blob, site, tries, parts): MissingRow| {
        let inventory = parts.as_deref().map(Inventory::decode).transpose()?;
        Ok(Missing { account, blob, site, inventory, tries })
    };
    rows.into_iter().map(open).collect()
}

#[derive(Insertable)]
#[diesel(table_name = missing_copy)]
struct MissingCopy<'a> {
    blob_id: BlobId,
    site: &'a str,
    since: Timestamp,
    try_at: Timestamp,
    tries: i64,
}

/// Notes that these sites are to have a blob and do not, where that is not noted yet.
pub(in crate::files) fn miss<'a>(
    tx: &mut db::Tx<'_>,
    blob: BlobId,
    sites: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    let now = tx.now();
    for site in sites {
        let row = MissingCopy { blob_id: blob, site, since: now, try_at: now, tries: 0 };
        let row = tx.owned(missing_copy::table, row);
        tx.upsert(diesel::insert_into(missing_copy::table).values(row).on_conflict_do_nothing())?;
    }
    Ok(())
}

/// Compares what is held of a blob with what is to be, and notes the difference, where it is not noted yet.
pub(super) fn count(tx: &mut db::Tx<'_>, blob: &Blob, wanted: &Wanted) -> Result<()> {
    let lacking = wanted.lacking(&blob.held);
    let fresh = lacking.iter().filter(|site| !blob.missing.iter().any(|known| **known == ***site));
    miss(tx, blob.id, fresh.map(|site| &**site))?;
    let over = blob.missing.iter().filter(|known| !lacking.iter().any(|site| **site == ***known));
    let over: Vec<String> = over.cloned().collect();
    if !over.is_empty() {
        let rows = tx.of(mis::missing_copy).filter(mis::blob_id.eq(blob.id)).filter(mis::site.eq_any(over));
        tx.execute(diesel::delete(rows))?;
    }
    let short = wanted.is_short(&blob.held);
    if short == blob.at_risk { Ok(()) } else { mark(tx, blob.id, short) }
}

/// Marks a blob as at risk, or no longer.
fn mark(tx: &mut db::Tx<'_>, blob: BlobId, short: bool) -> Result<()> {
    let row = tx.of(dsl::blob).filter(dsl::id.eq(blob));
    if short {
        let since = Some(tx.now());
        let fresh = row.filter(dsl::at_risk_since.is_null());
        tx.execute(diesel::update(fresh).set(dsl::at_risk_since.eq(since))).map(drop)
    } else {
        let none: Option<Timestamp> = None;
        let before = row.filter(dsl::at_risk_since.is_not_null());
        tx.execute(diesel::update(before).set(dsl::at_risk_since.eq(none))).map(drop)
    }
}

/// Marks a blob anew by what is held of it now.
fn recount(tx: &mut db::Tx<'_>, blob: BlobId, wanted: &Wanted) -> Result<()> {
    let held = tx.load::<String>(tx.of(cop::blob_copy).filter(cop::blob_id.eq(blob)).select(cop::site))?;
    mark(tx, blob, wanted.is_short(&held))
}

#[derive(Insertable)]
#[diesel(table_name = blob_copy, treat_none_as_default_value = false)]
struct Copy<'a> {
    blob_id: BlobId,
    site: &'a str,
    since: Option<Timestamp>,
    checked_at: Option<Timestamp>,
}

/// Notes a copy that a site has now, compared; whether the blob is wanted still.
pub(super) fn hold(tx: &mut db::Tx<'_>, blob: BlobId, site: &str, wanted: &Wanted) -> Result<bool> {
    let used = tx.of(dsl::blob).filter(dsl::id.eq(blob)).filter(dsl::uses.gt(0)).select(dsl::id);
    if tx.first::<BlobId, _>(used)?.is_none() {
        return Ok(false);
    }
    let now = Some(tx.now());
    let row = tx.owned(blob_copy::table, Copy { blob_id: blob, site, since: now, checked_at: now });
    let insert = diesel::insert_into(blob_copy::table).values(row);
    let known = (cop::account_id, cop::blob_id, cop::site);
    tx.upsert(insert.on_conflict(known).do_update().set(cop::checked_at.eq(now)))?;
    let missing =
        tx.of(mis::missing_copy).filter(mis::blob_id.eq(blob)).filter(mis::site.eq(site.to_owned()));
    tx.execute(diesel::delete(missing))?;
    forget_leftovers(tx, site, &[blob])?;
    find(tx, blob)?;
    recount(tx, blob, wanted)?;
    Ok(true)
}

/// Notes that a copy was read back and found good.
pub(super) fn check(tx: &mut db::Tx<'_>, blob: BlobId, site: &str) -> Result<()> {
    let copy = tx.of(cop::blob_copy).filter(cop::blob_id.eq(blob)).filter(cop::site.eq(site.to_owned()));
    let now = Some(tx.now());
    tx.execute(diesel::update(copy).set(cop::checked_at.eq(now)))?;
    find(tx, blob)
}

/// Notes that what a row says is held there is not, so that it is brought again. A site that is not to have it is given none.
pub(super) fn doubt(tx: &mut db::Tx<'_>, blob: BlobId, site: &str, wanted: &Wanted) -> Result<()> {
    let copy = tx.of(cop::blob_copy).filter(cop::blob_id.eq(blob)).filter(cop::site.eq(site.to_owned()));
    if tx.execute(diesel::delete(copy))? == 1 && wanted.sites.iter().any(|name| **name == *site) {
        miss(tx, blob, [site])?;
    }
    recount(tx, blob, wanted)
}

/// Notes that no site has a good copy; whether that is news.
pub(super) fn lose(tx: &mut db::Tx<'_>, blob: BlobId) -> Result<bool> {
    let row =
        tx.of(dsl::blob).filter(dsl::id.eq(blob)).filter(dsl::uses.gt(0)).filter(dsl::lost_since.is_null());
    let now = Some(tx.now());
    Ok(tx.execute(diesel::update(row).set(dsl::lost_since.eq(now)))? == 1)
}

/// Notes that a site has a good copy.
fn find(tx: &mut db::Tx<'_>, blob: BlobId) -> Result<()> {
    let row = tx.of(dsl::blob).filter(dsl::id.eq(blob)).filter(dsl::lost_since.is_not_null());
    tx.execute(diesel::update(row).set(dsl::lost_since.eq(None::<Timestamp>))).map(drop)
}

/// Leaves a copy that could not be brought for later: longer each time.
pub(super) fn postpone(tx: &mut db::Tx<'_>, blob: BlobId, site: &str, tries: i64) -> Result<()> {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(0);
    let try_at = tx.now() + WAIT.0.saturating_mul(1 << doublings).min(WAIT.1);
    let row = tx.of(mis::missing_copy).filter(mis::blob_id.eq(blob)).filter(mis::site.eq(site.to_owned()));
    tx.execute(diesel::update(row).set((mis::try_at.eq(try_at), mis::tries.eq(tries + 1)))).map(drop)
}

/// Keeps what somebody with the key has read of a blob from before.
pub(super) fn set_inventory(tx: &mut db::Tx<'_>, blob: BlobId, inventory: &Inventory) -> Result<()> {
    let row = tx.of(dsl::blob).filter(dsl::id.eq(blob));
    tx.execute(diesel::update(row).set(dsl::parts.eq(Some(inventory.encode())))).map(drop)
}

/// The copies that a site was given before `before`, so many of them.
pub(super) fn held_before(
    tx: &mut SystemTx<'_>,
    site: &str,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Spot>> {
    let old = cop::since.is_null().or(cop::since.lt(Some(before)));
    let copies = cop::blob_copy.filter(cop::site.eq(site.to_owned())).filter(old);
    tx.load(copies.limit(number(limit)).select((cop::account_id, cop::blob_id)))
}

/// Forgets some of what was noted of a site; how much that was.
pub(super) fn forget_site(tx: &mut SystemTx<'_>, site: &str, limit: usize) -> Result<usize> {
    let name = || site.to_owned();
    let copies = cop::blob_copy.filter(cop::site.eq(name())).limit(number(limit));
    let mut spots: Vec<Spot> = tx.load(copies.select((cop::account_id, cop::blob_id)))?;
    let missing = mis::missing_copy.filter(mis::site.eq(name())).limit(number(limit));
    spots.extend(tx.load::<Spot>(missing.select((mis::account_id, mis::blob_id)))?);
    for &(account, blob) in &spots {
        let mut tx = tx.within(account);
        tx.execute(diesel::delete(
            tx.of(cop::blob_copy).filter(cop::blob_id.eq(blob)).filter(cop::site.eq(name())),
        ))?;
        tx.execute(diesel::delete(
            tx.of(mis::missing_copy).filter(mis::blob_id.eq(blob)).filter(mis::site.eq(name())),
        ))?;
    }
    Ok(spots.len() + leftovers::forget_site(tx, site, limit)?)
}

/// How it stands with the copies of all accounts.
pub(super) fn standing(tx: &mut SystemTx<'_>, wanted: &Wanted) -> Result<Standing> {
    let by_site: Vec<(String, i64)> =
        tx.load(mis::missing_copy.group_by(mis::site).select((mis::site, count_star())))?;
    let oldest_missing: Option<Timestamp> = tx.get(mis::missing_copy.select(min(mis::since)))?;
    let risky = || dsl::blob.filter(dsl::at_risk_since.is_not_null()).filter(dsl::uses.gt(0));
    let at_risk: i64 = tx.get(risky().count())?;
    let oldest_at_risk: Option<Timestamp> = tx.get(risky().select(min(dsl::at_risk_since)))?;
    let lost: i64 =
        tx.get(dsl::blob.filter(dsl::lost_since.is_not_null()).filter(dsl::uses.gt(0)).count())?;
    let census = duties::progress(tx, super::duty::Duty::Census)?;
    let scrub = duties::progress(tx, super::duty::Duty::Scrub)?;
    Ok(Standing {
        missing: by_site.into_iter().map(|(site, count)| (site, whole(count))).collect(),
        oldest_missing,
        at_risk: whole(at_risk),
        oldest_at_risk,
        lost: whole(lost),
        scrubbed: scrub.last,
        counted: census.is_towards(&wanted.aim()?) && census.ended_at.is_some(),
    })
}

/// How many blobs versions use, and how many of them each site holds.
pub(super) fn held_by_site(tx: &mut SystemTx<'_>) -> Result<(u64, Vec<(String, u64)>)> {
    let blobs: i64 = tx.get(dsl::blob.filter(dsl::uses.gt(0)).count())?;
    let blob = dsl::account_id.eq(cop::account_id).and(dsl::id.eq(cop::blob_id));
    let used = cop::blob_copy.inner_join(dsl::blob.on(blob)).filter(dsl::uses.gt(0));
    let by_site: Vec<(String, i64)> = tx.load(used.group_by(cop::site).select((cop::site, count_star())))?;
    Ok((whole(blobs), by_site.into_iter().map(|(site, count)| (site, whole(count))).collect()))
}

fn whole(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
