//! The collector: deletes at the sites what nobody wants, and from the trash what has been there long enough.
//!
//! It works from states, not from a list of tasks: whatever a crash left half done is found again the next time. An account
//! with waste gets one job, under the account's own id: its claim keeps two nodes from collecting there at once.

use super::{blobs, jobs, resumable, store, trash};
use crate::{
    Palisade, accounts,
    journal::{Event, What},
    live,
};
use db::Reason;
use kernel::{AccountId, EntryId, Result};

/// Blobs in one round of an account.
const ROUND: i64 = 200;

/// Looks in all accounts for what nobody wants, and has it collected.
pub async fn look(palisade: &Palisade) -> Result<()> {
    let waste = |tx: &mut db::SystemTx<'_>| {
        let mut accounts = blobs::accounts_with_waste(tx)?;
        accounts.extend(resumable::accounts_with_old(tx)?);
        Ok(accounts)
    };
    let accounts = palisade.db.system_read(Reason::CollectIntents, waste).await?;
    if accounts.is_empty() {
        return Ok(());
    }
    let due = accounts.clone();
    let enqueue = move |tx: &mut db::SystemTx<'_>| {
        for &account in &due {
            ::jobs::enqueue_once(&mut tx.within(account), account.cast(), jobs::collecting())?;
        }
        Ok(())
    };
    match palisade.db.system_write(Reason::CollectIntents, enqueue).await {
        Ok(()) => palisade.bell.ring(),
        // A full disk has no room for jobs. It is that of a single node: nobody else collects.
        Err(error) if error.code() == "storage-full" => {
            for account in accounts {
                collect(palisade, account).await?;
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Returns when something was deleted for good since the last call.
pub async fn wanted(palisade: &Palisade) {
    palisade.waste.notified().await;
}

/// Deletes what waits in an account.
pub(super) async fn collect(palisade: &Palisade, account: AccountId) -> Result<()> {
    let mut collected = 0;
    loop {
        let waste = palisade.db.write_in_need(account, |tx| blobs::claim_waste(tx, ROUND)).await?;
        if waste.is_empty() {
            break;
        }
        palisade.sites.delete(account, &waste).await?;
        collected += waste.len();
        palisade.db.write_in_need(account, move |tx| blobs::forget(tx, &waste)).await?;
    }
    palisade.db.write_in_need(account, resumable::forget_old).await?;
    tracing::info!(%account, blobs = collected, "collected");
    Ok(())
}

/// Deletes for good what an account put into its trash longer ago than it is kept. Where `entry` is kept for longer than
/// it was when it went there, this is done again at its new time.
pub(super) async fn empty_old_trash(palisade: &Palisade, account: AccountId, entry: EntryId) -> Result<()> {
    let key = accounts::key(palisade, account).await?;
    let kept = palisade.limits.trash;
    palisade
        .write_at_door_in_need(&key, move |tx| {
            let before = tx.now() - kept;
            for (top, project) in store::expired(tx, before)? {
                trash::delete_tree(tx, top)?;
                live::tell(tx, &Event::new(What::EntryDeleted).project(project))?;
            }
            if let Some(since) = store::by_id(tx, entry)?.and_then(|row| row.trashed_at) {
                tx.enqueue(jobs::emptying(entry).at(since + kept))?;
            }
            tx.done((), Event::none("the entry of the trashing says when it would go"))
        })
        .await
}
