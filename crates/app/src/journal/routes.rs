//! `/journal` and `/projects/{id}/journal`.

use super::{Entry, Wanted};
use crate::{Palisade, SignedIn};
use access::Actor;
use axum::extract::State;
use kernel::{Cursor, Page, PersonId, ProjectId, Timestamp, noun};
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
    /// Only what this person did.
    person: Option<PersonId>,
    /// Only entries of this kind, as their `kind` says it, or of a group of kinds: `files`, `projects`, `people` or `account`.
    kind: Option<String>,
    /// Only what happened at this time or later.
    after: Option<Timestamp>,
    /// Only what happened before this time.
    before: Option<Timestamp>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// The most entries on a page, 1 to 200; 50 where nothing is said.
    limit: Option<usize>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InProject {
    /// Only what happened in this project.
    project: Option<ProjectId>,
}

/// What happened in all projects that one sees, newest first.
#[utoipa::path(
    get, path = "/journal", operation_id = "journal",
    params(InProject, Query),
    responses(
        (status = 200, body = Page<Entry>),
        (status = 404, description = "`not-found`: the project"),
        (status = 422, description = "`unknown-value`, `invalid-cursor`"),
    ),
)]
async fn of_account(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Params(InProject { project }): Params<InProject>,
    Params(query): Params<Query>,
) -> Result<JsonBody<Page<Entry>>, Failure> {
    page(&palisade, &actor, project, query).await
}

/// What happened in a project, newest first.
#[utoipa::path(
    get, path = "/projects/{id}/journal", operation_id = "project_journal",
    params(PathId<noun::Project>, Query),
    responses(
        (status = 200, body = Page<Entry>),
        (status = 422, description = "`unknown-value`, `invalid-cursor`"),
    ),
)]
async fn of_project(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    Params(query): Params<Query>,
) -> Result<JsonBody<Page<Entry>>, Failure> {
    page(&palisade, &actor, Some(id), query).await
}

async fn page(
    palisade: &Palisade,
    actor: &Actor,
    project: Option<ProjectId>,
    query: Query,
) -> Result<JsonBody<Page<Entry>>, Failure> {
    let Query { person, kind, after, before, cursor, limit } = query;
    let kinds = kind.as_deref().map(Wanted::kinds).transpose()?.unwrap_or_default();
    let wanted = Wanted { person, kinds, project, after, before };
    let cursor = cursor.map(Cursor::from);
    let limit = limit.unwrap_or(50).clamp(1, 200);
    Ok(JsonBody(palisade.read(actor, move |tx| super::list(tx, wanted, cursor.as_ref(), limit)).await?))
}
