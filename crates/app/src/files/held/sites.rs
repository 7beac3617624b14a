//! The sites as their operator sees them: one that is being filled, one that is being taken out, one that was emptied.

use super::{
    model::Wanted,
    standing,
    store::{self},
};
use crate::Palisade;
use db::{Reason, SystemTx};
use kernel::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows that are changed in one transaction.
const BATCH: usize = 500;

/// What a site is on the way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteState {
    /// It holds every blob.
    Whole,
    /// It is being brought what it lacks.
    Filling,
    /// It is being taken out, and some blobs are at too few of the others.
    Leaving,
    /// It is being taken out, and may go: the others hold as much as they must.
    MayGo,
    /// The configuration does not name it any more, and rows do.
    Gone,
}

/// How it stands with one site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteStanding {
    /// Its name.
    pub site: String,
    /// What it is on the way to.
    pub state: SiteState,
    /// How many blobs it holds.
    pub held: u64,
    /// How many blobs there are.
    pub of: u64,
    /// How many it is to hold and does not.
    pub missing: u64,
    /// Why it does not take blobs now; none where it does.
    pub fault: Option<String>,
}

/// All sites: those that are to hold every blob, the nearest first, those that leave, and those that are gone.
pub async fn overview(palisade: &Palisade) -> Result<Vec<SiteStanding>> {
    let (of, held) = palisade.db.system_read(Reason::TendCopies, store::held_by_site).await?;
    let standing = standing(palisade).await?;
    let health = palisade.sites.check(&palisade.source).await;
    let mut held: BTreeMap<String, u64> = held.into_iter().collect();
    let missing: BTreeMap<String, u64> = standing.missing.into_iter().collect();
    let mut all = Vec::new();
    for site in palisade.sites.names() {
        let (site, held) = (site.to_string(), held.remove(&**site).unwrap_or(0));
        let missing = missing.get(&site).copied().unwrap_or(0);
        let state = if standing.counted && missing == 0 { SiteState::Whole } else { SiteState::Filling };
        let fault =
            health.iter().find(|health| *health.site == *site).and_then(|health| health.fault.clone());
        all.push(SiteStanding { site, state, held, of, missing, fault });
    }
    for site in palisade.sites.leaving() {
        let (site, held) = (site.to_string(), held.remove(&**site).unwrap_or(0));
        let may_go = standing.counted && standing.at_risk == 0;
        let state = if may_go { SiteState::MayGo } else { SiteState::Leaving };
        all.push(SiteStanding { site, state, held, of, missing: 0, fault: None });
    }
    let gone =
        |(site, held)| SiteStanding { site, state: SiteState::Gone, held, of, missing: 0, fault: None };
    all.extend(held.into_iter().map(gone));
    Ok(all)
}

/// Forgets that a site holds anything, since it was emptied or replaced, so that the repair looks at each blob there and
/// brings what is missing; how many copies that were. What is there still is compared, and not sent again.
///
/// # Errors
/// `site-unknown`, where the configuration does not name it.
pub async fn refill(palisade: &Palisade, site: &str) -> Result<u64> {
    if !palisade.sites.names().any(|name| **name == *site) {
        return Err(Error::invalid("site-unknown", "site").with("site", site));
    }
    let (wanted, begun) = (Wanted::of(&palisade.sites), palisade.source.now());
    let mut all = 0;
    loop {
        let (site, wanted) = (site.to_owned(), wanted.clone());
        let forget = move |tx: &mut SystemTx<'_>| {
            // What the repair has brought since is compared already.
            let spots = store::held_before(tx, &site, begun, BATCH)?;
            for &(account, blob) in &spots {
                store::doubt(&mut tx.within(account), blob, &site, &wanted)?;
            }
            Ok(spots.len())
        };
        let some = palisade.db.system_write(Reason::TendCopies, forget).await?;
        all += some as u64;
        if some < BATCH {
            palisade.tending.wake();
            return Ok(all);
        }
    }
}

/// Forgets all that is noted of a site that is lost or was taken out; how much that was. What still lies there, nobody
/// deletes any more.
///
/// # Errors
/// `site-in-use`, where the configuration names it.
pub async fn forget(palisade: &Palisade, site: &str) -> Result<u64> {
    if palisade.sites.names().chain(palisade.sites.leaving()).any(|name| **name == *site) {
        return Err(Error::conflict("site-in-use").with("site", site));
    }
    let mut all = 0;
    loop {
        let site = site.to_owned();
        let forget = move |tx: &mut SystemTx<'_>| store::forget_site(tx, &site, BATCH);
        match palisade.db.system_write(Reason::TendCopies, forget).await? {
            0 => return Ok(all),
            some => all += some as u64,
        }
    }
}
