//! `/people` and `/profile`.

use super::{PasswordChange, Person, ProfileChanges, ProjectPerson, RoleChanges};
use crate::{Door, InPerson, Palisade, Sender, SignedIn, Tx, accounts, projects, receipts::Answer};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use kernel::{Error, Page, noun};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Etag, Failure, IfMatch, JsonBody, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(of_project))
        .routes(routes!(show, change_role, remove))
        .routes(routes!(profile, change_profile))
        .routes(routes!(change_password))
}

pub(super) fn answer(person: Person) -> Result<Response, Failure> {
    let etag =
        Etag::of(person.revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    Ok(([(header::ETAG, etag)], JsonBody(person)).into_response())
}

/// Everybody who is here, in the order of their names. Not for guests.
#[utoipa::path(
    get, path = "/people", operation_id = "people",
    responses((status = 200, body = Page<Person>), (status = 403, description = "`forbidden`")),
)]
async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<Person>>, Failure> {
    let people = palisade.read(&actor, super::list).await?;
    Ok(JsonBody(Page::whole(people)))
}

/// Who may see a project, in the order of their names: everybody but guests, and the guests who were given it. Not for guests.
#[utoipa::path(
    get, path = "/projects/{id}/people", operation_id = "project_people",
    params(PathId<noun::Project>),
    responses((status = 200, body = Page<ProjectPerson>), (status = 403, description = "`forbidden`")),
)]
async fn of_project(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
) -> Result<JsonBody<Page<ProjectPerson>>, Failure> {
    let people = palisade
        .read(&actor, move |tx| {
            let project = projects::load(tx, id)?;
            super::of_project(tx, &project)
        })
        .await?;
    Ok(JsonBody(Page::whole(people)))
}

/// One person. A guest sees only themselves.
#[utoipa::path(
    get, path = "/people/{id}", operation_id = "person",
    params(PathId<noun::Person>),
    responses((status = 200, body = Person, headers(("ETag")))),
)]
async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Person>,
) -> Result<Response, Failure> {
    answer(palisade.read(&actor, move |tx| super::show(tx, id)).await?)
}

/// Changes what somebody is, and the projects of a guest. For owner and admins.
#[utoipa::path(
    patch, path = "/people/{id}", operation_id = "change_person",
    params(PathId<noun::Person>, IfMatch, Attempt),
    request_body = RoleChanges,
    responses(
        (status = 200, body = Person, headers(("ETag"))),
        (status = 403, description = "`forbidden`, `needs-session`"),
        (status = 409, description = "`last-owner`"),
    ),
)]
async fn change_role(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
    PathId(id): PathId<noun::Person>,
    if_match: IfMatch,
    Create { draft: changes, attempt }: Create<RoleChanges>,
) -> Result<Answer, Failure> {
    Ok(super::change_role(&palisade, &actor, id, (if_match, attempt), changes).await?)
}

/// Removes somebody; they and their programs are signed out at once. For owner and admins.
#[utoipa::path(
    delete, path = "/people/{id}", operation_id = "remove_person",
    params(PathId<noun::Person>, IfMatch),
    responses(
        (status = 204),
        (status = 403, description = "`forbidden`, `needs-session`"),
        (status = 409, description = "`last-owner`"),
    ),
)]
async fn remove(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
    PathId(id): PathId<noun::Person>,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    super::remove(&palisade, &actor, id, if_match).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Oneself.
#[utoipa::path(
    get, path = "/profile", operation_id = "profile",
    responses((status = 200, body = Person, headers(("ETag")))),
)]
async fn profile(State(palisade): State<Palisade>, SignedIn(actor): SignedIn) -> Result<Response, Failure> {
    let id = actor.person();
    answer(palisade.read(&actor, move |tx| super::load(tx, id)).await?)
}

/// Changes what one says of oneself.
#[utoipa::path(
    patch, path = "/profile", operation_id = "change_profile",
    params(IfMatch, Attempt),
    request_body = ProfileChanges,
    responses((status = 200, body = Person, headers(("ETag")))),
)]
async fn change_profile(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    if_match: IfMatch,
    Create { draft: changes, attempt }: Create<ProfileChanges>,
) -> Result<Answer, Failure> {
    let id = actor.person();
    let change = move |tx: &mut Tx<'_, '_>| {
        let person = super::load(tx, id)?;
        if_match.allows(person.revision)?;
        let done = super::change_profile(tx, &person, &changes)?;
        done.try_map(|person| Ok(Answer::changed(&person)?.at(person.revision)))
    };
    Ok(palisade.create(&actor, attempt, change).await?)
}

/// Gives oneself another password. One's other sessions end, and with `end_app_passwords` one's app passwords too.
#[utoipa::path(
    put, path = "/profile/password", operation_id = "change_password",
    request_body = PasswordChange,
    responses(
        (status = 204),
        (status = 403, description = "`needs-session`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn change_password(
    State(palisade): State<Palisade>,
    door: Door,
    Sender(client): Sender,
    InPerson(actor): InPerson,
    JsonBody(change): JsonBody<PasswordChange>,
) -> Result<StatusCode, Failure> {
    let account = accounts::name_at(&palisade, &door.host);
    super::change_password(&palisade, &actor, client, &account, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
