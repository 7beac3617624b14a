//! People: the members and guests of one account. Nobody exists outside an account.

mod model;
mod routes;
mod store;

pub use model::{EmailAddress, Introduction, NewPerson, Person, PersonName, Ref, TimeZone};
pub(crate) use routes::routes;

use crate::Tx;
use kernel::{Error, PersonId, Result};
use std::collections::HashMap;

/// Adds a person; their password is hashed already.
///
/// # Errors
/// `email-taken` where somebody has this address.
pub(crate) fn add(tx: &mut Tx<'_, '_>, draft: &NewPerson) -> Result<Person> {
    if store::by_email(tx, &draft.email)?.is_some() {
        return Err(Error::conflict("email-taken").field("email"));
    }
    store::insert(tx, draft)
}

/// The person with this id, if they are still here.
pub(crate) fn load(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Person> {
    store::by_id(tx, id)?.filter(|person| !person.removed).ok_or_else(Error::not_found)
}

/// The person with this address and the hash of their password.
pub(crate) fn with_password(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<Option<(Person, String)>> {
    store::by_email(tx, email)
}

/// Everybody who is or was here, as they are shown beside what they did.
pub fn refs(tx: &mut Tx<'_, '_>) -> Result<HashMap<PersonId, Ref>> {
    store::refs(tx)
}

/// Everybody who is here, in the order of their names.
///
/// # Errors
/// A guest sees nobody's list: forbidden.
pub fn list(tx: &mut Tx<'_, '_>) -> Result<Vec<Person>> {
    if tx.actor()?.guest_projects().is_some() {
        return Err(Error::forbidden());
    }
    let mut people = store::all(tx)?;
    people.sort_by_key(|person| person.name.to_lowercase());
    Ok(people)
}
