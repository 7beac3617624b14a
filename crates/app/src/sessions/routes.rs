//! `/session` and `/app-passwords`.

use super::{AppPassword, Token};
use crate::{Door, Palisade, SignedIn, Tx, accounts, numbers, people::Person, receipts::Answer};
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{delete, get, put},
};
use http::{HeaderMap, StatusCode, header};
use kernel::{Error, Kind, Page, noun};
use serde::{Deserialize, Serialize};
use web::{Create, Failure, JsonBody, PathId, credentials};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new()
        .route("/session", put(begin).get(show).delete(end))
        .route("/app-passwords", get(list_app_passwords).post(create_app_password))
        .route("/app-passwords/{id}", delete(end_app_password))
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Proof {
    Password { email: String, password: String },
    Ticket { ticket: String },
}

/// What the interface needs to know of whoever is signed in.
#[derive(Debug, Serialize)]
pub(crate) struct SessionView {
    person: Person,
    account: accounts::View,
}

async fn begin(
    State(palisade): State<Palisade>,
    door: Door,
    JsonBody(proof): JsonBody<Proof>,
) -> Result<Response, Failure> {
    let (token, person) = match proof {
        Proof::Password { email, password } => {
            let signed_in = super::sign_in(&palisade, door.account, &email, password).await;
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

async fn end(State(palisade): State<Palisade>, door: Door, headers: HeaderMap) -> Result<Response, Failure> {
    if let Some(token) = credentials::session_token(&headers) {
        super::sign_out(&palisade, door.account, token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, credentials::clear_session())]).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAppPassword {
    label: String,
}

#[derive(Serialize)]
struct MadeAppPassword {
    #[serde(flatten)]
    made: AppPassword,
    secret: String,
}

async fn list_app_passwords(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<AppPassword>>, Failure> {
    Ok(JsonBody(Page::whole(palisade.read(&actor, super::app_passwords).await?)))
}

async fn create_app_password(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Create { draft, attempt }: Create<NewAppPassword>,
) -> Result<Answer, Failure> {
    let person = actor.person();
    let create = move |tx: &mut Tx<'_, '_>| {
        super::create_app_password(tx, person, &draft.label)?
            .try_map(|(made, token)| Answer::created(&MadeAppPassword { made, secret: token.text() }))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

async fn end_app_password(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::AppPassword>,
) -> Result<StatusCode, Failure> {
    super::end_app_password(&palisade, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
