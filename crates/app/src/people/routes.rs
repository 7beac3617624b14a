//! `/people` and `/profile`.

use super::{Person, ProfileChanges, RoleChanges};
use crate::{Palisade, SignedIn};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, put},
};
use http::{StatusCode, header};
use kernel::{Error, Page, noun};
use serde::Deserialize;
use web::{Etag, Failure, IfMatch, JsonBody, PathId};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new()
        .route("/people", get(list))
        .route("/people/{id}", get(show).patch(change_role).delete(remove))
        .route("/profile", get(profile).patch(change_profile))
        .route("/profile/password", put(change_password))
}

fn answer(person: Person) -> Result<Response, Failure> {
    let etag =
        Etag::of(person.revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    Ok(([(header::ETAG, etag)], JsonBody(person)).into_response())
}

async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<Person>>, Failure> {
    let people = palisade.read(&actor, super::list).await?;
    Ok(JsonBody(Page::whole(people)))
}

async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Person>,
) -> Result<Response, Failure> {
    answer(palisade.read(&actor, move |tx| super::show(tx, id)).await?)
}

async fn change_role(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Person>,
    if_match: IfMatch,
    JsonBody(changes): JsonBody<RoleChanges>,
) -> Result<Response, Failure> {
    answer(super::change_role(&palisade, &actor, id, if_match, changes).await?)
}

async fn remove(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Person>,
) -> Result<StatusCode, Failure> {
    super::remove(&palisade, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn profile(State(palisade): State<Palisade>, SignedIn(actor): SignedIn) -> Result<Response, Failure> {
    let id = actor.person();
    answer(palisade.read(&actor, move |tx| super::load(tx, id)).await?)
}

async fn change_profile(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    if_match: IfMatch,
    JsonBody(changes): JsonBody<ProfileChanges>,
) -> Result<Response, Failure> {
    let id = actor.person();
    let after = palisade
        .write(&actor, move |tx| {
            let person = super::load(tx, id)?;
            if_match.allows(person.revision)?;
            super::change_profile(tx, &person, &changes)
        })
        .await?;
    answer(after)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passwords {
    current: String,
    new: String,
}

async fn change_password(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    JsonBody(passwords): JsonBody<Passwords>,
) -> Result<StatusCode, Failure> {
    super::change_password(&palisade, &actor, passwords.current, passwords.new).await?;
    Ok(StatusCode::NO_CONTENT)
}
