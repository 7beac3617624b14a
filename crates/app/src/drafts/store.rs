//! The table `draft`.

use super::{Draft, Fields, FormName, Kept};
use crate::Tx;
use db::{
    SystemTx,
    schema::draft::{self, dsl},
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{PersonId, Result, Timestamp};
use vault::Place;

#[derive(Insertable)]
#[diesel(table_name = draft)]
struct Row<'a> {
    person_id: PersonId,
    form: &'a str,
    fields: Vec<u8>,
    kept_at: Timestamp,
}

/// Half of a tag over person and form names the row, whose key is both.
fn place(tx: &Tx<'_, '_>, person: PersonId, form: &str) -> Place {
    let tag = tx.key().tag("draft.place", &[&person.bytes(), form.as_bytes()].concat());
    let mut row = [0; 16];
    row.copy_from_slice(&tag[..16]);
    Place::of_row("draft", "fields", row)
}

/// What was kept of a person after `since`, the newest first.
pub(super) fn all(tx: &mut Tx<'_, '_>, person: PersonId, since: Timestamp) -> Result<Vec<Kept>> {
    let theirs = tx.db.of(dsl::draft).filter(dsl::person_id.eq(person)).filter(dsl::kept_at.gt(since));
    let rows: Vec<(String, Timestamp)> =
        tx.db.load(theirs.order((dsl::kept_at.desc(), dsl::form)).select((dsl::form, dsl::kept_at)))?;
    Ok(rows.into_iter().map(|(form, kept_at)| Kept { form, kept_at }).collect())
}

pub(super) fn by_form(tx: &mut Tx<'_, '_>, person: PersonId, form: &FormName) -> Result<Option<Draft>> {
    let form = form.as_str();
    let one = tx.db.of(dsl::draft).filter(dsl::person_id.eq(person)).filter(dsl::form.eq(form));
    let row: Option<(Vec<u8>, Timestamp)> = tx.db.first(one.select((dsl::fields, dsl::kept_at)))?;
    row.map(|(sealed, kept_at)| {
        let fields = Fields::read(&tx.open(place(tx, person, form), &sealed)?)?;
        Ok(Draft { form: form.to_owned(), fields, kept_at })
    })
    .transpose()
}

/// Puts what is written in the place of what was there.
pub(super) fn put(tx: &mut Tx<'_, '_>, person_id: PersonId, form: &FormName, written: &str) -> Result<()> {
    let form = form.as_str();
    delete(tx, person_id, form)?;
    let fields = tx.seal(place(tx, person_id, form), written);
    tx.db.insert(dsl::draft, &Row { person_id, form, fields, kept_at: tx.now() })
}

pub(super) fn delete(tx: &mut Tx<'_, '_>, person: PersonId, form: &str) -> Result<()> {
    let one = tx.db.of(dsl::draft).filter(dsl::person_id.eq(person)).filter(dsl::form.eq(form));
    tx.db.execute(diesel::delete(one)).map(drop)
}

pub(super) fn delete_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    tx.db.execute(diesel::delete(tx.db.of(dsl::draft).filter(dsl::person_id.eq(person)))).map(drop)
}

/// Deletes the drafts of all accounts that are older.
pub(super) fn delete_before(tx: &mut SystemTx<'_>, time: Timestamp) -> Result<()> {
    tx.execute(diesel::delete(dsl::draft.filter(dsl::kept_at.le(time)))).map(drop)
}
