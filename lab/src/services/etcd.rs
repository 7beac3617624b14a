//! etcd: one member at each of the three sites, which together decide who leads.

use crate::{
    Result,
    lab::Lab,
    plan::Site,
    process::{at, finish, start_at, wait_for},
};
use serde_json::Value;
use std::time::Duration;

/// How long the members may take to agree on a leader: an election takes a second.
const ELECTION: Duration = Duration::from_secs(20);

/// Starts the member of a site.
pub(crate) fn start(lab: &Lab, site: Site) -> Result<()> {
    let data = lab.data_of(site).join("etcd");
    lab.user.make_folder(&data)?;
    let settings = lab.places_of(site).with("DATA", data.display()).fill(&lab.deploy("etcd/etcd.env"))?;
    let mut command = at(site, Some(lab.user), "etcd");
    let lines = settings.lines().filter(|line| !line.starts_with('#'));
    command.envs(lines.filter_map(|line| line.split_once('=')));
    start_at(&lab.plan, site, "etcd", command).map(drop)
}

/// The site of the leader, as the members say that answer.
async fn leader(lab: &Lab) -> Option<Site> {
    let text = control(lab, &lab.plan.sites(), &["endpoint", "status", "-w", "json"]).await.ok()?;
    let all: Value = serde_json::from_str(&text).ok()?;
    let leads = |status: &&Value| {
        let status = &status["Status"];
        !status["leader"].is_null() && status["leader"] == status["header"]["member_id"]
    };
    let endpoint = all.as_array()?.iter().find(leads)?["Endpoint"].as_str()?;
    lab.plan.sites().into_iter().find(|site| endpoint.contains(&site.host()))
}

/// Waits until all members follow one leader.
pub(crate) async fn wait(lab: &Lab) -> Result<()> {
    let healthy = async || {
        control(lab, &lab.plan.sites(), &["endpoint", "health"]).await.ok()?;
        leader(lab).await
    };
    wait_for("all members of etcd", ELECTION, healthy).await.map(drop)
}

/// Has the member of this site lead, so that its loss costs an election of etcd besides: the worst case.
pub(crate) async fn lead_from(lab: &Lab, site: Site) -> Result<()> {
    let moved = async || {
        let now = leader(lab).await?;
        if now == site {
            return Some(());
        }
        let members = control(lab, &[site], &["endpoint", "status", "-w", "json"]).await.ok()?;
        let members: Value = serde_json::from_str(&members).ok()?;
        let id = members[0]["Status"]["header"]["member_id"].as_u64()?;
        control(lab, &[now], &["move-leader", &format!("{id:x}")]).await.ok();
        None
    };
    wait_for("the leader of etcd to move", ELECTION, moved).await
}

async fn control(lab: &Lab, sites: &[Site], words: &[&str]) -> Result<String> {
    let endpoints: Vec<_> = sites.iter().map(|site| format!("{}:2379", site.host())).collect();
    let mut command = crate::process::at_entry(lab.user, "etcdctl");
    command.env("ETCDCTL_API", "3").args(["--command-timeout=3s", "--dial-timeout=1s", "--endpoints"]);
    command.arg(endpoints.join(",")).args(words);
    finish(command, "").await
}
