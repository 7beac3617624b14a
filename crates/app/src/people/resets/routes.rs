//! `/password-resets` and `/password`.

use super::NewPassword;
use crate::{Door, Palisade, Sender};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, Speaks};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(ask)).routes(routes!(redeem))
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordResetAsked)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Their address.
    email: String,
}

/// Sends a link to choose another password. The answer is the same for an address that is not known.
#[utoipa::path(
    post, path = "/password-resets", operation_id = "ask_password_reset",
    security(()),
    request_body = Asked,
    responses((status = 202), (status = 429, description = "`too-many`")),
)]
async fn ask(
    State(palisade): State<Palisade>,
    door: Door,
    Sender(client): Sender,
    Speaks(spoken): Speaks,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<StatusCode, Failure> {
    super::ask(&palisade, client, &door, &asked.email, spoken).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets another password with a link, once. The person's sessions end, and with `end_app_passwords` their app passwords too.
#[utoipa::path(
    put, path = "/password", operation_id = "set_password",
    security(()),
    request_body = NewPassword,
    responses(
        (status = 204),
        (status = 404, description = "`link-used`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn redeem(
    State(palisade): State<Palisade>,
    door: Door,
    Sender(client): Sender,
    JsonBody(new): JsonBody<NewPassword>,
) -> Result<StatusCode, Failure> {
    super::redeem(&palisade, client, &door, new).await?;
    Ok(StatusCode::NO_CONTENT)
}
