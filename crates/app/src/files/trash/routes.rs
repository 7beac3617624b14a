//! `/projects/{id}/trash` and `/trash`, and the way there.

use super::super::routes::{Step, steps};
use crate::{
    Palisade, SignedIn, Tx,
    files::{self, Entry},
    people::Ref,
    receipts::Answer,
};
use axum::extract::State;
use http::StatusCode;
use kernel::{Error, Page, Timestamp, noun};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Failure, IfMatch, JsonBody, PathId};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(put))
        .routes(routes!(list, empty))
        .routes(routes!(restore))
        .routes(routes!(delete))
}

/// Puts a file, or a folder with all that is in it, into the trash.
#[utoipa::path(
    delete, path = "/files/{id}", operation_id = "trash_file",
    params(PathId<noun::Entry>, IfMatch),
    responses((status = 204), (status = 409, description = "`archived`")),
)]
async fn put(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    let kept = palisade.limits.trash;
    palisade
        .write_in_need(&actor, move |tx| {
            let entry = files::load(tx, id)?.editable()?;
            if_match.allows(entry.revision)?;
            super::put(tx, &entry, kept)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A file or folder in the trash.
#[derive(Serialize, ToSchema)]
struct TrashedEntry {
    #[serde(flatten)]
    entry: Entry,
    /// Where it was.
    path: Vec<Step>,
    /// When it was put there.
    trashed_at: Timestamp,
    /// By whom.
    #[schema(required)]
    trashed_by: Option<Ref>,
    /// When it goes for good.
    erased_at: Timestamp,
}

/// The trash of a project.
#[utoipa::path(
    get, path = "/projects/{id}/trash", operation_id = "trash",
    params(PathId<noun::Project>),
    responses((status = 200, body = Page<TrashedEntry>)),
)]
async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
) -> Result<JsonBody<Page<TrashedEntry>>, Failure> {
    let kept = palisade.limits.trash;
    let list = move |tx: &mut Tx<'_, '_>| {
        let mut items = Vec::new();
        for entry in super::list(tx, project)? {
            let path = steps(tx, &entry)?;
            let trashed_at = entry.trashed_at.ok_or_else(|| Error::internal("in the trash since never"))?;
            let (erased_at, trashed_by) = (trashed_at + kept, entry.trashed_by.clone());
            items.push(TrashedEntry { entry, path, trashed_at, trashed_by, erased_at });
        }
        Ok(Page::whole(items))
    };
    Ok(JsonBody(palisade.read(&actor, list).await?))
}

/// Empties the trash of a project, for good.
#[utoipa::path(
    delete, path = "/projects/{id}/trash", operation_id = "empty_trash",
    params(PathId<noun::Project>),
    responses((status = 204), (status = 409, description = "`archived`")),
)]
async fn empty(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
) -> Result<StatusCode, Failure> {
    palisade
        .write_in_need(&actor, move |tx| {
            let project = crate::projects::load(tx, project)?.editable()?;
            super::empty(tx, &project)
        })
        .await?;
    palisade.waste.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a file or folder back from the trash; under another name where its own is taken.
#[utoipa::path(
    put, path = "/trash/{id}/restoration", operation_id = "restore_file",
    params(PathId<noun::Entry>, IfMatch, Attempt),
    responses((status = 200, body = Entry, headers(("ETag"))), (status = 409, description = "`archived`")),
)]
async fn restore(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    if_match: IfMatch,
    attempt: Attempt,
) -> Result<Answer, Failure> {
    let restore = move |tx: &mut Tx<'_, '_>| {
        let entry = super::load_top(tx, id)?.editable()?;
        if_match.allows(entry.revision)?;
        super::restore(tx, &entry)?.try_map(|entry| Ok(Answer::changed(&entry)?.at(entry.revision)))
    };
    Ok(palisade.create(&actor, attempt, restore).await?)
}

/// Deletes a file or folder that is in the trash, for good.
#[utoipa::path(
    delete, path = "/trash/{id}", operation_id = "erase_file",
    params(PathId<noun::Entry>, IfMatch),
    responses((status = 204), (status = 409, description = "`archived`")),
)]
async fn delete(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    if_match: IfMatch,
) -> Result<StatusCode, Failure> {
    palisade
        .write_in_need(&actor, move |tx| {
            let entry = super::load_top(tx, id)?.editable()?;
            if_match.allows(entry.revision)?;
            super::delete(tx, &entry)
        })
        .await?;
    palisade.waste.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
