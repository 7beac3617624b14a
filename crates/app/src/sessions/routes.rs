//! `/session` and `/app-passwords`.

use super::{AppPassword, Token};
use crate::{
    Door, InPerson, Palisade, Sender, SignedIn, Tx, accounts, numbers, people::Person, receipts::Answer,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use kernel::{Error, Kind, Page, noun};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Failure, JsonBody, PathId, credentials};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(begin, show, end))
        .routes(routes!(list_app_passwords, create_app_password))
        .routes(routes!(end_app_password))
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[schema(as = SignIn)]
#[serde(untagged, deny_unknown_fields)]
enum Proof {
    /// Their address and password.
    Password {
        /// Their address.
        email: String,
        /// Their password.
        password: String,
    },
    /// The ticket of a sign-up.
    Ticket {
        /// As `POST /accounts` gave it.
        ticket: String,
    },
}

/// What the interface needs to know of whoever is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Who they are.
    person: Person,
    /// Where they are.
    account: accounts::View,
}

/// Signs in with address and password, or with the ticket of a sign-up. The answer sets the session's cookie.
#[utoipa::path(
    put, path = "/session", operation_id = "sign_in",
    security(()),
    request_body = Proof,
    responses(
        (status = 200, body = SessionView, headers(("Set-Cookie"))),
        (status = 401, description = "`wrong-credentials`, `link-used`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn begin(
    State(palisade): State<Palisade>,
    door: Door,
    Sender(client): Sender,
    JsonBody(proof): JsonBody<Proof>,
) -> Result<Response, Failure> {
    let (token, person) = match proof {
        Proof::Password { email, password } => {
            let signed_in = super::sign_in(&palisade, client, door.account, &email, password).await;
            signed_in.inspect_err(|error| {
                if error.kind() == Kind::SignedOut {
                    palisade.numbers.refuse(numbers::Proof::Password);
                }
            })?
        }
        Proof::Ticket { ticket } => super::redeem(&palisade, door.account, &ticket).await?,
    };
    signed_in(&palisade, &door, StatusCode::OK, &token, person).await
}

/// The answer to somebody whose session has just begun: with its cookie.
pub(crate) async fn signed_in(
    palisade: &Palisade,
    door: &Door,
    status: StatusCode,
    token: &Token,
    person: Person,
) -> Result<Response, Failure> {
    let account = accounts::view(palisade, door).await?;
    let cookie = credentials::set_session(&token.text())
        .ok_or_else(|| Error::internal("a token that is no header"))?;
    let view = JsonBody(SessionView { person, account });
    Ok((status, [(header::SET_COOKIE, cookie)], view).into_response())
}

/// Whoever is signed in, and where.
#[utoipa::path(
    get, path = "/session", operation_id = "session",
    responses((status = 200, body = SessionView)),
)]
async fn show(
    State(palisade): State<Palisade>,
    door: Door,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<SessionView>, Failure> {
    let id = actor.person();
    let person = palisade.read(&actor, move |tx| crate::people::load(tx, id)).await?;
    let account = accounts::view(&palisade, &door).await?;
    Ok(JsonBody(SessionView { person, account }))
}

/// Signs out. The answer takes the session's cookie away.
#[utoipa::path(
    delete, path = "/session", operation_id = "sign_out",
    security(()),
    responses((status = 204, headers(("Set-Cookie")))),
)]
async fn end(State(palisade): State<Palisade>, door: Door, headers: HeaderMap) -> Result<Response, Failure> {
    if let Some(token) = credentials::session_token(&headers) {
        super::sign_out(&palisade, door.account, token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, credentials::clear_session())]).into_response())
}

/// An app password to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAppPassword {
    /// What its owner will know it by.
    label: String,
}

/// An app password that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = AppPasswordSecret)]
struct MadeAppPassword {
    #[serde(flatten)]
    made: AppPassword,
    /// The secret; shown this once.
    secret: String,
}

/// One's app passwords, the oldest first.
#[utoipa::path(
    get, path = "/app-passwords", operation_id = "app_passwords",
    responses((status = 200, body = Page<AppPassword>)),
)]
async fn list_app_passwords(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<AppPassword>>, Failure> {
    Ok(JsonBody(Page::whole(palisade.read(&actor, super::app_passwords).await?)))
}

/// Makes an app password: with one's address it opens the API to a program (HTTP Basic). The secret is shown once.
#[utoipa::path(
    post, path = "/app-passwords", operation_id = "create_app_password",
    params(Attempt),
    request_body = NewAppPassword,
    responses((status = 201, body = MadeAppPassword), (status = 403, description = "`needs-session`")),
)]
async fn create_app_password(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
    Create { draft, attempt }: Create<NewAppPassword>,
) -> Result<Answer, Failure> {
    let person = actor.person();
    let create = move |tx: &mut Tx<'_, '_>| {
        super::create_app_password(tx, person, &draft.label)?
            .try_map(|(made, token)| Answer::created(&MadeAppPassword { made, secret: token.text() }))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

/// Ends one of one's app passwords.
#[utoipa::path(
    delete, path = "/app-passwords/{id}", operation_id = "end_app_password",
    params(PathId<noun::AppPassword>),
    responses((status = 204)),
)]
async fn end_app_password(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::AppPassword>,
) -> Result<StatusCode, Failure> {
    super::end_app_password(&palisade, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
