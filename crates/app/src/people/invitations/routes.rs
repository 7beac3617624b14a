//! `/invitations`, `/invitation-look-ups` and `/acceptances`.

use super::{Acceptance, Invitation, LookedUp, NewInvitation};
use crate::{Door, InPerson, Palisade, Sender, SignedIn, Tx, receipts::Answer, sessions};
use axum::{extract::State, response::Response};
use http::StatusCode;
use kernel::{Page, noun};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Failure, JsonBody, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(withdraw))
        .routes(routes!(look_up))
        .routes(routes!(accept))
}

/// The invitations that still wait, the oldest first. For owner and admins.
#[utoipa::path(
    get, path = "/invitations", operation_id = "invitations",
    responses((status = 200, body = Page<Invitation>), (status = 403, description = "`forbidden`")),
)]
async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<Invitation>>, Failure> {
    Ok(JsonBody(Page::whole(palisade.read(&actor, super::list).await?)))
}

/// Invites somebody. The answer alone holds the link. For owner and admins.
#[utoipa::path(
    post, path = "/invitations", operation_id = "invite",
    params(Attempt),
    request_body = NewInvitation,
    responses(
        (status = 201, body = Invitation),
        (status = 403, description = "`forbidden`, `needs-session`"),
        (status = 409, description = "`email-taken`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn create(
    State(palisade): State<Palisade>,
    door: Door,
    InPerson(actor): InPerson,
    Create { draft, attempt }: Create<NewInvitation>,
) -> Result<Answer, Failure> {
    palisade.invitations.take(actor.person(), palisade.source.now())?;
    // The host is one that the account is known by, or there would be no door.
    let (address, post) = (palisade.address.origin(&door.host), palisade.post.is_some());
    let lives = palisade.limits.invitation;
    let create = move |tx: &mut Tx<'_, '_>| {
        super::create(tx, &draft, &address, post, lives)?.try_map(|made| Answer::created(&made))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

/// Withdraws an invitation: its link ends. For owner and admins.
#[utoipa::path(
    delete, path = "/invitations/{id}", operation_id = "withdraw_invitation",
    params(PathId<noun::Invitation>),
    responses((status = 204), (status = 403, description = "`forbidden`")),
)]
async fn withdraw(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Invitation>,
) -> Result<StatusCode, Failure> {
    palisade.write(&actor, move |tx| super::withdraw(tx, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The link of an invitation.
#[derive(Deserialize, ToSchema)]
#[schema(as = InvitationLink)]
#[serde(deny_unknown_fields)]
struct Link {
    /// What follows the `#` in it.
    token: String,
}

/// What whoever holds the link of an invitation is shown before they accept.
#[utoipa::path(
    post, path = "/invitation-look-ups", operation_id = "look_up_invitation",
    security(()),
    request_body = Link,
    responses(
        (status = 200, body = LookedUp),
        (status = 404, description = "`link-used`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn look_up(
    State(palisade): State<Palisade>,
    door: Door,
    Sender(client): Sender,
    JsonBody(link): JsonBody<Link>,
) -> Result<JsonBody<LookedUp>, Failure> {
    Ok(JsonBody(super::look_up(&palisade, client, &door, &link.token).await?))
}

/// Accepts an invitation, once. The answer sets the session's cookie.
#[utoipa::path(
    post, path = "/acceptances", operation_id = "accept_invitation",
    security(()),
    request_body = Acceptance,
    responses(
        (status = 201, body = sessions::SessionView, headers(("Set-Cookie"))),
        (status = 404, description = "`link-used`"),
        (status = 409, description = "`email-taken`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn accept(
    State(palisade): State<Palisade>,
    door: Door,
    Sender(client): Sender,
    JsonBody(acceptance): JsonBody<Acceptance>,
) -> Result<Response, Failure> {
    let (token, person) = super::accept(&palisade, client, &door, acceptance).await?;
    sessions::signed_in(&palisade, &door, StatusCode::CREATED, &token, person).await
}
