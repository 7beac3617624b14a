//! The proofs that this node saw lately, so that not every request asks the database who sends it.

use access::Actor;
use kernel::{AccountId, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a proof is good at this node before it is looked at again.
const KNOWN_FOR: Duration = Duration::from_secs(2);
/// Proofs that are remembered at once.
const CROWD: usize = 20_000;

type Proof = (AccountId, [u8; 32]);

/// The proofs that this node saw lately: by account and hash.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Crowd>);

#[derive(Debug, Default)]
struct Crowd {
    proofs: HashMap<Proof, (Timestamp, Actor)>,
    /// Counts the calls of [`Known::forget`].
    ends: u64,
}

/// How many ends a look-up had seen when it began. What it then found may have ended while it looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends(u64);

impl Known {
    pub(super) fn get(&self, account: AccountId, hash: &[u8; 32], now: Timestamp) -> Result<Actor, Ends> {
        let crowd = self.crowd();
        crowd
            .proofs
            .get(&(account, *hash))
            .filter(|(at, _)| now.since(*at) < KNOWN_FOR && *at <= now)
            .map(|(_, actor)| actor.clone())
            .ok_or(Ends(crowd.ends))
    }

    /// Remembers what a look-up found, unless something ended since it began: it may have read what was there before.
    pub(super) fn put(&self, hash: [u8; 32], now: Timestamp, actor: &Actor, seen: Ends) {
        let mut crowd = self.crowd();
        if seen != Ends(crowd.ends) {
            return;
        }
        if crowd.proofs.len() >= CROWD {
            crowd.proofs.retain(|_, (at, _)| now.since(*at) < KNOWN_FOR);
        }
        crowd.proofs.insert((actor.account(), hash), (now, actor.clone()));
    }

    /// Forgets the proofs of whoever this is true of. Comes after the commit of what ended them.
    pub(super) fn forget(&self, over: impl Fn(&Actor) -> bool) {
        let mut crowd = self.crowd();
        crowd.ends += 1;
        crowd.proofs.retain(|_, (_, actor)| !over(actor));
    }

    /// Forgets one proof.
    pub(super) fn forget_proof(&self, account: AccountId, hash: [u8; 32]) {
        let mut crowd = self.crowd();
        crowd.ends += 1;
        crowd.proofs.remove(&(account, hash));
    }

    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
