//! `/projects/{id}/latest-files`.

use super::super::routes::{EntryWithPath, steps};
use crate::{Palisade, SignedIn, Tx, projects};
use axum::extract::State;
use kernel::{Page, noun};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, Params, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// The most files, 1 to 50; 10 where nothing is said.
    limit: Option<usize>,
}

/// The files of a project that were changed last, the newest first, with the folders that lead to them.
#[utoipa::path(
    get, path = "/projects/{id}/latest-files", operation_id = "latest_files",
    params(PathId<noun::Project>, Query),
    responses((status = 200, body = Page<EntryWithPath>)),
)]
async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    Params(query): Params<Query>,
) -> Result<JsonBody<Page<EntryWithPath>>, Failure> {
    let limit = query.limit.unwrap_or(10).clamp(1, 50);
    let list = move |tx: &mut Tx<'_, '_>| {
        let project = projects::load(tx, id)?;
        let mut files = Vec::new();
        for entry in super::list(tx, &project, limit)? {
            files.push(EntryWithPath { path: steps(tx, &entry)?, entry });
        }
        Ok(Page::whole(files))
    };
    Ok(JsonBody(palisade.read(&actor, list).await?))
}
