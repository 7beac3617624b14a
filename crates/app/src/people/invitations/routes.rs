//! `/invitations`, `/invitation-look-ups` and `/acceptances`.

use super::{Acceptance, Invitation, LookedUp, NewInvitation};
use crate::{Door, Palisade, SignedIn, Tx, receipts::Answer, sessions};
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{delete, get, post},
};
use http::StatusCode;
use kernel::{Page, noun};
use serde::Deserialize;
use web::{Create, Failure, JsonBody, PathId};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new()
        .route("/invitations", get(list).post(create))
        .route("/invitations/{id}", delete(withdraw))
        .route("/invitation-look-ups", post(look_up))
        .route("/acceptances", post(accept))
}

async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<Invitation>>, Failure> {
    Ok(JsonBody(Page::whole(palisade.read(&actor, super::list).await?)))
}

async fn create(
    State(palisade): State<Palisade>,
    door: Door,
    SignedIn(actor): SignedIn,
    Create { draft, attempt }: Create<NewInvitation>,
) -> Result<Answer, Failure> {
    // The host is one that the account is known by, or there would be no door.
    let (address, post) = (palisade.address.origin(&door.host), palisade.post.is_some());
    let create = move |tx: &mut Tx<'_, '_>| {
        super::create(tx, &draft, &address, post)?.try_map(|made| Answer::created(&made))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

async fn withdraw(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Invitation>,
) -> Result<StatusCode, Failure> {
    palisade.write(&actor, move |tx| super::withdraw(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    token: String,
}

async fn look_up(
    State(palisade): State<Palisade>,
    door: Door,
    JsonBody(link): JsonBody<Link>,
) -> Result<JsonBody<LookedUp>, Failure> {
    Ok(JsonBody(super::look_up(&palisade, &door, &link.token).await?))
}

async fn accept(
    State(palisade): State<Palisade>,
    door: Door,
    JsonBody(acceptance): JsonBody<Acceptance>,
) -> Result<Response, Failure> {
    let (token, person) = super::accept(&palisade, &door, acceptance).await?;
    sessions::signed_in(&palisade, &door, StatusCode::CREATED, &token, person).await
}
