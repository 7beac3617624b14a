//! The table `receipt`.

use super::Answer;
use crate::Tx;
use db::{
    SystemTx,
    schema::receipt::{self, dsl},
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{AccountId, Error, PersonId, Result, Timestamp};
use std::collections::BTreeSet;
use vault::Place;

/// Whose key it is, and for what: 32-byte tags under the account's key.
pub(crate) struct Receipt {
    pub(super) actor_id: PersonId,
    pub(super) key_hash: [u8; 32],
    pub(super) request_hash: [u8; 32],
}

impl Receipt {
    /// The tag of the key covers whose it is, so half of it names the row.
    fn place(&self) -> Place {
        let mut row = [0; 16];
        row.copy_from_slice(&self.key_hash[..16]);
        Place::of_row("receipt", "answer", row)
    }
}

#[derive(Insertable)]
#[diesel(table_name = receipt)]
struct Row {
    actor_id: PersonId,
    key_hash: Vec<u8>,
    request_hash: Vec<u8>,
    created_at: Timestamp,
}

/// Adds a receipt, which gets its answer by [`set_answer`] in the same transaction.
pub(super) fn insert(tx: &mut Tx<'_, '_>, receipt: &Receipt) -> Result<()> {
    let row = Row {
        actor_id: receipt.actor_id,
        key_hash: receipt.key_hash.to_vec(),
        request_hash: receipt.request_hash.to_vec(),
        created_at: tx.now(),
    };
    tx.db.insert(dsl::receipt, &row)
}

/// The answer that was given under this key, where one was.
///
/// # Errors
/// `other-request`.
pub(super) fn answer(tx: &mut Tx<'_, '_>, receipt: &Receipt) -> Result<Option<Answer>> {
    let row = tx
        .db
        .of(dsl::receipt)
        .filter(dsl::actor_id.eq(receipt.actor_id))
        .filter(dsl::key_hash.eq(receipt.key_hash.to_vec()));
    let found: Option<(Vec<u8>, Option<Vec<u8>>)> =
        tx.db.first(row.select((dsl::request_hash, dsl::answer)))?;
    let Some((request, sealed)) = found else { return Ok(None) };
    if request != receipt.request_hash {
        return Err(Error::conflict("other-request").field("Idempotency-Key"));
    }
    let open = |sealed: Vec<u8>| {
        let answer: Answer =
            serde_json::from_str(&tx.open(receipt.place(), &sealed)?).map_err(Error::internal)?;
        Ok(answer.again())
    };
    sealed.map(open).transpose()
}

pub(super) fn set_answer(tx: &mut Tx<'_, '_>, receipt: &Receipt, answer: &Answer) -> Result<()> {
    let sealed = tx.seal(receipt.place(), &serde_json::to_string(answer).map_err(Error::internal)?);
    let row = tx
        .db
        .of(dsl::receipt)
        .filter(dsl::actor_id.eq(receipt.actor_id))
        .filter(dsl::key_hash.eq(receipt.key_hash.to_vec()));
    tx.db.execute(diesel::update(row).set(dsl::answer.eq(Some(sealed)))).map(drop)
}

pub(super) fn delete_before(tx: &mut db::Tx<'_>, time: Timestamp) -> Result<()> {
    tx.execute(diesel::delete(tx.of(dsl::receipt).filter(dsl::created_at.lt(time)))).map(drop)
}

pub(super) fn accounts_before(tx: &mut SystemTx<'_>, time: Timestamp) -> Result<BTreeSet<AccountId>> {
    let accounts =
        tx.load::<AccountId>(dsl::receipt.filter(dsl::created_at.lt(time)).select(dsl::account_id))?;
    Ok(accounts.into_iter().collect())
}
