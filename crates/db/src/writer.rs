//! SQLite's one writer, and group commit.
//!
//! A durable commit costs one flush of the disk, however much it holds. So all that wait share one BEGIN … COMMIT, each
//! behind a savepoint of its own, and all are acknowledged after it. Who fails undoes its savepoint only; its error too
//! is told after the commit, since it may rest on what another member did.
//!
//! Where the disk is full, a job that frees room is run once more with the reserve's, and until that is there again no
//! other job is run at all.

use crate::{
    error::unknown_outcome,
    job::Job,
    link::{Access, Commit, Link},
    reserve::Reserve,
    worker::{Jobs, Seat},
};
use diesel::QueryResult;
use kernel::{Error, Kind, Result, ResultExt};
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
pub(crate) fn start(mut seat: Seat, jobs: Arc<Jobs>, reserve: Arc<Reserve>) -> Result<JoinHandle<()>> {
    let work = move || {
        while let Some(job) = jobs.pop() {
            if let Some(job) = admit(job, &reserve) {
                batch(&mut seat, job, &jobs, &reserve);
            }
        }
    };
    thread::Builder::new().name("db-writer".into()).spawn(work).or_unavailable()
}

/// The job, where there is room for it; else it is answered.
fn admit(job: Box<dyn Job>, reserve: &Reserve) -> Option<Box<dyn Job>> {
    if job.is_in_need() || reserve.is_whole_again() {
        return Some(job);
    }
    let full = Error::new(Kind::Unavailable, "storage-full");
    job.answer(Err(full.because("the reserve is spent: only what frees room is written")));
    None
}

/// One COMMIT for `first` and all that wait behind it. Where the engine ends the transaction early (a full disk), or
/// refuses the COMMIT, each member runs again alone, so that only the one to blame fails.
fn batch(seat: &mut Seat, first: Box<dyn Job>, jobs: &Jobs, reserve: &Reserve) {
    let end = Instant::now() + PATIENCE;
    let mut members = Vec::new();
    let mut next = Some(first);
    match shared(seat, &mut members, &mut next, (jobs, reserve), end) {
        Some(Commit::Done(_)) => {
            seat.numbers().groups.observe(f64::from(u32::try_from(members.len()).unwrap_or(u32::MAX)));
            return members.into_iter().for_each(|job| job.answer(Ok(())));
        }
        Some(Commit::Unknown(error)) => {
            seat.numbers().unknown.inc();
            tracing::error!(%error, "a COMMIT with an unknown outcome");
            seat.hang_up();
            let verdict = || Err(unknown_outcome("the commit that it shared failed"));
            return members.into_iter().for_each(|job| job.answer(verdict()));
        }
        Some(Commit::Refused(_)) | None => seat.give_up(),
    }
    // What ran once runs to its end; who did not start may have been dropped meanwhile.
    for mut job in members.into_iter().chain(next.filter(|job| job.is_wanted())) {
        let mut verdict = seat.alone(&mut *job);
        if seat.was_full() && job.is_in_need() {
            make_room(seat, reserve);
            verdict = seat.alone(&mut *job);
        }
        job.answer(verdict);
    }
}

/// Gives the reserve's room to the next transaction, and that of the log, whose pages go into the database's file.
fn make_room(seat: &mut Seat, reserve: &Reserve) {
    reserve.release();
    let emptied = seat.link().and_then(|link| link.empty_log().map_err(Error::unavailable));
    if let Err(error) = emptied {
        tracing::warn!(%error, "the log was not emptied"); // the next transaction still has the reserve's room
    }
}

/// Runs `next` and all that wait in one transaction, moves each to the members when it starts, and commits. Nothing
/// where the transaction did not begin or ended early.
fn shared(
    seat: &mut Seat,
    members: &mut Vec<Box<dyn Job>>,
    next: &mut Option<Box<dyn Job>>,
    (jobs, reserve): (&Jobs, &Reserve),
    end: Instant,
) -> Option<Commit> {
    let link = seat.link().ok()?;
    link.begin(Access::Write, None, None).ok()?;
    while let Some(job) = next.take() {
        if job.is_wanted() {
            members.push(job);
            member(link, &mut **members.last_mut()?).ok()?;
        }
        if members.len() < MEMBERS && Instant::now() < end {
            *next = jobs.try_pop().and_then(|job| admit(job, reserve));
        }
    }
    Some(link.commit())
}

/// One member behind its savepoint. An error means that the transaction is over.
fn member(link: &mut Link, job: &mut dyn Job) -> QueryResult<()> {
    link.save()?;
    if job.run(link) { link.keep() } else { link.undo() }
}
