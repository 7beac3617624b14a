//! Sessions: how people and their programs prove who they are.
//!
//! A session is a row whose token only the browser's cookie holds; the row keeps its hash. An app password is a random
//! secret for programs. Both were checked against the database at most two seconds ago ([`Known`]), so that what ends a
//! session, or removes a person, is felt at every node within that time, and at once at the node that did it.

mod known;
pub mod password;
mod queue;
mod routes;
mod store;
mod token;

pub(crate) use known::Known;
pub(crate) use queue::{Asker, Remembered, Standing};
pub(crate) use routes::{SessionView, routes, signed_in};
pub(crate) use token::Token;

use crate::{
    Done, Palisade, Tx, accounts,
    journal::{Event, What},
    people::{self, EmailAddress, Person},
};
use access::{Actor, Way};
use db::Reason;
use kernel::{AccountId, AppPasswordId, Error, Kind, PersonId, Result, SessionId, Timestamp};
use password::Verdict;
use serde::Serialize;
use std::time::Duration;
use web::Client;

/// How long the ticket of a sign-up lives.
const TICKET: Duration = Duration::from_mins(2);
/// How exactly the last use of an app password is told: each use would be a write.
const USED: Duration = Duration::from_hours(1);

fn actor_of(tx: &Tx<'_, '_>, person: &Person, way: Way) -> Actor {
    let projects = person.projects.clone().unwrap_or_default();
    Actor::new(person.id, person.role, projects.into(), way, tx.key().clone())
}

/// An actor as they are now, in this transaction: with the role and the projects that they have at this moment.
///
/// # Errors
/// `signed-out`, where they were removed, or their session or app password has ended.
pub(crate) fn present(tx: &mut db::Tx<'_>, actor: &Actor) -> Result<Actor> {
    let mut tx = Tx::of_actor(tx, actor);
    let proven = match actor.way() {
        Way::Session(id) => store::is_session(&mut tx, id)?,
        Way::AppPassword(id) => store::is_app_password(&mut tx, id)?,
        Way::Operator => true,
    };
    let standing = if proven { people::standing(&mut tx, actor.person())? } else { None };
    let (role, projects) = standing.ok_or_else(|| Error::new(Kind::SignedOut, "signed-out"))?;
    let now = Actor::new(actor.person(), role, projects.into(), actor.way(), actor.key().clone());
    Ok(now.in_tab(actor.tab()))
}

/// An actor as they are now; none where they were removed, or their session or app password has ended.
pub(crate) async fn look_again(palisade: &Palisade, actor: &Actor) -> Result<Option<Actor>> {
    let who = actor.clone();
    match palisade.db.read(actor.account(), move |tx| present(tx, &who)).await {
        Ok(actor) => Ok(Some(actor)),
        Err(error) if error.kind() == Kind::SignedOut => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whoever holds the session with this token.
pub(crate) async fn by_token(palisade: &Palisade, account: AccountId, token: &str) -> Result<Option<Actor>> {
    let Some(hash) = Token::hash_of(token) else { return Ok(None) };
    let now = palisade.source.now();
    let seen = match palisade.known.get(account, &hash, now) {
        Ok(actor) => return Ok(Some(actor)),
        Err(seen) => seen,
    };
    let key = accounts::key(palisade, account).await?;
    let actor = palisade
        .read_at_door(&key, move |tx| {
            let Some((id, person)) = store::session(tx, &hash)? else { return Ok(None) };
            let person = people::find(tx, person)?;
            Ok(person.map(|person| actor_of(tx, &person, Way::Session(id))))
        })
        .await?;
    if let Some(actor) = &actor {
        palisade.known.put(hash, now, actor, seen);
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
    let seen = match palisade.known.get(account, &proof, now) {
        Ok(actor) => return Ok(Some(actor)),
        Err(seen) => seen,
    };
    let key = accounts::key(palisade, account).await?;
    let found = palisade
        .read_at_door(&key, move |tx| {
            let Some((id, person, used)) = store::app_password(tx, &hash)? else { return Ok(None) };
            let person =
                people::find(tx, person)?.filter(|person| person.email.to_lowercase() == email.folded());
            Ok(person.map(|person| (actor_of(tx, &person, Way::AppPassword(id)), id, used)))
        })
        .await?;
    let Some((actor, id, used)) = found else { return Ok(None) };
    if used.is_none_or(|at| now.since(at) >= USED) {
        let noted = palisade.write_at_door(&key, move |tx| {
            store::note_use(tx, id)?;
            tx.done((), Event::none("a use changes nothing"))
        });
        // Whoever only wants to read must not be kept out by a database that cannot write.
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of an app password was not noted");
        }
    }
    palisade.known.put(proof, now, &actor, seen);
    Ok(Some(actor))
}

/// Signs in with address and password. The answer, its status and the work are the same for an address that is not known.
///
/// # Errors
/// `wrong-credentials`; `too-many`, where this client tried too often, at this address or at many; `busy`. What nobody looked
/// at was no try.
pub(crate) async fn sign_in(
    palisade: &Palisade,
    client: Client,
    account: AccountId,
    email: &str,
    password: String,
) -> Result<(Token, Person)> {
    let wrong = || Error::new(Kind::SignedOut, "wrong-credentials");
    let now = palisade.source.now();
    let email = EmailAddress::parse(email).map_err(|_| wrong())?;
    let key = accounts::key(palisade, account).await?;
    let who = key.tag("sign-in", &[&client.bytes(), email.folded().as_bytes()].concat());
    palisade.guesses.take(client, now)?;
    palisade.sign_ins.take(who, now).inspect_err(|_| palisade.guesses.give_back(&client))?;
    let standing = palisade.remembered.standing(&who, now);
    let asker = Asker { client, account: Some(account), standing };
    let address = email.clone();
    let looked_at = async {
        let found = palisade.read_at_door(&key, move |tx| people::with_password(tx, &address)).await?;
        let stored = found.map(|(_, hash)| hash);
        let salt = palisade.source.entropy.bytes();
        Ok((palisade.passwords.verify(asker, password, stored.clone(), salt).await?, stored))
    };
    let (verdict, stored) = looked_at.await.inspect_err(|_: &Error| {
        palisade.guesses.give_back(&client);
        palisade.sign_ins.give_back(&who);
    })?;
    let Some(verified) = stored.filter(|_| verdict != Verdict::Wrong) else { return Err(wrong()) };
    palisade.guesses.give_back(&client);
    palisade.sign_ins.forget(&who);
    palisade.remembered.note(who, now);
    let token = Token::new(&palisade.source);
    let (hash, lives) = (token.hash(), palisade.limits.session);
    let person = palisade
        .write_at_door_in_need(&key, move |tx| {
            // Verifying took its time: the password may have been changed, or the person removed, meanwhile.
            let (person, _) = people::with_password(tx, &email)?
                .filter(|(_, present)| *present == verified)
                .ok_or_else(wrong)?;
            if let Verdict::Renewed(hash) = &verdict {
                people::renew_password(tx, person.id, hash)?;
            }
            store::insert_session(tx, person.id, &hash, lives)?;
            tx.done(person, Event::none("the log of sign-ins is a table of its own"))
        })
        .await?;
    Ok((token, person))
}

/// Signs in with the ticket of a sign-up, once.
pub(crate) async fn redeem(palisade: &Palisade, account: AccountId, ticket: &str) -> Result<(Token, Person)> {
    let used = || Error::new(Kind::SignedOut, "link-used");
    let ticket = Token::hash_of(ticket).ok_or_else(used)?;
    let key = accounts::key(palisade, account).await?;
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

/// Begins a session of somebody who just proved in this transaction who they are.
pub(crate) fn begin(tx: &mut Tx<'_, '_>, person: PersonId, lives: Duration) -> Result<Token> {
    let token = Token::new(tx.db.source());
    store::insert_session(tx, person, &token.hash(), lives)?;
    Ok(token)
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
    let key = accounts::key(palisade, account).await?;
    palisade
        .write_at_door_in_need(&key, move |tx| {
            store::end_session(tx, &hash)?;
            tx.done((), Event::none("the log of sign-ins is a table of its own"))
        })
        .await?;
    palisade.known.forget_proof(account, hash);
    Ok(())
}

/// Deletes what has expired, in all accounts.
pub(crate) async fn forget_expired(palisade: &Palisade) -> Result<()> {
    palisade.db.system_write(Reason::ForgetExpired, store::delete_expired).await
}

/// Ends the sessions of a person, except one, and their tickets. [`forget`] comes after the commit.
pub(crate) fn end_all(tx: &mut Tx<'_, '_>, person: PersonId, except: Option<SessionId>) -> Result<()> {
    store::end_sessions_of(tx, person, except)?;
    store::delete_tickets_of(tx, person)
}

/// Ends the app passwords of a person. [`forget`] comes after the commit.
pub(crate) fn end_all_app_passwords(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    store::delete_app_passwords_of(tx, person)
}

/// This node looks anew at who this person is, what they may do, and whether they are here at all.
pub(crate) fn forget(palisade: &Palisade, person: PersonId) {
    palisade.known.forget(|actor| actor.person() == person);
}

/// An app password, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AppPassword {
    /// Which.
    pub id: AppPasswordId,
    /// What its owner calls it.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When a program used it last, to the hour.
    #[schema(required)]
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

/// The app passwords of whoever acts, the oldest first.
pub(crate) fn app_passwords(tx: &mut Tx<'_, '_>) -> Result<Vec<AppPassword>> {
    let person = tx.actor()?.person();
    store::app_passwords_of(tx, person)
}

/// Ends an app password of whoever acts.
///
/// # Errors
/// Not found, where it is somebody else's.
pub(crate) async fn end_app_password(palisade: &Palisade, actor: &Actor, id: AppPasswordId) -> Result<()> {
    palisade
        .write(actor, move |tx| {
            let mine = app_passwords(tx)?.into_iter().find(|mine| mine.id == id);
            let ended = mine.ok_or_else(Error::not_found)?;
            store::delete_app_password(tx, id)?;
            tx.done((), Event::new(What::AppPasswordEnded).subject(id, &ended.label))
        })
        .await?;
    palisade.known.forget(|actor| actor.way() == Way::AppPassword(id));
    Ok(())
}

/// Makes an app password for a person, on the operator's word, and gives its secret.
///
/// # Errors
/// Not found, where there is no such account or person.
pub async fn app_password_for(palisade: &Palisade, host: &str, email: &str, label: String) -> Result<String> {
    let account = accounts::at(palisade, host).await?.ok_or_else(Error::not_found)?;
    let email = EmailAddress::parse(email)?;
    let key = accounts::key(palisade, account).await?;
    let (_, token) = palisade
        .write_at_door(&key, move |tx| {
            let (person, _) = people::with_password(tx, &email)?.ok_or_else(Error::not_found)?;
            create_app_password(tx, person.id, &label)
        })
        .await?;
    Ok(token.text())
}
