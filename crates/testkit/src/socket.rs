//! The socket of an open tab.

use crate::Answer;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// How long something is waited for that must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open socket, as a tab holds it.
#[derive(Debug)]
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(
        node: SocketAddr,
        host: &str,
        headers: &[(HeaderName, String)],
    ) -> Result<Self, Answer> {
        let mut request = format!("ws://{host}/api/v1/live").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(node).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => {
                let (parts, body) = answer.into_parts();
                Err(Answer::new(parts.status, parts.headers, Ok(body.unwrap_or_default().into())))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// What is said next, but for the signs of life.
    pub async fn next(&mut self) -> Value {
        self.next_before(Instant::now() + PATIENCE).await.expect("something is said")
    }

    /// All that is said within this time.
    pub async fn all_within(&mut self, time: Duration) -> Vec<Value> {
        let (mut all, end) = (Vec::new(), Instant::now() + time);
        while let Some(said) = self.next_before(end).await {
            all.push(said);
        }
        all
    }

    async fn next_before(&mut self, end: Instant) -> Option<Value> {
        loop {
            match timeout_at(end, self.0.next()).await.ok()? {
                Some(Ok(Message::Text(text))) => {
                    let said: Value = serde_json::from_str(&text).expect("JSON");
                    assert_eq!(said["v"], 1, "{said}");
                    if said["kind"] != "alive" {
                        return Some(said);
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code with which it is closed, and how long that took.
    pub async fn closed(&mut self) -> (u16, Duration) {
        let begun = Instant::now();
        let close = async {
            loop {
                if let Message::Close(frame) =
                    self.0.next().await.expect("a close frame").expect("a close frame")
                {
                    return frame.expect("a code").code.into();
                }
            }
        };
        (timeout(PATIENCE, close).await.expect("it is closed"), begun.elapsed())
    }
}
