//! How often a takeover happens that nobody needed: with a short lease, a busy machine is enough.

use crate::{Result, control::Say, drill::Clients, lab::Lab, services::postgres};
use serde::{Deserialize, Serialize};
use std::{fs, time::Duration};
use tokio::time::{Instant, sleep};

/// What a stress run does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// How long it lasts, in seconds.
    pub(crate) seconds: u64,
    /// How many threads do nothing but keep the processors busy.
    pub(crate) load: usize,
}

/// Runs it, and says what happened. Whether no leader changed.
pub(crate) async fn run(lab: &Lab, clients: &Clients, order: &Order, say: &Say) -> Result<bool> {
    let before = timeline(lab).await?;
    let demoted_before = demotions(lab)?;
    let busy = Busy::begin(order.load)?;
    let crew = clients.begin();
    let begun = Instant::now();
    sleep(Duration::from_secs(order.seconds)).await;
    let took = begun.elapsed();
    let ledger = crew.end().await;
    drop(busy);
    lab.whole().await?;
    let takeovers = timeline(lab).await? - before;
    let demotions = demotions(lab)? - demoted_before;
    let entries = ledger.entries().clone();
    let mut took_each: Vec<_> = entries.acknowledged.iter().map(|entry| entry.at - entry.sent).collect();
    took_each.sort_unstable();
    let median = took_each.get(took_each.len() / 2).copied().unwrap_or_default();
    let mut moments: Vec<_> = entries.acknowledged.iter().map(|entry| entry.at).collect();
    moments.sort_unstable();
    let silence = moments.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
    say.line(&format!(
        "ttl {}: {takeovers} takeovers and {demotions} demotions in {:.0} s under {} busy threads; {} acknowledged, median {} ms, \
         longest silence {:.2} s, errors 503/connection/silence/other {}/{}/{}/{}",
        lab.plan.lease.ttl,
        took.as_secs_f64(),
        order.load,
        entries.acknowledged.len(),
        median.as_millis(),
        silence.as_secs_f64(),
        entries.errors.unavailable,
        entries.errors.connection,
        entries.errors.silence,
        entries.errors.other,
    ));
    Ok(takeovers == 0 && demotions == 0)
}

/// The number of the database's timeline, which grows with each takeover.
async fn timeline(lab: &Lab) -> Result<u64> {
    let leader = postgres::leader(lab, None).await.ok_or("no database leads")?;
    Ok(postgres::ask(lab, leader, "SELECT timeline_id FROM pg_control_checkpoint()").await?.parse()?)
}

/// How often a Patroni gave up its lead by itself.
fn demotions(lab: &Lab) -> Result<usize> {
    let mut count = 0;
    for site in lab.plan.data_sites() {
        let log = fs::read_to_string(lab.plan.logs_of(site).join("patroni.log"))?;
        count += log.matches("Demoting self").count();
    }
    Ok(count)
}

/// Processes that keep processors busy, as long as this lives.
struct Busy(Vec<std::process::Child>);

impl Busy {
    fn begin(threads: usize) -> Result<Self> {
        let mut busy = Self(Vec::new());
        for _ in 0..threads {
            busy.0.push(std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn()?);
        }
        Ok(busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
