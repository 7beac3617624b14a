//! The table `mail`.

use super::Mail;
use crate::Tx;
use db::{
    SystemTx,
    schema::mail::{self, dsl},
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{AccountId, Error, MailId, Result, Timestamp};
use vault::Place;

#[derive(Insertable)]
#[diesel(table_name = mail)]
struct Row {
    id: MailId,
    /// A [`Mail`] as JSON, sealed.
    envelope: Vec<u8>,
    created_at: Timestamp,
}

fn place(id: MailId) -> Place {
    Place::new("mail", "envelope", id)
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, id: MailId, mail: &Mail) -> Result<()> {
    let envelope = serde_json::to_string(mail).map_err(Error::internal)?;
    let row = Row { id, envelope: tx.seal(place(id), &envelope), created_at: tx.now() };
    tx.db.insert(dsl::mail, &row)
}

pub(super) fn delete(tx: &mut Tx<'_, '_>, id: MailId) -> Result<()> {
    tx.db.execute(diesel::delete(tx.db.of(dsl::mail).filter(dsl::id.eq(id)))).map(drop)
}

/// A mail, and since when it waits.
pub(super) fn by_id(tx: &mut Tx<'_, '_>, id: MailId) -> Result<Option<(Mail, Timestamp)>> {
    let mine = tx.db.of(dsl::mail).filter(dsl::id.eq(id));
    let row: Option<(Vec<u8>, Timestamp)> = tx.db.first(mine.select((dsl::envelope, dsl::created_at)))?;
    row.map(|(sealed, queued_at)| {
        let mail = serde_json::from_str(&tx.open(place(id), &sealed)?).map_err(Error::internal)?;
        Ok((mail, queued_at))
    })
    .transpose()
}

/// What waits, the oldest first, in all accounts or in one.
pub(super) fn unsent(
    tx: &mut SystemTx<'_>,
    only: Option<AccountId>,
) -> Result<Vec<(AccountId, MailId, Timestamp)>> {
    let mut waiting = dsl::mail
        .order(dsl::id)
        .select((dsl::account_id, dsl::id, dsl::created_at))
        .into_boxed::<db::Backend>();
    if let Some(account) = only {
        waiting = waiting.filter(dsl::account_id.eq(account));
    }
    tx.load(waiting)
}

pub(super) fn account_of(tx: &mut SystemTx<'_>, id: MailId) -> Result<Option<AccountId>> {
    tx.first(dsl::mail.filter(dsl::id.eq(id)).select(dsl::account_id))
}
