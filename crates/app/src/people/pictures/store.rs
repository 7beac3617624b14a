//! The table `picture`.

use crate::Tx;
use db::schema::picture::{self, dsl};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{PersonId, PictureId, Result};
use vault::Place;

#[derive(Insertable)]
#[diesel(table_name = picture)]
struct Row {
    id: PictureId,
    person_id: PersonId,
    content: Vec<u8>,
}

fn place(id: PictureId) -> Place {
    Place::new("picture", "content", id)
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, person_id: PersonId, content: &[u8]) -> Result<PictureId> {
    let id = tx.id();
    let row = Row { id, person_id, content: tx.key().seal(place(id), content) };
    tx.db.insert(dsl::picture, &row)?;
    Ok(id)
}

/// The bytes of a picture.
pub(super) fn content(tx: &mut Tx<'_, '_>, id: PictureId) -> Result<Vec<u8>> {
    let sealed: Vec<u8> = tx.db.get(tx.db.of(dsl::picture).filter(dsl::id.eq(id)).select(dsl::content))?;
    tx.key().open(place(id), &sealed)
}

pub(super) fn delete_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    tx.db.execute(diesel::delete(tx.db.of(dsl::picture).filter(dsl::person_id.eq(person)))).map(drop)
}
