//! People: the members and guests of one account. Nobody exists outside an account.
//!
//! Invariants:
//! * There is one owner, always, whom nobody changes or removes.
//! * Whoever is removed is only a name in the journal: what proves who they are, their picture and what they were typing go in
//!   the same transaction.
//! * Only guests have chosen projects.
//! * Whoever no longer governs has no invitation that still opens the door, to themselves for example.

pub mod invitations;
mod letters;
mod model;
pub mod pictures;
pub mod resets;
mod routes;
mod store;

pub use model::{
    EmailAddress, Introduction, NewPerson, PasswordChange, Person, PersonName, ProfileChanges, ProjectPerson,
    Ref, RoleChanges, TimeZone,
};

use crate::{
    Done, Palisade, Tx, drafts,
    journal::{Event, What},
    projects::{self, Project},
    receipts::Answer,
    sessions::{
        self, Asker, Standing,
        password::{Own, Verdict},
    },
};
use access::{Actor, Role, Visible, Way};
use kernel::{AccountId, Error, Kind, PersonId, ProjectId, Result};
use std::collections::{BTreeSet, HashMap};
use utoipa_axum::router::OpenApiRouter;
use web::{Attempt, Client, IfMatch};

/// The routes of the room.
pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    routes::routes().merge(invitations::routes()).merge(pictures::routes()).merge(resets::routes())
}

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

/// Adds a person with the projects that they are given as a guest.
fn add_to(tx: &mut Tx<'_, '_>, draft: &NewPerson, projects: &BTreeSet<ProjectId>) -> Result<Person> {
    let person = add(tx, draft)?;
    store::set_projects(tx, person.id, projects)?;
    load(tx, person.id)
}

/// The person with this id, where they are still here.
pub(crate) fn find(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Option<Person>> {
    Ok(store::by_id(tx, id)?.map(|(person, _)| person).filter(|person| !person.removed))
}

/// What the person with this id may do, where they are still here: their role, and the projects of a guest.
pub(crate) fn standing(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Option<(Role, Vec<ProjectId>)>> {
    store::standing(tx, id)
}

/// The person with this id.
///
/// # Errors
/// Not found, where they are not, or no longer, here.
pub(crate) fn load(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Person> {
    find(tx, id)?.ok_or_else(Error::not_found)
}

/// The person with this address and the hash of their password.
pub(crate) fn with_password(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<Option<(Person, String)>> {
    store::by_email(tx, email)
}

/// Keeps another hash of the password that somebody has.
pub(crate) fn renew_password(tx: &mut Tx<'_, '_>, id: PersonId, hash: &str) -> Result<()> {
    store::set_password(tx, id, hash)
}

/// Everybody who is or was here, as they are shown beside what they did.
pub fn refs(tx: &mut Tx<'_, '_>) -> Result<HashMap<PersonId, Ref>> {
    store::refs(tx)
}

/// How many people each account has, guests too.
pub(crate) fn counts(tx: &mut db::SystemTx<'_>) -> Result<HashMap<AccountId, i64>> {
    store::counts(tx)
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

/// Who may see a project, in the order of their names.
///
/// # Errors
/// A guest is not told who else is here: forbidden.
pub fn of_project(tx: &mut Tx<'_, '_>, project: &Visible<Project>) -> Result<Vec<ProjectPerson>> {
    if tx.actor()?.guest_projects().is_some() {
        return Err(Error::forbidden());
    }
    let mut people = store::who_see(tx, project.id)?;
    people.sort_by_cached_key(|person| person.name.to_lowercase());
    Ok(people)
}

/// The person with this id, where the actor sees them: a guest sees only themselves.
pub fn show(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Person> {
    if !sees(tx.actor()?, id) {
        return Err(Error::not_found());
    }
    load(tx, id)
}

/// Whether whoever acts sees this person, and not only their name beside what they did.
fn sees(actor: &Actor, id: PersonId) -> bool {
    actor.guest_projects().is_none() || actor.person() == id
}

/// Changes what somebody says of themselves.
pub fn change_profile(
    tx: &mut Tx<'_, '_>,
    person: &Person,
    changes: &ProfileChanges,
) -> Result<Done<Person>> {
    let name = PersonName::parse(changes.name.as_deref().unwrap_or(&person.name))?;
    let language = changes.language.map_or(person.language.as_str(), |language| language.tag());
    let time_zone = TimeZone::parse(changes.time_zone.as_deref().unwrap_or(&person.time_zone))?;
    store::update_profile(tx, person.id, &name, language, &time_zone)?;
    let after = load(tx, person.id)?;
    tx.done(after, Event::new(What::ProfileChanged).subject(person.id, name.as_str()))
}

/// Gives oneself, in the account of this name, another password. All one's sessions end but the one that does it, and one's
/// app passwords where that is asked for.
///
/// # Errors
/// `password-wrong`, where `current` is not the present one; what is wrong with the new one; `too-many`; `busy`.
pub(crate) async fn change_password(
    palisade: &Palisade,
    actor: &Actor,
    client: Client,
    account: &str,
    change: PasswordChange,
) -> Result<()> {
    let PasswordChange { current, new, end_app_passwords } = change;
    let id = actor.person();
    let kept = match actor.way() {
        Way::Session(session) => Some(session),
        Way::AppPassword(_) | Way::Operator => None,
    };
    // By session: whoever stole one keeps nobody from changing the password in another.
    let by = kept.map_or(id.bytes(), |session| session.bytes());
    let tries = actor.key().tag("password-change", &by);
    palisade.sign_ins.take(tries, palisade.source.now())?;
    let asker = Asker { client, account: Some(actor.account()), standing: Standing::Known };
    let looked_at = async {
        let (person, before) =
            palisade.read(actor, move |tx| store::by_id(tx, id)?.ok_or_else(Error::not_found)).await?;
        let salt = palisade.source.entropy.bytes();
        Ok((palisade.passwords.verify(asker, current, Some(before.clone()), salt).await?, person, before))
    };
    // What nobody looked at was no try.
    let (verdict, person, before) =
        looked_at.await.inspect_err(|_: &Error| palisade.sign_ins.give_back(&tries))?;
    if verdict == Verdict::Wrong {
        return Err(Error::invalid("password-wrong", "current"));
    }
    palisade.sign_ins.forget(&tries);
    let own = Own::new(account, &person.name, &person.email);
    let hashed = palisade.passwords.hash(asker, new, own, palisade.source.entropy.bytes()).await;
    let hash = hashed.map_err(|error| match error.kind() {
        Kind::Invalid => error.field("new"),
        _ => error,
    })?;
    palisade
        .write(actor, move |tx| {
            let (person, present) = store::by_id(tx, id)?.ok_or_else(Error::not_found)?;
            if person.removed || present != before {
                return Err(Error::new(Kind::Changed, "changed"));
            }
            store::set_password(tx, id, &hash)?;
            resets::withdraw_all_of(tx, id)?;
            sessions::end_all(tx, id, kept)?;
            if end_app_passwords {
                sessions::end_all_app_passwords(tx, id)?;
            }
            tx.done((), Event::new(What::PasswordChanged).subject(id, &person.name))
        })
        .await?;
    sessions::forget(palisade, id);
    Ok(())
}

/// Changes what somebody is, and the projects of a guest.
///
/// # Errors
/// Forbidden to those who do not govern; `last-owner`; `projects-for-guests`; `unknown-project`.
pub(crate) async fn change_role(
    palisade: &Palisade,
    actor: &Actor,
    id: PersonId,
    (if_match, attempt): (IfMatch, Attempt),
    changes: RoleChanges,
) -> Result<Answer> {
    let after = palisade
        .create(actor, attempt, move |tx| {
            let person = load_governed(tx, id)?;
            if_match.allows(person.revision)?;
            let role = changes.role.unwrap_or(person.role);
            let before = person.projects.filter(|_| role == Role::Guest).unwrap_or_default();
            let projects = may_give(tx, role, changes.projects.as_ref().unwrap_or(&before))?;
            store::set_role(tx, id, role, &projects)?;
            if !role.governs() {
                invitations::withdraw_all_of(tx, id)?;
            }
            let after = load(tx, id)?;
            let answer = Answer::changed(&after)?.at(after.revision);
            tx.done(answer, Event::new(What::PersonChanged).subject(id, &person.name))
        })
        .await?;
    sessions::forget(palisade, id);
    Ok(after)
}

/// Removes somebody: they, and their programs, are signed out at once.
///
/// # Errors
/// Forbidden to those who do not govern; `last-owner`.
pub(crate) async fn remove(
    palisade: &Palisade,
    actor: &Actor,
    id: PersonId,
    if_match: IfMatch,
) -> Result<()> {
    palisade
        .write(actor, move |tx| {
            let person = load_governed(tx, id)?;
            if_match.allows(person.revision)?;
            store::remove(tx, id)?;
            invitations::withdraw_all_of(tx, id)?;
            resets::withdraw_all_of(tx, id)?;
            pictures::delete_of(tx, id)?;
            drafts::forget_all_of(tx, id)?;
            sessions::end_all(tx, id, None)?;
            sessions::end_all_app_passwords(tx, id)?;
            tx.done((), Event::new(What::PersonRemoved).subject(id, &person.name))
        })
        .await?;
    sessions::forget(palisade, id);
    Ok(())
}

/// Somebody whom the actor may change or remove.
fn load_governed(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Person> {
    let actor = tx.actor()?;
    actor.governing()?;
    let person = load(tx, id)?;
    match person.role {
        Role::Owner => Err(Error::conflict("last-owner")),
        role if actor.role().may_give(role) => Ok(person),
        _ => Err(Error::forbidden()),
    }
}

/// Goes on where the actor may make somebody this, with these projects, each once.
fn may_give(tx: &mut Tx<'_, '_>, role: Role, projects: &[ProjectId]) -> Result<BTreeSet<ProjectId>> {
    if !tx.actor()?.role().may_give(role) {
        return Err(Error::forbidden());
    }
    if role != Role::Guest && !projects.is_empty() {
        return Err(Error::invalid("projects-for-guests", "projects"));
    }
    let projects: BTreeSet<_> = projects.iter().copied().collect();
    for &project in &projects {
        projects::load(tx, project).map_err(|error| match error.kind() {
            Kind::NotFound => Error::invalid("unknown-project", "projects"),
            _ => error,
        })?;
    }
    Ok(projects)
}
