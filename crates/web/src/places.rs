//! Places for what is under way: so many at once for each key, and so many in all, in memory of this node.

use kernel::{Error, Kind, Result};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// At most `of_one` places at once for each key, and `all` together. Clones share them.
#[derive(Clone, Debug)]
pub struct Places<K> {
    of_one: usize,
    all: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// So many places for one, and for all.
    pub fn new(of_one: usize, all: usize) -> Self {
        Self { of_one, all, taken: Arc::default() }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// `busy` (503), where this key has all of its places, or all are taken.
    pub fn enter(&self, key: K) -> Result<Place<K>> {
        let mut taken = self.taken();
        let theirs = taken.get(&key).copied().unwrap_or_default();
        if theirs >= self.of_one || taken.values().sum::<usize>() >= self.all {
            return Err(Error::new(Kind::Unavailable, "busy"));
        }
        taken.insert(key.clone(), theirs + 1);
        drop(taken);
        Ok(Place { of: self.clone(), key })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, left when it is dropped.
#[derive(Debug)]
#[must_use = "a place is left when it is dropped"]
pub struct Place<K: Clone + Eq + Hash> {
    of: Places<K>,
    key: K,
}

impl<K: Clone + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        match taken.get_mut(&self.key) {
            Some(theirs) if *theirs > 1 => *theirs -= 1,
            _ => drop(taken.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_many_keeps_nobody_waiting_but_themselves() {
        let places = Places::new(2, 5);
        let first = places.enter("a").unwrap();
        let _second = places.enter("a").unwrap();
        assert_eq!(places.enter("a").unwrap_err().code(), "busy");
        let others: Vec<_> = ["b", "b", "c"].map(|key| places.enter(key).unwrap()).into();
        assert_eq!(places.enter("d").unwrap_err().code(), "busy", "all are taken");
        drop(others);
        assert!(places.enter("d").is_ok());
        drop(first);
        assert!(places.enter("a").is_ok());
    }
}
