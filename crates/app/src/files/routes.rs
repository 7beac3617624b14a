//! `/projects/{id}/files`, `/files` and `/trash`.

use super::{Content, Destination, Entry, FileName, Order, Sort, Taken, Target, Version, Whither};
use crate::{Palisade, SignedIn, Tx, receipts::Answer};
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Cursor, EntryId, Error, Page, ProjectId, VersionId, noun};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Etag, Failure, IfMatch, JsonBody, Params, PathId, range};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(list, upload))
        .routes(routes!(create_folder))
        .routes(routes!(show, change))
        .routes(routes!(copy))
        .routes(routes!(download, upload_version))
        .routes(routes!(versions))
        .routes(routes!(restore_version))
}

pub(super) fn answer(entry: impl Serialize, revision: i64) -> Result<Response, Failure> {
    let etag = Etag::of(revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    Ok(([(header::ETAG, etag)], JsonBody(entry)).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// The folder; the root of the project where none is named.
    parent: Option<EntryId>,
    /// What the list is ordered by.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// Which way.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// The most entries on a page, 1 to 10,000; 1,000 where nothing is said.
    limit: Option<usize>,
}

/// What is in a folder, or at the root of a project; folders come first.
#[utoipa::path(
    get, path = "/projects/{id}/files", operation_id = "files",
    params(PathId<noun::Project>, ListQuery),
    responses((status = 200, body = Page<Entry>)),
)]
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

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnConflict {
    Refuse,
    Version,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// The folder; the root of the project where none is named.
    parent: Option<EntryId>,
    /// The file's name.
    name: String,
    /// What to do where the name is taken: refuse, or make a new version.
    #[param(inline)]
    on_conflict: Option<OnConflict>,
}

/// Uploads a file: the body is its content. It is durable before the answer says so.
#[utoipa::path(
    post, path = "/projects/{id}/files", operation_id = "upload",
    params(PathId<noun::Project>, UploadQuery, Attempt),
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "The content, as it is.",
    ),
    responses(
        (status = 201, body = Entry, headers(("ETag"))),
        (
            status = 200,
            body = Entry,
            headers(("ETag")),
            description = "A new version of a file that was there.",
        ),
        (status = 409, description = "`name-taken`, `archived`"),
        (status = 413, description = "`too-large`"),
        (status = 507, description = "`over-quota`, `storage-full`"),
    ),
)]
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
    let taken = match query.on_conflict {
        Some(OnConflict::Version) => Taken::Version,
        Some(OnConflict::Refuse) | None => Taken::Refuse,
    };
    let target = Target::Name { project, parent: query.parent, name, taken };
    let content = Content { target, length: length(&headers), attempt };
    Ok(super::upload::upload(&palisade, &actor, content, body.into_data_stream()).await?)
}

/// Uploads a new version of a file: the body is its content.
#[utoipa::path(
    put, path = "/files/{id}/content", operation_id = "upload_version",
    params(PathId<noun::Entry>, IfMatch, Attempt),
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "The content, as it is.",
    ),
    responses(
        (status = 200, body = Entry, headers(("ETag"))),
        (status = 409, description = "`not-a-file`, `archived`"),
        (status = 413, description = "`too-large`"),
        (status = 507, description = "`over-quota`, `storage-full`"),
    ),
)]
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
    Ok(super::upload::upload(&palisade, &actor, content, body.into_data_stream()).await?)
}

pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A folder to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFolder {
    /// The folder it will be in; the root of the project where none is named.
    parent: Option<EntryId>,
    /// Its name.
    name: String,
}

/// Makes a folder.
#[utoipa::path(
    post, path = "/projects/{id}/folders", operation_id = "create_folder",
    params(PathId<noun::Project>, Attempt),
    request_body = NewFolder,
    responses(
        (status = 201, body = Entry, headers(("ETag"))),
        (status = 409, description = "`name-taken`, `too-deep`, `archived`"),
    ),
)]
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

/// A folder on the way to an entry.
#[derive(Serialize, ToSchema)]
pub(super) struct Step {
    /// Which.
    pub(super) id: EntryId,
    /// Its name.
    pub(super) name: String,
}

/// The folders on the way to an entry, from the root.
pub(super) fn steps(tx: &mut Tx<'_, '_>, entry: &Entry) -> Result<Vec<Step>, Error> {
    Ok(super::path(tx, entry)?.into_iter().map(|(id, name)| Step { id, name }).collect())
}

/// A file or folder, and where it is.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryWithPath {
    #[serde(flatten)]
    pub(super) entry: Entry,
    /// The folders that lead to it, from the root.
    pub(super) path: Vec<Step>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ShowQuery {
    /// Whether it is counted what a folder holds: its `items`, and the `bytes` of all files below it.
    #[serde(default)]
    counted: bool,
}

/// A file or folder, and the folders that lead to it.
#[utoipa::path(
    get, path = "/files/{id}", operation_id = "file",
    params(PathId<noun::Entry>, ShowQuery),
    responses((status = 200, body = EntryWithPath, headers(("ETag")))),
)]
async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    Params(query): Params<ShowQuery>,
) -> Result<Response, Failure> {
    let view = palisade
        .read(&actor, move |tx| {
            let entry = super::load(tx, id)?;
            let entry = if query.counted { super::weigh(tx, entry)? } else { entry.into_inner() };
            Ok(EntryWithPath { path: steps(tx, &entry)?, entry })
        })
        .await?;
    answer(&view, view.entry.revision)
}

/// What changes about a file or folder.
#[derive(Deserialize, ToSchema)]
#[schema(as = FileChange)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// Its name.
    name: Option<String>,
    /// The folder it moves to; null for the root of its project.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    parent: Whither,
}

impl<'de> Deserialize<'de> for Whither {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Root, Self::Folder))
    }
}

/// Renames a file or folder, or moves it within its project.
#[utoipa::path(
    patch, path = "/files/{id}", operation_id = "change_file",
    params(PathId<noun::Entry>, IfMatch),
    request_body = Changes,
    responses(
        (status = 200, body = Entry, headers(("ETag"))),
        (status = 409, description = "`name-taken`, `into-itself`, `too-deep`, `archived`"),
    ),
)]
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

/// A copy to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCopy {
    /// The project it will be in; the same where none is named.
    project: Option<ProjectId>,
    /// The folder it will be in; the root of the project where none is named.
    parent: Option<EntryId>,
    /// Its name; the same where none is given.
    name: Option<String>,
}

/// Copies a file, or a folder with all that is in it.
#[utoipa::path(
    post, path = "/files/{id}/copies", operation_id = "copy_file",
    params(PathId<noun::Entry>, Attempt),
    request_body = NewCopy,
    responses(
        (status = 201, body = Entry, headers(("ETag"))),
        (status = 409, description = "`name-taken`, `into-itself`, `too-many-entries`, `too-deep`, `archived`"),
        (status = 507, description = "`over-quota`"),
    ),
)]
async fn copy(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    Create { draft, attempt }: Create<NewCopy>,
) -> Result<Answer, Failure> {
    let name = draft.name.as_deref().map(FileName::parse).transpose()?;
    let limits = palisade.limits.clone();
    let create = move |tx: &mut Tx<'_, '_>| {
        let entry = super::load(tx, id)?;
        let project = draft.project.unwrap_or(entry.project);
        let whither = Destination { project, parent: draft.parent, name: name.clone() };
        super::copy(tx, &entry, &whither, &limits)?.try_map(|entry| made(&entry))
    };
    Ok(palisade.create(&actor, attempt, create).await?)
}

/// The versions of a file, newest first.
#[utoipa::path(
    get, path = "/files/{id}/versions", operation_id = "versions",
    params(PathId<noun::Entry>),
    responses((status = 200, body = Page<Version>)),
)]
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

/// The version that becomes the present one.
#[derive(Deserialize, ToSchema)]
#[schema(as = CurrentVersion)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Which.
    version: VersionId,
}

/// Makes an older version the file's present content, as a new version.
#[utoipa::path(
    put, path = "/files/{id}/current-version", operation_id = "restore_version",
    params(PathId<noun::Entry>, IfMatch),
    request_body = Chosen,
    responses((status = 200, body = Entry, headers(("ETag"))), (status = 409, description = "`archived`")),
)]
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DownloadQuery {
    /// An older version; the present one where none is named.
    version: Option<VersionId>,
}

/// The content of a file, or a part of it (`Range`). Always a download.
#[utoipa::path(
    get, path = "/files/{id}/content", operation_id = "download",
    params(
        PathId<noun::Entry>,
        DownloadQuery,
        ("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110)."),
        ("If-Range" = Option<String>, Header, description = "The version that the range is of; of another, all is sent."),
        ("If-None-Match" = Option<String>, Header, description = "The version that is known already."),
    ),
    responses(
        (
            status = 200,
            body = Vec<u8>,
            content_type = "application/octet-stream",
            headers(("ETag"), ("Content-Disposition")),
        ),
        (
            status = 206,
            body = Vec<u8>,
            content_type = "application/octet-stream",
            description = "The part that was asked for.",
            headers(("ETag"), ("Content-Range")),
        ),
        (status = 304, description = "It is known already."),
        (status = 416, description = "`bad-range`", headers(("Content-Range"))),
    ),
)]
async fn download(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Entry>,
    Params(query): Params<DownloadQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let file = palisade.read(&actor, move |tx| super::download::download(tx, id, query.version)).await?;
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
    let asked = match range::requested(&headers, &etag, file.length) {
        Ok(asked) => asked,
        Err(error) => {
            let refused = range::refused(file.length).map(|value| (header::CONTENT_RANGE, value));
            return Ok((HeaderMap::from_iter(refused), Failure(error)).into_response());
        }
    };
    let range = asked.clone().unwrap_or(0..file.length);
    answer.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    let status = if let Some(range) = &asked {
        answer.extend(range::content_range(range, file.length).map(|value| (header::CONTENT_RANGE, value)));
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let sent = palisade.numbers.downloaded.clone();
    let stream = file.stream(&palisade, actor.key(), range)?.inspect_ok(move |bytes| {
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
