//! A network namespace for each site, all on one bridge.
//!
//! The bridge stands in the lab's own namespace, where the entry and the clients are. Neighbours are told once and for all: a
//! site that is cut off leaves no sign but silence. Without that, the kernel would find in a second that nobody answers for the
//! address, and tell programs "no route to host", which no broken wire does.

use crate::{
    Result,
    plan::{self, Plan, Site},
    process::run,
};
use std::{fmt::Write, time::Duration};

const BRIDGE: &str = "sites";
/// How the end of a site's link is called at the site.
const LINK: &str = "site0";
/// How long connections are reset: longer than between two keep-alives.
const RESET: Duration = Duration::from_millis(1500);

/// Makes the network.
pub(crate) async fn make(plan: &Plan) -> Result<()> {
    ip("link set lo up").await?;
    ip(&format!(
        "link add {BRIDGE} address {} type bridge stp_state 0 forward_delay 0",
        plan::entry_hardware()
    ))
    .await?;
    ip(&format!("address add {}/24 dev {BRIDGE}", plan::ENTRY)).await?;
    ip(&format!("link set {BRIDGE} up")).await?;
    let sites = plan.sites();
    for site in sites {
        let Site { name, .. } = site;
        ip(&format!("netns add {name}")).await?;
        ip(&format!("link add {} type veth peer name {LINK} netns {name}", port(site))).await?;
        ip(&format!("-n {name} link set lo up")).await?;
        ip(&format!("-n {name} link set {LINK} address {} up", site.hardware())).await?;
        ip(&format!("-n {name} address add {}/24 dev {LINK}", site.address())).await?;
        ip(&format!("link set {} up", port(site))).await?;
        join(site).await?;
    }
    for site in sites {
        ip(&format!(
            "neighbour replace {} lladdr {} dev {BRIDGE} nud permanent",
            site.address(),
            site.hardware()
        ))
        .await?;
        let others = sites.iter().filter(|other| **other != site);
        let known = others.map(|other| (*other.address().octets().last().unwrap_or(&0), other.hardware()));
        let entry = (plan::ENTRY.octets()[3], plan::entry_hardware());
        for (number, hardware) in known.chain([entry]) {
            let to = format!("10.77.0.{number} lladdr {hardware} dev {LINK} nud permanent");
            ip(&format!("-n {} neighbour replace {to}", site.name)).await?;
        }
    }
    Ok(())
}

/// Cuts the site off: what is sent to it or from it is gone, and nobody is told.
pub(crate) async fn cut(site: Site) -> Result<()> {
    ip(&format!("link set {} nomaster", port(site))).await
}

/// Connects the site, again.
pub(crate) async fn join(site: Site) -> Result<()> {
    ip(&format!("link set {} master {BRIDGE}", port(site))).await
}

/// What is wrong with the link of a site, beside being cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bad {
    /// One of so many packets is lost, each way.
    pub(crate) one_lost_in: u32,
    /// Where a proxy of the site listens that everything goes through, both ways.
    pub(crate) through: u16,
}

/// Makes the link of a site bad. What is connected is reset, since only a new connection can be led through the proxy.
pub(crate) async fn spoil(site: Site, bad: Bad) -> Result<()> {
    let Bad { one_lost_in, through } = bad;
    let mut rules = String::from("table ip lab {\n");
    for (hook, direction) in [("input", "iif"), ("output", "oif")] {
        let _ = writeln!(
            rules,
            "chain loss_{hook} {{ type filter hook {hook} priority 0; \
             {direction} {LINK} numgen random mod {one_lost_in} == 0 drop; }}"
        );
    }
    // The proxy runs as root and nothing else here does: its own connections go straight on.
    let _ = writeln!(
        rules,
        "chain outbound {{ type nat hook output priority -100; \
         oif {LINK} ip protocol tcp meta skuid != 0 redirect to :{through}; }}\n\
         chain inbound {{ type nat hook prerouting priority -100; iif {LINK} ip protocol tcp redirect to :{through}; }}\n}}"
    );
    nft(site, &rules).await?;
    reset(site).await
}

/// Makes it good again.
pub(crate) async fn mend(site: Site) -> Result<()> {
    nft(site, "delete table ip lab\n").await?;
    reset(site).await
}

/// Resets the connections of the site with others: whoever says something on one within the time, and keep-alives say
/// something each second, is answered by a reset.
async fn reset(site: Site) -> Result<()> {
    let chain = |hook: &str, direction: &str| {
        format!(
            "chain {hook} {{ type filter hook {hook} priority 10; \
             {direction} {LINK} ip protocol tcp reject with tcp reset; }}\n"
        )
    };
    let rules = format!("table ip flap {{\n{}{}}}\n", chain("input", "iif"), chain("output", "oif"));
    nft(site, &rules).await?;
    tokio::time::sleep(RESET).await;
    nft(site, "delete table ip flap\n").await
}

async fn nft(site: Site, rules: &str) -> Result<()> {
    run("ip", &["netns", "exec", site.name, "nft", rules]).await.map(drop)
}

/// The end of a site's link at the bridge.
fn port(site: Site) -> String {
    format!("to-{}", site.name)
}

async fn ip(words: &str) -> Result<()> {
    run("ip", &words.split(' ').collect::<Vec<_>>()).await.map(drop)
}
