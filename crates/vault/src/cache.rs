//! Clear keys in memory, for a minute.
//!
//! A key is read again 60 s after it was *loaded*, used or not, so that a node that missed an erasure stops serving the
//! account by itself. A hit takes a shared lock for a look-up and nothing else; no lock is held while a key is read but
//! the turn of those who wait for the same one.

use kernel::{Clock, Result, Timestamp};
use std::{
    collections::HashMap,
    fmt,
    sync::{PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

use crate::keyring::KeyId;

/// How long a key is served after it was loaded.
const LIFE: Duration = Duration::from_mins(1);

pub(crate) struct Cache<K> {
    clock: Clock,
    held: RwLock<Held<K>>,
    /// Of those who miss the same key one reads it.
    turns: Box<[Mutex<()>]>,
}

struct Held<K> {
    keys: HashMap<KeyId, (Timestamp, K)>,
    /// Counts purges, so that a key that was read before one is not kept after it.
    purges: u64,
    swept: Timestamp,
}

impl<K: Clone> Cache<K> {
    pub(crate) fn new(clock: Clock) -> Self {
        let held = Held { keys: HashMap::new(), purges: 0, swept: clock.now() };
        Self { clock, held: RwLock::new(held), turns: (0..64).map(|_| Mutex::new(())).collect() }
    }

    /// The key, from memory or else from `load`.
    pub(crate) async fn get_or_load<F>(&self, id: KeyId, load: impl Fn() -> F) -> Result<K>
    where
        F: Future<Output = Result<K>>,
    {
        if let Some(key) = self.get(id) {
            return Ok(key);
        }
        let _turn = self.turns[usize::from(id[15]) % self.turns.len()].lock().await;
        loop {
            if let Some(key) = self.get(id) {
                return Ok(key);
            }
            let (purges, now) = (self.read(|held| held.purges), self.clock.now());
            let key = load().await?;
            if self.keep(id, key.clone(), purges, now) {
                return Ok(key);
            }
        }
    }

    fn get(&self, id: KeyId) -> Option<K> {
        let now = self.clock.now();
        self.read(|held| {
            held.keys.get(&id).filter(|(loaded, _)| lives(*loaded, now)).map(|(_, key)| key.clone())
        })
    }

    /// Keeps a key unless something was purged since it was asked for.
    fn keep(&self, id: KeyId, key: K, purges: u64, loaded: Timestamp) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.purges != purges {
            return false;
        }
        if !lives(held.swept, loaded) {
            held.keys.retain(|_, (at, _)| lives(*at, loaded));
            held.swept = loaded;
        }
        held.keys.insert(id, (loaded, key));
        true
    }

    /// Forgets a key at once, also one that is being read.
    pub(crate) fn purge(&self, id: KeyId) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.purges += 1;
        held.keys.remove(&id);
    }

    /// Forgets what is no longer served.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.keys.retain(|_, (loaded, _)| lives(*loaded, now));
        held.swept = now;
    }

    fn read<T>(&self, read: impl FnOnce(&Held<K>) -> T) -> T {
        read(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Not where the clock went back behind the loading: then nobody knows how old it is.
fn lives(loaded: Timestamp, now: Timestamp) -> bool {
    loaded <= now && now.since(loaded) < LIFE
}

impl<K> fmt::Debug for Cache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TurnedClock;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    const ID: KeyId = [7; 16];

    #[tokio::test]
    async fn a_key_is_read_again_a_minute_after_it_was_loaded_however_often_it_is_used() {
        let (clock, reads) = (TurnedClock::new(), AtomicU32::new(0));
        let cache = Cache::new(clock.clock());
        let load = async || Ok(reads.fetch_add(1, SeqCst));
        for second in 0..120 {
            assert_eq!(cache.get_or_load(ID, load).await.unwrap(), second / 60);
            clock.turn(1);
        }
        clock.turn(-30);
        assert_eq!(cache.get_or_load(ID, load).await.unwrap(), 1, "120 s after the start, less 30");
        clock.turn(-60);
        assert_eq!(cache.get_or_load(ID, load).await.unwrap(), 2, "the clock went back behind the loading");
    }

    #[tokio::test]
    async fn a_failed_reading_serves_nothing_old() {
        let clock = TurnedClock::new();
        let cache = Cache::new(clock.clock());
        cache.get_or_load(ID, async || Ok(1)).await.unwrap();
        clock.turn(60);
        assert!(cache.get_or_load(ID, async || Err(kernel::Error::not_found())).await.is_err());
    }

    #[tokio::test]
    async fn a_key_that_was_purged_while_it_was_read_is_read_again() {
        let (clock, reads) = (TurnedClock::new(), AtomicU32::new(0));
        let cache = Cache::new(clock.clock());
        let load = async || {
            let read = reads.fetch_add(1, SeqCst);
            if read == 0 {
                cache.purge(ID);
            }
            Ok(read)
        };
        assert_eq!(cache.get_or_load(ID, load).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn many_who_miss_read_once() {
        let (clock, reads) = (TurnedClock::new(), AtomicU32::new(0));
        let cache = Cache::new(clock.clock());
        let load = async || {
            tokio::task::yield_now().await;
            Ok(reads.fetch_add(1, SeqCst))
        };
        let all = futures_util::future::join_all((0..100).map(|_| cache.get_or_load(ID, load))).await;
        assert!(all.into_iter().all(|key| key.unwrap() == 0));
    }

    #[tokio::test]
    async fn what_is_no_longer_served_is_forgotten() {
        let clock = TurnedClock::new();
        let cache = Cache::new(clock.clock());
        let key = std::sync::Arc::new(());
        cache.get_or_load(ID, async || Ok(key.clone())).await.unwrap();
        clock.turn(61);
        cache.get_or_load([8; 16], async || Ok(std::sync::Arc::new(()))).await.unwrap();
        assert_eq!(std::sync::Arc::strong_count(&key), 1, "by the next that is kept");
        cache.get_or_load(ID, async || Ok(key.clone())).await.unwrap();
        clock.turn(61);
        cache.sweep();
        assert_eq!(std::sync::Arc::strong_count(&key), 1, "by a sweep");
    }
}
