//! The scrub: reads every copy back, slowly, again and again, and replaces one that is gone or altered from a good one.
//!
//! A copy is compared by the checksum of its sealed bytes, so the scrub needs no key, also of an account whose key was removed
//! under a hold. What was stored before there were checksums is opened once with its account's key.
//!
//! It never deletes what it cannot replace, and where everything at a site seems gone at once it touches nothing there: a disk
//! that is not mounted looks like that.

use super::{
    bring::{self, Outcome, Survey},
    duty::{Duty, Progress, lead},
    model::{Figures, Inventory, Spot, Wanted},
    repair,
    store::{self, Blob, duties},
};
use crate::Palisade;
use db::{Reason, SystemTx};
use futures_util::{StreamExt, stream};
use kernel::Result;
use sites::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// Blobs between two notes of how far it came.
const BATCH: usize = 32;
/// Blobs that are read at once.
const AT_ONCE: usize = 4;
/// Where so many copies are asked for at a site and all are gone, the site is not itself.
const EMPTIED: usize = 16;

/// A copy, and what it was found to be.
#[derive(Debug)]
struct Looked {
    site: String,
    bytes: u64,
    verdict: Verdict,
}

/// What of a blob was looked at.
#[derive(Debug)]
struct Seen {
    spot: Spot,
    copies: Vec<Looked>,
    inventory: Option<Inventory>,
    /// Whether its inventory was found out just now.
    surveyed: bool,
    /// No site has a copy that opens.
    lost: bool,
    /// Copies that were not looked at.
    skipped: u64,
}

/// What becomes of a copy that is bad.
#[derive(Debug)]
struct Mended {
    spot: Spot,
    site: String,
    outcome: Outcome,
}

/// Goes on with the pass under way, or begins one where the last began long enough ago; the figures of what was looked at now.
/// Where another node leads, it does that. `most` batches are looked at, or all where none is said.
///
/// # Errors
/// Those of the database; it may be called again.
pub async fn scrub(palisade: &Palisade, most: Option<usize>) -> Result<Option<Figures>> {
    let every = palisade.limits.scrub_every;
    let is_due = move |tx: &mut SystemTx<'_>| {
        let progress = duties::progress(tx, Duty::Scrub)?;
        Ok(match (progress.begun_at, progress.ended_at) {
            (Some(begun), Some(_)) => tx.now() >= begun + every,
            _ => true,
        })
    };
    if !palisade.db.system_read(Reason::TendCopies, is_due).await? {
        return Ok(None);
    }
    let scrubbing = async {
        let mut all = Figures::default();
        for _ in 0..most.unwrap_or(usize::MAX) {
            let (figures, ended) = scrub_some(palisade).await?;
            add(&mut all, &figures);
            if ended {
                break;
            }
        }
        Ok(all)
    };
    lead(palisade, Duty::Scrub, scrubbing).await
}

/// Looks at these blobs at once: somebody met a copy of theirs that was none.
pub(super) async fn look_at(palisade: &Palisade, spots: Vec<Spot>) -> Result<Figures> {
    let blobs = palisade.db.system_read(Reason::TendCopies, move |tx| store::these(tx, &spots)).await?;
    look(palisade, blobs, false).await
}

/// The next blobs of the pass; their figures, and whether it is over.
async fn scrub_some(palisade: &Palisade) -> Result<(Figures, bool)> {
    let begin = move |tx: &mut SystemTx<'_>| {
        let (mut progress, now) = (duties::progress(tx, Duty::Scrub)?, tx.now());
        if progress.begun_at.is_none() || progress.ended_at.is_some() {
            progress = progress.begin(String::new(), now);
            duties::save(tx, Duty::Scrub, &progress)?;
        }
        Ok((store::page(tx, progress.at, BATCH)?, progress))
    };
    let (blobs, mut progress): (Vec<Blob>, Progress) =
        palisade.db.system_write(Reason::TendCopies, begin).await?;
    progress.at = blobs.last().map(|blob| (blob.account, blob.id)).or(progress.at);
    let ended = blobs.len() < BATCH;
    let figures = look(palisade, blobs, true).await?;
    add(&mut progress.figures, &figures);
    let note = move |tx: &mut SystemTx<'_>| {
        let mut progress = progress.clone();
        if ended {
            progress.end(tx.now());
        }
        duties::save(tx, Duty::Scrub, &progress)
    };
    palisade.db.system_write(Reason::TendCopies, note).await?;
    Ok((figures, ended))
}

fn add(sum: &mut Figures, more: &Figures) {
    sum.copies += more.copies;
    sum.bytes += more.bytes;
    sum.bad += more.bad;
    sum.mended += more.mended;
    sum.lost += more.lost;
    sum.skipped += more.skipped;
}

/// Reads the copies of these blobs, mends what is bad, and notes it.
async fn look(palisade: &Palisade, blobs: Vec<Blob>, wary: bool) -> Result<Figures> {
    let seen: Vec<Seen> = stream::iter(blobs)
        .map(|blob| see(palisade, blob))
        .buffered(AT_ONCE)
        .filter_map(|seen| async move {
            seen.inspect_err(|error| tracing::warn!(%error, "a blob was not read back")).ok()
        })
        .collect()
        .await;
    let emptied = if wary { emptied(&seen) } else { Vec::new() };
    for site in &emptied {
        tracing::error!(
            site,
            "every copy that was asked for is gone here. Is its disk mounted? Where it was replaced by an empty one: \
             palisade sites refill"
        );
    }
    let mut figures = Figures::default();
    let mut bad = Vec::new();
    for seen in &seen {
        figures.skipped += seen.skipped;
        for Looked { site, bytes, verdict } in &seen.copies {
            match verdict {
                Verdict::Missing if emptied.contains(site) => figures.skipped += 1,
                Verdict::Away(_) => figures.skipped += 1,
                Verdict::Good => {
                    figures.copies += 1;
                    figures.bytes += bytes;
                }
                Verdict::Missing | Verdict::Altered => {
                    figures.copies += 1;
                    bad.push((seen, site.clone()));
                }
            }
        }
    }
    let bad = still_wanted(palisade, bad).await?;
    figures.bad = bad.len() as u64;
    let mended = mend(palisade, bad).await?;
    (figures.mended, figures.lost) = note(palisade, seen, mended).await?;
    palisade.numbers.scrubbed(&figures);
    Ok(figures)
}

/// Without the copies of blobs that were deleted while they were read.
async fn still_wanted<'s>(
    palisade: &Palisade,
    bad: Vec<(&'s Seen, String)>,
) -> Result<Vec<(Spot, &'s Inventory, String)>> {
    if bad.is_empty() {
        return Ok(Vec::new());
    }
    let spots: Vec<Spot> = bad.iter().map(|(seen, _)| seen.spot).collect();
    let wanted = palisade.db.system_read(Reason::TendCopies, move |tx| store::these(tx, &spots)).await?;
    let wanted: BTreeSet<Spot> = wanted.iter().map(|blob| (blob.account, blob.id)).collect();
    let bad = bad.into_iter().filter(|(seen, _)| wanted.contains(&seen.spot));
    Ok(bad.filter_map(|(seen, site)| Some((seen.spot, seen.inventory.as_ref()?, site))).collect())
}

/// Brings good copies to where bad ones are.
async fn mend(palisade: &Palisade, bad: Vec<(Spot, &Inventory, String)>) -> Result<Vec<Mended>> {
    if bad.is_empty() {
        return Ok(Vec::new());
    }
    let coming = bad.iter().map(|((account, blob), _, site)| (*account, *blob, site.clone())).collect();
    repair::expect(palisade, coming).await?;
    let mut mended = Vec::new();
    for (spot, inventory, site) in bad {
        let outcome = bring::bring(palisade, spot, inventory, &site, &palisade.scrub_pace).await;
        let (account, blob) = spot;
        tracing::warn!(%account, %blob, site, ?outcome, "a copy was not what it should be");
        mended.push(Mended { spot, site, outcome });
    }
    Ok(mended)
}

/// Reads each copy of a blob back.
async fn see(palisade: &Palisade, blob: Blob) -> Result<Seen> {
    let (spot, pace) = ((blob.account, blob.id), &palisade.scrub_pace);
    let mut seen =
        Seen { spot, copies: Vec::new(), inventory: None, surveyed: false, lost: false, skipped: 0 };
    let inventory = match blob.inventory {
        Some(inventory) => inventory,
        None => match bring::survey(palisade, blob.account, blob.id, pace).await? {
            Survey::Known(inventory) => {
                seen.surveyed = true;
                inventory
            }
            Survey::Lost => return Ok(Seen { lost: true, ..seen }),
            Survey::Later => return Ok(Seen { skipped: blob.held.len() as u64, ..seen }),
            Survey::Gone => return Ok(seen),
        },
    };
    let known: Vec<String> =
        palisade.sites.names().chain(palisade.sites.leaving()).map(ToString::to_string).collect();
    for site in blob.held.iter().filter(|site| known.contains(site)) {
        if palisade.sites.is_ill(site) {
            seen.skipped += 1;
            continue;
        }
        let verdict = bring::verify(palisade, spot, &inventory, site, pace).await?;
        seen.copies.push(Looked { site: site.clone(), bytes: inventory.bytes(), verdict });
    }
    seen.inventory = Some(inventory);
    Ok(seen)
}

/// The sites at which many copies were asked for, and every one is gone.
fn emptied(seen: &[Seen]) -> Vec<String> {
    let mut asked: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for Looked { site, verdict, .. } in seen.iter().flat_map(|seen| &seen.copies) {
        let (all, gone) = asked.entry(site).or_default();
        *all += 1;
        *gone += usize::from(*verdict == Verdict::Missing);
    }
    let all_gone = asked.into_iter().filter(|(_, (all, gone))| gone == all && *all >= EMPTIED);
    all_gone.map(|(site, _)| site.to_owned()).collect()
}

/// Notes what was found and done; how many copies were mended, and how many blobs are lost.
async fn note(palisade: &Palisade, seen: Vec<Seen>, mended: Vec<Mended>) -> Result<(u64, u64)> {
    let wanted = Wanted::of(&palisade.sites);
    let note = move |tx: &mut SystemTx<'_>| {
        let (mut fixed, mut strays) = (0, Vec::new());
        let (mut lost, mut news) = (BTreeSet::new(), Vec::new());
        let unreadable = seen.iter().filter(|seen| seen.lost).map(|seen| seen.spot);
        let unmendable = mended.iter().filter(|one| matches!(one.outcome, Outcome::Lost)).map(|one| one.spot);
        lost.extend(unreadable.chain(unmendable));
        for seen in &seen {
            let mut within = tx.within(seen.spot.0);
            if let (Some(inventory), true) = (&seen.inventory, seen.surveyed) {
                store::set_inventory(&mut within, seen.spot.1, inventory)?;
            }
            for copy in seen.copies.iter().filter(|copy| copy.verdict == Verdict::Good) {
                store::check(&mut within, seen.spot.1, &copy.site)?;
            }
        }
        for Mended { spot: (account, blob), site, outcome } in &mended {
            let mut within = tx.within(*account);
            match outcome {
                Outcome::There { .. } if store::hold(&mut within, *blob, site, &wanted)? => fixed += 1,
                Outcome::There { .. } => strays.push((*account, *blob, site.clone())),
                Outcome::Away | Outcome::NoSource => store::doubt(&mut within, *blob, site, &wanted)?,
                // It stays where it is, and what a row says of it too: nobody has better.
                Outcome::Lost => {}
            }
        }
        for &(account, blob) in &lost {
            if store::lose(&mut tx.within(account), blob)? {
                news.push((account, blob));
            }
        }
        Ok((fixed, lost.len() as u64, news, strays))
    };
    let (fixed, lost, news, strays) = palisade.db.system_write(Reason::TendCopies, note).await?;
    bring::tell_lost(&news);
    repair::take_back(palisade, strays).await?;
    Ok((fixed, lost))
}
