//! Rate limits: so many tries a key in a window that slides, in memory of this node.

use kernel::{Error, Kind, Result, Timestamp};
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Keys that are kept without a look; past that the ones whose window is over are let go.
const CROWD: usize = 10_000;

/// At most `tries` in `window` for each key.
#[derive(Debug)]
pub struct Limiter<K> {
    tries: usize,
    window: Duration,
    seen: Mutex<Seen<K>>,
}

#[derive(Debug)]
struct Seen<K> {
    tries: HashMap<K, VecDeque<Timestamp>>,
    /// How many keys there are when they are looked through: twice what the last look left, so that a crowd of keys that
    /// still count does not make each try slow.
    look_at: usize,
}

impl<K: Eq + Hash> Limiter<K> {
    /// A limit of `tries` in `window`.
    pub fn new(tries: usize, window: Duration) -> Self {
        Self { tries, window, seen: Mutex::new(Seen { tries: HashMap::new(), look_at: CROWD }) }
    }

    /// Counts one try.
    ///
    /// # Errors
    /// `too-many` (429) with the seconds to wait, where there were too many; that try is not counted, so a victim whose
    /// key is hammered by others waits no longer than the window.
    pub fn take(&self, key: K, now: Timestamp) -> Result<()> {
        let mut seen = self.seen();
        if seen.tries.len() >= seen.look_at {
            seen.tries.retain(|_, tries| tries.back().is_some_and(|last| now.since(*last) < self.window));
            seen.look_at = CROWD.max(seen.tries.len() * 2);
        }
        let tries = seen.tries.entry(key).or_default();
        while tries.front().is_some_and(|first| now.since(*first) >= self.window) {
            tries.pop_front();
        }
        match tries.front() {
            Some(first) if tries.len() >= self.tries => {
                let seconds = (self.window.saturating_sub(now.since(*first))).as_secs().max(1);
                Err(Error::new(Kind::TooMany { retry_after: seconds }, "too-many").with("seconds", seconds))
            }
            _ => {
                tries.push_back(now);
                Ok(())
            }
        }
    }

    /// Gives the last try of a key back: it was none that counts.
    pub fn give_back(&self, key: &K) {
        if let Some(tries) = self.seen().tries.get_mut(key) {
            tries.pop_back();
        }
    }

    /// Forgets the tries of a key, after a success.
    pub fn forget(&self, key: &K) {
        self.seen().tries.remove(key);
    }

    fn seen(&self) -> MutexGuard<'_, Seen<K>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let limiter = Limiter::new(2, Duration::from_secs(10));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert!(limiter.take("a", at(0)).is_ok());
        assert!(limiter.take("a", at(5)).is_ok());
        let refused = limiter.take("a", at(6)).unwrap_err();
        assert_eq!(refused.kind(), Kind::TooMany { retry_after: 4 });
        assert!(limiter.take("b", at(6)).is_ok(), "another key");
        assert!(limiter.take("a", at(10)).is_ok(), "the first try is over");
        assert!(limiter.take("c", at(10)).is_ok() && limiter.take("c", at(10)).is_ok());
        limiter.give_back(&"c");
        assert!(limiter.take("c", at(10)).is_ok(), "one was given back");
        assert!(limiter.take("c", at(10)).is_err());
        limiter.forget(&"a");
        assert!(limiter.take("a", at(10)).is_ok());
    }

    #[test]
    fn keys_whose_window_is_over_are_let_go() {
        let limiter = Limiter::new(1, Duration::from_secs(10));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        for key in 0..3 * CROWD {
            assert!(limiter.take(key, at(0)).is_ok());
        }
        assert_eq!(limiter.seen().tries.len(), 3 * CROWD, "all count");
        for key in 3 * CROWD..5 * CROWD {
            assert!(limiter.take(key, at(10)).is_ok());
        }
        assert!(limiter.seen().tries.len() <= 2 * CROWD, "{}", limiter.seen().tries.len());
    }
}
