//! The control socket: how commands reach a running node. One line of JSON each way; only the owner of the data may connect.

use crate::{
    commands::{self, Answer, Request},
    config::Config,
    node::{May, Node, restrict},
};
use app::Palisade;
use std::{io, os::unix::net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};

fn path(config: &Config) -> PathBuf {
    config.data.join("control.sock")
}

/// Has a command carried out: by the node that runs on this data, or here where none runs.
pub(crate) async fn ask(config: &Config, request: Request) -> Result<Answer, String> {
    if let Ok(stream) = UnixStream::connect(path(config)).await {
        return converse(stream, &request).await;
    }
    let may = if matches!(request, Request::CreateAccount { .. }) { May::Begin } else { May::Continue };
    let node = Node::open(config, may).await?;
    let answer = commands::carry_out(&node.palisade, config, request).await;
    node.close().await;
    answer
}

async fn converse(stream: UnixStream, request: &Request) -> Result<Answer, String> {
    let broken = |error: io::Error| format!("control socket: {error}");
    let mut line = serde_json::to_string(request).map_err(|error| error.to_string())?;
    line.push('\n');
    let mut stream = BufReader::new(stream);
    stream.write_all(line.as_bytes()).await.map_err(broken)?;
    line.clear();
    stream.read_line(&mut line).await.map_err(broken)?;
    serde_json::from_str(&line).map_err(|error| format!("control socket: {error}"))?
}

/// Whether the control socket can stand in the data folder: the path of a socket is short (`sun_path`, unix(7)).
pub(crate) fn check(config: &Config) -> Result<(), String> {
    SocketAddr::from_pathname(path(config)).map(drop).map_err(|_| {
        format!(
            "data folder {}: this path is too long for the control socket in it. Move the folder to a shorter path, or \
             name it by a symbolic link that has one.",
            config.data.display()
        )
    })
}

/// Listens at the control socket. What a node that was killed left there is removed: the lock says that it is gone.
pub(crate) fn listen(config: &Config) -> io::Result<UnixListener> {
    let path = path(config);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    restrict(&path)?;
    Ok(listener)
}

/// Answers commands until the program ends.
pub(crate) async fn answer(listener: UnixListener, palisade: Palisade, config: Config) {
    let config = Arc::new(config);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (palisade, config) = (palisade.clone(), Arc::clone(&config));
                tokio::spawn(async move {
                    if let Err(error) = answer_one(stream, &palisade, &config).await {
                        tracing::warn!(%error, "control socket");
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "control socket"),
        }
    }
}

async fn answer_one(stream: UnixStream, palisade: &Palisade, config: &Config) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => commands::carry_out(palisade, config, request).await,
        Err(error) => Err(error.to_string()),
    };
    let mut line = serde_json::to_string(&answer)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await
}
