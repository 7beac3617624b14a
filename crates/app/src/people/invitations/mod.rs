//! Invitations: how a group lets somebody in.
//!
//! A link holds 256 random bits, of which the database keeps the hash. It is good once, for a while
//! ([`Limits::invitation`](crate::Limits::invitation)), and only at the account's own host. It goes by mail, or where there is
//! no post, whoever invites is shown it. Whoever accepts becomes a person with the address that was invited; they do not choose
//! another.

mod model;
mod routes;
mod store;

pub use model::{Acceptance, Invitation, LookedUp, NewInvitation};
pub(crate) use routes::routes;

use super::{EmailAddress, NewPerson, Person, PersonName, TimeZone, letters, may_give};
use crate::{
    Done, Door, Palisade, Tx, accounts,
    journal::{Event, What},
    notifications,
    sessions::{self, Asker, Standing, Token, password::Own},
};
use access::Role;
use kernel::{Error, InvitationId, Kind, PersonId, Result};
use std::time::Duration;
use web::{Client, Language};

/// The invitations that still wait, the oldest first.
///
/// # Errors
/// Forbidden to those who do not govern.
pub fn list(tx: &mut Tx<'_, '_>) -> Result<Vec<Invitation>> {
    tx.actor()?.governing()?;
    store::all(tx)
}

/// Invites somebody to the account at `address`, in the language that is chosen for them or else in that of whoever invites, which
/// is likely theirs too. An invitation that waits for the same address is replaced: its link ends.
/// The link goes by mail where there is `post`, and is in the answer where there is none.
///
/// # Errors
/// Forbidden to those who may not give this role; `email-taken`; `projects-for-guests`; `unknown-project`.
pub(crate) fn create(
    tx: &mut Tx<'_, '_>,
    draft: &NewInvitation,
    address: &str,
    post: bool,
    lives: Duration,
) -> Result<Done<Invitation>> {
    let actor = tx.actor()?;
    actor.governing()?;
    let email = EmailAddress::parse(&draft.email)?;
    let projects = may_give(tx, draft.role, draft.projects.as_deref().unwrap_or_default())?;
    refuse_taken(tx, &email)?;
    let stale = store::stale(tx, &email)?;
    delete(tx, &stale)?;
    let token = Token::new(tx.db.source());
    let inviter = super::load(tx, actor.person())?;
    let language: Language = draft.language.map_or_else(|| inviter.language.parse(), Ok)?;
    let projects = (draft.role == Role::Guest).then(|| projects.into_iter().collect());
    let mut made = Invitation {
        id: tx.id(),
        email: email.as_str().to_owned(),
        role: draft.role,
        projects,
        language,
        created_at: tx.now(),
        expires_at: tx.now() + lives,
        link: None,
        invited_by: actor.person(),
    };
    store::insert(tx, &made, &email, &token.hash())?;
    // What follows the `#` reaches no log.
    let link = format!("{address}/invitation#{}", token.text());
    if post {
        let account = accounts::title(tx)?;
        let from = letters::From { account: &account, address };
        let mail = letters::invitation(from, language, &made.email, &inviter.name, link, lives)?;
        notifications::queue(tx, made.id.cast(), &mail, post)?;
    } else {
        made.link = Some(link);
    }
    let event = Event::new(What::PersonInvited).subject(made.id, &made.email);
    tx.done(made, event)
}

/// Deletes invitations, with the mails that wait: they have their ids.
fn delete(tx: &mut Tx<'_, '_>, ids: &[InvitationId]) -> Result<()> {
    for &id in ids {
        store::delete(tx, id)?;
        notifications::take_back(tx, id.cast())?;
    }
    Ok(())
}

fn refuse_taken(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<()> {
    match super::with_password(tx, email)? {
        Some(_) => Err(Error::conflict("email-taken").field("email")),
        None => Ok(()),
    }
}

/// Withdraws an invitation: its link ends.
///
/// # Errors
/// Forbidden to those who do not govern; not found.
pub fn withdraw(tx: &mut Tx<'_, '_>, id: InvitationId) -> Result<Done<()>> {
    let withdrawn = list(tx)?.into_iter().find(|one| one.id == id).ok_or_else(Error::not_found)?;
    delete(tx, &[id])?;
    tx.done((), Event::new(What::InvitationWithdrawn).subject(id, &withdrawn.email))
}

/// Withdraws what somebody invited who governs no longer.
pub(super) fn withdraw_all_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    let theirs = store::of(tx, person)?;
    delete(tx, &theirs)
}

/// What whoever holds a link is shown before they accept.
///
/// # Errors
/// `link-used`; `too-many`.
pub(crate) async fn look_up(
    palisade: &Palisade,
    client: Client,
    door: &Door,
    token: &str,
) -> Result<LookedUp> {
    palisade.links.take(client, palisade.source.now())?;
    let hash = Token::hash_of(token).ok_or_else(used)?;
    let key = accounts::key(palisade, door.account).await?;
    let title = accounts::view(palisade, door).await?.title;
    let found = palisade.read_at_door(&key, move |tx| {
        let invitation = store::by_hash(tx, &hash)?.ok_or_else(used)?;
        let invited_by = super::load(tx, invitation.invited_by)?.name;
        Ok(LookedUp::new(invitation, title.clone(), invited_by))
    });
    // Who holds a good link guesses nothing.
    found.await.inspect(|_| palisade.links.give_back(&client))
}

fn used() -> Error {
    Error::new(Kind::NotFound, "link-used")
}

/// Accepts an invitation, once: the person is added and signed in.
///
/// # Errors
/// `link-used`; what is wrong with the name, password or time zone; `email-taken`; `too-many`.
pub(crate) async fn accept(
    palisade: &Palisade,
    client: Client,
    door: &Door,
    acceptance: Acceptance,
) -> Result<(Token, Person)> {
    let name = PersonName::parse(&acceptance.name)?;
    let time_zone = TimeZone::parse(&acceptance.time_zone)?;
    let hash = Token::hash_of(&acceptance.token).ok_or_else(used)?;
    let key = accounts::key(palisade, door.account).await?;
    palisade.links.take(client, palisade.source.now())?;
    // Hashing a password is dear: only whoever holds a good link may ask for it.
    let invitation =
        palisade.read_at_door(&key, move |tx| store::by_hash(tx, &hash)?.ok_or_else(used)).await?;
    palisade.links.give_back(&client);
    let own = Own::new(&accounts::name_at(palisade, &door.host), name.as_str(), &invitation.email);
    let asker = Asker { client, account: Some(door.account), standing: Standing::Known };
    let password =
        palisade.passwords.hash(asker, acceptance.password, own, palisade.source.entropy.bytes()).await?;
    let (chosen, lives) = (acceptance.language, palisade.limits.session);
    palisade
        .write_at_door(&key, move |tx| {
            let invitation = store::take(tx, &hash)?.ok_or_else(used)?;
            let draft = NewPerson {
                name: name.clone(),
                email: EmailAddress::parse(&invitation.email)?,
                role: invitation.role,
                language: chosen.unwrap_or(invitation.language),
                time_zone: time_zone.clone(),
                password: password.clone(),
            };
            let projects = invitation.projects.into_iter().flatten().collect();
            let person = super::add_to(tx, &draft, &projects)?;
            let token = sessions::begin(tx, person.id, lives)?;
            let event = Event::new(What::PersonJoined).subject(person.id, &person.name).by(person.id);
            tx.done((token, person), event)
        })
        .await
}
