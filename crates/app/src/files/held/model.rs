//! What is known of the copies of a blob, and what there should be.

use kernel::{AccountId, BlobId, Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use sites::{Checksum, Copies, Sites};
use std::sync::Arc;

/// The version of an inventory.
const VERSION: u8 = 1;
/// The bytes of one of its parts.
const PART: usize = 4 + 8 + 32;

/// What of a blob lies at each site that holds it: its parts by number, each with the checksum of its sealed bytes. So a copy
/// is compared, and brought elsewhere, by whoever has no key. It stands in the row in clear:
/// ```text
/// version 1 │ { part 4 │ sealed length 8 │ SHA-256 of the sealed bytes 32 }…   by number, ascending
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::files) struct Inventory(Vec<(u32, Checksum)>);

impl Inventory {
    pub(in crate::files) fn new(parts: Vec<(u32, Checksum)>) -> Self {
        Self(parts)
    }

    pub(super) fn parts(&self) -> &[(u32, Checksum)] {
        &self.0
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.iter().map(|(_, checksum)| checksum.bytes).sum()
    }

    pub(in crate::files) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for (part, checksum) in &self.0 {
            bytes.extend_from_slice(&part.to_be_bytes());
            bytes.extend_from_slice(&checksum.bytes.to_be_bytes());
            bytes.extend_from_slice(&checksum.sha256);
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let unknown = || Error::internal("an inventory of an unknown version");
        let (&version, rest) = bytes.split_first().ok_or_else(unknown)?;
        let (parts, over) = rest.as_chunks::<PART>();
        if version != VERSION || !over.is_empty() {
            return Err(unknown());
        }
        let read = |part: &[u8; PART]| {
            let (number, rest) = part.split_first_chunk::<4>()?;
            let (bytes, sha256) = rest.split_first_chunk::<8>()?;
            let checksum = Checksum { bytes: u64::from_be_bytes(*bytes), sha256: sha256.try_into().ok()? };
            Some((u32::from_be_bytes(*number), checksum))
        };
        parts.iter().map(read).collect::<Option<_>>().map(Self).ok_or_else(unknown)
    }
}

/// What is durable of a blob, and where: what its rows begin with.
#[derive(Clone, Debug)]
pub(in crate::files) struct Stored {
    /// None where a part of it is from before there were any.
    pub(in crate::files) inventory: Option<Inventory>,
    /// The sites that have all of it.
    pub(in crate::files) sites: Vec<Arc<str>>,
    /// Those that are to have it too.
    pub(in crate::files) missing: Vec<Arc<str>>,
    /// Whether the sites are fewer than must have it.
    pub(in crate::files) short: bool,
}

impl Stored {
    /// A blob of one part, which is its first.
    pub(in crate::files) fn of_one(copies: Copies) -> Self {
        let Copies { sites, missing, short, checksum } = copies;
        Self { inventory: Some(Inventory::new(vec![(0, checksum)])), sites, missing, short }
    }
}

/// What there is to be of each blob: a copy at each of these sites, and no risk once so many have one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::files) struct Wanted {
    pub(super) sites: Vec<Arc<str>>,
    pub(super) copies: usize,
}

impl Wanted {
    pub(in crate::files) fn of(sites: &Sites) -> Self {
        let mut names: Vec<_> = sites.names().cloned().collect();
        names.sort_unstable(); // the same at each node, whichever site it is at
        Self { sites: names, copies: sites.copies() }
    }

    /// As it is noted, so that a change of it is seen.
    pub(super) fn aim(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// The sites that are to hold it besides these.
    pub(in crate::files) fn lacking(&self, held: &[String]) -> Vec<Arc<str>> {
        self.sites.iter().filter(|site| !held.iter().any(|name| **name == ***site)).cloned().collect()
    }

    /// Whether too few of the sites that count hold it.
    pub(in crate::files) fn is_short(&self, held: &[String]) -> bool {
        let counted = self.sites.iter().filter(|site| held.iter().any(|name| **name == ***site));
        counted.count() < self.copies
    }
}

/// Where a pass over all blobs is.
pub(super) type Spot = (AccountId, BlobId);

/// What a pass over all copies found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Copies that were read to their end and compared; copies that were brought, where it is the repair's.
    pub copies: u64,
    /// Their bytes, as sealed.
    pub bytes: u64,
    /// Copies that were gone or altered.
    pub bad: u64,
    /// Those of them that a good one has replaced.
    pub mended: u64,
    /// Blobs of which no site has a good copy.
    pub lost: u64,
    /// Copies that were not looked at, since their site was away or their key is not here.
    pub skipped: u64,
}

/// A whole pass over all copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// When it began, in microseconds since 1970.
    begun_at: i64,
    /// When it ended.
    ended_at: i64,
    /// What it found and did.
    pub figures: Figures,
}

impl Pass {
    pub(super) fn new(begun_at: Timestamp, ended_at: Timestamp, figures: Figures) -> Self {
        Self { begun_at: begun_at.micros(), ended_at: ended_at.micros(), figures }
    }

    /// When it ended.
    pub fn ended_at(&self) -> Timestamp {
        Timestamp::from_micros(self.ended_at)
    }

    /// When it began.
    pub fn begun_at(&self) -> Timestamp {
        Timestamp::from_micros(self.begun_at)
    }
}

/// How it stands with the copies of all accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Copies that are to be and are not, by site.
    pub missing: Vec<(String, u64)>,
    /// Since when the oldest of them is missing.
    pub oldest_missing: Option<Timestamp>,
    /// Blobs at fewer sites than must have them.
    pub at_risk: u64,
    /// Since when the oldest of them is.
    pub oldest_at_risk: Option<Timestamp>,
    /// Blobs of which no site has a good copy.
    pub lost: u64,
    /// The last whole pass of the scrub.
    pub scrubbed: Option<Pass>,
    /// Whether every blob was looked at since the sites were last changed.
    pub counted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_reads_back_and_another_version_does_not() {
        let checksum = |byte| Checksum { bytes: u64::from(byte) << 33, sha256: [byte; 32] };
        for parts in [vec![], vec![(0, checksum(1))], vec![(1, checksum(2)), (u32::MAX, checksum(3))]] {
            let inventory = Inventory::new(parts);
            assert_eq!(Inventory::decode(&inventory.encode()).unwrap(), inventory);
        }
        let whole = Inventory::new(vec![(7, checksum(7))]).encode();
        for bad in [&[][..], &[2], &whole[..whole.len() - 1], &[whole.as_slice(), &[0]].concat()] {
            assert!(Inventory::decode(bad).is_err());
        }
    }

    #[test]
    fn only_sites_that_are_to_have_it_count() {
        let wanted = Wanted { sites: vec!["lyon".into(), "paris".into()], copies: 2 };
        let short =
            |held: &[&str]| wanted.is_short(&held.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(short(&[]) && short(&["paris"]) && short(&["paris", "gone"]));
        assert!(!short(&["paris", "gone", "lyon"]));
    }
}
