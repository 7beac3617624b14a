//! `/projects/{id}/uploads` and `/uploads/{id}`, in the protocol tus 1.0.0.

use super::{
    Draft, State, Unfinished,
    receive::{Received, receive},
};
use crate::{
    Palisade, SignedIn,
    description::PREFIX,
    files::{
        FileName,
        routes::{OnConflict, length},
    },
    projects,
};
use axum::{
    body::Body,
    extract::State as Of,
    middleware,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{EntryId, Error, Page, noun};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    Failure, JsonBody, Params, PathId,
    tus::{self, Creation, Tus, UploadOffset},
};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(options, list, begin))
        .routes(routes!(head, receive_bytes, end))
        .layer(middleware::map_response(tus::say_version))
}

fn number(bytes: u64) -> HeaderValue {
    bytes.into()
}

/// What of the protocol is spoken here.
#[utoipa::path(
    options, path = "/projects/{id}/uploads", operation_id = "upload_options",
    params(PathId<noun::Project>),
    responses((
        status = 204,
        headers(("Tus-Resumable"), ("Tus-Version"), ("Tus-Extension"), ("Tus-Max-Size")),
    )),
)]
async fn options(
    Of(palisade): Of<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
) -> Result<Response, Failure> {
    palisade.read(&actor, move |tx| projects::load(tx, project).map(drop)).await?;
    let largest = number(palisade.limits.file_bytes);
    let headers = [(tus::TUS_EXTENSION, tus::EXTENSIONS), (tus::TUS_MAX_SIZE, largest)];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// The uploads of whoever asks that wait to be resumed, the newest first.
#[utoipa::path(
    get, path = "/projects/{id}/uploads", operation_id = "uploads",
    params(PathId<noun::Project>),
    responses((status = 200, body = Page<Unfinished>)),
)]
async fn list(
    Of(palisade): Of<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
) -> Result<JsonBody<Page<Unfinished>>, Failure> {
    let uploads = palisade.read(&actor, move |tx| super::unfinished(tx, project)).await?;
    Ok(JsonBody(Page::whole(uploads)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BeginQuery {
    /// The folder; the root of the project where none is named.
    parent: Option<EntryId>,
    /// The file's name; else `filename` of `Upload-Metadata`.
    name: Option<String>,
    /// What to do where the name is taken: refuse, or make a new version. A name that is taken only while the bytes come gets
    /// a number.
    #[param(inline)]
    on_conflict: Option<OnConflict>,
}

/// Begins an upload that can be resumed (tus 1.0.0, extension `creation`).
#[utoipa::path(
    post, path = "/projects/{id}/uploads", operation_id = "begin_upload",
    params(PathId<noun::Project>, BeginQuery, Tus, Creation),
    responses(
        (status = 201, headers(("Location"), ("Tus-Resumable"), ("Upload-Offset"))),
        (status = 409, description = "`name-taken`, `archived`"),
        (status = 412, description = "`tus-version`"),
        (status = 413, description = "`too-large`"),
        (status = 422, description = "The field that breaks a rule is named."),
        (status = 429, description = "`too-many-uploads`"),
        (status = 507, description = "`over-quota`, `storage-full`"),
    ),
)]
async fn begin(
    Of(palisade): Of<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(project): PathId<noun::Project>,
    Params(query): Params<BeginQuery>,
    _: Tus,
    Creation { length, mut metadata, stated }: Creation,
) -> Result<Response, Failure> {
    let name = query.name.or_else(|| metadata.remove("filename")).unwrap_or_default();
    let draft = Draft {
        project,
        parent: query.parent,
        name: FileName::parse(&name)?,
        modified: metadata.get("modified").and_then(|text| text.parse().ok()),
        metadata: stated,
        as_version: matches!(query.on_conflict, Some(OnConflict::Version)),
        length,
    };
    let limits = palisade.limits.clone();
    let id = palisade.write(&actor, move |tx| super::begin(tx, &draft, &limits)).await?;
    // What is empty is whole from the beginning.
    let received = if length == 0 {
        receive(palisade, actor, (id, 0), Some(0), Body::empty().into_data_stream()).await?
    } else {
        Received { offset: 0, entry: None }
    };
    let location = format!("{PREFIX}/uploads/{id}");
    let location = HeaderValue::from_str(&location).map_err(Error::internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], reached(received)?).into_response())
}

/// How far it has come and, where it is whole, the file that it has become.
fn reached(Received { offset, entry }: Received) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::from_iter([(tus::UPLOAD_OFFSET, number(offset))]);
    if let Some(id) = entry {
        let at = HeaderValue::from_str(&format!("{PREFIX}/files/{id}")).map_err(Error::internal)?;
        headers.insert(header::CONTENT_LOCATION, at);
    }
    Ok(headers)
}

/// How far an upload has come. `Content-Location` is the file that it has become, once it is whole.
#[utoipa::path(
    head, path = "/uploads/{id}", operation_id = "upload_state",
    params(PathId<noun::Upload>, Tus),
    responses(
        (status = 200, headers(("Tus-Resumable"), ("Upload-Offset"), ("Upload-Length"))),
        (status = 412, description = "`tus-version`"),
    ),
)]
async fn head(
    Of(palisade): Of<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Upload>,
    _: Tus,
) -> Result<Response, Failure> {
    let (state, metadata) = palisade.read(&actor, move |tx| super::state(tx, id)).await?;
    let State { length, received, entry } = state;
    let mut headers = reached(Received { offset: received, entry })?;
    headers.insert(tus::UPLOAD_LENGTH, number(length));
    if let Some(stated) = metadata {
        let stated = HeaderValue::from_str(&stated).map_err(Error::internal)?;
        headers.insert(tus::UPLOAD_METADATA, stated);
    }
    Ok(headers.into_response())
}

/// Goes on with an upload: the body is its next bytes, from `Upload-Offset` on. They are durable before the answer says so;
/// where the request breaks off, those that came are kept. The later of two who send at once prevails.
#[utoipa::path(
    patch, path = "/uploads/{id}", operation_id = "send_upload",
    params(PathId<noun::Upload>, Tus, UploadOffset),
    request_body(
        content = Vec<u8>,
        content_type = "application/offset+octet-stream",
        description = "The next bytes, as they are.",
    ),
    responses(
        (status = 204, headers(("Tus-Resumable"), ("Upload-Offset"))),
        (status = 409, description = "`wrong-offset`, `upload-taken-over`, `too-many-parts`, `archived`"),
        (status = 412, description = "`tus-version`"),
        (status = 413, description = "`too-large`: more than it has in all"),
        (status = 415, description = "`bad-type`"),
        (status = 507, description = "`storage-full`"),
    ),
)]
async fn receive_bytes(
    Of(palisade): Of<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Upload>,
    _: Tus,
    UploadOffset(offset): UploadOffset,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let length = length(&headers);
    // In a task of its own: where the client goes away, what it brought is entered all the same.
    let receiving = receive(palisade, actor, (id, offset), length, body.into_data_stream());
    let received = tokio::spawn(receiving).await.map_err(Error::internal)??;
    Ok((StatusCode::NO_CONTENT, reached(received)?).into_response())
}

/// Gives an upload up, and frees what it took (extension `termination`). A file that it has become stays.
#[utoipa::path(
    delete, path = "/uploads/{id}", operation_id = "end_upload",
    params(PathId<noun::Upload>, Tus),
    responses((status = 204, headers(("Tus-Resumable"))), (status = 412, description = "`tus-version`")),
)]
async fn end(
    Of(palisade): Of<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Upload>,
    _: Tus,
) -> Result<StatusCode, Failure> {
    super::end(&palisade, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
