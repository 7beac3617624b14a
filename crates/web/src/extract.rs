//! Parsing what comes in: each failure is a clear problem and names the field where it can.

use crate::{Failure, Language, guard};
use axum::{
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{BytesRejection, JsonRejection},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, header, request::Parts};
use kernel::{Error, Id, Kind, Noun};
use serde::{Serialize, de::DeserializeOwned};
use std::convert::Infallible;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

/// The largest body that is read whole, in bytes, as a router's layer says it: a refusal names it.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A JSON body, read and written. Unknown fields are the types' business (`deny_unknown_fields`).
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let limit = request.extensions().get().copied();
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(Failure(malformed(rejection, limit))),
        }
    }
}

fn malformed(rejection: JsonRejection, limit: Option<BodyLimit>) -> Error {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Error::new(Kind::BadType, "bad-type").with("expected", "application/json")
        }
        // serde says the line, the column and the field in its own words, never the content.
        JsonRejection::JsonDataError(error) => {
            let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            Error::new(Kind::Invalid, "malformed").with("reason", reason)
        }
        JsonRejection::JsonSyntaxError(error) => {
            let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            Error::new(Kind::Invalid, "malformed").with("reason", reason)
        }
        JsonRejection::BytesRejection(error) => unread(error, limit),
        other => Error::new(Kind::Invalid, "malformed").with("reason", other),
    }
}

/// Why a body did not come whole: it is longer than it may be, or its client went away.
pub(crate) fn unread(rejection: BytesRejection, limit: Option<BodyLimit>) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        // Where no layer says it, it is axum's own.
        Error::new(Kind::TooLarge, "too-large").with("limit", limit.map_or(2 << 20, |BodyLimit(bytes)| bytes))
    } else {
        Error::new(Kind::Invalid, "cut-off").because(rejection)
    }
}

impl<T: Serialize> IntoResponse for JsonBody<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A body that is read whole, whatever it is.
#[derive(Debug)]
pub struct Whole(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let limit = request.extensions().get().copied();
        let whole = Bytes::from_request(request, state).await;
        whole.map(Self).map_err(|rejection| Failure(unread(rejection, limit)))
    }
}

/// An id in the path. What is no id names nothing: not found.
#[derive(Debug)]
pub struct PathId<N: Noun>(pub Id<N>);

impl<S: Send + Sync, N: Noun> FromRequestParts<S> for PathId<N> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Error::not_found())?;
        text.parse().map(Self).map_err(|_| Failure(Error::not_found()))
    }
}

impl<N: Noun> IntoParams for PathId<N> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True);
        let described = id.description(Some(format!("Which {}.", N::NAME))).schema(Some(Id::<N>::schema()));
        vec![described.build()]
    }
}

/// A word in the path.
#[derive(Debug)]
pub struct PathWord(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathWord {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(word)) => Ok(Self(word)),
            Err(rejection) => {
                Err(Failure(Error::new(Kind::Invalid, "malformed").with("reason", rejection.body_text())))
            }
        }
    }
}

/// The parameters of the query.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let reason =
                    std::error::Error::source(&rejection).map(ToString::to_string).unwrap_or_default();
                Err(Failure(Error::new(Kind::Invalid, "malformed").with("reason", reason)))
            }
        }
    }
}

/// The language that a request asks for (`Accept-Language`): that of whoever has not said another.
#[derive(Clone, Copy, Debug)]
pub struct Speaks(pub Language);

impl<S: Sync> FromRequestParts<S> for Speaks {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(guard::language(&parts.headers)))
    }
}

/// The host that a request is for, without its port, in lower case: the authority of the address (HTTP/2) or `Host`.
pub fn host(parts: &Parts) -> Option<String> {
    let authority = match parts.uri.host() {
        Some(host) => host,
        None => parts.headers.get(header::HOST)?.to_str().ok()?,
    };
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { host } else { authority }
    });
    Some(host.trim_end_matches('.').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_has_no_port_and_no_capitals() {
        for (given, host_) in
            [("Acme.Palisade.localhost:8080", "acme.palisade.localhost"), ("acme.test.", "acme.test")]
        {
            let (parts, ()) =
                http::Request::builder().header(header::HOST, given).body(()).unwrap().into_parts();
            assert_eq!(host(&parts).as_deref(), Some(host_));
        }
    }
}
