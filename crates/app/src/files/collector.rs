//! The collector: deletes at the sites what nobody wants, and from the trash what has been there long enough.
//!
//! It works from states, not from a list of tasks: whatever a crash left half done is found again the next time. An account
//! with waste gets one job, under the account's own id: its claim keeps two nodes from collecting there at once.

use super::{blobs, held, jobs, resumable, store, trash};
use crate::{
    Palisade, accounts,
    journal::{Event, What},
    live,
};
use db::Reason;
use kernel::{AccountId, BlobId, EntryId, Result};

/// Blobs in one round of an account.
const ROUND: i64 = 200;

/// Looks in all accounts for what nobody wants, and has it collected.
pub async fn look(palisade: &Palisade) -> Result<()> {
    let sites = all_sites(palisade);
    let waste = move |tx: &mut db::SystemTx<'_>| {
        let mut accounts = blobs::accounts_with_waste(tx)?;
        accounts.extend(resumable::accounts_with_old(tx)?);
        accounts.extend(held::store::accounts_with_leftovers(tx, &sites)?);
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
        collected += waste.len();
        delete(palisade, account, waste).await?;
    }
    collect_leftovers(palisade, account).await?;
    palisade.db.write_in_need(account, resumable::forget_old).await?;
    tracing::info!(%account, blobs = collected, "collected");
    Ok(())
}

/// Deletes blobs that were claimed at all sites that answer, and notes where they are left.
pub(super) async fn delete(palisade: &Palisade, account: AccountId, waste: Vec<BlobId>) -> Result<()> {
    let away = palisade.sites.delete_where_possible(account, &waste).await;
    let sites = palisade.sites.names().chain(palisade.sites.leaving());
    let reached: Vec<_> = sites.filter(|site| !away.contains(site)).cloned().collect();
    palisade.db.write_in_need(account, move |tx| blobs::forget(tx, &waste, &reached, &away)).await
}

/// The names of all sites, also of those that are being taken out.
fn all_sites(palisade: &Palisade) -> Vec<String> {
    palisade.sites.names().chain(palisade.sites.leaving()).map(ToString::to_string).collect()
}

/// Deletes what was left at sites that were away, as far as they are back.
async fn collect_leftovers(palisade: &Palisade, account: AccountId) -> Result<()> {
    loop {
        let sites = all_sites(palisade);
        let due = move |tx: &mut db::Tx<'_>| held::store::due_leftovers(tx, &sites, ROUND);
        let due = palisade.db.write_in_need(account, due).await?;
        if due.is_empty() {
            return Ok(());
        }
        for (site, blobs) in due {
            let deleted = palisade.sites.delete_at(&site, account, &blobs).await;
            if let Err(error) = &deleted {
                tracing::warn!(%error, site, "what is left there is deleted later");
            }
            let note = move |tx: &mut db::Tx<'_>| match &deleted {
                Ok(()) => held::store::forget_leftovers(tx, &site, &blobs),
                Err(_) => held::store::postpone_leftovers(tx, &site, &blobs),
            };
            palisade.db.write_in_need(account, note).await?;
        }
    }
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
