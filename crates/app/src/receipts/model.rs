//! What a create answers.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use web::Etag;

/// What a create answers, in the form in which it is kept to be said again: JSON, and the revision of what it made.
#[derive(Clone, Deserialize, Serialize)]
#[expect(missing_debug_implementations, reason = "an answer may hold a secret, which must not reach a log")]
pub struct Answer {
    status: u16,
    revision: Option<i64>,
    body: String,
    /// It was given before, and is only said again.
    #[serde(skip)]
    repeated: bool,
}

impl Answer {
    /// 201 with what was made.
    pub fn created(made: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(made).map_err(Error::internal)?;
        Ok(Self { status: StatusCode::CREATED.as_u16(), revision: None, body, repeated: false })
    }

    /// 200 with what was there already and has changed.
    pub fn changed(made: &impl Serialize) -> Result<Self> {
        Ok(Self { status: StatusCode::OK.as_u16(), ..Self::created(made)? })
    }

    /// At this revision, which becomes the `ETag`.
    #[must_use]
    pub fn at(self, revision: i64) -> Self {
        Self { revision: Some(revision), ..self }
    }

    /// The same, said again.
    pub(super) fn again(self) -> Self {
        Self { repeated: true, ..self }
    }

    /// Whether it was given before: what this request brought is not wanted.
    pub(crate) fn is_repeated(&self) -> bool {
        self.repeated
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], self.body).into_response();
        let etag = self.revision.and_then(|revision| Etag::of(revision).header());
        response.headers_mut().extend(etag.map(|etag| (header::ETAG, etag)));
        response
    }
}
