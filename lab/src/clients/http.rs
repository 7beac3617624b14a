//! HTTP/1.1 with a connection for each request, so that an answer is whole or is a failure that has a kind.

use crate::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::{net::SocketAddrV4, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// How long a client waits for an answer before it asks again. People's browsers wait longer; but what is measured is when a
/// write is possible again, not how patient somebody is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom requests go to, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    address: SocketAddrV4,
    host: String,
    authorization: Option<String>,
}

/// An answer that came whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection was refused, reset, or ended in the middle.
    Connection,
    /// Nothing came for as long as a client waits.
    Silence,
}

impl Server {
    /// This address, asked for this host, with nobody signed in.
    pub(crate) fn new(address: SocketAddrV4, host: String) -> Self {
        Self { address, host, authorization: None }
    }

    /// The same for a person with an app password.
    pub(crate) fn signed_in(&self, host: String, email: &str, secret: &str) -> Self {
        let basic = BASE64_STANDARD.encode(format!("{email}:{secret}"));
        Self { address: self.address, host, authorization: Some(format!("Basic {basic}")) }
    }

    /// The same person at another address.
    pub(crate) fn at(&self, address: SocketAddrV4) -> Self {
        Self { address, ..self.clone() }
    }

    /// Reads this.
    pub(crate) async fn get(&self, path: &str) -> std::result::Result<Answer, Failure> {
        self.send(Method::GET, path, HeaderMap::new(), Bytes::new()).await
    }

    /// Creates something, under a key by which it may be repeated.
    pub(crate) async fn post(
        &self,
        path: &str,
        kind: &'static str,
        key: &str,
        body: Bytes,
    ) -> std::result::Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
        if let Ok(key) = key.parse() {
            headers.insert("idempotency-key", key);
        }
        self.send(Method::POST, path, headers, body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> std::result::Result<Answer, Failure> {
        match timeout(PATIENCE, self.converse(method, path, headers, body)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Failure::Connection),
            Err(_) => Err(Failure::Silence),
        }
    }

    async fn converse(&self, method: Method, path: &str, headers: HeaderMap, body: Bytes) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let mut request = request.body(Full::new(body))?;
        request.headers_mut().extend(headers);
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok(Answer { status, body })
    }
}
