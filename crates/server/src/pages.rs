//! The interface: the built pages inside the binary, under a strict content security policy.

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use kernel::{Error, Kind};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::{borrow::Cow, fmt::Write, sync::LazyLock};
use web::Failure;

/// What `npm run build` made of `ui/`. Without it the program still answers at its API.
#[derive(RustEmbed)]
#[folder = "../../ui/build"]
#[allow_missing = true]
struct Built;

/// The page that every address of the interface shows; it finds out by itself where it is.
const SHELL: &str = "index.html";

/// Codings with the endings of their files, the smallest first.
const CODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// The policy: this host alone, and of inline scripts only those that the build wrote, by their hashes.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let shell = Built::get(SHELL).map(|file| file.data.into_owned()).unwrap_or_default();
    let mut scripts = String::from("script-src 'self'");
    for script in inline_scripts(&String::from_utf8_lossy(&shell)) {
        let _ = write!(scripts, " 'sha256-{}'", STANDARD.encode(digest(&SHA256, script.as_bytes()))); // a String takes all
    }
    // `data:` is for the icon, which stands in the shell itself.
    let rest = "style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; \
                manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    HeaderValue::from_str(&format!("default-src 'none'; {scripts}; {rest}")).ok()
});

/// The texts of the scripts that stand in a page itself.
fn inline_scripts(page: &str) -> Vec<&str> {
    page.split("<script")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .filter(|(attributes, _)| !attributes.contains("src="))
        .filter_map(|(_, rest)| rest.split_once("</script>").map(|(script, _)| script))
        .collect()
}

/// What is asked of an address that only answers GET and HEAD.
pub(crate) async fn refuse() -> Failure {
    Failure(Error::new(Kind::BadMethod, "bad-method"))
}

/// An asset of the interface, or its shell for any other address. Below `/api/` there are no pages: a program that mistakes
/// an address is told so.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") {
        return Failure(Error::not_found()).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ([(header::ALLOW, "GET, HEAD")], refuse().await).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let (name, file) = match Built::get(path).filter(|_| !path.is_empty()) {
        Some(file) => (path, file),
        None if path.starts_with("assets/") => return Failure(Error::not_found()).into_response(),
        None => match Built::get(SHELL) {
            Some(file) => (SHELL, file),
            None => {
                return (StatusCode::NOT_FOUND, "This program was built without its interface.")
                    .into_response();
            }
        },
    };
    let mut answer = HeaderMap::new();
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let file = match compressed(name, &headers) {
        Some((smaller, coding)) => {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            smaller
        }
        None => file,
    };
    let etag = web::Etag::of(STANDARD.encode(file.metadata.sha256_hash()));
    answer.extend(etag.header().map(|tag| (header::ETAG, tag)));
    let keep = if name.starts_with("assets/immutable/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    // What is no page has the policy of every other answer: it may load nothing.
    let policy = POLICY.clone().filter(|_| media_type(name).starts_with("text/html"));
    answer.extend(policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    if etag.is_known_to(&headers) {
        return (StatusCode::NOT_MODIFIED, answer).into_response();
    }
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes), // part of the program: sent without a copy
        Cow::Owned(bytes) => Body::from(bytes),
    };
    (answer, body).into_response()
}

/// The smallest form of a file that the browser takes: the build has put it beside the file.
fn compressed(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, &'static str)> {
    CODINGS
        .into_iter()
        .filter(|(coding, _)| is_accepted(coding, headers))
        .find_map(|(coding, ending)| Built::get(&format!("{name}.{ending}")).map(|file| (file, coding)))
}

/// Whether the browser takes a coding (RFC 9110, section 12.5.3). What it refuses has the weight 0.
fn is_accepted(coding: &str, headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.split_once(';').unwrap_or((one, "")))
        .filter(|(accepted, _)| accepted.trim().eq_ignore_ascii_case(coding))
        .any(|(_, weight)| {
            let weight = weight.trim().trim_start_matches("q=").trim();
            weight.is_empty() || weight.parse().is_ok_and(|weight: f32| weight > 0.0)
        })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scripts_in_the_page_itself_are_hashed() {
        let page = r#"<script src="a.js"></script><script>one</script><p><script type="module">two</script>"#;
        assert_eq!(inline_scripts(page), ["one", "two"]);
    }

    #[tokio::test]
    async fn a_page_travels_compressed_under_a_tag_of_its_own() {
        let page = Uri::from_static("/projects");
        let ask = async |headers: &HeaderMap| serve(Method::GET, page.clone(), headers.clone()).await;
        let mut headers = HeaderMap::new();
        let plain = ask(&headers).await;
        assert_eq!(plain.status(), StatusCode::OK, "`make pages` comes first");
        assert_eq!(plain.headers().get(header::CONTENT_ENCODING), None);
        for coding in ["gzip", "br"] {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding));
            let answer = ask(&headers).await;
            assert_eq!(answer.headers()[header::CONTENT_ENCODING], coding);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
            assert_ne!(answer.headers()[header::ETAG], plain.headers()[header::ETAG]);
            headers.insert(header::IF_NONE_MATCH, answer.headers()[header::ETAG].clone());
            assert_eq!(ask(&headers).await.status(), StatusCode::NOT_MODIFIED);
            headers.remove(header::IF_NONE_MATCH);
        }
    }

    #[tokio::test]
    async fn pages_are_read_and_below_the_api_there_are_none() {
        for (method, path, status) in [
            (Method::HEAD, "/projects", 200),
            (Method::GET, "/apiary", 200),
            (Method::POST, "/nothing", 405),
            (Method::DELETE, "/", 405),
            (Method::OPTIONS, "/projects", 405),
            (Method::DELETE, "/api/v2/x", 404),
            (Method::GET, "/api/v2/x", 404),
            (Method::GET, "/api/v1/", 404),
            (Method::GET, "/assets/nothing.js", 404),
        ] {
            let answer = serve(method.clone(), Uri::from_static(path), HeaderMap::new()).await;
            assert_eq!(answer.status(), status, "{method} {path}");
            let problem = answer.headers()[header::CONTENT_TYPE] == "application/problem+json";
            assert_eq!(problem, status != 200, "{method} {path}");
            let allow = answer.headers().get(header::ALLOW).is_some_and(|allow| allow == "GET, HEAD");
            assert_eq!(allow, status == 405, "{method} {path}");
        }
    }

    #[test]
    fn a_coding_is_accepted_where_it_is_named_and_not_refused() {
        let accepted = |coding, value| {
            is_accepted(
                coding,
                &HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]),
            )
        };
        assert!(accepted("br", "gzip, deflate, BR, zstd"));
        assert!(accepted("gzip", "br;q=0.5, gzip;q=0.8"));
        assert!(!accepted("br", "br;q=0, gzip"));
        assert!(!accepted("br", "br;q=0.000"));
        assert!(!accepted("br", "brotli, gzip"));
        assert!(!is_accepted("gzip", &HeaderMap::new()));
    }
}
