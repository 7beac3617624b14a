//! `/projects`.

use super::{Draft, Dye, Project, State as ProjectState, View};
use crate::{Palisade, SignedIn, Tx, receipts::Answer};
use access::Actor;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use kernel::{Error, Page, noun};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Etag, Failure, IfMatch, JsonBody, Params, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(archive, restore))
}

async fn answer(palisade: &Palisade, actor: &Actor, project: Project) -> Result<Response, Failure> {
    let etag =
        Etag::of(project.revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    let view = palisade.read(actor, move |tx| super::view(tx, vec![project.clone()])).await?.pop();
    Ok(([(header::ETAG, etag)], JsonBody(view)).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Query {
    /// Those where people work, or those that are kept.
    #[param(inline)]
    #[serde(default = "active")]
    state: ProjectState,
}

fn active() -> ProjectState {
    ProjectState::Active
}

/// The projects that one sees.
#[utoipa::path(
    get, path = "/projects", operation_id = "projects",
    params(Query),
    responses((status = 200, body = Page<View>)),
)]
async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Params(query): Params<Query>,
) -> Result<JsonBody<Page<View>>, Failure> {
    let archived = query.state == ProjectState::Archived;
    let list = move |tx: &mut Tx<'_, '_>| {
        let projects = super::list(tx, archived)?;
        super::view(tx, projects)
    };
    let projects = palisade.read(&actor, list).await?;
    Ok(JsonBody(Page::whole(projects)))
}

/// Makes a project. Not for guests.
#[utoipa::path(
    post, path = "/projects", operation_id = "create_project",
    params(Attempt),
    request_body = Draft,
    responses(
        (status = 201, body = View, headers(("ETag"))),
        (status = 403, description = "`forbidden`"),
        (status = 409, description = "`name-taken`"),
    ),
)]
async fn create(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Create { draft, attempt }: Create<Draft>,
) -> Result<Answer, Failure> {
    let create = move |tx: &mut Tx<'_, '_>| {
        super::create(tx, &draft)?.try_map(|project| {
            let revision = project.revision;
            Ok(Answer::created(&super::view(tx, vec![project])?.pop())?.at(revision))
        })
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

/// One project.
#[utoipa::path(
    get, path = "/projects/{id}", operation_id = "project",
    params(PathId<noun::Project>),
    responses((status = 200, body = View, headers(("ETag")))),
)]
async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
) -> Result<Response, Failure> {
    let project = palisade.read(&actor, move |tx| super::load(tx, id)).await?.into_inner();
    answer(&palisade, &actor, project).await
}

/// What changes about a project.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProjectChange)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// Its name.
    name: Option<String>,
    /// The colour of its emblem.
    dye: Option<Dye>,
}

/// Renames a project, or gives it another colour.
#[utoipa::path(
    patch, path = "/projects/{id}", operation_id = "change_project",
    params(PathId<noun::Project>, IfMatch, Attempt),
    request_body = Changes,
    responses(
        (status = 200, body = View, headers(("ETag"))),
        (status = 403, description = "`forbidden`"),
        (status = 409, description = "`name-taken`, `archived`"),
    ),
)]
async fn change(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    if_match: IfMatch,
    Create { draft: changes, attempt }: Create<Changes>,
) -> Result<Answer, Failure> {
    let change = move |tx: &mut Tx<'_, '_>| {
        let project = super::load(tx, id)?.editable()?;
        if_match.allows(project.revision)?;
        let done = super::change(tx, &project, changes.name.as_deref(), changes.dye)?;
        done.try_map(|project| changed(tx, project))
    };
    Ok(palisade.create(&actor, attempt, change).await?)
}

/// Archives a project: it is kept, and cannot be changed.
#[utoipa::path(
    put, path = "/projects/{id}/archive", operation_id = "archive_project",
    params(PathId<noun::Project>, IfMatch, Attempt),
    responses((status = 200, body = View, headers(("ETag"))), (status = 403, description = "`forbidden`")),
)]
async fn archive(
    state: State<Palisade>,
    actor: SignedIn,
    id: PathId<noun::Project>,
    if_match: IfMatch,
    attempt: Attempt,
) -> Result<Answer, Failure> {
    set_archived(state, actor, id, (if_match, attempt), true).await
}

/// Takes a project back from the archive.
#[utoipa::path(
    delete, path = "/projects/{id}/archive", operation_id = "restore_project",
    params(PathId<noun::Project>, IfMatch, Attempt),
    responses((status = 200, body = View, headers(("ETag"))), (status = 403, description = "`forbidden`")),
)]
async fn restore(
    state: State<Palisade>,
    actor: SignedIn,
    id: PathId<noun::Project>,
    if_match: IfMatch,
    attempt: Attempt,
) -> Result<Answer, Failure> {
    set_archived(state, actor, id, (if_match, attempt), false).await
}

async fn set_archived(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    (if_match, attempt): (IfMatch, Attempt),
    archived: bool,
) -> Result<Answer, Failure> {
    let set = move |tx: &mut Tx<'_, '_>| {
        let project = super::load(tx, id)?;
        if_match.allows(project.revision)?;
        super::archive(tx, &project, archived)?.try_map(|project| changed(tx, project))
    };
    Ok(palisade.create(&actor, attempt, set).await?)
}

/// 200, with what the project is now.
fn changed(tx: &mut Tx<'_, '_>, project: Project) -> kernel::Result<Answer> {
    let revision = project.revision;
    Ok(Answer::changed(&super::view(tx, vec![project])?.pop())?.at(revision))
}
