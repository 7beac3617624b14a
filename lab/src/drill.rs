//! A drill: clients at work, a fault, and what became of what they were told.

use crate::{
    Result,
    clients::{self, Account, Crew, Item, Ledger, Server, read_back},
    control::Say,
    copies::{self, Return},
    faults::{Fault, Struck},
    figures::{Figures, Round},
    lab::Lab,
    plan::Site,
    services::etcd,
};
use kernel::Clock;
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long clients work before the fault: a site that was just brought back is in use again.
const BEFORE: Duration = Duration::from_secs(4);
/// How long they work after the first acknowledgement that follows a takeover.
const AFTER: Duration = Duration::from_secs(3);
/// How long they work beside a fault that takes no leader: longer than any silence that it may cause.
const BESIDE: Duration = Duration::from_secs(15);

/// What a drill does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The faults, each with its rounds.
    pub(crate) faults: Vec<(Fault, usize)>,
}

/// The account of a lab's clients, and the number of the next item.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    account: Account,
    next: Arc<AtomicU64>,
}

impl Clients {
    /// Opens the account.
    pub(crate) async fn open(lab: &Lab) -> Result<Self> {
        Ok(Self { account: Account::open(lab).await?, next: Arc::new(AtomicU64::new(1)) })
    }

    /// Has so many files uploaded; what the clients were told.
    pub(crate) async fn upload(&self, files: u64) -> Arc<Ledger> {
        clients::upload(&self.account, &self.next, files).await
    }

    /// Sets clients to work.
    pub(crate) fn begin(&self) -> Crew {
        Crew::begin(&self.account, &self.next)
    }
}

/// Runs a drill; its figures.
pub(crate) async fn run(lab: &Lab, clients: &Clients, order: &Order, say: &Say) -> Result<Figures> {
    let at = Clock::system().now();
    let (mut rounds, mut items) = (Vec::new(), Vec::new());
    for &(fault, count) in &order.faults {
        for number in 1..=count {
            let leader = lab.whole().await?;
            let struck = Struck::aim(lab, fault, leader).await?;
            say.line(&format!("{fault:?} {number} of {count}, at {}", struck.site.name));
            let (round, made) = one(lab, clients, struck, say).await?;
            say.line(&format!("  {}", round.line()));
            rounds.push(round);
            items.extend(made);
        }
    }
    // What outlived its own round must have outlived those after it too.
    lab.whole().await?;
    let lost = read_back(&nodes(lab, clients, None), &items).await;
    say.line(&format!("at the end: {} of all {} items lost", lost.len(), items.len()));
    if let Some(last) = rounds.last_mut() {
        last.lost += lost.len();
    }
    Ok(Figures::of(&lab.plan, at, &rounds))
}

/// One round; what it showed, and what was acknowledged in it.
async fn one(lab: &Lab, clients: &Clients, struck: Struck, say: &Say) -> Result<(Round, Vec<Item>)> {
    let Struck { fault, site } = struck;
    etcd::lead_from(lab, site).await?;
    let crew = clients.begin();
    sleep(BEFORE).await;
    let begun = Instant::now();
    struck.strike(lab).await?;
    let done = Instant::now();
    let first = first_after(lab, &crew, done).await;
    sleep(if fault.takes_the_leader() { AFTER } else { BESIDE }).await;
    let ended = Instant::now();
    let ledger = crew.end().await;
    let entries = ledger.entries().clone();
    for oddity in &entries.oddities {
        say.line(&format!("  a client was answered: {oddity}"));
    }
    if entries.given_up > 0 {
        say.line(&format!("  {} requests were given up", entries.given_up));
    }
    let items: Vec<_> = entries.acknowledged.iter().map(|entry| entry.item.clone()).collect();
    let lost = read_back(&nodes(lab, clients, fault.takes_the_site().then_some(site)), &items).await;
    for lost in lost.iter().take(5) {
        say.line(&format!("  LOST {}: {}", lost.name, lost.why));
    }
    let healed = Instant::now();
    struck.heal(lab).await?;
    let lacked = copies::lacked_by(lab, site)?;
    lab.whole().await?;
    let back = healed.elapsed().as_secs_f64();
    let copies =
        if site.data { copies::wait_until_brought(lab, site, &lacked).await? } else { Return::default() };
    let mut moments: Vec<_> = entries.acknowledged.iter().map(|entry| entry.at).collect();
    moments.extend([begun, ended]);
    let round = Round {
        fault,
        seconds: first.map(|first| (first - begun).as_secs_f64()),
        silence: silence(moments, begun),
        back,
        acknowledged: items.len(),
        lost: lost.len(),
        errors: entries.errors,
        copies_missing: copies.missing,
        copies_brought_back: copies.brought,
    };
    Ok((round, items))
}

/// When the first write was acknowledged that was sent after the fault; none where none was in time.
async fn first_after(lab: &Lab, crew: &Crew, done: Instant) -> Option<Instant> {
    let patience = lab.plan.lease.patience();
    while done.elapsed() < patience {
        if let Some(first) = crew.ledger().first_after(done) {
            return Some(first);
        }
        sleep(Duration::from_millis(50)).await;
    }
    None
}

/// The longest time between two of these moments, from `since` on.
fn silence(mut moments: Vec<Instant>, since: Instant) -> f64 {
    moments.retain(|moment| *moment >= since);
    moments.sort();
    let gaps = moments.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.max().unwrap_or_default().as_secs_f64()
}

/// The nodes of all sites but one, spoken to as the clients' person.
fn nodes(lab: &Lab, clients: &Clients, but: Option<Site>) -> Vec<Server> {
    let nodes = lab.plan.all_nodes().into_iter().filter(|node| Some(node.site) != but);
    nodes.map(|node| clients.account.entry.at(node.address())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_the_longest_gap_after_the_fault() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let gap = silence(vec![at(0), at(20), at(21), at(25), at(26)], at(20));
        assert!((gap - 4.0).abs() < 1e-9, "{gap}");
    }
}
