//! `/projects`.

use super::{Draft, Dye, Project, State as ProjectState, View};
use crate::{Palisade, SignedIn, Tx, receipts::Answer};
use access::Actor;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, put},
};
use http::header;
use kernel::{Error, Page, noun};
use serde::Deserialize;
use web::{Create, Etag, Failure, IfMatch, JsonBody, Params, PathId};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new()
        .route("/projects", get(list).post(create))
        .route("/projects/{id}", get(show).patch(change))
        .route("/projects/{id}/archive", put(archive).delete(restore))
}

async fn answer(palisade: &Palisade, actor: &Actor, project: Project) -> Result<Response, Failure> {
    let etag =
        Etag::of(project.revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    let view = palisade.read(actor, move |tx| super::view(tx, vec![project.clone()])).await?.pop();
    Ok(([(header::ETAG, etag)], JsonBody(view)).into_response())
}

#[derive(Deserialize)]
struct Query {
    #[serde(default = "active")]
    state: ProjectState,
}

fn active() -> ProjectState {
    ProjectState::Active
}

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

async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
) -> Result<Response, Failure> {
    let project = palisade.read(&actor, move |tx| super::load(tx, id)).await?.into_inner();
    answer(&palisade, &actor, project).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    name: Option<String>,
    dye: Option<Dye>,
}

async fn change(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    if_match: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Response, Failure> {
    let project = palisade
        .write(&actor, move |tx| {
            let project = super::load(tx, id)?.editable()?;
            if_match.allows(project.revision)?;
            super::change(tx, &project, changes.name.as_deref(), changes.dye)
        })
        .await?;
    answer(&palisade, &actor, project).await
}

async fn archive(
    state: State<Palisade>,
    actor: SignedIn,
    id: PathId<noun::Project>,
) -> Result<Response, Failure> {
    set_archived(state, actor, id, true).await
}

async fn restore(
    state: State<Palisade>,
    actor: SignedIn,
    id: PathId<noun::Project>,
) -> Result<Response, Failure> {
    set_archived(state, actor, id, false).await
}

async fn set_archived(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Project>,
    archived: bool,
) -> Result<Response, Failure> {
    let project = palisade
        .write(&actor, move |tx| {
            let project = super::load(tx, id)?;
            super::archive(tx, &project, archived)
        })
        .await?;
    answer(&palisade, &actor, project).await
}
