//! `/drafts`.

use super::{Draft, Fields, FormName, Kept};
use crate::{InPerson, Palisade};
use axum::extract::State;
use http::StatusCode;
use kernel::Page;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, PathWord};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(show, keep, forget))
}

/// The forms that one has begun to fill in and not sent, the newest first.
#[utoipa::path(
    get, path = "/drafts", operation_id = "drafts",
    responses((status = 200, body = Page<Kept>), (status = 403, description = "`needs-session`")),
)]
async fn list(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
) -> Result<JsonBody<Page<Kept>>, Failure> {
    Ok(JsonBody(Page::whole(palisade.read(&actor, super::list).await?)))
}

/// What one has typed into a form.
#[utoipa::path(
    get, path = "/drafts/{form}", operation_id = "draft",
    params(("form" = String, Path, description = "The name of the form: small letters, digits, dots and hyphens.")),
    responses(
        (status = 200, body = Draft),
        (status = 403, description = "`needs-session`"),
        (status = 404, description = "`not-found`"),
        (status = 422, description = "`unknown-form`"),
    ),
)]
async fn show(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
    PathWord(form): PathWord,
) -> Result<JsonBody<Draft>, Failure> {
    let form = FormName::parse(&form)?;
    Ok(JsonBody(palisade.read(&actor, move |tx| super::load(tx, &form)).await?))
}

/// What one is typing.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewDraft)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// What stands in the fields, by their names; up to 64 KiB.
    fields: Fields,
}

/// Keeps what one is typing into a form, for 30 days. Passwords do not belong here.
#[utoipa::path(
    put, path = "/drafts/{form}", operation_id = "keep_draft",
    params(("form" = String, Path, description = "The name of the form: small letters, digits, dots and hyphens.")),
    request_body = Typed,
    responses((status = 204), (status = 403, description = "`needs-session`")),
)]
async fn keep(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
    PathWord(form): PathWord,
    JsonBody(Typed { fields }): JsonBody<Typed>,
) -> Result<StatusCode, Failure> {
    let form = FormName::parse(&form)?;
    palisade.write(&actor, move |tx| super::keep(tx, &form, &fields)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets what one has typed into a form, where anything is kept.
#[utoipa::path(
    delete, path = "/drafts/{form}", operation_id = "forget_draft",
    params(("form" = String, Path, description = "The name of the form: small letters, digits, dots and hyphens.")),
    responses(
        (status = 204),
        (status = 403, description = "`needs-session`"),
        (status = 422, description = "`unknown-form`"),
    ),
)]
async fn forget(
    State(palisade): State<Palisade>,
    InPerson(actor): InPerson,
    PathWord(form): PathWord,
) -> Result<StatusCode, Failure> {
    let form = FormName::parse(&form)?;
    palisade.write(&actor, move |tx| super::forget(tx, &form)).await?;
    Ok(StatusCode::NO_CONTENT)
}
