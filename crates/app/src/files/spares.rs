//! Intents that were committed ahead, by the upload before: so a small one costs one commit instead of two.
//!
//! They are known to this node alone. What is not used expires, and is collected as any intent that nobody renewed.

use super::blobs::INTENT;
use kernel::{AccountId, BlobId, Source, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How many an account keeps: as many small uploads may run at once without a commit of their own.
const MOST: usize = 8;

/// An intent that waits for an upload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spare {
    pub(super) blob: BlobId,
    pub(super) expires_at: Timestamp,
}

impl Spare {
    pub(super) fn new(source: &Source) -> Self {
        Self { blob: source.id(), expires_at: source.now() + INTENT }
    }
}

/// The intents that wait, by account.
#[derive(Debug, Default)]
pub(crate) struct Spares(Mutex<HashMap<AccountId, Vec<Spare>>>);

impl Spares {
    /// Takes one that is good for half of an intent's life at least: a small upload ends before.
    pub(super) fn take(&self, account: AccountId, now: Timestamp) -> Option<Spare> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.get_mut(&account)?;
        let mut taken = None;
        while let (None, Some(spare)) = (taken, waiting.pop()) {
            taken = Some(spare).filter(|spare| spare.expires_at > now + INTENT / 2);
        }
        if waiting.is_empty() {
            all.remove(&account);
        }
        taken
    }

    /// Keeps one, unless there are enough.
    pub(super) fn put(&self, account: AccountId, spare: Spare) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(account).or_default();
        if waiting.len() < MOST {
            waiting.push(spare);
        }
    }
}
