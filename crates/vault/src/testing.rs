//! What the tests of this crate share.

use kernel::{AccountId, Clock, Entropy, Source, Timestamp};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// Bytes that look random and are the same in each run: SHA-256 of the seed and a counter.
pub(crate) fn entropy(seed: u64) -> Entropy {
    let counter = Mutex::new(0_u64);
    Entropy::new(move |buffer| {
        let mut counter = counter.lock().unwrap();
        for chunk in buffer.chunks_mut(32) {
            let block = crate::codec::sha256(&[seed.to_be_bytes(), counter.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
            *counter += 1;
        }
    })
}

/// Like [`entropy`], from a seed that no other call of this run had.
pub(crate) fn another_entropy() -> Entropy {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
    entropy(NEXT.fetch_add(1, SeqCst))
}

/// An account whose key lies in the shard `number`.
pub(crate) fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

/// A clock that a test turns.
#[derive(Clone)]
pub(crate) struct TurnedClock(Arc<AtomicI64>);

impl TurnedClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000_000)))
    }

    pub(crate) fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || Timestamp::from_micros(now.load(SeqCst)))
    }

    pub(crate) fn turn(&self, seconds: i64) {
        let micros = i64::try_from(Duration::from_secs(1).as_micros()).unwrap();
        self.0.fetch_add(seconds * micros, SeqCst);
    }

    pub(crate) fn source(&self) -> Source {
        Source { clock: self.clock(), entropy: another_entropy() }
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
