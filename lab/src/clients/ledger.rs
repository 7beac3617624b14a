//! What clients were told: each item with the time at which it was acknowledged, and each failure by its kind.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{
    ops::AddAssign,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// Something that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its id, as the answer had it.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What it must hold: the bytes of a file, nothing of a folder.
    pub(crate) content: Option<Content>,
}

/// The bytes of a file, which follow from a number: nothing has to be kept to compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    seed: u64,
    bytes: usize,
}

impl Content {
    /// The content for this number: some bytes to some KiB, as documents have.
    pub(crate) fn of(seed: u64) -> Self {
        Self { seed, bytes: 1 + usize::try_from(mix(seed) % 32_768).unwrap_or(0) }
    }

    /// The bytes themselves.
    pub(crate) fn bytes(self) -> Bytes {
        let words =
            (0..self.bytes.div_ceil(8) as u64).flat_map(|word| mix(self.seed ^ mix(word + 1)).to_le_bytes());
        words.take(self.bytes).collect()
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): each number gives another, of which nothing shows.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// An item with its times.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) item: Item,
    /// When the request was sent that was answered.
    pub(crate) sent: Instant,
    /// When its answer had come.
    pub(crate) at: Instant,
}

/// What went wrong, as clients saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Errors {
    /// Answers of 503, which say that it may be tried again.
    pub(crate) unavailable: usize,
    /// Connections that were refused, reset, or ended in the middle.
    pub(crate) connection: usize,
    /// Requests that were not answered in time.
    pub(crate) silence: usize,
    /// Answers that no client should get: each one is a fault of the program.
    pub(crate) other: usize,
}

impl AddAssign for Errors {
    fn add_assign(&mut self, more: Self) {
        self.unavailable += more.unavailable;
        self.connection += more.connection;
        self.silence += more.silence;
        self.other += more.other;
    }
}

/// What all clients of a round were told.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Entries>);

/// The entries of a [`Ledger`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) errors: Errors,
    /// The first few of the answers that no client should get.
    pub(crate) oddities: Vec<String>,
    /// What clients gave up: nobody knows whether it is there.
    pub(crate) given_up: usize,
}

impl Ledger {
    /// How many oddities are kept.
    const ODDITIES: usize = 5;

    /// Notes what was acknowledged.
    pub(crate) fn acknowledge(&self, acknowledged: Acknowledged) {
        self.entries().acknowledged.push(acknowledged);
    }

    /// Notes failures.
    pub(crate) fn fail(&self, errors: Errors) {
        self.entries().errors += errors;
    }

    /// Notes an answer that no client should get.
    pub(crate) fn wonder(&self, oddity: String) {
        let mut entries = self.entries();
        entries.errors.other += 1;
        if entries.oddities.len() < Self::ODDITIES {
            entries.oddities.push(oddity);
        }
    }

    /// Notes that a client gave up.
    pub(crate) fn give_up(&self) {
        self.entries().given_up += 1;
    }

    /// When the first answer came to a request that was sent after `since`.
    pub(crate) fn first_after(&self, since: Instant) -> Option<Instant> {
        self.entries().acknowledged.iter().filter(|entry| entry.sent > since).map(|entry| entry.at).min()
    }

    /// All of it.
    pub(crate) fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_the_same_each_time_and_another_for_each_number() {
        let (one, other) = (Content::of(1), Content::of(2));
        assert_eq!(one.bytes(), one.bytes());
        assert_ne!(one.bytes(), other.bytes());
        assert!((1..=32_768).contains(&one.bytes().len()));
    }

    #[test]
    fn only_a_request_that_was_sent_after_the_fault_shows_that_it_is_over() {
        let ledger = Ledger::default();
        let (before, fault) = (Instant::now(), Instant::now() + std::time::Duration::from_secs(1));
        let after = fault + std::time::Duration::from_secs(2);
        let item = Item { id: "1".to_owned(), name: "a".to_owned(), content: None };
        ledger.acknowledge(Acknowledged { item: item.clone(), sent: before, at: after });
        assert_eq!(ledger.first_after(fault), None);
        ledger.acknowledge(Acknowledged { item, sent: after, at: after });
        assert_eq!(ledger.first_after(fault), Some(after));
    }
}
