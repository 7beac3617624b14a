//! Work on all copies that one node leads at a time.
//!
//! Each duty is a row with a lease. Whoever leads renews it meanwhile, and stops where it cannot; a node that is gone is
//! followed when its lease is over. Two that work at once for a moment, since their clocks differ or one was asleep, do each
//! other no harm: what they do is the same done twice.

use super::{
    model::{Figures, Pass, Spot},
    store::duties,
};
use crate::Palisade;
use db::{Reason, SystemTx};
use kernel::{Result, Timestamp};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long a lease holds without being renewed.
const LEASE: Duration = Duration::from_mins(1);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(15);

/// What there is to be led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Compares what is held with what is to be, after the sites have changed.
    Census,
    /// Brings what is missing.
    Repair,
    /// Reads copies back.
    Scrub,
}

impl Duty {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Census => "census",
            Self::Repair => "repair",
            Self::Scrub => "scrub",
        }
    }
}

/// How far a duty has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// What it works towards.
    pub(super) aim: String,
    /// The blob up to which it came.
    pub(super) at: Option<Spot>,
    pub(super) begun_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) figures: Figures,
    pub(super) last: Option<Pass>,
}

impl Progress {
    /// Whether a pass is under way or was made towards this.
    pub(super) fn is_towards(&self, aim: &str) -> bool {
        self.aim == aim && self.begun_at.is_some()
    }

    /// Begins a pass.
    pub(super) fn begin(self, aim: String, now: Timestamp) -> Self {
        Self { aim, begun_at: Some(now), last: self.last, ..Self::default() }
    }

    /// Ends it.
    pub(super) fn end(&mut self, now: Timestamp) {
        self.ended_at = Some(now);
        self.last = Some(Pass::new(self.begun_at.unwrap_or(now), now, self.figures));
    }
}

/// Works while this node leads; none where another does, or has taken over. Whoever comes to an end makes room for others at
/// once; after one that failed or was killed they wait for its lease.
pub(super) async fn lead<T>(
    palisade: &Palisade,
    duty: Duty,
    work: impl Future<Output = Result<T>>,
) -> Result<Option<T>> {
    if !claim(palisade, duty).await? {
        return Ok(None);
    }
    let done = tokio::select! {
        done = work => done?,
        () = hold(palisade, duty) => {
            tracing::warn!(duty = duty.as_str(), "another node leads now");
            return Ok(None);
        }
    };
    let node = palisade.node;
    let release = move |tx: &mut SystemTx<'_>| {
        let now = tx.now();
        duties::claim(tx, duty, node, now)
    };
    palisade.db.system_write(Reason::TendCopies, release).await?;
    Ok(Some(done))
}

async fn claim(palisade: &Palisade, duty: Duty) -> Result<bool> {
    let node = palisade.node;
    let claim = move |tx: &mut SystemTx<'_>| {
        let until = tx.now() + LEASE;
        duties::claim(tx, duty, node, until)
    };
    palisade.db.system_write(Reason::TendCopies, claim).await
}

/// Ends where the lease is lost, or may be before it can be renewed again.
async fn hold(palisade: &Palisade, duty: Duty) {
    let mut until = palisade.source.now() + LEASE;
    loop {
        sleep(RENEW).await;
        let next = palisade.source.now() + LEASE;
        match timeout(RENEW, claim(palisade, duty)).await {
            Ok(Ok(true)) => until = next,
            Ok(Ok(false)) => return,
            Ok(Err(_)) | Err(_) if palisade.source.now() + 2 * RENEW >= until => return,
            Ok(Err(_)) | Err(_) => {}
        }
    }
}
