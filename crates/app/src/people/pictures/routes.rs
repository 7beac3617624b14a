//! `/profile/picture` and `/people/{id}/picture`.

use super::model::LARGEST;
use crate::{Palisade, SignedIn, people};
use axum::{
    Extension,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Error, noun};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Etag, Failure, PathId, Whole, extract::BodyLimit};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    // Larger than what is read whole elsewhere, since a telephone takes it.
    let own = OpenApiRouter::default().routes(routes!(put, take_away));
    own.layer(DefaultBodyLimit::max(LARGEST)).layer(Extension(BodyLimit(LARGEST))).routes(routes!(show))
}

/// Gives oneself a picture: the body is a PNG, JPEG or WebP of up to 5 MiB. Its middle is kept, 256 pixels a side.
#[utoipa::path(
    put, path = "/profile/picture", operation_id = "put_picture",
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "The picture, as it is.",
    ),
    responses(
        (status = 200, body = people::Person, headers(("ETag"))),
        (status = 413, description = "`too-large`"),
        (status = 422, description = "`picture-type`, `picture-unreadable`, `picture-too-many-pixels`"),
    ),
)]
async fn put(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    Whole(sent): Whole,
) -> Result<Response, Failure> {
    people::routes::answer(super::put(&palisade, &actor, sent).await?)
}

/// Takes one's picture away.
#[utoipa::path(
    delete, path = "/profile/picture", operation_id = "take_picture_away",
    responses((status = 200, body = people::Person, headers(("ETag")))),
)]
async fn take_away(State(palisade): State<Palisade>, SignedIn(actor): SignedIn) -> Result<Response, Failure> {
    let id = actor.person();
    people::routes::answer(palisade.write(&actor, move |tx| super::take_away(tx, id)).await?)
}

/// The picture of somebody whom one sees. A person who is shown has the id of theirs; with it in the query, the address is of
/// one picture for ever.
#[utoipa::path(
    get, path = "/people/{id}/picture", operation_id = "picture",
    params(PathId<noun::Person>),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg", headers(("ETag")))),
)]
async fn show(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
    PathId(id): PathId<noun::Person>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (picture, content) = palisade.read(&actor, move |tx| super::show(tx, id)).await?;
    let etag = Etag::of(picture);
    let tag = etag.header().ok_or_else(|| Error::internal("an id that is no header"))?;
    let kept = [
        (header::ETAG, tag),
        // A browser may keep it for whoever is signed in, and for nobody who comes after them.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
        (header::VARY, HeaderValue::from_static("Cookie, Authorization")),
    ];
    if etag.is_known_to(&headers) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, "image/jpeg")], content).into_response())
}
