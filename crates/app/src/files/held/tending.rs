//! What a node does for the copies all the time: the repair when something is missing, the scrub at its pace, what was met on
//! the way at once.

use super::{abandon, model::Spot, repair, scrub, standing};
use crate::Palisade;
use kernel::Result;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// How often the repair looks for what is missing, where nobody says that something is.
const REPAIR: Duration = Duration::from_secs(10);
/// How often the scrub looks whether a pass is due.
const SCRUB: Duration = Duration::from_mins(1);
/// How often uploads that were never completed are looked for.
const ABANDON: Duration = Duration::from_hours(1);
/// How often the clocks are compared, and the buckets asked what they keep.
const LOOK: Duration = Duration::from_mins(10);
/// By how many microseconds a clock may be wrong before it is said.
const SKEW: i64 = 5_000_000;
/// Doubted blobs that are remembered at once; the scrub finds the others in its time.
const DOUBTS: usize = 1_000;

/// What waits for whoever tends the copies here.
#[derive(Debug, Default)]
pub(crate) struct Tending {
    missing: Notify,
    doubted: Notify,
    doubts: Mutex<BTreeSet<Spot>>,
}

impl Tending {
    /// Something is missing.
    pub(crate) fn wake(&self) {
        self.missing.notify_one();
    }

    /// Somebody met a copy of this blob that was none.
    pub(crate) fn doubt(&self, spot: Spot) {
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        if doubts.len() < DOUBTS {
            doubts.insert(spot);
        }
        drop(doubts);
        self.doubted.notify_one();
    }

    fn take(&self) -> Vec<Spot> {
        let mut doubts = self.doubts.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *doubts).into_iter().collect()
    }
}

/// Looks at once at the blobs of which readers met a copy that was none; how many copies were mended.
///
/// # Errors
/// Those of the database; the scrub finds them in its time then.
pub async fn mend_doubted(palisade: &Palisade) -> Result<u64> {
    let doubts = palisade.tending.take();
    if doubts.is_empty() {
        return Ok(0);
    }
    Ok(scrub::look_at(palisade, doubts).await?.mended)
}

/// Tends the copies, for as long as it is polled.
pub async fn tend(palisade: &Palisade) {
    tokio::join!(keep_whole(palisade), read_back(palisade));
}

async fn keep_whole(palisade: &Palisade) {
    let (mut abandoned, mut looked) = (Instant::now(), None::<Instant>);
    loop {
        if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            looked = Some(Instant::now());
            look_around(palisade).await;
        }
        if let Err(error) = repair::repair(palisade).await {
            tracing::warn!(%error, "the repair goes on later");
        }
        match standing(palisade).await {
            Ok(standing) => palisade.numbers.stands(palisade.sites.names(), &standing, palisade.source.now()),
            Err(error) => tracing::warn!(%error, "how it stands with the copies is counted later"),
        }
        if abandoned.elapsed() >= ABANDON {
            abandoned = Instant::now();
            if let Err(error) = abandon(palisade).await {
                tracing::warn!(%error, "what was never completed is given up later");
            }
        }
        tokio::select! {
            () = palisade.tending.missing.notified() => {}
            () = sleep(REPAIR) => {}
        }
    }
}

/// Looks at what would make all this be in vain: clocks that differ, and buckets that keep what is deleted.
async fn look_around(palisade: &Palisade) {
    let mut clocks = Vec::new();
    for (site, examined) in palisade.sites.examine().await {
        let Ok(examined) = examined else { continue }; // away: the repair says so
        if let Some(keeps) = examined.keeps {
            tracing::error!(%site, keeps, "what is deleted is not gone here");
        }
        clocks.extend(examined.ahead.map(|ahead| (format!("site {site}"), ahead)));
    }
    if let Ok(health) = palisade.db.check().await {
        clocks.push(("database".to_owned(), health.ahead));
    }
    for (of, ahead) in clocks {
        if ahead.abs() > SKEW {
            let seconds = ahead / 1_000_000;
            tracing::warn!(
                of,
                seconds,
                "a clock is ahead of this machine's, or behind: leases and signatures need one time"
            );
        }
        palisade.numbers.clock(&of, ahead);
    }
}

async fn read_back(palisade: &Palisade) {
    loop {
        if let Err(error) = mend_doubted(palisade).await {
            tracing::warn!(%error, "what was met is looked at later");
        }
        // A batch at a time, so that what is met meanwhile does not wait for the end of the pass.
        match scrub::scrub(palisade, Some(1)).await {
            Ok(Some(_)) => continue,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the scrub goes on later"),
        }
        tokio::select! {
            () = palisade.tending.doubted.notified() => {}
            () = sleep(SCRUB) => {}
        }
    }
}
