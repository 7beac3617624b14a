//! Sockets: what each WebSocket has in common (RFC 6455), whatever is said over it.
//!
//! Invariants:
//! * A peer that is silent, or reads nothing, is given up: each holds a place and memory.
//! * What a peer sends at once is small, and its buffers are.
//! * Whoever is still there is told why a socket is closed, by its code.

use crate::Failure;
use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::Response,
};
use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use http::request::Parts;
use kernel::{Error, Kind};
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

/// How often a peer is asked whether it is there.
pub const PING: Duration = Duration::from_secs(25);
/// How long it may be silent: two pings, and some.
const SILENCE: Duration = Duration::from_mins(1);
/// How long it may take what is said to it.
const SLOW: Duration = Duration::from_secs(20);
/// How long the last word may take.
const LAST_WORD: Duration = Duration::from_secs(1);
/// The longest message of a peer, in bytes.
const LONGEST: usize = 4 << 10;
/// What is read and written at once, in bytes; a socket that is idle holds as much twice.
const BUFFER: usize = 2 << 10;

/// A request that opens a socket: a GET over HTTP/1.1, a CONNECT over HTTP/2 (RFC 8441).
#[derive(Debug)]
pub struct Handshake(WebSocketUpgrade);

impl<S: Send + Sync> FromRequestParts<S> for Handshake {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        Ok(Self(upgrade.map_err(|why| Error::new(Kind::Invalid, "not-a-socket").because(why))?))
    }
}

impl Handshake {
    /// Answers it, and talks from then on.
    pub fn answer<F>(self, talk: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.0
            .max_message_size(LONGEST)
            .max_frame_size(LONGEST)
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .on_upgrade(talk)
    }
}

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer closed it, or is gone.
    Gone,
    /// The peer was silent, or read nothing, for too long.
    Silent,
    /// The node stops: another will be there, or this one again.
    Restart,
    /// The node does not know for now what is so: another may, or this one in a moment.
    Away,
    /// Whoever opened it is not signed in any more.
    SignedOut,
}

impl End {
    /// The code of the close frame (RFC 6455, section 7.4, and IANA's registry); none where nobody would read it.
    fn code(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone | Self::Silent => None,
            Self::Restart => Some((1012, "restart")),
            Self::Away => Some((1013, "try-again-later")),
            Self::SignedOut => Some((1008, "signed-out")),
        }
    }
}

/// A socket that is held open, as long as its peer is there.
#[derive(Debug)]
pub struct Line<S> {
    socket: S,
    /// What the peer is told with each ping, since a page does not see those.
    pulse: String,
    pings: Interval,
    heard: Instant,
}

impl<S, E> Line<S>
where
    S: Stream<Item = Result<Message, E>> + Sink<Message> + Unpin,
{
    /// Holds a socket.
    pub fn new(socket: S, pulse: impl Into<String>) -> Self {
        let now = Instant::now();
        let mut pings = interval_at(now + PING, PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { socket, pulse: pulse.into(), pings, heard: now }
    }

    /// Says something.
    ///
    /// # Errors
    /// Why the socket ends.
    pub async fn say(&mut self, text: impl Into<String>) -> Result<(), End> {
        self.send(Message::Text(text.into().into())).await
    }

    /// Hears what the peer says next, and keeps the line meanwhile. It may be dropped at any time, and nothing is lost.
    ///
    /// # Errors
    /// Why the socket ends.
    pub async fn hear(&mut self) -> Result<String, End> {
        loop {
            tokio::select! {
                message = self.socket.next() => {
                    self.heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                    }
                }
                _ = self.pings.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return Err(End::Silent);
                    }
                    self.send(Message::Ping(Bytes::new())).await?;
                    self.say(self.pulse.clone()).await?;
                }
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(SLOW, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_late) => Err(End::Silent),
        }
    }

    /// Ends it, with a last word.
    pub async fn close(mut self, end: End) {
        let Some((code, reason)) = end.code() else { return };
        let frame = CloseFrame { code, reason: reason.into() };
        let last = async {
            self.socket.send(Message::Close(Some(frame))).await.ok()?;
            // Until the peer has answered: what it does not read before the connection is closed may be lost to it.
            while let Some(Ok(_)) = self.socket.next().await {}
            Some(())
        };
        let _late = timeout(LAST_WORD, last).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, future, stream};
    use std::convert::Infallible;
    use tokio::sync::mpsc;

    /// What a peer of these messages is sent.
    fn peer(
        messages: impl Stream<Item = Message> + Send + 'static,
        most: usize,
    ) -> (impl Stream<Item = Result<Message, Infallible>> + Sink<Message> + Unpin, mpsc::Receiver<Message>)
    {
        let (sent, seen) = mpsc::channel(most);
        let sink = futures_util::sink::unfold(sent, |sent, message| async move {
            sent.send(message).await.map_err(|_| ())?;
            Ok::<_, ()>(sent)
        });
        (Both { stream: messages.map(Ok).boxed(), sink: Box::pin(sink) }, seen)
    }

    struct Both<K> {
        stream: stream::BoxStream<'static, Result<Message, Infallible>>,
        sink: std::pin::Pin<Box<K>>,
    }

    impl<K> Stream for Both<K> {
        type Item = Result<Message, Infallible>;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            self.stream.poll_next_unpin(cx)
        }
    }

    impl<K: Sink<Message>> Sink<Message> for Both<K> {
        type Error = K::Error;
        fn poll_ready(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), K::Error>> {
            self.sink.as_mut().poll_ready(cx)
        }
        fn start_send(mut self: std::pin::Pin<&mut Self>, message: Message) -> Result<(), K::Error> {
            self.sink.as_mut().start_send(message)
        }
        fn poll_flush(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), K::Error>> {
            self.sink.as_mut().poll_flush(cx)
        }
        fn poll_close(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), K::Error>> {
            self.sink.as_mut().poll_close(cx)
        }
    }

    // The clock of these tests goes on by itself where everybody waits.
    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_given_up_and_one_that_answers_pings_is_not() {
        let begun = Instant::now();
        let (socket, mut seen) = peer(stream::pending(), 100);
        assert_eq!(Line::new(socket, "pulse").hear().await, Err(End::Silent));
        assert!(begun.elapsed() < 2 * SILENCE, "{:?}", begun.elapsed());
        assert!(matches!(seen.recv().await, Some(Message::Ping(_))));
        assert!(matches!(seen.recv().await, Some(Message::Text(pulse)) if pulse.as_str() == "pulse"));

        let begun = Instant::now();
        let pongs = stream::unfold((), |()| async {
            tokio::time::sleep(PING).await;
            Some((Message::Pong(Bytes::new()), ()))
        });
        let (socket, _seen) = peer(pongs.take(100), 1_000);
        assert_eq!(Line::new(socket, "pulse").hear().await, Err(End::Gone));
        assert!(begun.elapsed() >= 100 * PING);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_is_given_up() {
        let (socket, _seen) = peer(stream::pending(), 1);
        let mut line = Line::new(socket, "pulse");
        let begun = Instant::now();
        let mut said = Ok(());
        while said.is_ok() {
            said = line.say("something").await;
        }
        assert_eq!(said, Err(End::Silent));
        assert!(begun.elapsed() < 2 * SLOW, "{:?}", begun.elapsed());
        line.close(End::Restart).await; // ends, though nobody reads
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_there_hears_why_it_ends() {
        for (end, code) in [(End::Restart, 1012), (End::Away, 1013), (End::SignedOut, 1008)] {
            let (socket, mut seen) = peer(stream::once(future::pending()), 9);
            Line::new(socket, "pulse").close(end).await;
            let Some(Message::Close(Some(frame))) = seen.recv().await else { panic!("no close frame") };
            assert_eq!(frame.code, code);
        }
    }
}
