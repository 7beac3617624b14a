//! The connections of a node: taken one by one, each served until it ends or has been silent for too long.

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// How long the head of a request may take, and how long a connection may be without one.
const HEAD: Duration = Duration::from_secs(30);
/// How long the body of a request may be silent. One that moves may take as long as it likes.
const SILENCE: Duration = Duration::from_mins(1);
/// Connections at once; more wait to be taken.
const MOST: usize = 4_096;
/// How long nothing is taken where the system has no room for another connection.
const REST: Duration = Duration::from_millis(100);

/// Serves what comes until `stop`, and then what is under way, to its end. Whoever is tired of waiting for that drops it.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let router = router.layer(RequestBodyTimeoutLayer::new(SILENCE));
    let places = Arc::new(Semaphore::new(MOST));
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            taken = taken => taken,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = open.watch(connection(stream, peer, router.clone()));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    open.shutdown().await;
}

/// One connection: HTTP/1.1, or HTTP/2 where the client begins so.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send
{
    // The head of an answer may leave before its body is there: neither waits until the other end has acknowledged the first.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD);
    builder.serve_connection_with_upgrades(TokioIo::new(stream), answer).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        task::JoinHandle,
        time::Instant,
    };

    /// A server that answers with what it was sent, and how to stop it.
    async fn echo() -> (SocketAddr, tokio::sync::oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let router = Router::new().route(
            "/",
            post(async |body: Result<axum::body::Bytes, _>| match body {
                Ok(body) => (http::StatusCode::OK, body),
                Err(_) => (http::StatusCode::REQUEST_TIMEOUT, axum::body::Bytes::new()),
            }),
        );
        let serving = tokio::spawn(serve(listener, router, async {
            let _ = stopped.await;
        }));
        (address, stop, serving)
    }

    // The clock of these tests goes on by itself where everybody waits.
    #[tokio::test(start_paused = true)]
    async fn half_a_head_is_not_waited_for() {
        let (address, _stop, _) = echo().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\n").await.unwrap();
        let begun = Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(begun.elapsed() < HEAD * 2, "{:?}", begun.elapsed());
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_body_is_given_up_and_one_that_moves_is_not() {
        let (address, _stop, _) = echo().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n").await.unwrap();
        for piece in [b"a", b"b", b"c"] {
            tokio::time::sleep(SILENCE / 2).await;
            stream.write_all(piece).await.unwrap();
        }
        let begun = Instant::now();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 408");
        assert!((SILENCE / 2..SILENCE * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_ends_well_after_the_stop() {
        let (address, stop, serving) = echo().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\na";
        stream.write_all(head).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send(()).unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        stream.write_all(b"b").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ab"), "{answer}");
        serving.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
