//! Copies as they lie on the disks of the stores, beside what the program says of them.

use crate::{
    Result,
    lab::Lab,
    plan::Site,
    services::{node, store},
};
use std::{collections::BTreeSet, path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep};

/// How long it is waited for the next copy to be brought back: where none comes for so long, none will.
const REPAIR: Duration = Duration::from_secs(30);
/// How long nothing may have come before it is believed that nothing is missing: the program counts now and then.
const QUIET: Duration = Duration::from_secs(3);

/// What became of the copies that a site lacked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Return {
    /// How many it has now, by what lies on its disk.
    pub(crate) brought: usize,
    /// How many any site lacks still, as the program counts. Its count is smaller than what stores lack of each other: uploads that
    /// were not acknowledged leave parts behind, which nobody is to have and the collector deletes.
    pub(crate) missing: usize,
}

/// What other stores hold, and that of this site lacks.
pub(crate) fn lacked_by(lab: &Lab, site: Site) -> Result<BTreeSet<PathBuf>> {
    if !site.data {
        return Ok(BTreeSet::new());
    }
    let own = store::objects(lab, site)?;
    let mut missing = held_by_others(lab, site)?;
    missing.retain(|object| !own.contains(object));
    Ok(missing)
}

fn held_by_others(lab: &Lab, site: Site) -> Result<BTreeSet<PathBuf>> {
    let mut held = BTreeSet::new();
    for other in lab.plan.data_sites().filter(|other| *other != site) {
        held.append(&mut store::objects(lab, other)?);
    }
    Ok(held)
}

/// Waits until the program says that no copy is missing, or no more of these come.
pub(crate) async fn wait_until_brought(lab: &Lab, site: Site, lacked: &BTreeSet<PathBuf>) -> Result<Return> {
    let (mut brought, mut last) = (0, Instant::now());
    loop {
        let own = store::objects(lab, site)?;
        let now = lacked.iter().filter(|object| own.contains(*object)).count();
        if now > brought {
            (brought, last) = (now, Instant::now());
        }
        let missing = node::missing_copies(lab).await;
        let patience = if missing == Some(0) { QUIET } else { REPAIR };
        if last.elapsed() > patience {
            let missing = missing.ok_or("no node says how many copies are missing")?;
            return Ok(Return { brought, missing });
        }
        sleep(Duration::from_millis(500)).await;
    }
}
