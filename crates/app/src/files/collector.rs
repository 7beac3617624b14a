//! The collector: deletes at the sites what nobody wants, and from the trash what has been there long enough.
//!
//! It works from states, not from a list of tasks: whatever a crash left half done is found again the next time.

use super::{blobs, delete_tree, store};
use crate::{Palisade, accounts, journal::Event};
use db::Reason;
use kernel::{AccountId, Result};

/// Blobs in one round of an account.
const ROUND: i64 = 200;

/// Deletes what waits in all accounts, and says how many blobs that was.
pub async fn collect(palisade: &Palisade) -> Result<usize> {
    let accounts = palisade.db.system_read(Reason::CollectIntents, blobs::accounts_with_waste).await?;
    let mut collected = 0;
    for account in accounts {
        loop {
            let waste = palisade.db.write_in_need(account, |tx| blobs::claim_waste(tx, ROUND)).await?;
            if waste.is_empty() {
                break;
            }
            palisade.sites.delete(account, &waste).await?;
            collected += waste.len();
            palisade.db.write_in_need(account, move |tx| blobs::forget(tx, &waste)).await?;
        }
    }
    Ok(collected)
}

/// Returns when something was deleted for good since the last call.
pub async fn wanted(palisade: &Palisade) {
    palisade.waste.notified().await;
}

/// Deletes for good what an account put into its trash longer ago than it is kept.
pub async fn empty_old_trash(palisade: &Palisade, account: AccountId) -> Result<()> {
    let key = accounts::key(palisade, account).await?;
    let kept = palisade.limits.trash;
    palisade
        .write_at_door_in_need(&key, move |tx| {
            let before = tx.now() - kept;
            for top in store::expired(tx, before)? {
                delete_tree(tx, top)?;
            }
            tx.done((), Event::none("the entry of the trashing says when it would go"))
        })
        .await
}
