//! The connections of a node: taken one by one, each served until it ends or has been silent for too long. One that became a
//! socket keeps its place, and none of these time-outs: sockets have their own.

use crate::held::Held;
use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
};
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;
use web::{
    Client, Network,
    places::{Place, Places},
};

/// How long the head of a request may take, and how long a connection may be without one.
const HEAD: Duration = Duration::from_secs(30);
/// How long the body of a request may be silent. One that moves may take as long as it likes.
const SILENCE: Duration = Duration::from_mins(1);
/// Connections at once; more wait to be taken.
const MOST: usize = 4_096;
/// Connections of one client; more are told so and closed.
const OF_ONE: usize = 512;
/// Requests at once on a connection of HTTP/2.
const STREAMS: u32 = 64;
/// What a client is told who has too many connections.
const REFUSAL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// How long nothing is taken where the system has no room for another connection.
const REST: Duration = Duration::from_millis(100);

/// The connections that are taken: how many, and of whom.
#[derive(Debug)]
pub(crate) struct Taken {
    all: Arc<Semaphore>,
    clients: Places<Client>,
    proxies: Vec<Network>,
}

impl Taken {
    /// As many as this process may have open files for, which it is given more of where it may. Those of proxies that are
    /// trusted, and of this machine itself, are for many: they are counted with all alone.
    pub(crate) fn new(proxies: Vec<Network>) -> io::Result<Self> {
        let files = open_files(4 * MOST as u64)?;
        // As many again are for blobs, the database, and whom we ask ourselves.
        let all = MOST.min(usize::try_from(files / 2).unwrap_or(MOST));
        Ok(Self { all: Arc::new(Semaphore::new(all)), clients: Places::new(OF_ONE, all), proxies })
    }

    /// A place for a client; none where they have too many.
    fn enter(&self, peer: IpAddr) -> Result<Option<Place<Client>>, kernel::Error> {
        if peer.to_canonical().is_loopback() || self.proxies.iter().any(|network| network.contains(peer)) {
            return Ok(None);
        }
        self.clients.enter(Client::at(peer)).map(Some)
    }
}

/// Raises the open files that this process may have to `wanted`, as far as it may, and gives how many it then has.
fn open_files(wanted: u64) -> io::Result<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let more = maximum.unwrap_or(wanted).min(wanted);
    match current {
        Some(current) if current < more => {
            setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum })?;
            Ok(more)
        }
        current => Ok(current.unwrap_or(wanted)),
    }
}

/// Serves what comes until `stop`, and then what is under way, to its end. Whoever is tired of waiting for that drops it.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    taken: Taken,
    stop: impl Future<Output = ()>,
) {
    let router = router.layer(RequestBodyTimeoutLayer::new(SILENCE));
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&taken.all).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(theirs) = taken.enter(peer.ip()) else {
                    // Whether they hear it is their affair.
                    let _ = stream.try_write(REFUSAL);
                    continue;
                };
                // The head of an answer may leave before its body is there: neither waits until the other end has acknowledged
                // the first.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps Nagle's algorithm");
                }
                let stream = Held::new(stream, (place, theirs));
                let connection = open.watch(connection(stream, peer, router.clone()));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended");
                    }
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
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send
{
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(HEAD).max_concurrent_streams(STREAMS);
    http2.enable_connect_protocol(); // a socket over HTTP/2 is a CONNECT (RFC 8441)
    builder.serve_connection_with_upgrades(TokioIo::new(stream), answer).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{get, post};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        task::JoinHandle,
        time::Instant,
    };

    /// Places of which those of this machine are counted too.
    fn few(of_one: usize, all: usize) -> Taken {
        Taken {
            all: Arc::new(Semaphore::new(all)),
            clients: Places::new(of_one, all),
            proxies: vec!["10.0.0.0/8".parse().unwrap()],
        }
    }

    #[test]
    fn one_client_has_so_many_connections_and_a_proxy_those_of_many() {
        let taken = few(2, 5);
        let enter = |peer: &str| taken.enter(peer.parse().unwrap());
        let places = [enter("203.0.113.7").unwrap(), enter("::ffff:203.0.113.7").unwrap()];
        assert!(places.iter().all(Option::is_some));
        assert!(enter("203.0.113.7").is_err());
        assert!(enter("203.0.113.8").is_ok());
        for of_many in ["127.0.0.1", "::1", "10.1.2.3", "::ffff:10.1.2.3"] {
            assert!(enter(of_many).unwrap().is_none(), "{of_many}");
        }
        drop(places);
        assert!(enter("203.0.113.7").is_ok());
    }

    #[test]
    fn there_are_open_files_for_what_is_taken() {
        let taken = Taken::new(Vec::new()).unwrap();
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let all = taken.all.available_permits();
        assert!(all > 0 && 2 * all as u64 <= files, "{all} of {files}");
    }

    /// A server that answers with what it was sent, and how to stop it.
    async fn echo() -> (SocketAddr, tokio::sync::oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let router = Router::new()
            .route("/", post(async |body: axum::body::Bytes| body))
            .route("/json", post(async |body: web::JsonBody<String>| body))
            .route("/socket", get(talk));
        let serving = tokio::spawn(serve(listener, router, few(5, 5), async {
            let _ = stopped.await;
        }));
        (address, stop, serving)
    }

    /// Answers with the bytes that come, once the connection is no longer HTTP's.
    async fn talk(mut request: axum::extract::Request) -> axum::response::Response {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let (mut incoming, mut outgoing) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
            let _ = tokio::io::copy(&mut incoming, &mut outgoing).await;
        });
        let head =
            http::Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
        head.body(Body::empty()).unwrap()
    }

    /// A connection that has become a socket.
    async fn socket(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = b"GET /socket HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
        stream
    }

    // The clock of these tests goes on by itself where everybody waits.
    #[tokio::test(start_paused = true)]
    async fn a_socket_may_be_silent_and_has_its_place_until_it_is_closed() {
        let (address, _stop, _) = echo().await;
        let mut sockets = Vec::new();
        for _ in 0..5 {
            sockets.push(socket(address).await);
        }
        tokio::time::sleep(10 * HEAD.max(SILENCE)).await;
        for socket in &mut sockets {
            socket.write_all(b"a").await.unwrap();
            assert_eq!(socket.read_u8().await.unwrap(), b'a');
        }
        // All places are taken: the next one waits until a socket is closed.
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\na")
            .await
            .unwrap();
        let mut answer = String::new();
        let early = tokio::time::timeout(HEAD, next.read_to_string(&mut answer)).await;
        assert!(early.is_err(), "{answer}");
        sockets.pop();
        next.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

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
        let head =
            "POST /json HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        for piece in [b"\"", b"b", b"c"] {
            tokio::time::sleep(SILENCE / 2).await;
            stream.write_all(piece).await.unwrap();
        }
        let begun = Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await; // it is closed with bytes that never came
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("problem:cut-off"), "{answer}");
        assert!((SILENCE / 2..SILENCE * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    /// A connection that says nothing has its place until it is given up; then the next is taken.
    #[tokio::test(start_paused = true)]
    async fn where_all_places_are_taken_the_next_waits() {
        let (address, _stop, _) = echo().await;
        let mut silent = Vec::new();
        for _ in 0..5 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
            silent.push(stream);
        }
        let mut next = TcpStream::connect(address).await.unwrap();
        let begun = Instant::now();
        next.write_all(b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\na")
            .await
            .unwrap();
        let mut answer = String::new();
        next.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!((HEAD / 2..HEAD * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
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
