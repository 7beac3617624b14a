//! `/password-resets` and `/password`.

use crate::{Door, Palisade};
use axum::{
    Router,
    extract::State,
    routing::{post, put},
};
use http::StatusCode;
use serde::Deserialize;
use web::{Failure, JsonBody};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new().route("/password-resets", post(ask)).route("/password", put(redeem))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    email: String,
}

async fn ask(
    State(palisade): State<Palisade>,
    door: Door,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<StatusCode, Failure> {
    super::ask(&palisade, &door, &asked.email).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    token: String,
    password: String,
}

async fn redeem(
    State(palisade): State<Palisade>,
    door: Door,
    JsonBody(new): JsonBody<NewPassword>,
) -> Result<StatusCode, Failure> {
    super::redeem(&palisade, &door, &new.token, new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
