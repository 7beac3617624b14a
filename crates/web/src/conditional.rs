//! Versions of resources: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1).

use crate::Failure;
use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderValue, header, request::Parts};
use kernel::{Error, Kind, Result};
use std::fmt::Display;
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

/// A strong entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(String);

impl Etag {
    /// The tag of a resource at this revision or version. `version` must not contain a quote.
    pub fn of(version: impl Display) -> Self {
        Self(format!("\"{version}\""))
    }

    /// As a header's value.
    pub fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// Whether whoever asks has this already (`If-None-Match`, weak comparison): 304.
    pub fn is_known_to(&self, headers: &HeaderMap) -> bool {
        matches(headers, &header::IF_NONE_MATCH, |tag| tag == "*" || tag.trim_start_matches("W/") == self.0)
    }
}

fn matches(headers: &HeaderMap, name: &header::HeaderName, test: impl Fn(&str) -> bool) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| test(tag.trim()))
}

/// The version that a change is meant for; required where something changes.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Goes on where the resource is still at this version.
    ///
    /// # Errors
    /// `needs-version` (428) without the header, `changed` (412) where it names another.
    pub fn allows(&self, version: impl Display) -> Result<()> {
        let Some(tags) = &self.0 else { return Err(Error::new(Kind::NeedsVersion, "needs-version")) };
        let own = Etag::of(version).0;
        if tags.iter().any(|tag| tag == "*" || *tag == own) {
            Ok(())
        } else {
            Err(Error::new(Kind::Changed, "changed"))
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let values: Vec<_> = parts.headers.get_all(header::IF_MATCH).iter().collect();
        if values.is_empty() {
            return Ok(Self(None));
        }
        let tags = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        Ok(Self(Some(tags.map(|tag| tag.trim().to_owned()).collect())))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header_parameter(
            "If-Match",
            Required::True,
            "The version that the change is meant for, as `ETag` gave it.",
        )]
    }
}

/// How a header of a request is described.
pub(crate) fn header_parameter(name: &str, required: Required, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_the_version_it_is_meant_for() {
        let names = |tags: &[&str]| IfMatch(Some(tags.iter().map(ToString::to_string).collect()));
        assert_eq!(IfMatch(None).allows(3).unwrap_err().code(), "needs-version");
        assert_eq!(names(&["\"2\""]).allows(3).unwrap_err().code(), "changed");
        assert_eq!(names(&["W/\"3\""]).allows(3).unwrap_err().code(), "changed", "weak tags never match");
        assert!(names(&["\"2\"", "\"3\""]).allows(3).is_ok());
        assert!(names(&["*"]).allows(3).is_ok());
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        assert!(!Etag::of("a").is_known_to(&headers));
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"b\", W/\"a\""));
        assert!(Etag::of("a").is_known_to(&headers));
        assert!(!Etag::of("c").is_known_to(&headers));
    }
}
