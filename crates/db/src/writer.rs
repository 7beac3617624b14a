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
    let end = Instant::now() + PATIENCE;
    let mut members = Vec::new();
    let mut next = Some(first);
    match shared(seat, &mut members, &mut next, jobs, end) {
        Some(Commit::Done) => return members.into_iter().for_each(|job| job.answer(Ok(()))),
        Some(Commit::Unknown(error)) => {
            tracing::error!(%error, "a COMMIT with an unknown outcome");
            seat.hang_up();
            let verdict = || Err(unknown_outcome("the commit that it shared failed"));
            return members.into_iter().for_each(|job| job.answer(verdict()));
        }
        Some(Commit::Refused(_)) | None => seat.give_up(),
    }
    // What ran once runs to its end; who did not start may have been dropped meanwhile.
    for mut job in members.into_iter().chain(next.filter(|job| job.is_wanted())) {
        let verdict = seat.alone(&mut *job);
        job.answer(verdict);
    }
}

/// Runs `next` and all that wait in one transaction, moves each to the members when it starts, and commits. Nothing
/// where the transaction did not begin or ended early.
fn shared(
    seat: &mut Seat,
    members: &mut Vec<Box<dyn Job>>,
    next: &mut Option<Box<dyn Job>>,
    jobs: &Jobs,
    end: Instant,
) -> Option<Commit> {
    let link = seat.link().ok()?;
    link.begin(Access::Write, None).ok()?;
    while let Some(job) = next.take() {
        if job.is_wanted() {
            members.push(job);
            member(link, &mut **members.last_mut()?).ok()?;
        }
        if members.len() < MEMBERS && Instant::now() < end {
            *next = jobs.try_pop();
        }
    }
    Some(link.commit())
}

/// One member behind its savepoint. An error means that the transaction is over.
fn member(link: &mut Link, job: &mut dyn Job) -> QueryResult<()> {
    link.save()?;
    if job.run(link) { link.keep() } else { link.undo() }
}
