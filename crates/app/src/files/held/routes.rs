//! `GET /files/{id}/copies`.

use super::Copy;
use crate::{Palisade, SignedIn, Tx, files};
use axum::extract::State;
use kernel::{Page, noun};
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(copies))
}

/// Where the current version of a file is held: each site that is to have it, the nearest first.
#[utoipa::path(
    get, path = "/files/{id}/copies", operation_id = "copies",
    params(PathId<noun::Entry>),
    responses((status = 200, body = Page<Copy>), (status = 409, description = "`not-a-file`")),
)]
async fn copies(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
) -> Result<JsonBody<Page<Copy>>, Failure> {
    let sites: Vec<Arc<str>> = palisade.sites.names().cloned().collect();
    let list = move |tx: &mut Tx<'_, '_>| {
        let entry = files::load(tx, id)?;
        super::copies(tx, &entry, &sites)
    };
    Ok(JsonBody(Page::whole(palisade.read(&actor, list).await?)))
}
