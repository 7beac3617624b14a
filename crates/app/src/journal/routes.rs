//! `/journal` and `/projects/{id}/journal`.

use super::Entry;
use crate::{Palisade, SignedIn, projects};
use axum::{Router, extract::State, routing::get};
use kernel::{Cursor, Page, noun};
use serde::Deserialize;
use web::{Failure, JsonBody, Params, PathId};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new().route("/journal", get(of_account)).route("/projects/{id}/journal", get(of_project))
}

#[derive(Deserialize)]
struct Query {
    cursor: Option<String>,
    limit: Option<usize>,
}

impl Query {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, 200)
    }
}

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
