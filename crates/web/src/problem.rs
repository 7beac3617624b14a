//! Failures as the world sees them: `application/problem+json` (RFC 9457). The only file that writes it.

use crate::texts::{Language, text};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kernel::{Error, Kind};
use serde::Serialize;
use std::collections::BTreeMap;
use tower_http::timeout::TimeoutError;

/// Seconds after which what is unavailable may be asked for again.
const RETRY_AFTER: u64 = 2;

/// The body of a failure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Stable: `urn:palisade:problem:name-taken`.
    pub r#type: String,
    /// A sentence for a person, in their language.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// The field that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The values in the sentence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<&'static str, String>,
}

/// An [`Error`] on its way out of a route. [`localise`](crate::guard::localise) writes its sentence once the language is known.
#[derive(Debug)]
pub struct Failure(pub Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The status for an error (RFC 9110; 507 from RFC 4918).
pub fn status(error: &Error) -> StatusCode {
    match error.kind() {
        // Where nothing of a body came for too long (RFC 9110, section 15.5.9).
        Kind::Invalid if error.is_because_of::<TimeoutError>() => StatusCode::REQUEST_TIMEOUT,
        Kind::Invalid if error.problem().field.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::SignedOut => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Gone => StatusCode::GONE,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Changed => StatusCode::PRECONDITION_FAILED,
        Kind::NeedsVersion => StatusCode::PRECONDITION_REQUIRED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::BadRange => StatusCode::RANGE_NOT_SATISFIABLE,
        Kind::BadType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::BadMethod => StatusCode::METHOD_NOT_ALLOWED,
        Kind::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Kind::OverQuota => StatusCode::INSUFFICIENT_STORAGE,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// What a person who speaks `language` is told about `error`.
    pub fn new(error: &Error, language: Language) -> Self {
        let problem = error.problem();
        let title = text(language, &format!("problem-{}", problem.code), &problem.args);
        Self {
            r#type: format!("urn:palisade:problem:{}", problem.code),
            title: title.unwrap_or_else(|| problem.code.replace('-', " ")),
            status: status(error).as_u16(),
            field: problem.field.as_ref().map(ToString::to_string),
            args: problem.args.iter().cloned().collect(),
        }
    }
}

/// An error with the language of whoever gets it.
pub struct ProblemJson<'a>(pub &'a Error, pub Language);

impl IntoResponse for ProblemJson<'_> {
    fn into_response(self) -> Response {
        let Self(error, language) = self;
        let mut response = (status(error), Json(Problem::new(error, language))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        match error.kind() {
            Kind::TooMany { retry_after } => {
                headers.insert(header::RETRY_AFTER, retry_after.into());
            }
            Kind::Unavailable => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER.into());
            }
            _ => {}
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let why = error.logged();
        match error.kind() {
            Kind::Internal => tracing::error!(error = why, "failed"),
            Kind::Unavailable => tracing::warn!(error = why, "unavailable"),
            _ => tracing::debug!(error = why, "refused"),
        }
        let mut response = ProblemJson(&error, Language::default()).into_response();
        response.extensions_mut().insert(std::sync::Arc::new(error));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_speaks_the_language_of_whoever_asked() {
        let error = Error::conflict("name-taken").with("name", "Plans").because("a row of the table");
        let problem = Problem::new(&error, Language::French);
        assert_eq!(problem.title, "« Plans » existe déjà ici.");
        assert_eq!((problem.status, problem.r#type.as_str()), (409, "urn:palisade:problem:name-taken"));
        assert!(!serde_json::to_string(&problem).unwrap().contains("a row"), "the cause stays inside");
    }

    #[test]
    fn a_field_that_breaks_a_rule_is_422_and_a_malformed_request_400() {
        assert_eq!(status(&Error::invalid("name-empty", "name")), 422);
        assert_eq!(status(&Error::new(Kind::Invalid, "malformed")), 400);
    }
}
