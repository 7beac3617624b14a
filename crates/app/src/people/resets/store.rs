//! The table `password_reset`.

use crate::Tx;
use db::{
    SystemTx,
    schema::password_reset::{self, dsl},
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{PersonId, Result, Timestamp, TokenId};
use std::time::Duration;

#[derive(Insertable)]
#[diesel(table_name = password_reset)]
struct Row<'a> {
    id: TokenId,
    person_id: PersonId,
    token_hash: &'a [u8],
    expires_at: Timestamp,
}

pub(super) fn insert(
    tx: &mut Tx<'_, '_>,
    person_id: PersonId,
    hash: &[u8; 32],
    lives: Duration,
) -> Result<()> {
    let row = Row { id: tx.id(), person_id, token_hash: hash, expires_at: tx.now() + lives };
    tx.db.insert(dsl::password_reset, &row)
}

/// Whose reset this is, while it is good.
pub(super) fn by_hash(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<Option<PersonId>> {
    let good = tx
        .db
        .of(dsl::password_reset)
        .filter(dsl::token_hash.eq(hash.to_vec()))
        .filter(dsl::expires_at.gt(tx.db.now()));
    tx.db.first(good.select(dsl::person_id))
}

/// Takes a reset away while it is good, with the others of the person. Of several who take it at once, one gets it.
pub(super) fn take(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<Option<PersonId>> {
    let Some(person) = by_hash(tx, hash)? else { return Ok(None) };
    let struck = delete_of(tx, person)?;
    Ok((struck > 0).then_some(person))
}

pub(super) fn delete_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<usize> {
    tx.db.execute(diesel::delete(tx.db.of(dsl::password_reset).filter(dsl::person_id.eq(person))))
}

/// Deletes the resets of all accounts that have expired.
pub(super) fn delete_expired(tx: &mut SystemTx<'_>) -> Result<()> {
    tx.execute(diesel::delete(dsl::password_reset.filter(dsl::expires_at.le(tx.now())))).map(drop)
}
