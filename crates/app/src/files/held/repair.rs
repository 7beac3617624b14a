//! The repair: brings each copy that is missing, of what is at risk first, and of that what has waited longest.
//!
//! Bounded: so many copies at once, at the pace that the operator set, in memory that does not grow with them. It may be cut
//! short anywhere: what is missing stays noted until the copy is there, and a copy that is there already is compared, not sent.
//! Before a copy travels it is noted as a leftover, so that one whose blob is deleted meanwhile is deleted too.

use super::{
    bring::{self, Outcome, Survey},
    census,
    duty::{Duty, lead},
    model::{Inventory, Wanted},
    store::{self, Missing, duties},
};
use crate::Palisade;
use db::{Reason, SystemTx};
use futures_util::{StreamExt, stream};
use kernel::{AccountId, BlobId, Error, Result};
use std::time::Duration;

/// Copies whose coming is noted in one transaction.
const BATCH: usize = 64;
/// Copies that travel at once.
const AT_ONCE: usize = 8;
/// How long the note on a copy that comes is good: after that it is nobody's.
const COMING: Duration = Duration::from_hours(24);

/// What a repair did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Copies that are there now.
    pub copies: u64,
    /// Bytes that travelled, as sealed.
    pub bytes: u64,
}

/// Brings what is missing, as far as sites answer. Where another node leads, it does that.
///
/// # Errors
/// Those of the database; it may be called again.
pub async fn repair(palisade: &Palisade) -> Result<Repaired> {
    if !census::take(palisade).await? {
        return Ok(Repaired::default());
    }
    let repairing = async {
        let mut all = Repaired::default();
        while let Some(some) = bring_some(palisade).await? {
            all.copies += some.copies;
            all.bytes += some.bytes;
        }
        Ok(all)
    };
    // Who has nothing to do does not take the lead.
    if next(palisade).await?.is_empty() {
        return Ok(Repaired::default());
    }
    Ok(lead(palisade, Duty::Repair, repairing).await?.unwrap_or_default())
}

/// The copies that are to be brought next.
async fn next(palisade: &Palisade) -> Result<Vec<Missing>> {
    let able: Vec<String> =
        palisade.sites.names().filter(|site| !palisade.sites.is_ill(site)).map(ToString::to_string).collect();
    palisade.db.system_read(Reason::TendCopies, move |tx| store::missing(tx, &able, BATCH)).await
}

/// Brings some; none where nothing is to be brought now.
async fn bring_some(palisade: &Palisade) -> Result<Option<Repaired>> {
    let batch = next(palisade).await?;
    if batch.is_empty() {
        return Ok(None);
    }
    expect(palisade, batch.iter().map(|one| (one.account, one.blob, one.site.clone())).collect()).await?;
    let done: Vec<(Missing, Option<Inventory>, Outcome)> = stream::iter(batch)
        .map(|missing| async move {
            let (surveyed, outcome) = bring_one(palisade, &missing).await?;
            Ok::<_, Error>((missing, surveyed, outcome))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(|done| async move {
            done.inspect_err(|error| tracing::warn!(%error, "a copy is brought later")).ok()
        })
        .collect()
        .await;
    settle(palisade, done).await.map(Some)
}

/// Notes copies before they travel.
pub(super) async fn expect(palisade: &Palisade, coming: Vec<(AccountId, BlobId, String)>) -> Result<()> {
    let note = move |tx: &mut SystemTx<'_>| {
        let until = tx.now() + COMING;
        for (account, blob, site) in &coming {
            store::leave(&mut tx.within(*account), *blob, site, until)?;
        }
        Ok(())
    };
    palisade.db.system_write(Reason::TendCopies, note).await
}

/// What its parts are, where that had to be found out, and what came of it.
async fn bring_one(palisade: &Palisade, missing: &Missing) -> Result<(Option<Inventory>, Outcome)> {
    let Missing { account, blob, site, inventory, .. } = missing;
    let pace = &palisade.repair_pace;
    if palisade.sites.is_ill(site) {
        return Ok((None, Outcome::Away)); // since the batch was taken
    }
    if let Some(inventory) = inventory {
        return Ok((None, bring::bring(palisade, (*account, *blob), inventory, site, pace).await));
    }
    match bring::survey(palisade, *account, *blob, pace).await? {
        Survey::Known(inventory) => {
            let outcome = bring::bring(palisade, (*account, *blob), &inventory, site, pace).await;
            Ok((Some(inventory), outcome))
        }
        Survey::Lost => Ok((None, Outcome::Lost)),
        Survey::Later | Survey::Gone => Ok((None, Outcome::NoSource)),
    }
}

/// Notes what came of a batch, and takes back what nobody wants any more.
async fn settle(palisade: &Palisade, done: Vec<(Missing, Option<Inventory>, Outcome)>) -> Result<Repaired> {
    let wanted = Wanted::of(&palisade.sites);
    let note = move |tx: &mut SystemTx<'_>| {
        let (mut repaired, mut strays, mut lost) = (Repaired::default(), Vec::new(), Vec::new());
        for (missing, surveyed, outcome) in &done {
            let Missing { account, blob, site, tries, .. } = missing;
            let mut within = tx.within(*account);
            if let Some(inventory) = surveyed {
                store::set_inventory(&mut within, *blob, inventory)?;
            }
            match outcome {
                Outcome::There { bytes, doubted } => {
                    if store::hold(&mut within, *blob, site, &wanted)? {
                        repaired.copies += 1;
                        repaired.bytes += bytes;
                    } else {
                        strays.push((*account, *blob, site.clone()));
                    }
                    for site in doubted {
                        store::doubt(&mut within, *blob, site, &wanted)?;
                    }
                }
                // A site that comes back is not made to wait for what it missed.
                Outcome::Away => store::postpone(&mut within, *blob, site, 0)?,
                Outcome::NoSource => store::postpone(&mut within, *blob, site, *tries)?,
                Outcome::Lost => {
                    if store::lose(&mut within, *blob)? {
                        lost.push((*account, *blob));
                    }
                    store::postpone(&mut within, *blob, site, tries.saturating_add(2))?;
                }
            }
        }
        let (mut progress, now) = (duties::progress(tx, Duty::Repair)?, tx.now());
        progress.begun_at = progress.begun_at.or(Some(now));
        progress.figures.copies += repaired.copies;
        progress.figures.bytes += repaired.bytes;
        duties::save(tx, Duty::Repair, &progress)?;
        Ok((repaired, strays, lost))
    };
    let (repaired, strays, lost) = palisade.db.system_write(Reason::TendCopies, note).await?;
    bring::tell_lost(&lost);
    take_back(palisade, strays).await?;
    palisade.numbers.brought(repaired.copies, repaired.bytes);
    if repaired.copies > 0 {
        tracing::info!(copies = repaired.copies, bytes = repaired.bytes, "copies were brought");
    }
    Ok(repaired)
}

/// Deletes copies that were brought of blobs which were deleted meanwhile.
pub(super) async fn take_back(palisade: &Palisade, strays: Vec<(AccountId, BlobId, String)>) -> Result<()> {
    for (account, blob, site) in strays {
        palisade.sites.delete_at(&site, account, &[blob]).await?;
        let forget = move |tx: &mut db::Tx<'_>| store::forget_leftovers(tx, &site, &[blob]);
        palisade.db.write_in_need(account, forget).await?;
    }
    Ok(())
}
