//! What came back.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    headers: HeaderMap,
    body: Result<Bytes, String>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Result<Bytes, String>) -> Self {
        Self { status, headers, body }
    }

    /// The value of a header.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, which must have come whole.
    #[track_caller]
    pub fn bytes(&self) -> Bytes {
        self.body.clone().expect("a whole body")
    }

    /// The body as JSON.
    #[track_caller]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.bytes()).unwrap_or_else(|error| panic!("{error}: {:?}", self.bytes()))
    }

    /// 200 with JSON.
    #[track_caller]
    pub fn ok(&self) -> Value {
        self.expect(StatusCode::OK);
        self.value()
    }

    /// 201 with JSON.
    #[track_caller]
    pub fn created(&self) -> Value {
        self.expect(StatusCode::CREATED);
        self.value()
    }

    /// 204.
    #[track_caller]
    pub fn gone_through(&self) {
        self.expect(StatusCode::NO_CONTENT);
    }

    /// A problem with this status and code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.body);
        let problem = self.value();
        assert_eq!(problem["type"], format!("urn:palisade:problem:{code}"), "{problem}");
        problem
    }

    #[track_caller]
    fn expect(&self, status: StatusCode) {
        assert_eq!(self.status, status, "{:?}", self.body);
    }
}
