//! Copies as they lie on the disks of the stores, whatever the program says of them.

use crate::{Result, lab::Lab, plan::Site, services::store};
use std::{collections::BTreeSet, path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep};

/// How long it is waited for the next copy to be brought back: where none comes for so long, none will.
const REPAIR: Duration = Duration::from_secs(20);

/// What other stores hold, and that of this site lacks.
pub(crate) fn missing_at(lab: &Lab, site: Site) -> Result<BTreeSet<PathBuf>> {
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

/// Waits until the site has these, or others have them no more, or no more of them come; how many it has.
pub(crate) async fn wait_until_brought(lab: &Lab, site: Site, missing: &BTreeSet<PathBuf>) -> Result<usize> {
    if missing.is_empty() {
        return Ok(0);
    }
    let (mut brought, mut last) = (0, Instant::now());
    loop {
        let (own, others) = (store::objects(lab, site)?, held_by_others(lab, site)?);
        let now = missing.iter().filter(|object| own.contains(*object)).count();
        if now > brought {
            (brought, last) = (now, Instant::now());
        }
        let wanted = missing.iter().any(|object| others.contains(object) && !own.contains(object));
        if !wanted || last.elapsed() > REPAIR {
            return Ok(brought);
        }
        sleep(Duration::from_millis(500)).await;
    }
}
