//! One sync of a folder for all who wait for one: what group commit is to a database.
//!
//! A name is durable when a sync of its folder has ended that *began* after the name was given. So whoever comes while one
//! runs waits for the next, and of those who wait one runs it for all. The system tells a failure to one sync only, so
//! everybody who waited for a sync hears how that very one ended.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// The syncs of one folder.
#[derive(Debug, Default)]
pub(super) struct Syncs {
    turns: Mutex<Turns>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    running: bool,
    /// The sync that has not begun: whoever comes now waits for it.
    next: Arc<Sync>,
}

/// One sync, and how it ended.
#[derive(Debug, Default)]
struct Sync(OnceLock<Result<(), Arc<io::Error>>>);

impl Sync {
    fn result(&self) -> Option<io::Result<()>> {
        let told = |error: &Arc<io::Error>| io::Error::new(error.kind(), Arc::clone(error));
        self.0.get().map(|result| result.as_ref().copied().map_err(told))
    }
}

impl Syncs {
    /// Has the folder synced by `run`, or by somebody else's after this call. It blocks.
    pub(super) fn sync(&self, run: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut turns = self.turns();
        let mine = Arc::clone(&turns.next);
        loop {
            if let Some(result) = mine.result() {
                return result;
            }
            if !turns.running {
                break;
            }
            turns = self.ended.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.running = true;
        turns.next = Arc::default();
        drop(turns);
        let turn = Turn { syncs: self, sync: mine };
        turn.end(run())
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sync that runs. Dropped before it ended, as where it panicked, it has failed.
struct Turn<'a> {
    syncs: &'a Syncs,
    sync: Arc<Sync>,
}

impl Turn<'_> {
    fn end(self, result: io::Result<()>) -> io::Result<()> {
        let _ = self.sync.0.set(result.map_err(Arc::new)); // it is set here alone, and once
        self.sync.result().unwrap_or(Ok(()))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.sync.0.get_or_init(|| Err(Arc::new(io::Error::other("a sync of the folder came to no end"))));
        self.syncs.turns().running = false;
        self.syncs.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    /// Lets the first sync run until all others wait, and gives how many ran, and who failed.
    fn crowd(size: usize, run: impl Fn(usize) -> io::Result<()> + std::marker::Sync) -> (usize, Vec<bool>) {
        let (syncs, ran) = (Syncs::default(), AtomicUsize::new(0));
        let (runs, may_end) = (Barrier::new(2), Barrier::new(2));
        let results = thread::scope(|scope| {
            let first = scope.spawn(|| {
                syncs.sync(|| {
                    runs.wait();
                    may_end.wait();
                    run(ran.fetch_add(1, Ordering::SeqCst))
                })
            });
            runs.wait();
            let others: Vec<_> = (1..size)
                .map(|_| scope.spawn(|| syncs.sync(|| run(ran.fetch_add(1, Ordering::SeqCst)))))
                .collect();
            // Each of them holds the sync that comes next.
            while Arc::strong_count(&syncs.turns().next) < size {
                thread::yield_now();
            }
            may_end.wait();
            [first].into_iter().chain(others).map(|one| one.join().unwrap().is_err()).collect()
        });
        (ran.into_inner(), results)
    }

    #[test]
    fn who_comes_while_one_runs_shares_the_next() {
        assert_eq!(crowd(1, |_| Ok(())), (1, vec![false]));
        assert_eq!(crowd(9, |_| Ok(())), (2, vec![false; 9]));
    }

    #[test]
    fn a_failure_is_told_to_all_who_waited_for_it_and_to_nobody_else() {
        let second = |number| if number == 1 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) };
        let (ran, failed) = crowd(5, second);
        assert_eq!((ran, failed), (2, vec![false, true, true, true, true]));
        let syncs = Syncs::default();
        let error = syncs.sync(|| Err(io::ErrorKind::StorageFull.into())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(syncs.sync(|| Ok(())).is_ok());
    }

    #[test]
    fn one_that_panics_keeps_nobody_waiting() {
        let syncs = Syncs::default();
        let panics = || syncs.sync(|| panic!("the disk is gone"));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert!(syncs.sync(|| Ok(())).is_ok());
    }
}
