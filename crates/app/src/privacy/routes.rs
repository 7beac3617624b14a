//! `/privacy`.

use super::Policy;
use crate::{Palisade, accounts};
use axum::extract::State;
use http::request::Parts;
use kernel::Error;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, Language, Params, Speaks, extract};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(show))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// The language to have it in; that of the request where none is named.
    #[param(inline)]
    language: Option<Language>,
}

/// What the operator says of privacy.
#[derive(Serialize, ToSchema)]
#[schema(as = Privacy)]
struct View {
    /// Their policy, in this language or else in the one that they wrote it in; none where they wrote none.
    #[schema(required)]
    policy: Option<Policy>,
}

/// The operator's privacy policy. At each host, for everybody.
#[utoipa::path(
    get, path = "/privacy", operation_id = "privacy",
    security(()),
    params(Query),
    responses((status = 200, body = View)),
)]
async fn show(
    State(palisade): State<Palisade>,
    Speaks(spoken): Speaks,
    Params(query): Params<Query>,
    parts: Parts,
) -> Result<JsonBody<View>, Failure> {
    let host = extract::host(&parts).ok_or_else(Error::not_found)?;
    if host != palisade.address.host {
        accounts::at(&palisade, &host).await?.ok_or_else(Error::not_found)?;
    }
    let policy = palisade.policies.speaking(query.language.unwrap_or(spoken)).cloned();
    Ok(JsonBody(View { policy }))
}
