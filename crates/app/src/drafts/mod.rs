//! Drafts: what somebody is typing into a form and has not sent, so that nothing is lost by a reload, an error or a sign-out.
//!
//! Invariants:
//! * A draft is of the person alone who types it: nobody else reads it, whatever they govern, and no program of theirs.
//! * The newest wins: a draft is no record, so it has no version, and the journal knows nothing of it.
//! * There are at most [`MOST`] of one person; the oldest goes first, and each after [`KEPT`].
//! * It is sealed for its person and form, so that one that was moved opens nowhere.

mod model;
mod routes;
mod store;

pub use model::{Draft, Fields, FormName, Kept};
pub(crate) use routes::routes;

use crate::{Done, Palisade, Tx, journal::Event};
use db::Reason;
use kernel::{Error, PersonId, Result};
use std::time::Duration;

/// How long a draft is kept after it was typed.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// The most drafts of one person.
const MOST: usize = 200;

/// The forms of which the actor has drafts, the newest first.
pub fn list(tx: &mut Tx<'_, '_>) -> Result<Vec<Kept>> {
    let person = tx.actor()?.person();
    store::all(tx, person, tx.now() - KEPT)
}

/// The actor's draft of a form.
///
/// # Errors
/// Not found, where there is none.
pub fn load(tx: &mut Tx<'_, '_>, form: &FormName) -> Result<Draft> {
    let person = tx.actor()?.person();
    let since = tx.now() - KEPT;
    store::by_form(tx, person, form)?.filter(|draft| draft.kept_at > since).ok_or_else(Error::not_found)
}

/// Keeps what the actor is typing, in the place of what was kept of this form before.
///
/// # Errors
/// `too-large`.
pub fn keep(tx: &mut Tx<'_, '_>, form: &FormName, fields: &Fields) -> Result<Done<()>> {
    let person = tx.actor()?.person();
    store::put(tx, person, form, &fields.written()?)?;
    for oldest in store::all(tx, person, tx.now() - KEPT)?.into_iter().skip(MOST) {
        store::delete(tx, person, &oldest.form)?;
    }
    tx.done((), Event::none(WHY))
}

/// Forgets the actor's draft of a form, where there is one: it was sent, or given up.
pub fn forget(tx: &mut Tx<'_, '_>, form: &FormName) -> Result<Done<()>> {
    let person = tx.actor()?.person();
    store::delete(tx, person, form.as_str())?;
    tx.done((), Event::none(WHY))
}

const WHY: &str = "what nobody has sent is nobody else's business";

/// Forgets all drafts of a person.
pub(crate) fn forget_all_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    store::delete_of(tx, person)
}

/// Deletes the drafts of all accounts that were kept long enough.
pub(crate) async fn forget_expired(palisade: &Palisade) -> Result<()> {
    palisade.db.system_write(Reason::ForgetExpired, |tx| store::delete_before(tx, tx.now() - KEPT)).await
}
