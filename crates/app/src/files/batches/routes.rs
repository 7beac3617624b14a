//! `/projects/{id}/moves`, `/projects/{id}/restorations`, and many at once into `/projects/{id}/trash`.

use super::{Batch, Meant, Move, Outcome};
use crate::{Done, Palisade, SignedIn, Tx, receipts::Answer};
use axum::extract::State;
use http::HeaderMap;
use kernel::{Page, Result as Verdict, noun};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Failure, PathId, guard};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default().routes(routes!(relocate)).routes(routes!(discard)).routes(routes!(restore))
}

/// Entries to move.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMoves {
    /// Which, and where to; 1,000 at most.
    entries: Vec<Move>,
}

/// Entries of which each names its revision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeantEntries {
    /// Which; 1,000 at most.
    entries: Vec<Meant>,
}

/// Moves or renames files and folders of a project, in one commit. Each has an outcome of its own.
#[utoipa::path(
    post, path = "/projects/{id}/moves", operation_id = "move_files",
    params(PathId<noun::Project>, Attempt),
    request_body = NewMoves,
    responses(
        (
            status = 200,
            body = Page<Outcome>,
            description = "What became of each: `changed`, `not-found`, `name-taken`, `into-itself`, `too-deep`.",
        ),
        (status = 409, description = "`archived`"),
    ),
)]
async fn relocate(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    headers: HeaderMap,
    Create { draft, attempt }: Create<NewMoves>,
) -> Result<Answer, Failure> {
    let batch = Batch::new(project, draft.entries, guard::language(&headers))?;
    let depth = palisade.limits.depth;
    let work = move |tx: &mut Tx<'_, '_>| told(super::relocate(tx, &batch, depth)?);
    Ok(palisade.create(&actor, attempt, work).await?)
}

/// Puts files and folders of a project into its trash, in one commit. Each has an outcome of its own.
#[utoipa::path(
    post, path = "/projects/{id}/trash", operation_id = "trash_files",
    params(PathId<noun::Project>, Attempt),
    request_body = MeantEntries,
    responses(
        (
            status = 200,
            body = Page<Outcome>,
            description = "What became of each: `changed`, `not-found`.",
        ),
        (status = 409, description = "`archived`"),
    ),
)]
async fn discard(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    headers: HeaderMap,
    Create { draft, attempt }: Create<MeantEntries>,
) -> Result<Answer, Failure> {
    let batch = Batch::new(project, draft.entries, guard::language(&headers))?;
    let kept = palisade.limits.trash;
    let work = move |tx: &mut Tx<'_, '_>| told(super::discard(tx, &batch, kept)?);
    Ok(palisade.create_in_need(&actor, attempt, work).await?)
}

/// Takes files and folders back from the trash of a project, in one commit; each under another name where its own is taken.
/// Each has an outcome of its own.
#[utoipa::path(
    post, path = "/projects/{id}/restorations", operation_id = "restore_files",
    params(PathId<noun::Project>, Attempt),
    request_body = MeantEntries,
    responses(
        (
            status = 200,
            body = Page<Outcome>,
            description = "What became of each: `changed`, `not-found`.",
        ),
        (status = 409, description = "`archived`"),
    ),
)]
async fn restore(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    headers: HeaderMap,
    Create { draft, attempt }: Create<MeantEntries>,
) -> Result<Answer, Failure> {
    let batch = Batch::new(project, draft.entries, guard::language(&headers))?;
    let work = move |tx: &mut Tx<'_, '_>| told(super::restore(tx, &batch)?);
    Ok(palisade.create(&actor, attempt, work).await?)
}

fn told(done: Done<Vec<Outcome>>) -> Verdict<Done<Answer>> {
    done.try_map(|outcomes| Answer::changed(&Page::whole(outcomes)))
}
