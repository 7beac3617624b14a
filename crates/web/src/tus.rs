//! Uploads that can be resumed: tus 1.0.0 (tus.io/protocols/resumable-upload), its headers read and written.
//!
//! What the protocol leaves open is said once here: a length is always told when an upload is created
//! (`Upload-Defer-Length` is not offered), and metadata that does not decode is refused.

use crate::{Failure, conditional::header_parameter};
use axum::{extract::FromRequestParts, response::Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use kernel::{Error, Kind, Result};
use std::collections::HashMap;
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterIn},
    },
};

/// The media type of the bytes that a `PATCH` brings.
pub const MEDIA_TYPE: &str = "application/offset+octet-stream";
/// The protocol's version, which is the only one.
pub const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// What is offered beyond the core.
pub const EXTENSIONS: HeaderValue = HeaderValue::from_static("creation,termination");

/// Every request and every answer names the version.
pub const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
/// The versions that are spoken here.
pub const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
/// The extensions that are offered.
pub const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
/// The largest upload, in bytes.
pub const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
/// How many bytes of an upload are durable.
pub const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How many bytes an upload has in all.
pub const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// What a client says of an upload: keys, each with a value in base64.
pub const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// A request in the version that is spoken here; 412 where it is in another, or in none.
#[derive(Clone, Copy, Debug)]
pub struct Tus;

impl<S: Sync> FromRequestParts<S> for Tus {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        match parts.headers.get(TUS_RESUMABLE) {
            Some(version) if *version == VERSION => Ok(Self),
            _ => Err(Failure(Error::new(Kind::Changed, "tus-version"))),
        }
    }
}

impl IntoParams for Tus {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header_parameter("Tus-Resumable", Required::True, "`1.0.0`, the version of the protocol.")]
    }
}

/// Layer: an answer names the version, and those that are spoken here.
#[expect(clippy::unused_async, reason = "a layer is an async function")]
pub async fn say_version(mut response: Response) -> Response {
    response.headers_mut().extend([(TUS_RESUMABLE, VERSION), (TUS_VERSION, VERSION)]);
    response
}

/// From which byte on a `PATCH` goes.
#[derive(Clone, Copy, Debug)]
pub struct UploadOffset(pub u64);

impl<S: Sync> FromRequestParts<S> for UploadOffset {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        if parts.headers.get(header::CONTENT_TYPE).is_none_or(|media_type| media_type != MEDIA_TYPE) {
            return Err(Failure(Error::new(Kind::BadType, "bad-type").with("expected", MEDIA_TYPE)));
        }
        Ok(Self(number(&parts.headers, &UPLOAD_OFFSET, "Upload-Offset")?))
    }
}

impl IntoParams for UploadOffset {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header_parameter("Upload-Offset", Required::True, "How many bytes came before.")]
    }
}

/// What a client says of an upload that it creates.
#[derive(Clone, Debug)]
pub struct Creation {
    /// Bytes in all.
    pub length: u64,
    /// What it is called and the like; the values are what people named.
    pub metadata: HashMap<String, String>,
    /// The same as it was sent: a `HEAD` says it again.
    pub stated: Option<String>,
}

/// The longest metadata, in bytes.
const LONGEST: usize = 4096;

impl<S: Sync> FromRequestParts<S> for Creation {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let length = number(&parts.headers, &UPLOAD_LENGTH, "Upload-Length")?;
        let Some(value) = parts.headers.get(UPLOAD_METADATA) else {
            return Ok(Self { length, metadata: HashMap::new(), stated: None });
        };
        let stated = value.to_str().ok().filter(|stated| stated.len() <= LONGEST);
        let read = stated.and_then(|stated| Some((metadata(stated)?, stated.to_owned())));
        let (metadata, stated) = read.ok_or_else(|| Error::invalid("unknown-value", "Upload-Metadata"))?;
        Ok(Self { length, metadata, stated: Some(stated) })
    }
}

impl IntoParams for Creation {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            header_parameter("Upload-Length", Required::True, "How many bytes it has in all."),
            header_parameter(
                "Upload-Metadata",
                Required::False,
                "Keys with values in base64. `filename` is its name where the query has none; `modified` is when the file was \
                 changed last, in milliseconds since 1970, by which it is known again.",
            ),
        ]
    }
}

fn number(headers: &HeaderMap, name: &HeaderName, field: &'static str) -> Result<u64> {
    let digits = headers.get(name).and_then(|value| value.to_str().ok());
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| Error::invalid("unknown-value", field))
}

/// Keys and values: `filename d29ybGQ=,draft`. A key may stand once, and without a value.
fn metadata(stated: &str) -> Option<HashMap<String, String>> {
    let mut all = HashMap::new();
    for pair in stated.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, encoded) = pair.split_once(' ').unwrap_or((pair, ""));
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        if all.insert(key.to_owned(), decoded).is_some() {
            return None;
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_keys_with_values_in_base64() {
        let all = metadata("filename cGxhbiDDqS5wZGY=, draft,modified MTc2NA==").unwrap();
        assert_eq!(
            (all["filename"].as_str(), all["draft"].as_str(), all["modified"].as_str()),
            ("plan é.pdf", "", "1764")
        );
        assert_eq!(metadata(""), Some(HashMap::new()));
        for bad in ["filename ###", "a YQ==,a YQ==", "filename /w=="] {
            assert_eq!(metadata(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_number_is_digits_alone() {
        let read = |text: &'static str| {
            number(
                &HeaderMap::from_iter([(UPLOAD_OFFSET, HeaderValue::from_static(text))]),
                &UPLOAD_OFFSET,
                "o",
            )
            .ok()
        };
        assert_eq!(read("12"), Some(12));
        for bad in ["", "-1", "+1", "1.5", "0x1", "99999999999999999999"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert!(number(&HeaderMap::new(), &UPLOAD_OFFSET, "o").is_err());
    }
}
