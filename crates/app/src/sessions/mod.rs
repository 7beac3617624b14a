//! Sessions: how people and their programs prove who they are.
//!
//! A session is a row whose token only the browser's cookie holds; the row keeps its hash. An app password is a random
//! secret for programs. Both are checked against the database at most [`KNOWN_FOR`] ago, so that what ends a session, or
//! removes a person, is felt at every node within that time, and at once at the node that did it.

pub mod password;
mod routes;
mod store;
mod token;

pub(crate) use routes::routes;
pub(crate) use token::Token;

use crate::{
    Done, Palisade, Tx,
    journal::{Event, What},
    people::{self, EmailAddress, Person},
};
use access::{Actor, Way};
use kernel::{AccountId, AppPasswordId, Error, Kind, PersonId, Result, Timestamp};
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long a proof is good at this node before it is looked at again.
const KNOWN_FOR: Duration = Duration::from_secs(2);
/// How long the ticket of a sign-up lives.
const TICKET: Duration = Duration::from_mins(2);
/// Proofs that are remembered at once.
const CROWD: usize = 20_000;

/// The proofs that this node saw lately: by account and hash.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Proof, (Timestamp, Actor)>>);

type Proof = (AccountId, [u8; 32]);

impl Known {
    fn get(&self, account: AccountId, hash: &[u8; 32], now: Timestamp) -> Option<Actor> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&(account, *hash))
            .filter(|(at, _)| now.since(*at) < KNOWN_FOR && *at <= now)
            .map(|(_, actor)| actor.clone())
    }
    fn put(&self, account: AccountId, hash: [u8; 32], now: Timestamp, actor: Actor) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CROWD {
            known.retain(|_, (at, _)| now.since(*at) < KNOWN_FOR);
        }
        known.insert((account, hash), (now, actor));
    }
    fn forget(&self, account: AccountId, hash: [u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(account, hash));
    }
}

fn actor_of(tx: &Tx<'_, '_>, person: &Person, way: Way) -> Actor {
    let projects = person.projects.clone().unwrap_or_default();
    Actor::new(person.id, person.role, projects.into(), way, tx.key().clone())
}

/// Whoever holds the session with this token.
pub(crate) async fn by_token(palisade: &Palisade, account: AccountId, token: &str) -> Result<Option<Actor>> {
    let Some(hash) = Token::hash_of(token) else { return Ok(None) };
    let now = palisade.source.now();
    if let Some(actor) = palisade.known.get(account, &hash, now) {
        return Ok(Some(actor));
    }
    let key = palisade.vault.account_key(account).await?;
    let actor = palisade
        .read_at_door(&key, move |tx| {
            let Some((id, person)) = store::session(tx, &hash)? else { return Ok(None) };
            let person = people::load(tx, person)?;
            Ok(Some(actor_of(tx, &person, Way::Session(id))))
        })
        .await?;
    if let Some(actor) = &actor {
        palisade.known.put(account, hash, now, actor.clone());
    }
    Ok(actor)
}

/// Whoever has this address and this app password.
pub(crate) async fn by_app_password(
    palisade: &Palisade,
    account: AccountId,
    email: &str,
    secret: &str,
) -> Result<Option<Actor>> {
    let (Some(hash), Ok(email)) = (Token::hash_of(secret), EmailAddress::parse(email)) else {
        return Ok(None);
    };
    let now = palisade.source.now();
    let proof = Token::bind(&hash, email.folded().as_bytes());
    if let Some(actor) = palisade.known.get(account, &proof, now) {
        return Ok(Some(actor));
    }
    let key = palisade.vault.account_key(account).await?;
    let actor = palisade
        .read_at_door(&key, move |tx| {
            let Some((id, person)) = store::app_password(tx, &hash)? else { return Ok(None) };
            let person = people::load(tx, person)?;
            let theirs = person.email.to_lowercase() == email.folded();
            Ok(theirs.then(|| actor_of(tx, &person, Way::AppPassword(id))))
        })
        .await?;
    if let Some(actor) = &actor {
        palisade.known.put(account, proof, now, actor.clone());
    }
    Ok(actor)
}

/// Signs in with address and password. The answer, its status and the work are the same for an address that is not known.
pub(crate) async fn sign_in(
    palisade: &Palisade,
    account: AccountId,
    email: &str,
    password: String,
) -> Result<(Token, Person)> {
    let wrong = || Error::new(Kind::SignedOut, "wrong-credentials");
    let now = palisade.source.now();
    let email = EmailAddress::parse(email).map_err(|_| wrong())?;
    let key = palisade.vault.account_key(account).await?;
    let who = key.tag("sign-in", email.folded().as_bytes());
    palisade.sign_ins.take(who, now)?;
    let found = palisade.read_at_door(&key, move |tx| people::with_password(tx, &email)).await?;
    let (person, hash) = found.map_or((None, None), |(person, hash)| (Some(person), Some(hash)));
    let good = palisade.passwords.verify(password, hash).await?;
    let Some(person) = person.filter(|_| good) else { return Err(wrong()) };
    palisade.sign_ins.forget(&who);
    let token = Token::new(&palisade.source);
    let (hash, id, lives) = (token.hash(), person.id, palisade.limits.session);
    palisade
        .write_at_door(&key, move |tx| {
            store::insert_session(tx, id, &hash, lives)?;
            tx.done((), Event::none("the log of sign-ins is a table of its own"))
        })
        .await?;
    Ok((token, person))
}

/// Signs in with the ticket of a sign-up, once.
pub(crate) async fn redeem(palisade: &Palisade, account: AccountId, ticket: &str) -> Result<(Token, Person)> {
    let used = || Error::new(Kind::SignedOut, "link-used");
    let ticket = Token::hash_of(ticket).ok_or_else(used)?;
    let key = palisade.vault.account_key(account).await?;
    let token = Token::new(&palisade.source);
    let (hash, lives) = (token.hash(), palisade.limits.session);
    let person = palisade
        .write_at_door(&key, move |tx| {
            let id = store::take_ticket(tx, &ticket)?.ok_or_else(used)?;
            let person = people::load(tx, id)?;
            store::insert_session(tx, id, &hash, lives)?;
            tx.done(person, Event::none("the log of sign-ins is a table of its own"))
        })
        .await?;
    Ok((token, person))
}

/// Leaves a ticket with which this person signs in once.
pub(crate) fn give_ticket(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<Token> {
    let token = Token::new(tx.db.source());
    store::insert_ticket(tx, person, &token.hash(), TICKET)?;
    Ok(token)
}

/// Ends a session.
pub(crate) async fn sign_out(palisade: &Palisade, account: AccountId, token: &str) -> Result<()> {
    let Some(hash) = Token::hash_of(token) else { return Ok(()) };
    let key = palisade.vault.account_key(account).await?;
    palisade
        .write_at_door(&key, move |tx| {
            store::end_session(tx, &hash)?;
            tx.done((), Event::none("the log of sign-ins is a table of its own"))
        })
        .await?;
    palisade.known.forget(account, hash);
    Ok(())
}

/// An app password, without its secret.
#[derive(Debug, Serialize)]
pub struct AppPassword {
    /// Which.
    pub id: AppPasswordId,
    /// What its owner calls it.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When a program used it last.
    pub used_at: Option<Timestamp>,
}

/// Makes an app password for this person; its secret is shown once.
pub(crate) fn create_app_password(
    tx: &mut Tx<'_, '_>,
    person: PersonId,
    label: &str,
) -> Result<Done<(AppPassword, Token)>> {
    let label = people::PersonName::parse(label).map_err(|error| error.field("label"))?;
    let token = Token::new(tx.db.source());
    let made = store::insert_app_password(tx, person, label.as_str(), &token.hash())?;
    let event = Event::new(What::AppPasswordCreated).subject(made.id, &made.label).by(person);
    tx.done((made, token), event)
}

/// Makes an app password for a person, on the operator's word, and gives its secret.
///
/// # Errors
/// Not found, where there is no such account or person.
pub async fn app_password_for(palisade: &Palisade, host: &str, email: &str, label: String) -> Result<String> {
    let account = crate::accounts::at(palisade, host).await?.ok_or_else(Error::not_found)?;
    let email = EmailAddress::parse(email)?;
    let key = palisade.vault.account_key(account).await?;
    let (_, token) = palisade
        .write_at_door(&key, move |tx| {
            let (person, _) = people::with_password(tx, &email)?.ok_or_else(Error::not_found)?;
            create_app_password(tx, person.id, &label)
        })
        .await?;
    Ok(token.text())
}
