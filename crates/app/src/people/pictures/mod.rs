//! Pictures of people. Whatever is sent is decoded, cut to its middle, made small and encoded anew, so that nothing of it is kept
//! but what is seen: no place, no camera, no second picture behind the first, and nothing that only looks like a picture.
//!
//! Invariants:
//! * A picture is a JPEG of [`SIDE`](model::SIDE) pixels a side, sealed in a row: small enough for the database, and gone with the
//!   rows and the key of its account.
//! * There is one of a person at most, and their row names it. Another one has another id, so an address with the id in it never
//!   shows an older one.
//! * It is shown to whoever sees the person, and to nobody else.

mod model;
mod routes;
mod store;

pub(crate) use model::Easel;
pub(crate) use routes::routes;

use super::{Person, store as people};
use crate::{
    Done, Palisade, Tx,
    journal::{Event, What},
};
use access::Actor;
use bytes::Bytes;
use kernel::{Error, PersonId, PictureId, Result};

/// Gives oneself a picture, in the place of the one before.
///
/// # Errors
/// `picture-type`, `picture-unreadable`, `picture-too-many-pixels`.
pub(crate) async fn put(palisade: &Palisade, actor: &Actor, sent: Bytes) -> Result<Person> {
    let small = palisade.easel.draw(sent).await?;
    let id = actor.person();
    palisade
        .write(actor, move |tx| {
            delete_of(tx, id)?;
            let picture = store::insert(tx, id, &small)?;
            changed(tx, id, Some(picture))
        })
        .await
}

/// Takes one's picture away, where one has any.
pub(crate) fn take_away(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Done<Person>> {
    let before = super::load(tx, id)?;
    if before.picture.is_none() {
        return tx.done(before, Event::none("there was none"));
    }
    delete_of(tx, id)?;
    changed(tx, id, None)
}

fn changed(tx: &mut Tx<'_, '_>, id: PersonId, picture: Option<PictureId>) -> Result<Done<Person>> {
    people::set_picture(tx, id, picture)?;
    let after = super::load(tx, id)?;
    let event = Event::new(What::ProfileChanged).subject(id, &after.name);
    tx.done(after, event)
}

/// The picture of somebody, where they have one and the actor sees them.
///
/// # Errors
/// Not found.
pub(crate) fn show(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<(PictureId, Vec<u8>)> {
    let picture = super::show(tx, id)?.picture.ok_or_else(Error::not_found)?;
    Ok((picture, store::content(tx, picture)?))
}

/// Deletes the picture of somebody; their row must not name it any more.
pub(super) fn delete_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    store::delete_of(tx, person)
}
