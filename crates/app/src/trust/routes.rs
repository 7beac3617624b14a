//! `/trust`.

use super::Trust;
use crate::{Palisade, SignedIn, accounts};
use axum::extract::{FromRequestParts, State};
use http::request::Parts;
use kernel::{Error, Kind};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, extract};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(show))
}

/// What is promised here, and what shows that it holds; at an account's address, with what concerns the account. Whoever is
/// signed in there and no guest is told of its files too.
#[utoipa::path(
    get, path = "/trust", operation_id = "trust",
    security(()),
    responses((status = 200, body = Trust)),
)]
async fn show(State(palisade): State<Palisade>, mut parts: Parts) -> Result<JsonBody<Trust>, Failure> {
    let host = extract::host(&parts).ok_or_else(Error::not_found)?;
    let at = palisade.source.now();
    if host == palisade.address.host {
        return Ok(JsonBody(Trust { at, rows: super::of_installation(&palisade).await? }));
    }
    let account = accounts::at(&palisade, &host).await?.ok_or_else(Error::not_found)?;
    let mut rows = super::of_installation(&palisade).await?;
    rows.push(super::of_account(&palisade, account).await?);
    match SignedIn::from_request_parts(&mut parts, &palisade).await {
        Ok(SignedIn(actor)) => rows.extend(super::of_files(&palisade, &actor).await?),
        Err(Failure(error)) if error.kind() == Kind::SignedOut => {}
        Err(failure) => return Err(failure),
    }
    Ok(JsonBody(Trust { at, rows }))
}
