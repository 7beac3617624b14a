//! HTTP/1.1 over connections that are kept alive, and the load that several of them make.

use crate::Result;
use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

/// A body: one piece of bytes, over and over, so that a large one takes no memory.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    piece: Bytes,
    left: u64,
}

impl Content {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self { piece: Bytes::new(), left: 0 }
    }

    /// These bytes, once.
    pub(crate) fn of(bytes: impl Into<Bytes>) -> Self {
        let piece = bytes.into();
        Self { left: piece.len() as u64, piece }
    }

    /// So many random bytes, which repeat after 256 KiB.
    pub(crate) fn random(size: u64) -> Result<Self> {
        let mut piece = vec![0; usize::try_from(size.min(256 << 10))?];
        getrandom::fill(&mut piece)?;
        Ok(Self { piece: piece.into(), left: size })
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let length = usize::try_from(self.left).map_or(self.piece.len(), |left| left.min(self.piece.len()));
        self.left -= length as u64;
        Poll::Ready(Some(Ok(Frame::data(self.piece.slice(..length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Whom requests go to, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) host: String,
    /// The session's cookie; empty where nobody is signed in.
    pub(crate) cookie: String,
}

impl Server {
    /// A request of whoever is signed in.
    pub(crate) fn request(&self, method: Method, path: &str, body: Content) -> Result<Request<Content>> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if !self.cookie.is_empty() {
            request = request.header(header::COOKIE, &self.cookie);
        }
        let mut request = request.body(body)?;
        if !request.method().is_safe() {
            let origin = HeaderValue::from_str(&format!("http://{}", self.host))?;
            request.headers_mut().insert(header::ORIGIN, origin);
        }
        Ok(request)
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Connection { sender })
    }

    /// One request on a connection of its own, with a JSON body where it has one; the JSON of the answer.
    pub(crate) async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let content = body.map_or_else(Content::empty, |body| Content::of(body.to_string()));
        let mut request = self.request(method, path, content)?;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let (_, text) = self.connect().await?.ask(request).await?;
        if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&text)?) }
    }

    /// Reads this, and gives the bytes of the answer.
    pub(crate) async fn get(&self, path: &str) -> Result<Bytes> {
        let request = self.request(Method::GET, path, Content::empty())?;
        Ok(self.connect().await?.ask(request).await?.1)
    }
}

/// A connection that is kept alive.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Content>,
}

impl Connection {
    async fn send(&mut self, request: Request<Content>) -> Result<hyper::Response<Incoming>> {
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }

    /// Sends a request that must go well; its head, and the bytes of the answer.
    pub(crate) async fn ask(&mut self, request: Request<Content>) -> Result<(http::response::Parts, Bytes)> {
        let what = format!("{} {}", request.method(), request.uri());
        let (parts, body) = self.send(request).await?.into_parts();
        let bytes = body.collect().await?.to_bytes();
        if parts.status.is_success() {
            return Ok((parts, bytes));
        }
        Err(format!("{what}: {} {}", parts.status, String::from_utf8_lossy(&bytes)).into())
    }

    /// Sends a request that must be answered so, and lets the bytes of the answer go by; how many they were.
    async fn pass(&mut self, request: Request<Content>, status: StatusCode) -> Result<u64> {
        let what = format!("{} {}", request.method(), request.uri());
        let response = self.send(request).await?;
        let came = response.status();
        let mut body = response.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len) as u64;
        }
        if came == status { Ok(bytes) } else { Err(format!("{what}: {came}").into()) }
    }
}

/// What a load showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Requests in a second.
    pub(crate) rate: f64,
    /// How long the slowest in a hundred took, in milliseconds.
    pub(crate) p99: f64,
}

/// Sends the same kind of request over so many connections, each as soon as the one before is answered, for so long.
/// `make` gets the number of the request.
pub(crate) async fn load(
    server: &Server,
    connections: usize,
    lasts: Duration,
    status: StatusCode,
    make: impl Fn(u64) -> Result<Request<Content>> + Send + Sync,
) -> Result<Shown> {
    let next = AtomicU64::new(0);
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(server.connect().await?);
    }
    let begun = Instant::now();
    let until = begun + lasts;
    let work = open.into_iter().map(|mut connection| {
        let (next, make) = (&next, &make);
        async move {
            let mut took = Vec::new();
            while Instant::now() < until {
                let request = make(next.fetch_add(1, Ordering::Relaxed))?;
                let sent = Instant::now();
                connection.pass(request, status).await?;
                took.push(sent.elapsed());
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(took)
        }
    });
    let mut took = try_join_all(work).await?.concat();
    let seconds = begun.elapsed().as_secs_f64();
    took.sort_unstable();
    let slow = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Shown { rate: count(took.len()) / seconds, p99: slow.as_secs_f64() * 1e3 })
}

/// Sends one request and lets its answer go by; the seconds it took, and the bytes that came.
pub(crate) async fn once(
    server: &Server,
    request: Request<Content>,
    status: StatusCode,
) -> Result<(f64, u64)> {
    let mut connection = server.connect().await?;
    let begun = Instant::now();
    let bytes = connection.pass(request, status).await?;
    Ok((begun.elapsed().as_secs_f64(), bytes))
}

/// A number of things, as a figure.
#[expect(clippy::cast_precision_loss, reason = "no figure here has 53 bits")]
pub(crate) fn count(things: usize) -> f64 {
    things as f64
}
