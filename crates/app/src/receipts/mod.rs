//! Receipts: a create that is sent again under the same idempotency key happens once and is answered the same, also by
//! another node and after a crash, since the receipt commits with what it is for.
//!
//! Invariants:
//! * The write looks for the key and claims it before it does anything. Writes are serializable, so of two at once one
//!   goes first and the other, run again where they collided, finds its answer.
//! * What fails leaves no receipt: it may be tried again.
//! * Key, request and answer are kept as tags and sealed; an answer may hold a secret that is told once.

mod model;
mod store;

pub use model::Answer;

use crate::{Palisade, Tx};
use db::Reason;
use kernel::Result;
use std::time::Duration;
use store::Receipt;
use web::Attempt;

/// How long the same key gives the same answer.
const KEPT: Duration = Duration::from_hours(24);

/// Whose turn it is.
pub(crate) enum Claim {
    /// It was done before.
    Answered(Answer),
    /// It is to be done now, and its answer to be kept.
    Mine(Option<Receipt>),
}

/// Claims the key of an attempt, where it has one.
///
/// # Errors
/// `other-request`.
pub(crate) fn claim(tx: &mut Tx<'_, '_>, attempt: &Attempt) -> Result<Claim> {
    let Some(receipt) = receipt(tx, attempt)? else { return Ok(Claim::Mine(None)) };
    store::delete_before(tx.db, tx.now() - KEPT)?;
    if let Some(answer) = store::answer(tx, &receipt)? {
        return Ok(Claim::Answered(answer));
    }
    store::insert(tx, &receipt)?;
    Ok(Claim::Mine(Some(receipt)))
}

/// The answer that was given before, where there is one: to look before a long body is taken in.
///
/// # Errors
/// `other-request`.
pub(crate) fn answered(tx: &mut Tx<'_, '_>, attempt: &Attempt) -> Result<Option<Answer>> {
    match receipt(tx, attempt)? {
        Some(receipt) => store::answer(tx, &receipt),
        None => Ok(None),
    }
}

fn receipt(tx: &Tx<'_, '_>, attempt: &Attempt) -> Result<Option<Receipt>> {
    let actor = tx.actor()?.person();
    Ok(attempt.key().map(|key| Receipt {
        actor_id: actor,
        key_hash: tx.key().tag("receipt.key", &[&actor.bytes(), key.as_bytes()].concat()),
        request_hash: tx.key().tag("receipt.request", attempt.request()),
    }))
}

/// Keeps the answer of what was just done.
pub(crate) fn keep(tx: &mut Tx<'_, '_>, receipt: Option<&Receipt>, answer: &Answer) -> Result<()> {
    match receipt {
        Some(receipt) => store::set_answer(tx, receipt, answer),
        None => Ok(()),
    }
}

/// Deletes the receipts of all accounts that are older than they are kept.
pub async fn forget_old(palisade: &Palisade) -> Result<()> {
    let accounts = palisade
        .db
        .system_read(Reason::ForgetReceipts, |tx| store::accounts_before(tx, tx.now() - KEPT))
        .await?;
    for account in accounts {
        palisade.db.write(account, |tx| store::delete_before(tx, tx.now() - KEPT)).await?;
    }
    Ok(())
}
