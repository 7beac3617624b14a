//! Where the content of files is held: its copies, site by site, and what keeps them whole.
//!
//! A blob's rows say which sites hold it ([`store`]). What is to be held and is not stands in a table of its own, from which
//! the [`repair`] works; the [`scrub`] reads every copy back; the [`census`] counts anew when the sites have changed. One node
//! leads each of them at a time ([`duty`]).
//!
//! Invariants:
//! * A row says that a site holds a blob only after that site had all of it durably, and the whole of it was compared.
//! * A blob is at risk exactly while fewer sites hold it than must, of those that are to hold it; that is marked in the
//!   transaction that makes it so, and shown with the file.
//! * Nothing is deleted because it is bad: only what is replaced by something that was compared.

mod bring;
mod census;
mod duty;
mod model;
mod repair;
mod routes;
mod scrub;
mod sites;
pub(super) mod store;
mod tending;

pub use model::{Figures, Pass, Standing};
pub(super) use model::{Inventory, Stored, Wanted};
pub use repair::{Repaired, repair};
pub(crate) use routes::routes;
pub use scrub::scrub;
pub use sites::{SiteStanding, SiteState, forget, overview, refill};
pub(crate) use tending::Tending;
pub use tending::{mend_doubted, tend};

use super::{Entry, blobs};
use crate::{Palisade, Tx};
use access::Visible;
use db::{Reason, SystemTx};
use kernel::{AccountId, BlobId, Error, Result, Timestamp};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A site, and whether it holds the current version of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Copy {
    /// The site's name.
    pub site: String,
    /// Whether the content is durable there.
    pub held: bool,
    /// Since when; none where it is not, or where nobody noted it.
    #[schema(required)]
    pub since: Option<Timestamp>,
    /// When it was last read back there and found good; none where it was not yet.
    #[schema(required)]
    pub checked_at: Option<Timestamp>,
}

/// The copies of a file's current version: at each of `sites`, which are to have it, and wherever else it still lies.
///
/// # Errors
/// `not-a-file`.
pub fn copies(tx: &mut Tx<'_, '_>, entry: &Visible<Entry>, sites: &[Arc<str>]) -> Result<Vec<Copy>> {
    let version = entry.version_id.ok_or_else(|| Error::conflict("not-a-file"))?;
    let blob = super::store::blobs_of(tx, &[version])?
        .remove(&version)
        .ok_or_else(|| Error::internal("a version without its blob"))?;
    let held = blobs::copies(tx, blob)?;
    let missing = sites.iter().filter(|site| held.iter().all(|copy| *copy.site != ***site));
    let mut copies: Vec<Copy> = missing
        .map(|site| Copy { site: site.to_string(), held: false, since: None, checked_at: None })
        .collect();
    copies.extend(held);
    let place = |copy: &Copy| sites.iter().position(|site| **site == *copy.site).unwrap_or(sites.len());
    copies.sort_by_key(place);
    Ok(copies)
}

/// The contents of an account, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many are stored, older versions too.
    pub stored: usize,
    /// How many of them at fewer sites than they must be.
    pub short: usize,
    /// How many of them no site has a good copy of.
    pub lost: usize,
    /// Whether the account's key opened the one that was stored last; none where nothing is.
    pub opened: Option<bool>,
}

/// Counts what is stored, and what of it lies at too few sites.
pub fn tally(tx: &mut Tx<'_, '_>) -> Result<Tally> {
    let (stored, newest) = blobs::used(tx)?;
    let (short, lost) = blobs::short_and_lost(tx)?;
    let opened = newest.map(|newest| blobs::manifest(tx, newest).is_ok());
    Ok(Tally { stored, short, lost, opened })
}

/// How it stands with the copies of all accounts.
pub async fn standing(palisade: &Palisade) -> Result<Standing> {
    let wanted = Wanted::of(&palisade.sites);
    palisade.db.system_read(Reason::TendCopies, move |tx| store::standing(tx, &wanted)).await
}

/// Gives up what was begun at the sites in pieces, and what nobody sends any more: what nodes that were killed have left.
pub async fn abandon(palisade: &Palisade) -> Result<usize> {
    let mut abandoned = 0;
    for site in palisade.sites.names().chain(palisade.sites.leaving()) {
        for upload in palisade.sites.unfinished(site).await? {
            let (account, blob): (AccountId, BlobId) = (upload.name.account, upload.name.blob);
            // Its intent was committed before it began.
            let expected = move |tx: &mut SystemTx<'_>| store::is_expected(tx, account, blob);
            if !palisade.db.system_read(Reason::TendCopies, expected).await? {
                palisade.sites.abandon(site, &upload).await?;
                abandoned += 1;
            }
        }
    }
    Ok(abandoned)
}
