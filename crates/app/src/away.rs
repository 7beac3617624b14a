//! Layer before every route of the API: what is said while the database is away, and of what only one site holds.
//!
//! * While the primary has been silent for 4 s, nothing is answered, not even from what this node remembers: an account may
//!   have ended meanwhile.
//! * Where a commit was acknowledged while a request ran although fewer servers hold it than should (`when-short =
//!   "continue"`), its answer carries `X-Durability: at-risk`. It may be that of another request which ran at the same time:
//!   better one too many.

use crate::Palisade;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue};
use kernel::{Error, Kind};
use web::Failure;

const DURABILITY: HeaderName = HeaderName::from_static("x-durability");

pub(crate) async fn attend(State(palisade): State<Palisade>, request: Request, next: Next) -> Response {
    if !palisade.db.answers() {
        return Failure(Error::new(Kind::Unavailable, "database-away")).into_response();
    }
    let before = palisade.db.short_commits();
    let mut response = next.run(request).await;
    if palisade.db.short_commits() != before {
        response.headers_mut().insert(DURABILITY, HeaderValue::from_static("at-risk"));
    }
    response
}
