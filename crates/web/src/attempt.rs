//! Creates that happen once: what a request asks for, and the `Idempotency-Key` under which it may be sent again
//! (draft-ietf-httpapi-idempotency-key-header).

use crate::{Failure, JsonBody, conditional::header_parameter, extract::unread};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request},
};
use http::{HeaderMap, header, request::Parts};
use kernel::{Error, Result};
use serde::de::DeserializeOwned;
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterIn},
    },
};

/// The longest key, in bytes.
const LONGEST: usize = 255;

/// One try of a create: the key that names it, where the client gave one, and what it asks for.
#[derive(Clone, Default)]
#[expect(
    missing_debug_implementations,
    reason = "a request holds what a person typed, which must not reach a log"
)]
pub struct Attempt {
    key: Option<String>,
    request: Vec<u8>,
}

impl Attempt {
    /// The key, where this may be sent again.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Method, address and body, or the length of a body that streams: alike for alike requests.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    fn of(parts: &Parts) -> Result<Self> {
        let length = parts.headers.get(header::CONTENT_LENGTH).map_or(&b"?"[..], |value| value.as_bytes());
        let mut request = format!("{} {} ", parts.method, parts.uri).into_bytes();
        request.extend_from_slice(length);
        request.push(b'\n');
        Ok(Self { key: key(&parts.headers)?, request })
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST);
    key.map(|key| Some(key.to_owned())).ok_or_else(|| Error::invalid("unknown-value", "Idempotency-Key"))
}

/// For a body that streams. Fails with 422 where the key is empty, longer than 255 bytes or no printable ASCII.
impl<S: Sync> FromRequestParts<S> for Attempt {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self::of(parts)?)
    }
}

impl IntoParams for Attempt {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let described = "Names this try: sent again under the same key within a day, it happens once and is answered the same.";
        vec![header_parameter("Idempotency-Key", Required::False, described)]
    }
}

/// A create with a JSON body.
#[expect(missing_debug_implementations, reason = "it holds what a person typed, which must not reach a log")]
pub struct Create<T> {
    /// What to create.
    pub draft: T,
    /// The try of it.
    pub attempt: Attempt,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Create<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let mut attempt = Attempt::of(&parts)?;
        let limit = parts.extensions.get().copied();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
            .await
            .map_err(|rejection| unread(rejection, limit))?;
        attempt.request.extend_from_slice(&body);
        let request = Request::from_parts(parts, Body::from(body));
        let JsonBody(draft) = JsonBody::from_request(request, state).await?;
        Ok(Self { draft, attempt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_printable() {
        let with = |value: &'static str| {
            HeaderMap::from_iter([("idempotency-key".parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        assert_eq!(key(&with("7f3c")).unwrap().as_deref(), Some("7f3c"));
        for bad in ["", "\u{e9}", &*"k".repeat(256).leak()] {
            assert_eq!(key(&with(bad)).unwrap_err().code(), "unknown-value", "{bad}");
        }
    }
}
