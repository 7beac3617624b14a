//! What stands before every route: the language of failures, the headers of every answer, the origin of what changes something.

use crate::{ProblemJson, texts::Language};
use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use kernel::{Error, Kind, Result};
use std::sync::Arc;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The language that a request asks for.
pub fn language(headers: &HeaderMap) -> Language {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or_else(Language::default, Language::accepted)
}

/// Layer: a failure is written in the language of whoever asked.
pub async fn localise(request: Request, next: Next) -> Response {
    use axum::response::IntoResponse;
    let language = language(request.headers());
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<Arc<Error>>().cloned() else { return response };
    if language == Language::default() {
        return response;
    }
    let mut localised = ProblemJson(&error, language).into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LANGUAGE && name != header::CONTENT_LENGTH
        {
            localised.headers_mut().insert(name.clone(), value.clone());
        }
    }
    localised
}

/// How whoever is signed out may prove who they are (RFC 9110, section 15.5.2). Where `Basic` is offered to a page, the
/// browser asks for a password in a window of its own: a page is told of a scheme that no browser knows.
fn challenge(headers: &HeaderMap) -> HeaderValue {
    let of_page =
        [SEC_FETCH_MODE, SEC_FETCH_SITE, header::ORIGIN].iter().any(|name| headers.contains_key(name));
    HeaderValue::from_static(if of_page && !headers.contains_key(header::AUTHORIZATION) {
        "Session realm=\"Palisade\""
    } else {
        "Basic realm=\"Palisade\", charset=\"UTF-8\""
    })
}

/// Layer: the headers that every answer carries unless the route set its own.
pub async fn secure(request: Request, next: Next) -> Response {
    let challenge = challenge(request.headers());
    let mut response = next.run(request).await;
    let signed_out = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    if signed_out {
        headers.entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), browsing-topics=()",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Whether a page sends this, as a browser says of its requests.
pub fn is_of_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "none")
}

/// Whether this opens a socket, over HTTP/1.1: a browser lets any page do so, and sends the cookie along (RFC 6455, section 10.2).
fn is_handshake(headers: &HeaderMap) -> bool {
    headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

/// Whether a request could have been sent by a page of another origin and changes something, or opens a socket, on which that
/// page would read. Sibling accounts are *same-site*, so `SameSite=Lax` does not keep them apart: `Origin` must be the account's own, and where the browser says
/// where a request comes from (Fetch Metadata), it must say `same-origin`.
///
/// # Errors
/// Forbidden, `other-origin`.
pub fn same_origin(method: &Method, headers: &HeaderMap, own: &str) -> Result<()> {
    if method.is_safe() && !is_handshake(headers) {
        return Ok(());
    }
    let origin_is_own = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() == own.as_bytes());
    let site_is_own = headers.get(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin");
    if origin_is_own && site_is_own { Ok(()) } else { Err(Error::new(Kind::Forbidden, "other-origin")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_never_told_to_ask_for_a_password_in_a_window_of_its_own() {
        for (names, scheme) in [
            (&[][..], "Basic "),
            (&[header::AUTHORIZATION], "Basic "),
            (&[SEC_FETCH_MODE, header::AUTHORIZATION], "Basic "),
            (&[SEC_FETCH_MODE], "Session "),
            (&[SEC_FETCH_SITE, header::COOKIE], "Session "),
            (&[header::ORIGIN], "Session "),
        ] {
            let value = HeaderValue::from_static("same-origin");
            let headers = names.iter().map(|name| (name.clone(), value.clone())).collect();
            assert!(challenge(&headers).to_str().unwrap().starts_with(scheme), "{names:?}");
        }
    }

    #[test]
    fn only_the_own_origin_changes_something() {
        let own = "http://acme.palisade.localhost:8080";
        let headers = |origin: Option<&'static str>, site: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            origin.map(|value| headers.insert(header::ORIGIN, HeaderValue::from_static(value)));
            site.map(|value| headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(value)));
            headers
        };
        let sibling = "http://evil.palisade.localhost:8080";
        for (origin, site, good) in [
            (Some(own), Some("same-origin"), true),
            (Some(own), None, true),
            (Some(own), Some("same-site"), false),
            (Some(sibling), Some("same-origin"), false),
            (Some("null"), None, false),
            (None, Some("same-origin"), false),
            (None, None, false),
        ] {
            assert_eq!(
                same_origin(&Method::POST, &headers(origin, site), own).is_ok(),
                good,
                "{origin:?} {site:?}"
            );
            assert!(same_origin(&Method::GET, &headers(origin, site), own).is_ok());
            let mut handshake = headers(origin, site);
            handshake.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
            assert_eq!(same_origin(&Method::GET, &handshake, own).is_ok(), good, "{origin:?} {site:?}");
        }
    }
}
