//! How long a site that was away takes to have all that it missed.

use crate::{Result, control::Say, copies, drill::Clients, lab::Lab, process::kill_all, services::store};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// What is to be missed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// How many files.
    pub(crate) files: u64,
}

/// Kills a site that does not lead, has files written, brings it back, and says what that took. Whether it has everything.
pub(crate) async fn run(lab: &Lab, clients: &Clients, order: &Order, say: &Say) -> Result<bool> {
    let leader = lab.whole().await?;
    let site = lab.plan.data_sites().find(|site| *site != leader).ok_or("a lab with one data site")?;
    say.line(&format!("{} is killed, and misses {} files", site.name, order.files));
    kill_all(site).await?;
    let begun = Instant::now();
    let ledger = clients.upload(order.files).await;
    let wrote = begun.elapsed().as_secs_f64();
    let acknowledged = ledger.entries().acknowledged.len();
    let errors = ledger.entries().errors;
    let begun = Instant::now();
    lab.start_site(site)?;
    let lacked = copies::lacked_by(lab, site)?;
    lab.whole().await?;
    let serves = begun.elapsed().as_secs_f64();
    let copies = copies::wait_until_brought(lab, site, &lacked).await?;
    let took = begun.elapsed().as_secs_f64();
    let mib = store::size(lab, site, &lacked) >> 20;
    say.line(&format!(
        "{acknowledged} files written in {wrote:.1} s (errors 503/connection/silence/other {}/{}/{}/{}); the site serves after \
         {serves:.1} s; {} copies, {mib} MiB, are back after {took:.1} s, and {} are missing",
        errors.unavailable,
        errors.connection,
        errors.silence,
        errors.other,
        copies.brought,
        copies.missing,
    ));
    Ok(copies.missing == 0 && errors.other == 0)
}
