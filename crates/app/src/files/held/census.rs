//! The census: what is held of each blob, compared with what is to be. It is taken when the sites have changed, or how many
//! of them must hold a blob; what is missing then is the repair's work, and what is at risk is marked.

use super::{
    duty::{Duty, lead},
    model::Wanted,
    store::{self, duties},
};
use crate::Palisade;
use db::{Reason, SystemTx};
use kernel::Result;

/// Blobs that are compared in one transaction.
const BATCH: usize = 500;

/// Takes the census, where it was not taken for the sites as they are; whether it is taken now.
pub(super) async fn take(palisade: &Palisade) -> Result<bool> {
    let wanted = Wanted::of(&palisade.sites);
    let aim = wanted.aim()?;
    let is_taken = move |tx: &mut SystemTx<'_>| {
        let progress = duties::progress(tx, Duty::Census)?;
        Ok(progress.is_towards(&aim) && progress.ended_at.is_some())
    };
    if palisade.db.system_read(Reason::TendCopies, is_taken).await? {
        return Ok(true);
    }
    let taking = async {
        while !take_some(palisade, wanted.clone()).await? {}
        Ok(())
    };
    Ok(lead(palisade, Duty::Census, taking).await?.is_some())
}

/// Compares the next blobs, and notes how far that is in the same transaction; whether there are no more.
async fn take_some(palisade: &Palisade, wanted: Wanted) -> Result<bool> {
    let compare = move |tx: &mut SystemTx<'_>| {
        let (aim, now) = (wanted.aim()?, tx.now());
        let mut progress = duties::progress(tx, Duty::Census)?;
        if !progress.is_towards(&aim) {
            tracing::info!(%aim, "the sites have changed: what is held is counted anew");
            progress = progress.begin(aim, now);
        }
        let blobs = store::page(tx, progress.at, BATCH)?;
        for blob in &blobs {
            store::count(&mut tx.within(blob.account), blob, &wanted)?;
        }
        progress.figures.copies += blobs.iter().map(|blob| blob.held.len() as u64).sum::<u64>();
        progress.at = blobs.last().map(|blob| (blob.account, blob.id)).or(progress.at);
        let ended = blobs.len() < BATCH;
        if ended {
            progress.end(now);
        }
        duties::save(tx, Duty::Census, &progress)?;
        Ok(ended)
    };
    palisade.db.system_write(Reason::TendCopies, compare).await
}
