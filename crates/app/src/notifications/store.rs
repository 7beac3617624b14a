//! The table `mail`.

use super::Mail;
use crate::Tx;
use db::schema::mail::{self, dsl};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{Error, MailId, Result, Timestamp};
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

pub(super) fn insert(tx: &mut Tx<'_, '_>, mail: &Mail) -> Result<MailId> {
    let id = tx.id();
    let envelope = serde_json::to_string(mail).map_err(Error::internal)?;
    let row = Row { id, envelope: tx.seal(place(id), &envelope), created_at: tx.now() };
    tx.db.insert(dsl::mail, &row)?;
    Ok(id)
}

pub(super) fn delete(tx: &mut Tx<'_, '_>, id: MailId) -> Result<()> {
    tx.db.execute(diesel::delete(tx.db.of(dsl::mail).filter(dsl::id.eq(id)))).map(drop)
}

pub(super) fn unsent(tx: &mut Tx<'_, '_>) -> Result<Vec<Mail>> {
    let waiting = tx.db.of(dsl::mail).filter(dsl::sent_at.is_null()).order(dsl::id);
    let rows: Vec<(MailId, Vec<u8>)> = tx.db.load(waiting.select((dsl::id, dsl::envelope)))?;
    rows.into_iter()
        .map(|(id, sealed)| serde_json::from_str(&tx.open(place(id), &sealed)?).map_err(Error::internal))
        .collect()
}
