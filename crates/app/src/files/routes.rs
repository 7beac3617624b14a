//! `/projects/{id}/files`, `/files` and `/trash`.

use super::{Content, Destination, Entry, FileName, Order, Sort, Target, Version, Whither, content};
use crate::{Palisade, SignedIn, Tx, receipts::Answer};
use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Cursor, EntryId, Error, Page, ProjectId, Timestamp, VersionId, noun};
use serde::{Deserialize, Serialize};
use web::{Attempt, Create, Etag, Failure, IfMatch, JsonBody, Params, PathId, range};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new()
        .route("/projects/{id}/files", get(list).post(upload))
        .route("/projects/{id}/folders", post(create_folder))
        .route("/projects/{id}/trash", get(list_trash).delete(empty_trash))
        .route("/files/{id}", get(show).patch(change).delete(trash))
        .route("/files/{id}/copies", post(copy))
        .route("/files/{id}/content", get(download).put(upload_version))
        .route("/files/{id}/versions", get(versions))
        .route("/files/{id}/current-version", put(restore_version))
        .route("/trash/{id}/restoration", put(restore))
        .route("/trash/{id}", axum::routing::delete(delete))
}

fn answer(entry: impl Serialize, revision: i64) -> Result<Response, Failure> {
    let etag = Etag::of(revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    Ok(([(header::ETAG, etag)], JsonBody(entry)).into_response())
}

#[derive(Deserialize)]
struct ListQuery {
    parent: Option<EntryId>,
    #[serde(default)]
    sort: Sort,
    #[serde(default)]
    order: Order,
    cursor: Option<String>,
    limit: Option<usize>,
}

async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    Params(query): Params<ListQuery>,
) -> Result<JsonBody<Page<Entry>>, Failure> {
    let limit = query.limit.unwrap_or(1_000).clamp(1, 10_000);
    let cursor = query.cursor.map(Cursor::from);
    let page = palisade
        .read(&actor, move |tx| {
            let folder = super::folder(tx, project, query.parent)?;
            super::list(tx, &folder, (query.sort, query.order), cursor.as_ref(), limit)
        })
        .await?;
    Ok(JsonBody(page))
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnConflict {
    Refuse,
    Version,
}

#[derive(Deserialize)]
struct UploadQuery {
    parent: Option<EntryId>,
    name: String,
    on_conflict: Option<OnConflict>,
}

async fn upload(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    Params(query): Params<UploadQuery>,
    attempt: Attempt,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Failure> {
    let name = FileName::parse(&query.name)?;
    let version = matches!(query.on_conflict, Some(OnConflict::Version));
    let target = Target::Name { project, parent: query.parent, name, version };
    let content = Content { target, length: length(&headers), attempt };
    Ok(content::upload(&palisade, &actor, content, body.into_data_stream()).await?)
}

async fn upload_version(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    if_match: IfMatch,
    attempt: Attempt,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Failure> {
    let content = Content { target: Target::File { id, if_match }, length: length(&headers), attempt };
    Ok(content::upload(&palisade, &actor, content, body.into_data_stream()).await?)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFolder {
    parent: Option<EntryId>,
    name: String,
}

async fn create_folder(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    Create { draft, attempt }: Create<NewFolder>,
) -> Result<Answer, Failure> {
    let name = FileName::parse(&draft.name)?;
    let depth = palisade.limits.depth;
    let create = move |tx: &mut Tx<'_, '_>| {
        super::create_folder(tx, project, draft.parent, &name, depth)?.try_map(|entry| made(&entry))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

fn made(entry: &Entry) -> Result<Answer, Error> {
    Ok(Answer::created(entry)?.at(entry.revision))
}

#[derive(Serialize)]
struct Step {
    id: EntryId,
    name: String,
}

#[derive(Serialize)]
struct EntryWithPath {
    #[serde(flatten)]
    entry: Entry,
    path: Vec<Step>,
}

async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
) -> Result<Response, Failure> {
    let view = palisade
        .read(&actor, move |tx| {
            let entry = super::load(tx, id)?.into_inner();
            let path = super::path(tx, &entry)?.into_iter().map(|(id, name)| Step { id, name }).collect();
            Ok(EntryWithPath { entry, path })
        })
        .await?;
    answer(&view, view.entry.revision)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    name: Option<String>,
    #[serde(default)]
    parent: Whither,
}

impl<'de> Deserialize<'de> for Whither {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Root, Self::Folder))
    }
}

async fn change(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    if_match: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Response, Failure> {
    let depth = palisade.limits.depth;
    let entry = palisade
        .write(&actor, move |tx| {
            let entry = super::load(tx, id)?.editable()?;
            if_match.allows(entry.revision)?;
            super::change(tx, &entry, changes.name.as_deref(), changes.parent, depth)
        })
        .await?;
    answer(&entry, entry.revision)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCopy {
    project: Option<ProjectId>,
    parent: Option<EntryId>,
    name: Option<String>,
}

async fn copy(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    Create { draft, attempt }: Create<NewCopy>,
) -> Result<Answer, Failure> {
    let name = draft.name.as_deref().map(FileName::parse).transpose()?;
    let depth = palisade.limits.depth;
    let create = move |tx: &mut Tx<'_, '_>| {
        let entry = super::load(tx, id)?;
        let project = draft.project.unwrap_or(entry.project);
        let whither = Destination { project, parent: draft.parent, name: name.clone() };
        super::copy(tx, &entry, &whither, depth)?.try_map(|entry| made(&entry))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

async fn versions(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
) -> Result<JsonBody<Page<Version>>, Failure> {
    let versions = palisade
        .read(&actor, move |tx| {
            let entry = super::load(tx, id)?;
            super::versions(tx, &entry)
        })
        .await?;
    Ok(JsonBody(Page::whole(versions)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    version: VersionId,
}

async fn restore_version(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    if_match: IfMatch,
    JsonBody(chosen): JsonBody<Chosen>,
) -> Result<Response, Failure> {
    let entry = palisade
        .write(&actor, move |tx| {
            let entry = super::load(tx, id)?.editable()?;
            if_match.allows(entry.revision)?;
            super::restore_version(tx, &entry, chosen.version)
        })
        .await?;
    answer(&entry, entry.revision)
}

async fn trash(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
) -> Result<StatusCode, Failure> {
    let kept = palisade.limits.trash;
    palisade
        .write_in_need(&actor, move |tx| {
            let entry = super::load(tx, id)?.editable()?;
            super::trash(tx, &entry, kept)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct TrashedEntry {
    #[serde(flatten)]
    entry: Entry,
    /// Where it was.
    path: Vec<Step>,
    /// When it goes for good.
    erased_at: Option<Timestamp>,
}

async fn list_trash(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
) -> Result<JsonBody<Page<TrashedEntry>>, Failure> {
    let kept = palisade.limits.trash;
    let list = move |tx: &mut Tx<'_, '_>| {
        let mut items = Vec::new();
        for entry in super::trashed(tx, project)? {
            let path = super::path(tx, &entry)?.into_iter().map(|(id, name)| Step { id, name }).collect();
            items.push(TrashedEntry { erased_at: entry.trashed_at.map(|at| at + kept), path, entry });
        }
        Ok(Page::whole(items))
    };
    Ok(JsonBody(palisade.read(&actor, list).await?))
}

async fn empty_trash(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
) -> Result<StatusCode, Failure> {
    palisade
        .write_in_need(&actor, move |tx| {
            let project = crate::projects::load(tx, project)?.editable()?;
            super::empty_trash(tx, &project)
        })
        .await?;
    palisade.waste.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

async fn restore(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
) -> Result<Response, Failure> {
    let entry = palisade
        .write(&actor, move |tx| {
            let entry = super::load_trashed(tx, id)?.editable()?;
            super::restore(tx, &entry)
        })
        .await?;
    answer(&entry, entry.revision)
}

async fn delete(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
) -> Result<StatusCode, Failure> {
    palisade
        .write_in_need(&actor, move |tx| {
            let entry = super::load_trashed(tx, id)?.editable()?;
            super::delete(tx, &entry)
        })
        .await?;
    palisade.waste.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct DownloadQuery {
    version: Option<VersionId>,
}

async fn download(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    Params(query): Params<DownloadQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let file = palisade.read(&actor, move |tx| super::content::download(tx, id, query.version)).await?;
    let etag = Etag::of(file.version);
    let mut answer = HeaderMap::new();
    answer.extend(etag.header().map(|tag| (header::ETAG, tag)));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if etag.is_known_to(&headers) {
        return Ok((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    // What people uploaded is never active at the account's address: always a download, never a type that runs.
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    answer.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    answer.extend(disposition(&file.entry.name).map(|value| (header::CONTENT_DISPOSITION, value)));
    let asked = range::requested(&headers, file.length)?;
    let range = asked.clone().unwrap_or(0..file.length);
    answer.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    let status = if let Some(range) = &asked {
        answer.extend(range::content_range(range, file.length).map(|value| (header::CONTENT_RANGE, value)));
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let sent = palisade.numbers.downloaded.clone();
    let stream = file.stream(&palisade.sites, actor.key(), range)?.inspect_ok(move |bytes| {
        sent.inc_by(bytes.len() as u64);
    });
    Ok((status, answer, Body::from_stream(stream)).into_response())
}

/// `attachment`, with the name in UTF-8 (RFC 6266, RFC 8187).
fn disposition(name: &str) -> Option<HeaderValue> {
    use std::fmt::Write;
    let mut value = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            value.push(char::from(byte));
        } else {
            let _ = write!(value, "%{byte:02X}"); // writing to a String cannot fail
        }
    }
    HeaderValue::from_str(&value).ok()
}
