//! Sockets of the program: they go through its own connections, and end with the node.

use crate::{
    http::Client,
    node::{Place, project},
};
use rustix::process::Signal;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// How long a node may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// An open socket, read by hand: what a node sends is never masked, and short.
pub(crate) struct Socket(TcpStream);

impl Socket {
    pub(crate) fn open(client: &Client) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", client.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let Client { host, proof, .. } = client;
        let head = format!(
            "GET /api/v1/live HTTP/1.1\r\nHost: {host}\r\n{proof}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(
            answer.starts_with("http/1.1 101") && answer.contains("s3pplmbitxaq9kygzzhzrbk+xoo="),
            "{answer}"
        );
        let mut socket = Self(stream);
        let (kind, text) = socket.frame();
        assert!(kind == 1 && String::from_utf8_lossy(&text).contains("resync"), "{kind} {text:?}");
        socket
    }

    /// The kind of the next frame, and what is in it (RFC 6455, section 5.2).
    pub(crate) fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).unwrap();
                usize::from(u16::from_be_bytes(length))
            }
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).unwrap();
        (head[0] & 0x0f, payload)
    }
}

#[test]
fn a_node_that_stops_closes_its_sockets_and_is_not_held_up() {
    let place = Place::new();
    let node = place.serve(&place.data());
    let client = place.sign_up(&place.data(), &node);
    let mut sockets: Vec<_> = (0..20).map(|_| Socket::open(&client)).collect();
    let project = project(&client);
    for socket in &mut sockets {
        let (_, text) = socket.frame();
        assert!(String::from_utf8_lossy(&text).contains(&project), "{text:?}");
    }
    let begun = Instant::now();
    node.signal(Signal::TERM);
    for socket in &mut sockets {
        let (kind, payload) = socket.frame();
        assert_eq!((kind, &payload[..2]), (8, &1012_u16.to_be_bytes()[..]));
    }
    let status = node.wait(STOP).expect("it stops");
    assert!(status.success() && begun.elapsed() < STOP, "{status} after {:?}", begun.elapsed());
}
