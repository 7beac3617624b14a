//! All parts of one blob, read back at a site or brought to it.

use super::model::Inventory;
use crate::{Palisade, accounts, files::blobs};
use kernel::{AccountId, BlobId, Error, Kind, Result};
use sites::{Checksum, Pace, PartName, Setback, Summing, Verdict};
use std::{collections::BTreeSet, sync::Arc};
use vault::{AccountKey, PartSpan, Span};

/// What came of bringing a blob to a site.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is there, all of it compared. So many bytes travelled; these sites had no good copy.
    There { bytes: u64, doubted: BTreeSet<Arc<str>> },
    /// The site does not take it now.
    Away,
    /// Nobody gave it now.
    NoSource,
    /// No site has a good copy.
    Lost,
}

/// Tells whoever reads the log that blobs are lost, as loudly as a log can.
pub(super) fn tell_lost(lost: &[(AccountId, BlobId)]) {
    for (account, blob) in lost {
        tracing::error!(%account, %blob, "LOST: no site has a good copy of this blob. Bring it back from a backup.");
    }
}

/// Brings all parts of a blob to a site, each from the nearest other that has a good one.
pub(super) async fn bring(
    palisade: &Palisade,
    (account, blob): (AccountId, BlobId),
    inventory: &Inventory,
    site: &str,
    pace: &Pace,
) -> Outcome {
    let (mut bytes, mut doubted) = (0, BTreeSet::new());
    for &(part, checksum) in inventory.parts() {
        match palisade.sites.bring(site, PartName { account, blob, part }, checksum, pace).await {
            Ok(brought) => {
                bytes += brought.bytes;
                doubted.extend(brought.doubted);
            }
            Err(Setback::Away(error)) => {
                tracing::warn!(%error, site, %blob, "a copy waits for its site");
                return Outcome::Away;
            }
            Err(Setback::NoSource(error)) => {
                tracing::warn!(%error, site, %blob, "a copy waits for a site that has the blob");
                return Outcome::NoSource;
            }
            Err(Setback::Lost) => return Outcome::Lost,
        }
    }
    Outcome::There { bytes, doubted }
}

/// Reads all parts of a copy back.
pub(super) async fn verify(
    palisade: &Palisade,
    (account, blob): (AccountId, BlobId),
    inventory: &Inventory,
    site: &str,
    pace: &Pace,
) -> Result<Verdict> {
    for &(part, checksum) in inventory.parts() {
        let verdict = palisade.sites.verify(site, PartName { account, blob, part }, checksum, pace).await?;
        if verdict != Verdict::Good {
            return Ok(verdict);
        }
    }
    Ok(Verdict::Good)
}

/// What a survey of a blob from before found.
pub(super) enum Survey {
    /// What its parts are, as its account's key opened them.
    Known(Inventory),
    /// No site has a copy that opens.
    Lost,
    /// It cannot be told now: a site is away, or the key is not here.
    Later,
    /// Nobody wants it any more.
    Gone,
}

/// Reads a blob from before there were inventories with its account's key, which alone tells a good copy then.
pub(super) async fn survey(
    palisade: &Palisade,
    account: AccountId,
    blob: BlobId,
    pace: &Pace,
) -> Result<Survey> {
    let key = match accounts::key(palisade, account).await {
        Ok(key) => key,
        // One that was removed, as under a hold, opens nothing; what it sealed is left as it is.
        Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Unavailable) => return Ok(Survey::Later),
        Err(error) => return Err(error),
    };
    let found = palisade.read_at_door(&key, move |tx| blobs::find_manifest(tx, blob)).await?;
    let Some(manifest) = found else { return Ok(Survey::Gone) };
    let mut parts = Vec::new();
    for PartSpan { part, span } in manifest.spans(0..manifest.len())? {
        match survey_part(palisade, &key, (blob, part), &span, pace).await {
            Ok(checksum) => parts.push((part, checksum)),
            Err(error) if error.code() == "blob-missing" => return Ok(Survey::Lost),
            Err(error) if error.kind() == Kind::Unavailable => return Ok(Survey::Later),
            Err(error) => return Err(error),
        }
    }
    Ok(Survey::Known(Inventory::new(parts)))
}

/// Reads one part until a site gives it so that it opens to its end.
async fn survey_part(
    palisade: &Palisade,
    key: &AccountKey,
    (blob, part): (BlobId, u32),
    span: &Span,
    pace: &Pace,
) -> Result<Checksum> {
    let name = PartName { account: key.account(), blob, part };
    let mut distrusted = Vec::new();
    loop {
        let mut reading = palisade.sites.reading(name, 0..vault::sealed_len(span.part_len()), &distrusted);
        let (mut opener, mut sum) = (key.open_part(blob, part, span.clone()), Summing::default());
        let mut failed = false;
        while let Some(sealed) = reading.next().await? {
            sum.add(&sealed);
            pace.take(sealed.len() as u64).await;
            if let Err(error) = opener.open(&sealed) {
                tracing::warn!(%error, part = %name, site = reading.site().map(|site| &**site), "a copy does not open");
                failed = true;
                break;
            }
        }
        if !failed && opener.finish().is_ok() {
            return Ok(sum.end());
        }
        let site = reading.site().cloned().ok_or_else(|| Error::internal("bytes from nowhere"))?;
        distrusted.push(site);
    }
}
