//! Peers: nginx with the same files, and a bare server that does nothing but answer.

use crate::{Result, client::Server, node::Place};
use axum::{Router, extract::Path, response::IntoResponse, routing::get};
use bytes::Bytes;
use http::header;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::HashMap,
    fmt::Write,
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::net::TcpListener;

/// A peer that runs. Dropped, it is asked to stop.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    /// Its address.
    pub(crate) server: Server,
    /// What it serves.
    pub(crate) root: PathBuf,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Asked, not killed: nginx ends its workers itself. Both fail only where it has ended already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

/// The module of nginx that lists folders (PROPFIND).
const DAV: &str = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

/// nginx as its package sets it up for files: `sendfile`, a worker a processor, no log of requests; WebDAV by dav-ext.
pub(crate) async fn nginx(place: &Place) -> Result<Peer> {
    let prefix = place.folder("nginx");
    let root = prefix.join("files");
    fs::create_dir_all(&root)?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let mut temporary = String::new();
    for what in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(temporary, "{what}_temp_path {}/{what};", prefix.display()); // a String takes all
    }
    let config = format!(
        "load_module {DAV}; {user} daemon off; worker_processes auto; pid {prefix}/pid; error_log {prefix}/log;\n\
         events {{ worker_connections 512; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n\
         default_type application/octet-stream;\n{temporary}\
         server {{ listen 127.0.0.1:{port}; root {root};\n\
         dav_methods PUT; dav_ext_methods PROPFIND; create_full_put_path on; }} }}\n",
        prefix = prefix.display(),
        root = root.display()
    );
    fs::write(prefix.join("nginx.conf"), config)?;
    let child = Command::new("/usr/sbin/nginx")
        .arg("-e")
        .arg(prefix.join("log"))
        .arg("-c")
        .arg(prefix.join("nginx.conf"))
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| format!("/usr/sbin/nginx: {error}"))?;
    let server = Server { port, host: format!("127.0.0.1:{port}"), cookie: String::new() };
    let peer = Peer { child, server, root };
    for _ in 0..200 {
        if peer.server.connect().await.is_ok() {
            return Ok(peer);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("nginx does not listen".into())
}

/// A bare server as a process of its own, as ours is one.
pub(crate) async fn bare(place: &Place) -> Result<Peer> {
    let root = place.folder("bare");
    tokio::task::spawn_blocking(move || {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--bare")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("a server without an output")?).read_line(&mut line)?;
        let port = line.trim().parse()?;
        let server = Server { port, host: format!("127.0.0.1:{port}"), cookie: String::new() };
        Ok(Peer { child, server, root })
    })
    .await?
}

/// Answers `/{length}` with so many bytes that call themselves JSON, and does nothing else.
pub(crate) async fn be_bare() -> Result<()> {
    let answers: Arc<Mutex<HashMap<usize, Bytes>>> = Arc::default();
    let answer = move |Path(length): Path<usize>| {
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = answers.entry(length).or_insert_with(|| vec![b'x'; length].into()).clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], bytes).into_response() }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    crate::figure::say(&listener.local_addr()?.port().to_string());
    Ok(axum::serve(listener, Router::new().route("/{length}", get(answer))).await?)
}
