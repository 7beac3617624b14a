//! The tables `person` and `guest_project`. That of pictures is in the room's `pictures`.

use super::{EmailAddress, NewPerson, Person, PersonName, Ref, TimeZone};
use crate::Tx;
use access::Role;
use db::{
    SystemTx,
    schema::{
        guest_project::{self, dsl as guest},
        person::{self, dsl},
    },
};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper, dsl::count_star,
};
use kernel::{AccountId, PersonId, PictureId, ProjectId, Result, Timestamp};
use std::collections::{BTreeSet, HashMap};
use vault::Place;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = person, treat_none_as_default_value = false)]
struct Row {
    id: PersonId,
    email_tag: Vec<u8>,
    email: Vec<u8>,
    name: Vec<u8>,
    role: String,
    language: String,
    time_zone: String,
    password: Vec<u8>,
    created_at: Timestamp,
    removed_at: Option<Timestamp>,
    revision: i64,
    picture: Option<PictureId>,
}

fn place(column: &'static str, id: PersonId) -> Place {
    Place::new("person", column, id)
}

fn email_tag(tx: &Tx<'_, '_>, email: &EmailAddress) -> Vec<u8> {
    tx.key().tag("person.email", email.folded().as_bytes()).to_vec()
}

fn open(tx: &mut Tx<'_, '_>, row: Row) -> Result<(Person, String)> {
    let role: Role = row.role.parse()?;
    let projects = if role == Role::Guest { Some(projects_of(tx, row.id)?) } else { None };
    let person = Person {
        id: row.id,
        name: tx.open(place("name", row.id), &row.name)?,
        email: tx.open(place("email", row.id), &row.email)?,
        role,
        language: row.language,
        time_zone: row.time_zone,
        picture: row.picture,
        projects,
        created_at: row.created_at,
        revision: row.revision,
        removed: row.removed_at.is_some(),
    };
    let password = tx.open(place("password", row.id), &row.password)?;
    Ok((person, password))
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, draft: &NewPerson) -> Result<Person> {
    let id = tx.db.id();
    let row = Row {
        id,
        email_tag: email_tag(tx, &draft.email),
        email: tx.seal(place("email", id), draft.email.as_str()),
        name: tx.seal(place("name", id), draft.name.as_str()),
        role: draft.role.as_str().to_owned(),
        language: draft.language.tag().to_owned(),
        time_zone: draft.time_zone.as_str().to_owned(),
        password: tx.seal(place("password", id), &draft.password),
        created_at: tx.db.now(),
        removed_at: None,
        revision: 1,
        picture: None,
    };
    tx.db.insert(dsl::person, &row)?;
    Ok(open(tx, row)?.0)
}

/// The person with this id, here or removed, and the hash of their password.
pub(super) fn by_id(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Option<(Person, String)>> {
    let row: Option<Row> =
        tx.db.first(tx.db.of(dsl::person).filter(dsl::id.eq(id)).select(Row::as_select()))?;
    row.map(|row| open(tx, row)).transpose()
}

/// What somebody who is here may do: their role, and the projects of a guest. It opens nothing.
pub(super) fn standing(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<Option<(Role, Vec<ProjectId>)>> {
    let here = tx.db.of(dsl::person).filter(dsl::id.eq(id)).filter(dsl::removed_at.is_null());
    let Some(role) = tx.db.first::<String, _>(here.select(dsl::role))? else { return Ok(None) };
    let role: Role = role.parse()?;
    let projects = if role == Role::Guest { projects_of(tx, id)? } else { Vec::new() };
    Ok(Some((role, projects)))
}

fn projects_of(tx: &mut Tx<'_, '_>, guest: PersonId) -> Result<Vec<ProjectId>> {
    let chosen = tx.db.of(guest::guest_project).filter(guest::person_id.eq(guest));
    tx.db.load(chosen.select(guest::project_id))
}

pub(super) fn by_email(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<Option<(Person, String)>> {
    let tag = email_tag(tx, email);
    let mine = tx.db.of(dsl::person).filter(dsl::email_tag.eq(tag)).filter(dsl::removed_at.is_null());
    let row: Option<Row> = tx.db.first(mine.select(Row::as_select()))?;
    row.map(|row| open(tx, row)).transpose()
}

pub(super) fn all(tx: &mut Tx<'_, '_>) -> Result<Vec<Person>> {
    let rows: Vec<Row> =
        tx.db.load(tx.db.of(dsl::person).filter(dsl::removed_at.is_null()).select(Row::as_select()))?;
    rows.into_iter().map(|row| Ok(open(tx, row)?.0)).collect()
}

pub(super) fn refs(tx: &mut Tx<'_, '_>) -> Result<HashMap<PersonId, Ref>> {
    type Shown = (PersonId, Vec<u8>, String, Option<PictureId>);
    let rows: Vec<Shown> =
        tx.db.load(tx.db.of(dsl::person).select((dsl::id, dsl::name, dsl::role, dsl::picture)))?;
    let sees = |id| tx.signed_in().is_some_and(|actor| super::sees(actor, id));
    let open = |(id, name, role, picture): Shown| {
        let name = tx.open(place("name", id), &name)?;
        Ok((id, Ref { id, name, guest: role == Role::Guest.as_str(), picture: picture.filter(|_| sees(id)) }))
    };
    rows.into_iter().map(open).collect()
}

pub(super) fn update_profile(
    tx: &mut Tx<'_, '_>,
    id: PersonId,
    name: &PersonName,
    language: &str,
    time_zone: &TimeZone,
) -> Result<()> {
    let sealed = tx.seal(place("name", id), name.as_str());
    let change = diesel::update(tx.db.of(dsl::person).filter(dsl::id.eq(id))).set((
        dsl::name.eq(sealed),
        dsl::language.eq(language),
        dsl::time_zone.eq(time_zone.as_str()),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change).map(drop)
}

/// Says which picture somebody has.
pub(super) fn set_picture(tx: &mut Tx<'_, '_>, id: PersonId, picture: Option<PictureId>) -> Result<()> {
    let change = diesel::update(tx.db.of(dsl::person).filter(dsl::id.eq(id)))
        .set((dsl::picture.eq(picture), dsl::revision.eq(dsl::revision + 1)));
    tx.db.execute(change).map(drop)
}

/// Nobody is shown the password, so the revision stays.
pub(super) fn set_password(tx: &mut Tx<'_, '_>, id: PersonId, hash: &str) -> Result<()> {
    let sealed = tx.seal(place("password", id), hash);
    let mine = tx.db.of(dsl::person).filter(dsl::id.eq(id));
    tx.db.execute(diesel::update(mine).set(dsl::password.eq(sealed))).map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = guest_project)]
struct Chosen {
    person_id: PersonId,
    project_id: ProjectId,
}

/// What somebody is, and the projects that they were given as a guest.
pub(super) fn set_role(
    tx: &mut Tx<'_, '_>,
    id: PersonId,
    role: Role,
    projects: &BTreeSet<ProjectId>,
) -> Result<()> {
    let change = diesel::update(tx.db.of(dsl::person).filter(dsl::id.eq(id)))
        .set((dsl::role.eq(role.as_str()), dsl::revision.eq(dsl::revision + 1)));
    tx.db.execute(change)?;
    set_projects(tx, id, projects)
}

pub(super) fn set_projects(
    tx: &mut Tx<'_, '_>,
    person_id: PersonId,
    projects: &BTreeSet<ProjectId>,
) -> Result<()> {
    let before = tx.db.of(guest::guest_project).filter(guest::person_id.eq(person_id));
    tx.db.execute(diesel::delete(before))?;
    let rows = projects.iter().map(|&project_id| Chosen { person_id, project_id });
    tx.db.insert_all(guest::guest_project, rows)
}

/// How many people each account has.
pub(super) fn counts(tx: &mut SystemTx<'_>) -> Result<HashMap<AccountId, i64>> {
    let here = dsl::person.filter(dsl::removed_at.is_null()).group_by(dsl::account_id);
    let rows: Vec<(AccountId, i64)> = tx.load(here.select((dsl::account_id, count_star())))?;
    Ok(rows.into_iter().collect())
}

/// Leaves the name alone, for the journal; the address is free again.
pub(super) fn remove(tx: &mut Tx<'_, '_>, id: PersonId) -> Result<()> {
    let change = diesel::update(tx.db.of(dsl::person).filter(dsl::id.eq(id))).set((
        dsl::removed_at.eq(Some(tx.db.now())),
        dsl::picture.eq(None::<PictureId>),
        dsl::revision.eq(dsl::revision + 1),
    ));
    tx.db.execute(change)?;
    set_projects(tx, id, &BTreeSet::new())
}
