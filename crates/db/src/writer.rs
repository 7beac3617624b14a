//! SQLite's one writer, and group commit.
//!
//! A durable commit costs one flush of the disk, however much it holds. So all that wait share one BEGIN … COMMIT, each
//! behind a savepoint of its own, and all are acknowledged after it. Who fails undoes its savepoint only; its error too
//! is told after the commit, since it may rest on what another member did.

use crate::{
    error::unknown_outcome,
    job::Job,
    link::{Access, Commit, Link},
    worker::{Jobs, Seat},
};
use diesel::QueryResult;
use kernel::{Result, ResultExt};
use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// As many share a commit at most, so that the first does not wait long for the last.
const MEMBERS: usize = 64;
/// A batch that has run so long takes nobody in any more.
const PATIENCE: Duration = Duration::from_millis(2);

/// Starts the writer. It ends when the queue is closed and empty.
pub(crate) fn start(mut seat: Seat, jobs: Arc<Jobs>) -> Result<JoinHandle<()>> {
    let work = move || {
        while let Some(job) = jobs.pop() {
            batch(&mut seat, job, &jobs);
        }
    };
    thread::Builder::new().name("db-writer".into()).spawn(work).or_unavailable()
}

/// One COMMIT for `first` and all that wait behind it. Where the engine ends the transaction early (a full disk), or
/// refuses the COMMIT, each member runs again alone, so that only the one to blame fails.
fn batch(seat: &mut Seat, first: Box<dyn Job>, jobs: &Jobs) {
    let began = Instant::now();
    let mut members = Vec::new();
    let mut next = Some(first);
    if let Ok(link) = seat.link() {
        let mut begun = link.begin(Access::Write, None);
        while begun.is_ok()
            && let Some(mut job) = next.take()
        {
            if job.is_wanted() {
                begun = member(link, &mut *job);
                members.push(job);
            }
            if members.len() < MEMBERS && began.elapsed() < PATIENCE {
                next = jobs.try_pop();
            }
        }
        match begun.map(|()| link.commit()) {
            Ok(Commit::Done) => return members.into_iter().for_each(|job| job.answer(Ok(()))),
            Ok(Commit::Unknown(error)) => {
                tracing::error!(%error, "a COMMIT with an unknown outcome");
                seat.hang_up();
                let verdict = || Err(unknown_outcome("the commit that it shared failed"));
                return members.into_iter().for_each(|job| job.answer(verdict()));
            }
            Ok(Commit::Refused(_)) | Err(_) => seat.give_up(),
        }
    }
    for mut job in members.into_iter().chain(next) {
        let verdict = seat.alone(&mut *job);
        job.answer(verdict);
    }
}

/// One member behind its savepoint. An error means that the transaction is over.
fn member(link: &mut Link, job: &mut dyn Job) -> QueryResult<()> {
    link.save()?;
    if job.run(link) { link.keep() } else { link.undo() }
}
