//! Memory: what of it is the program's own, with its share of what it has in common with others (PSS).

use crate::{
    Result,
    client::{Content, Server},
    figure::{Effort, Table, Target},
    json::listing,
    node::{Node, Place},
};
use http::Method;
use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How long the program is left alone before it counts as idle.
const REST: Duration = Duration::from_secs(2);
/// How often its memory is looked at while it works.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) async fn measure(place: &Place, effort: &Effort, table: &mut Table) -> Result<()> {
    let node = Node::start(&place.installation("memory")?).await?;
    tokio::time::sleep(REST).await;
    let Ok(idle) = pss(&node) else {
        table.missing("memory", "only root may look at a process that holds keys");
        return node.stop();
    };
    table.alone("memory (PSS), idle after the start", "MiB", idle, &[Target::Most(40.0)]);
    let account = node.sign_up().await?;
    let project = account.project("Memory").await?;
    let path = listing(&project, &account.filled_folder(&project, "Listed", 1_000).await?);

    let mut peaks = Vec::new();
    for &mib in effort.large {
        let peak = during(&node, &account, &project, mib, &path).await?;
        let name = format!("memory (PSS), during {mib} MiB up and listings");
        table.alone(&name, "MiB", peak, &[Target::Most(96.0)]);
        peaks.push(peak);
    }
    if let [first, .., last] = peaks[..] {
        table.alone("  the largest file beside the smallest", "times", last / first, &[Target::Most(1.2)]);
    }
    tokio::time::sleep(REST).await;
    table.alone("memory (PSS), idle again", "MiB", pss(&node)?, &[Target::Most(40.0)]);
    node.stop()
}

/// The most memory that was seen while a file went up and two people listed a folder of 1,000 entries.
async fn during(node: &Node, account: &Server, project: &str, mib: u64, path: &str) -> Result<f64> {
    let folder = account.folder(project, &format!("Of {mib} MiB")).await?;
    let over = AtomicBool::new(false);
    let up = async {
        let sent = account.upload(project, &folder, "film.mkv", Content::random(mib << 20)?).await;
        over.store(true, Ordering::Relaxed);
        sent
    };
    let list = async || {
        let mut connection = account.connect().await?;
        while !over.load(Ordering::Relaxed) {
            connection.ask(account.request(Method::GET, path, Content::empty())?).await?;
        }
        Ok(())
    };
    let look = async {
        let mut most: f64 = 0.0;
        while !over.load(Ordering::Relaxed) {
            most = most.max(pss(node)?);
            tokio::time::sleep(LOOK).await;
        }
        Ok(most)
    };
    let (_, (), (), most) = tokio::try_join!(up, list(), list(), look)?;
    Ok(most)
}

/// In MiB.
fn pss(node: &Node) -> Result<f64> {
    let path = format!("/proc/{}/smaps_rollup", node.pid());
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("a process without memory")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib / 1024.0)
}
