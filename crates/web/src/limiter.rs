//! Rate limits: so many tries a key in a window that slides, in memory of this node.

use kernel::{Error, Kind, Result, Timestamp};
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Keys that are kept at once; past that the ones whose window is over are let go.
const CROWD: usize = 10_000;

/// At most `tries` in `window` for each key.
#[derive(Debug)]
pub struct Limiter<K> {
    tries: usize,
    window: Duration,
    seen: Mutex<HashMap<K, VecDeque<Timestamp>>>,
}

impl<K: Eq + Hash> Limiter<K> {
    /// A limit of `tries` in `window`.
    pub fn new(tries: usize, window: Duration) -> Self {
        Self { tries, window, seen: Mutex::default() }
    }

    /// Counts one try.
    ///
    /// # Errors
    /// `too-many` (429) with the seconds to wait, where there were too many; that try is not counted, so a victim whose
    /// key is hammered by others waits no longer than the window.
    pub fn take(&self, key: K, now: Timestamp) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CROWD {
            seen.retain(|_, tries| tries.back().is_some_and(|last| now.since(*last) < self.window));
        }
        let tries = seen.entry(key).or_default();
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
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = seen.get_mut(key) {
            tries.pop_back();
        }
    }

    /// Forgets the tries of a key, after a success.
    pub fn forget(&self, key: &K) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
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
}
