//! A thread with a connection, and a job in a transaction of its own.

use crate::{
    error::{self, Trouble},
    job::Job,
    link::{Access, Commit, Link},
    numbers::Numbers,
    queue::Queue,
};
use kernel::{Error, Result, ResultExt, Source};
use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often a transaction is tried when it collides or its connection is lost. Of as many as there are connections, which all
/// want one row, one gets on each time.
const ATTEMPTS: u32 = 16;

pub(crate) type Jobs = Queue<Box<dyn Job>>;

/// The place of a connection: opened when first needed, and again when it was lost.
pub(crate) struct Seat {
    link: Option<Link>,
    open: Box<dyn Fn() -> Result<Link> + Send>,
    source: Source,
    numbers: Numbers,
    /// Whether the last transaction of [`Seat::alone`] found no room.
    full: bool,
}

impl Seat {
    pub(crate) fn new(
        open: impl Fn() -> Result<Link> + Send + 'static,
        source: Source,
        numbers: Numbers,
    ) -> Self {
        Self { link: None, open: Box::new(open), source, numbers, full: false }
    }

    /// The connection.
    pub(crate) fn link(&mut self) -> Result<&mut Link> {
        if self.link.is_none() {
            self.link = Some((self.open)()?);
        }
        self.link.as_mut().ok_or_else(|| Error::internal("a connection was opened and is not there"))
    }

    /// Whether the last job that ran alone found no room on the disk.
    pub(crate) fn was_full(&self) -> bool {
        self.full
    }

    /// What is counted here.
    pub(crate) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// Closes the connection; the next use opens another.
    pub(crate) fn hang_up(&mut self) {
        self.link = None;
    }

    /// Rolls back, or hangs up where that fails.
    pub(crate) fn give_up(&mut self) {
        if self.link.as_mut().is_some_and(|link| link.rollback().is_err()) {
            self.hang_up();
        }
    }

    /// Runs a job in a transaction of its own, again where it collides or the connection is lost before COMMIT, and
    /// says what became of the transaction.
    pub(crate) fn alone(&mut self, job: &mut dyn Job) -> Result<()> {
        let mut verdict = Ok(());
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.wait(attempt);
            }
            verdict = match self.attempt(job) {
                Attempt::Over(verdict) => return verdict,
                Attempt::Again(error) => Err(error),
            };
        }
        verdict
    }

    fn attempt(&mut self, job: &mut dyn Job) -> Attempt {
        self.full = false;
        let link = match self.link() {
            Ok(link) => link,
            Err(error) => return Attempt::Over(Err(error)), // it was just tried, at every host
        };
        if let Err(cause) = link.begin(job.access(), job.account()) {
            let locked = error::trouble(&cause) == Trouble::Locked;
            self.hang_up();
            let error = Error::unavailable(cause);
            return if locked { Attempt::Over(Err(error)) } else { Attempt::Again(error) };
        }
        let keep = job.run(link);
        let trouble = link.trouble();
        if keep && job.access() == Access::Write {
            return match link.commit() {
                Commit::Done => {
                    self.numbers.groups.observe(1.0);
                    Attempt::Over(Ok(()))
                }
                Commit::Refused(cause) => {
                    let again = error::trouble(&cause) == Trouble::Collision;
                    self.full = error::trouble(&cause) == Trouble::Full;
                    self.give_up();
                    let error = error::error(cause);
                    if again { Attempt::Again(error) } else { Attempt::Over(Err(error)) }
                }
                Commit::Unknown(error) => {
                    self.hang_up();
                    self.numbers.unknown.inc();
                    tracing::error!(%error, "a COMMIT with an unknown outcome");
                    Attempt::Over(Err(error))
                }
            };
        }
        self.full = trouble == Some(Trouble::Full);
        self.give_up();
        match trouble {
            Some(Trouble::Collision) => Attempt::Again(Error::new(kernel::Kind::Unavailable, "busy")),
            Some(Trouble::Lost) => {
                self.hang_up();
                Attempt::Again(Error::unavailable("the connection was lost"))
            }
            // A server that goes away may say so in an error of its own before it hangs up.
            Some(Trouble::Statement) if self.link.is_none() => {
                Attempt::Again(Error::unavailable("the connection was lost"))
            }
            _ => Attempt::Over(Ok(())),
        }
    }

    /// A few milliseconds, of random length: two that collided would collide again.
    fn wait(&self, attempt: u32) {
        let [dice] = self.source.entropy.bytes();
        thread::sleep(Duration::from_micros(u64::from(attempt) * (1_000 + 30 * u64::from(dice))));
    }
}

/// What became of one attempt.
enum Attempt {
    Over(Result<()>),
    Again(Error),
}

/// Starts a thread that runs one job after another, each alone, until the queue is closed and empty.
pub(crate) fn start(name: String, mut seat: Seat, jobs: Arc<Jobs>) -> Result<JoinHandle<()>> {
    let work = move || {
        while let Some(mut job) = jobs.pop() {
            if job.is_wanted() {
                let verdict = seat.alone(&mut *job);
                job.answer(verdict);
            }
        }
    };
    thread::Builder::new().name(name).spawn(work).or_unavailable()
}
