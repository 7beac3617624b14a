//! Password resets: a way back in for somebody who forgot their password.
//!
//! The link goes by mail to the address that the person has here, is good once and for a while
//! ([`Limits::reset_link`](crate::Limits::reset_link)), and the newest alone is good. Whether an address is known can be told
//! neither from the answer nor from the work that it took. Where there is no post, the operator makes a link for somebody whom
//! they know ([`link_for`]).

mod routes;
mod store;

pub(crate) use routes::routes;

use super::{EmailAddress, letters};
use crate::{
    Door, Palisade, Tx, accounts,
    journal::{Event, What},
    notifications,
    sessions::{self, Asker, Standing, Token, password::Own},
};
use db::Reason;
use kernel::{Error, Kind, PersonId, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Client, Language};

/// Sends a link, in the language of whoever has the address, where it is known and was not sent many lately: the last of those is good still, so that nobody
/// is kept out, or flooded, by what others ask.
///
/// # Errors
/// `email-invalid`; `too-many`, where this client asked too often, for a known address and an unknown one.
pub(crate) async fn ask(
    palisade: &Palisade,
    client: Client,
    door: &Door,
    email: &str,
    spoken: Language,
) -> Result<()> {
    let email = EmailAddress::parse(email)?;
    let key = accounts::key(palisade, door.account).await?;
    let now = palisade.source.now();
    let asked = [&client.bytes(), email.folded().as_bytes()].concat();
    palisade.resets.take(key.tag("password-reset", &asked), now)?;
    if palisade.reset_mails.take(key.tag("password-reset", email.folded().as_bytes()), now).is_err() {
        return Ok(());
    }
    let title = accounts::view(palisade, door).await?.title;
    let (address, post) = (palisade.address.origin(&door.host), palisade.post.is_some());
    let lives = palisade.limits.reset_link;
    palisade
        .write_at_door(&key, move |tx| {
            let person = super::with_password(tx, &email)?.map(|(person, _)| person);
            // For an address that nobody has, the same is written: for a person who is not there, and taken back.
            let known = person.is_some();
            let id = person.as_ref().map_or_else(|| tx.id(), |person| person.id);
            let token = Token::new(tx.db.source());
            let language = person.map_or(Ok(spoken), |person| person.language.parse())?;
            let from = letters::From { account: &title, address: &address };
            let mail = letters::reset(from, language, &email, link(&address, &token), lives)?;
            store::delete_of(tx, id)?;
            let mail_id = tx.id();
            notifications::queue(tx, mail_id, &mail, post)?;
            if known {
                store::insert(tx, id, &token.hash(), lives)?;
            } else {
                notifications::take_back(tx, mail_id)?;
            }
            tx.done((), Event::none("to ask changes nothing, and anybody may"))
        })
        .await
}

fn link(address: &str, token: &Token) -> String {
    // What follows the `#` reaches no log.
    format!("{address}/reset#{}", token.text())
}

/// Makes a link for a person, on the operator's word.
///
/// # Errors
/// Not found, where there is no such account or person.
pub async fn link_for(palisade: &Palisade, host: &str, email: &str) -> Result<String> {
    let account = accounts::at(palisade, host).await?.ok_or_else(Error::not_found)?;
    let email = EmailAddress::parse(email)?;
    let key = palisade.vault.account_key(account).await?;
    let (address, lives) = (palisade.address.origin(host), palisade.limits.reset_link);
    palisade
        .write_at_door(&key, move |tx| {
            let (person, _) = super::with_password(tx, &email)?.ok_or_else(Error::not_found)?;
            let token = Token::new(tx.db.source());
            store::delete_of(tx, person.id)?;
            store::insert(tx, person.id, &token.hash(), lives)?;
            // Nobody of the account did it: the entry has no actor.
            let event = Event::new(What::ResetLinkMade).subject(person.id, &person.name);
            tx.done(link(&address, &token), event)
        })
        .await
}

/// Withdraws the links that were sent to a person.
pub(super) fn withdraw_all_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    store::delete_of(tx, person).map(drop)
}

fn used() -> Error {
    Error::new(Kind::NotFound, "link-used")
}

/// A password in the place of one that was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// What follows the `#` in the link.
    token: String,
    /// The password, 12 to 256 characters.
    password: String,
    /// Whether the person's app passwords end too, where somebody else may know them.
    #[serde(default)]
    end_app_passwords: bool,
}

/// Sets another password with a link, once. All sessions of the person end, and their app passwords where that is asked for.
///
/// # Errors
/// `link-used`; what is wrong with the password; `too-many`, where this client tried many links that do not exist; `busy`.
pub(crate) async fn redeem(palisade: &Palisade, client: Client, door: &Door, new: NewPassword) -> Result<()> {
    let NewPassword { token, password, end_app_passwords } = new;
    let hash = Token::hash_of(&token).ok_or_else(used)?;
    let key = accounts::key(palisade, door.account).await?;
    palisade.links.take(client, palisade.source.now())?;
    // Hashing a password is dear: only whoever holds a good link may ask for it.
    let person = palisade
        .read_at_door(&key, move |tx| {
            let id = store::by_hash(tx, &hash)?.ok_or_else(used)?;
            super::find(tx, id)?.ok_or_else(used)
        })
        .await?;
    palisade.links.give_back(&client);
    let own = Own::new(&accounts::name_at(palisade, &door.host), &person.name, &person.email);
    let asker = Asker { client, account: Some(door.account), standing: Standing::Known };
    let password = palisade.passwords.hash(asker, password, own, palisade.source.entropy.bytes()).await?;
    let person: PersonId = palisade
        .write_at_door(&key, move |tx| {
            let id = store::take(tx, &hash)?.ok_or_else(used)?;
            let person = super::find(tx, id)?.ok_or_else(used)?;
            super::store::set_password(tx, id, &password)?;
            sessions::end_all(tx, id, None)?;
            if end_app_passwords {
                sessions::end_all_app_passwords(tx, id)?;
            }
            tx.done(id, Event::new(What::PasswordChanged).subject(id, &person.name).by(id))
        })
        .await?;
    sessions::forget(palisade, person);
    Ok(())
}

/// Deletes what has expired, in all accounts.
pub(crate) async fn forget_expired(palisade: &Palisade) -> Result<()> {
    palisade.db.system_write(Reason::ForgetExpired, store::delete_expired).await
}
