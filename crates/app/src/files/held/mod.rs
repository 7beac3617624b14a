//! Where the content of a file is held: its copies, site by site.

mod routes;

pub(crate) use routes::routes;

use super::{Entry, blobs, store};
use crate::Tx;
use access::Visible;
use kernel::{Error, Result, Timestamp};
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
}

/// The copies of a file's current version: at each of `sites`, which are to have it, and wherever else it still lies.
///
/// # Errors
/// `not-a-file`.
pub fn copies(tx: &mut Tx<'_, '_>, entry: &Visible<Entry>, sites: &[Arc<str>]) -> Result<Vec<Copy>> {
    let version = entry.version_id.ok_or_else(|| Error::conflict("not-a-file"))?;
    let blob = store::blobs_of(tx, &[version])?
        .remove(&version)
        .ok_or_else(|| Error::internal("a version without its blob"))?;
    let held = blobs::copies(tx, blob)?;
    let missing = sites.iter().filter(|site| held.iter().all(|(name, _)| **name != ***site));
    let mut copies: Vec<Copy> =
        missing.map(|site| Copy { site: site.to_string(), held: false, since: None }).collect();
    copies.extend(held.iter().map(|(site, since)| Copy { site: site.clone(), held: true, since: *since }));
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
    /// Whether the account's key opened the one that was stored last; none where nothing is.
    pub opened: Option<bool>,
}

/// Counts what is stored, and what of it lies at fewer than `required` sites.
pub fn tally(tx: &mut Tx<'_, '_>, required: usize) -> Result<Tally> {
    let stored = blobs::used(tx)?;
    let enough = blobs::held_at(tx, required)?;
    let short = stored.iter().filter(|blob| !enough.contains(blob)).count();
    let opened = stored.iter().max().map(|&newest| blobs::manifest(tx, newest).is_ok());
    Ok(Tally { stored: stored.len(), short, opened })
}
