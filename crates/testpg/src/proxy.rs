//! A way through which a server is reached, and which a test can cut in silence: what is sent is taken and never comes.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU16, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// A port on loopback that leads to another.
pub struct Proxy {
    port: u16,
    way: Arc<Way>,
}

#[derive(Default)]
struct Way {
    to: AtomicU16,
    /// Nothing comes through any more, in either direction.
    silent: AtomicBool,
    /// Only what the server says is lost.
    deaf: AtomicBool,
    sockets: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A way to this port.
    pub fn to(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let own = listener.local_addr()?.port();
        let way = Arc::new(Way { to: AtomicU16::new(port), ..Way::default() });
        let taken = Arc::clone(&way);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let way = Arc::clone(&taken);
                thread::spawn(move || lead(&way, client));
            }
        });
        Ok(Self { port: own, way })
    }

    /// Where one enters it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Loses all that comes from here on, in silence, or no longer does. What was lost stays lost: such connections are closed.
    pub fn silence(&self, silent: bool) {
        self.way.silent.store(silent, SeqCst);
        if !silent {
            self.cut();
        }
    }

    /// Loses what the server says, and no longer does.
    pub fn deafen(&self, deaf: bool) {
        self.way.deaf.store(deaf, SeqCst);
        if !deaf {
            self.cut();
        }
    }

    /// Leads to another port from now on, and closes what led to the one before.
    pub fn lead_to(&self, port: u16) {
        self.way.to.store(port, SeqCst);
        self.cut();
    }

    /// Closes all connections.
    pub fn cut(&self) {
        for socket in self.way.sockets.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = socket.shutdown(Shutdown::Both); // it may be closed already
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Leads one connection.
fn lead(way: &Arc<Way>, client: TcpStream) {
    while way.silent.load(SeqCst) {
        thread::sleep(Duration::from_millis(20)); // it is taken, and nothing comes of it
    }
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, way.to.load(SeqCst))) else { return };
    let (Ok(client_again), Ok(server_again)) = (client.try_clone(), server.try_clone()) else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    {
        let mut sockets = way.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.extend([&client, &server].into_iter().filter_map(|socket| socket.try_clone().ok()));
    }
    let back = Arc::clone(way);
    thread::spawn(move || pour(server_again, client_again, &back, true));
    pour(client, server, way, false);
}

/// Pours what one says into the other.
fn pour(mut from: TcpStream, mut to: TcpStream, way: &Way, answers: bool) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if way.silent.load(SeqCst) || (answers && way.deaf.load(SeqCst)) {
            continue;
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let lost = || way.silent.load(SeqCst) || way.deaf.load(SeqCst);
    while lost() {
        thread::sleep(Duration::from_millis(20)); // nor is it heard that it ended
    }
    let _ = to.shutdown(Shutdown::Both);
}
