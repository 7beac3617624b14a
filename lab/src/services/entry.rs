//! The entry: `HAProxy`, which sends requests to the nodes that are ready. It stands outside of the sites, as the network of the
//! clients does.

use crate::{
    Result,
    lab::Lab,
    plan::{HOST, inside},
    process::{at_entry, start, wait_for},
};
use std::{fmt::Write, fs, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// How long it may take until it has seen that all nodes are ready.
const SEEN: Duration = Duration::from_mins(1);

/// The socket by which the entry is reached from outside of the lab.
pub(crate) fn door() -> PathBuf {
    folder().join("door.sock")
}

fn folder() -> PathBuf {
    inside::folder().join("entry")
}

/// Starts it.
pub(crate) fn start_entry(lab: &Lab) -> Result<()> {
    lab.user.make_folder(&folder())?;
    let mut nodes = String::new();
    for node in lab.plan.all_nodes() {
        writeln!(nodes, "    server {} {}:{} check", node.name(), node.site.host(), node.address().port())?;
    }
    let unavailable = folder().join("unavailable.http");
    lab.user.write(&unavailable, &fs::read_to_string(lab.deploy("haproxy/unavailable.http"))?)?;
    let config = lab
        .places()
        .with("RUN", folder().display())
        .with("BIND", format!("{}\n    bind unix@{}", lab.plan.entry(), door().display()))
        .with("HOST", HOST)
        .with("UNAVAILABLE", unavailable.display())
        .with("NODES", nodes.trim_end())
        .fill(&lab.deploy("haproxy/haproxy.cfg"))?;
    let file = folder().join("haproxy.cfg");
    lab.user.write(&file, &config)?;
    let mut command = at_entry(lab.user, "haproxy");
    command.args(["-db", "-f"]).arg(file);
    start(command, &lab.plan.logs().join("entry.log")).map(drop)
}

/// Waits until it sends requests to every node.
pub(crate) async fn wait(lab: &Lab) -> Result<()> {
    let all = lab.plan.all_nodes().len();
    wait_for("the entry to see all nodes ready", SEEN, async || (ready().await.ok()? == all).then_some(()))
        .await
}

/// How many nodes it sends requests to.
async fn ready() -> Result<usize> {
    let mut socket = UnixStream::connect(folder().join("haproxy.sock")).await?;
    socket.write_all(b"show stat nodes 4 -1\n").await?;
    let mut text = String::new();
    socket.read_to_string(&mut text).await?;
    Ok(text
        .lines()
        .filter(|line| line.starts_with("nodes,") && line.split(',').nth(17) == Some("UP"))
        .count())
}
