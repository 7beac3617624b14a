//! Somebody who sends requests, as a browser does.

use crate::{Answer, Socket};
use app::Palisade;
use axum::{Router, body::Body, extract::ConnectInfo};
use bytes::Bytes;
use http::{HeaderName, Method, Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use tower::ServiceExt;

/// Somebody at one host: their cookie, and the headers that their browser adds.
#[derive(Clone)]
pub struct Person {
    router: Router,
    host: String,
    headers: Vec<(HeaderName, String)>,
    network: Option<IpAddr>,
}

impl Person {
    pub(crate) fn new(router: Router, host: &str) -> Self {
        let origin = format!("http://{host}");
        let headers = vec![
            (header::ORIGIN, origin),
            (HeaderName::from_static("sec-fetch-site"), "same-origin".to_owned()),
        ];
        Self { router, host: host.to_owned(), headers, network: None }
    }

    /// The same at another place of the network.
    #[must_use]
    pub fn from_address(&self, address: [u8; 4]) -> Self {
        Self { network: Some(address.into()), ..self.clone() }
    }

    /// The same at another node of the installation.
    #[must_use]
    pub fn through(&self, node: &Palisade) -> Self {
        Self { router: app::router(node.clone()), ..self.clone() }
    }

    /// Opens the socket of a tab at a node that was given this address; else the answer that there was instead.
    pub async fn socket(&self, node: SocketAddr) -> Result<Socket, Answer> {
        Socket::open(node, &self.host, &self.headers).await
    }

    /// The same with another header, or another value of it.
    #[must_use]
    pub fn with(&self, name: HeaderName, value: &str) -> Self {
        let mut person = self.without(&name);
        person.headers.push((name, value.to_owned()));
        person
    }

    /// The same without a header.
    #[must_use]
    pub fn without(&self, name: &HeaderName) -> Self {
        let mut person = self.clone();
        person.headers.retain(|(other, _)| other != name);
        person
    }

    /// The same cookie at another host.
    #[must_use]
    pub fn at(&self, host: &str) -> Self {
        let mut person = self.with(header::ORIGIN, &format!("http://{host}"));
        host.clone_into(&mut person.host);
        person
    }

    /// Signs in with a proof, and keeps the cookie.
    pub async fn sign_in(&mut self, proof: Value) -> Value {
        let answer = self.put("/session", proof).await;
        let cookie = answer.header(&header::SET_COOKIE).expect("a cookie");
        assert!(
            cookie.contains("; Secure; HttpOnly; SameSite=Lax") && !cookie.contains("Max-Age"),
            "{cookie}"
        );
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        *self = self.with(header::COOKIE, &cookie);
        answer.ok()
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }
    /// POST with JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, &body).await
    }
    /// PUT with JSON, whatever the version.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.whatever_version().json(Method::PUT, path, &body).await
    }
    /// PATCH with JSON, whatever the version.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.whatever_version().json(Method::PATCH, path, &body).await
    }
    /// DELETE, whatever the version.
    pub async fn delete(&self, path: &str) -> Answer {
        self.whatever_version().send(Method::DELETE, path, Body::empty()).await
    }
    /// POST of content.
    pub async fn upload(&self, path: &str, content: impl Into<Bytes>) -> Answer {
        self.send(Method::POST, path, Body::from(content.into())).await
    }

    /// The same; where they name no version, any will do.
    fn whatever_version(&self) -> Self {
        let named = self.headers.iter().any(|(name, _)| *name == header::IF_MATCH);
        if named { self.clone() } else { self.with(header::IF_MATCH, "*") }
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let body = Body::from(body.to_string());
        self.with(header::CONTENT_TYPE, "application/json").send(method, path, body).await
    }

    /// GET of what is not below `/api/v1`.
    pub async fn get_page(&self, path: &str) -> Answer {
        self.send_to(Method::GET, path, Body::empty()).await
    }

    /// Any request below `/api/v1`.
    pub async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        self.send_to(method, &format!("/api/v1{path}"), body).await
    }

    async fn send_to(&self, method: Method, path: &str, body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, &self.host);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(address) = self.network {
            request = request.extension(ConnectInfo(SocketAddr::new(address, 40_000)));
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes);
        Answer::new(parts.status, parts.headers, body.map_err(|error| error.to_string()))
    }
}
