//! `/journal` and `/projects/{id}/journal`.

use super::Entry;
use crate::{Palisade, SignedIn, projects};
use axum::extract::State;
use kernel::{Cursor, Page, noun};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Failure, JsonBody, Params, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(of_account)).routes(routes!(of_project))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// The most entries on a page, 1 to 200; 50 where nothing is said.
    limit: Option<usize>,
}

impl Query {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, 200)
    }
}

/// What happened in all projects that one sees, newest first.
#[utoipa::path(
    get, path = "/journal", operation_id = "journal",
    params(Query),
    responses((status = 200, body = Page<Entry>)),
)]
async fn of_account(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Params(query): Params<Query>,
) -> Result<JsonBody<Page<Entry>>, Failure> {
    let limit = query.limit();
    let cursor = query.cursor.map(Cursor::from);
    let page = palisade.read(&actor, move |tx| super::list(tx, None, cursor.as_ref(), limit)).await?;
    Ok(JsonBody(page))
}

/// What happened in a project, newest first.
#[utoipa::path(
    get, path = "/projects/{id}/journal", operation_id = "project_journal",
    params(PathId<noun::Project>, Query),
    responses((status = 200, body = Page<Entry>)),
)]
async fn of_project(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    Params(query): Params<Query>,
) -> Result<JsonBody<Page<Entry>>, Failure> {
    let limit = query.limit();
    let cursor = query.cursor.map(Cursor::from);
    let page = palisade
        .read(&actor, move |tx| {
            let project = projects::load(tx, id)?;
            super::list(tx, Some(project.id), cursor.as_ref(), limit)
        })
        .await?;
    Ok(JsonBody(page))
}
