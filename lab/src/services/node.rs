//! Nodes: `palisade serve`, one or several at each data site.

use crate::{
    Result,
    lab::Lab,
    plan::{HOST, NETWORK, Node, inside},
    process::{at, finish, start_at, wait_for},
    services::{certificate, store},
};
use rustix::process::Pid;
use std::{fmt::Write, path::PathBuf, time::Duration};

/// How long a node may take until it is ready: it waits for a database that takes writes.
const READY: Duration = Duration::from_mins(1);

/// Starts a node.
pub(crate) fn start(lab: &Lab, node: Node) -> Result<Pid> {
    let config = configure(lab, node)?;
    let mut command = palisade(lab, node);
    command.arg("serve").arg("--config").arg(config);
    start_at(&lab.plan, node.site, &node.service(), command)
}

/// Runs a command of the program beside a node; what it printed.
pub(crate) async fn command(lab: &Lab, node: Node, words: &[&str], input: &str) -> Result<String> {
    let mut command = palisade(lab, node);
    command.args(words).arg("--config").arg(config(lab, node));
    finish(command, input).await
}

/// Waits until a node is ready.
pub(crate) async fn wait(lab: &Lab, node: Node) -> Result<()> {
    let ready = async || {
        let answer = lab.front(node.address()).get("/readyz").await.ok()?;
        answer.status.is_success().then_some(())
    };
    wait_for(&format!("the node {} to be ready", node.name()), READY, ready).await
}

fn palisade(lab: &Lab, node: Node) -> tokio::process::Command {
    let mut command = at(node.site, Some(lab.user), inside::program());
    command.env("SSL_CERT_FILE", certificate::certificate());
    command
}

fn data(lab: &Lab, node: Node) -> PathBuf {
    lab.data_of(node.site).join(node.service())
}

fn config(lab: &Lab, node: Node) -> PathBuf {
    data(lab, node).with_extension("toml")
}

fn configure(lab: &Lab, node: Node) -> Result<PathBuf> {
    let data = data(lab, node);
    lab.user.make_folder(&data)?;
    lab.user.make_folder(&lab.data_of(node.site).join("palisade-root"))?;
    let mut sites = String::new();
    for site in lab.plan.data_sites() {
        let places = lab.places_of(site).with("ACCESS_KEY", store::ACCESS_KEY).with("NO_VERSIONS", true);
        sites.push_str(
            &places.with("SECRET_KEY", &lab.secrets.store).fill(&lab.deploy("palisade/site.toml"))?,
        );
        if site == node.site {
            // All nodes of a site have one root of trust, and those of other sites do not.
            writeln!(sites, "root = \"{}\"", lab.data_of(site).join("palisade-root").display())?;
        }
    }
    let hosts: Vec<_> = lab.plan.data_sites().map(|site| format!("{}:5432", site.host())).collect();
    let text = lab
        .places_of(node.site)
        .with("DATA", data.display())
        .with("PORT", node.address().port())
        .with("METRICS_PORT", node.metrics().port())
        .with("HOST", HOST)
        .with("PUBLIC", format!("port = {}", lab.plan.port))
        .with("NETWORK", NETWORK)
        .with("DATABASE_HOSTS", hosts.join(","))
        .with("WHEN_SHORT", lab.plan.when_short())
        .with("SITES", sites)
        .fill(&lab.deploy("palisade/palisade.toml"))?;
    let config = config(lab, node);
    lab.user.write(&config, &text)?;
    Ok(config)
}

/// How many copies are missing at all sites, as a node counts them; none where no node tells.
pub(crate) async fn missing_copies(lab: &Lab) -> Option<usize> {
    for node in lab.plan.all_nodes() {
        let Ok(answer) = lab.front(node.metrics()).get("/metrics").await else { continue };
        let text = String::from_utf8_lossy(&answer.body);
        let counts = text.lines().filter(|line| line.starts_with("palisade_copies_missing{"));
        let counts: Vec<usize> = counts.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        if !counts.is_empty() {
            return Some(counts.into_iter().sum());
        }
    }
    None
}
