//! A thread with a connection, and a job in a transaction of its own.

use crate::{
    error::{self, Trouble},
    job::Job,
    link::{Access, Begun, Commit, Link},
    numbers::Numbers,
    postgres::Held,
    primary::{self, Primary},
    queue::Queue,
};
use kernel::{Error, Result, ResultExt, Source};
use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often a transaction is tried when it collides or its connection is lost. Of as many as there are connections, which all
/// want one row, one gets on each time.
const ATTEMPTS: u32 = 16;
/// How long a write whose COMMIT had no answer is run again until it is known what became of it: longer than a takeover.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often a COMMIT is tried that fails in a way that says nothing for certain.
const COMMITS: u32 = 5;
/// How often it is tried to reach a primary that answers others.
const LOSSES: u32 = 50;
/// How long it rests where the primary is not reached.
const REST: Duration = Duration::from_millis(100);

pub(crate) type Jobs = Queue<Box<dyn Job>>;

/// The place of a connection: opened when first needed, and again when it was lost.
pub(crate) struct Seat {
    link: Option<Link>,
    open: Box<dyn Fn() -> Result<Link> + Send>,
    /// The primary, where there is one: then what is lost is tried again as long as it answers.
    primary: Option<Primary>,
    source: Source,
    numbers: Numbers,
    /// Whether the last transaction of [`Seat::alone`] found no room.
    full: bool,
}

impl Seat {
    pub(crate) fn new(
        open: impl Fn() -> Result<Link> + Send + 'static,
        primary: Option<Primary>,
        source: Source,
        numbers: Numbers,
    ) -> Self {
        Self { link: None, open: Box::new(open), primary, source, numbers, full: false }
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

    /// Runs a job in a transaction of its own, and says what became of it. It is run again where it collides, where the
    /// connection is lost before COMMIT, and, under its mark, where its COMMIT had no answer.
    pub(crate) fn alone(&mut self, job: &mut dyn Job) -> Result<()> {
        let mut effort = Effort::default();
        loop {
            match self.attempt(job, &mut effort) {
                Attempt::Over(verdict) => return verdict,
                Attempt::Collided(error) => {
                    effort.collisions += 1;
                    if effort.collisions == ATTEMPTS {
                        return Err(error);
                    }
                    self.wait(effort.collisions);
                }
                Attempt::Lost(error) => {
                    if let Some(error) = self.end(&mut effort, error) {
                        return Err(error);
                    }
                    if self.primary.is_some() {
                        thread::sleep(REST);
                    } else {
                        self.wait(effort.losses);
                    }
                }
            }
        }
    }

    /// What whoever waits is told where it is not worth another attempt: where one's COMMIT has no answer, and nobody could be
    /// asked for very long, or it fails again and again; else, where the primary is silent.
    fn end(&self, effort: &mut Effort, error: Error) -> Option<Error> {
        effort.losses += 1;
        let over = match (&effort.open, &self.primary) {
            (Some(open), Some(primary)) => {
                open.elapsed() >= PATIENCE || effort.commits >= COMMITS || primary.is_closing()
            }
            // Where it answers its watcher and not us, as one that has no place for more sessions.
            (None, Some(primary)) => !primary.answers() || effort.losses >= LOSSES,
            (_, None) => effort.losses >= ATTEMPTS,
        };
        if !over {
            return None;
        }
        if effort.open.is_some() {
            self.numbers.unknown.inc();
            tracing::error!(%error, "a COMMIT with an unknown outcome");
            return Some(error::unknown_outcome(error));
        }
        Some(if self.primary.as_ref().is_none_or(Primary::answers) { error } else { primary::away() })
    }

    fn attempt(&mut self, job: &mut dyn Job, effort: &mut Effort) -> Attempt {
        self.full = false;
        let watched = self.primary.is_some();
        let link = match self.link() {
            Ok(link) => link,
            Err(error) if watched => return Attempt::Lost(error),
            Err(error) => return Attempt::Over(Err(error)),
        };
        let mark = (job.access() == Access::Write).then(|| job.mark());
        match link.begin(job.access(), job.account(), mark) {
            Ok(Begun::Open) => effort.open = None, // the mark would be there, or be waited for
            Ok(Begun::Before) => return self.committed_before(effort),
            Err(cause) => {
                let trouble = error::trouble(&cause);
                self.hang_up();
                return match trouble {
                    // Another process, or an earlier attempt that is on its way still.
                    Trouble::Locked if effort.open.is_none() => Attempt::Over(Err(error::error(cause))),
                    Trouble::Collision if effort.open.is_none() => Attempt::Collided(error::error(cause)),
                    _ => Attempt::Lost(Error::unavailable(cause)),
                };
            }
        }
        let keep = job.run(link);
        let trouble = link.trouble();
        if keep && job.access() == Access::Write {
            return match link.commit() {
                Commit::Done(held) => self.done(held, effort),
                Commit::Refused(cause) => {
                    let again = error::trouble(&cause) == Trouble::Collision;
                    self.full = error::trouble(&cause) == Trouble::Full;
                    self.give_up();
                    let error = error::error(cause);
                    if again { Attempt::Collided(error) } else { Attempt::Over(Err(error)) }
                }
                Commit::Unknown(error) => {
                    self.hang_up();
                    self.unknown(error, effort)
                }
            };
        }
        self.full = trouble == Some(Trouble::Full);
        self.give_up();
        match trouble {
            Some(Trouble::Collision) => Attempt::Collided(Error::new(kernel::Kind::Unavailable, "busy")),
            Some(Trouble::Lost) => {
                self.hang_up();
                Attempt::Lost(Error::unavailable("the connection was lost"))
            }
            // A server that goes away may say so in an error of its own before it hangs up.
            Some(Trouble::Statement) if self.link.is_none() => {
                Attempt::Lost(Error::unavailable("the connection was lost"))
            }
            _ => Attempt::Over(Ok(())),
        }
    }

    /// An earlier attempt was committed after all; whether enough hold it is asked now.
    fn committed_before(&mut self, effort: &mut Effort) -> Attempt {
        effort.commits = 0; // it is only a matter of time
        match self.link.as_mut().map(Link::held) {
            Some(Ok(held)) => self.done(held, effort),
            Some(Err(cause)) => {
                self.hang_up();
                Attempt::Lost(Error::unavailable(cause))
            }
            None => Attempt::Lost(Error::unavailable("the connection was lost")),
        }
    }

    /// It is committed at the primary. Where fewer hold it than must, it is not said that it is done.
    fn done(&mut self, held: Held, effort: &mut Effort) -> Attempt {
        if held == Held::Short {
            if self.primary.as_ref().is_some_and(|primary| primary.replication().strict) {
                return self.unknown(Error::unavailable("too few servers hold a commit"), effort);
            }
            self.numbers.short.inc();
        }
        self.numbers.groups.observe(1.0);
        Attempt::Over(Ok(()))
    }

    /// Nobody knows what became of a COMMIT. Only under a mark can that be found out.
    fn unknown(&mut self, error: Error, effort: &mut Effort) -> Attempt {
        if self.primary.is_none() {
            self.numbers.unknown.inc();
            tracing::error!(%error, "a COMMIT with an unknown outcome");
            return Attempt::Over(Err(error));
        }
        if effort.commits == 0 {
            self.numbers.repeated.inc();
            tracing::warn!(%error, "a COMMIT without an answer is looked into");
        }
        effort.commits += 1;
        effort.open.get_or_insert_with(Instant::now);
        Attempt::Lost(error)
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
    Collided(Error),
    /// The connection was lost, or did not come about.
    Lost(Error),
}

/// What was done for one job so far.
#[derive(Default)]
struct Effort {
    collisions: u32,
    losses: u32,
    /// COMMITs without a good answer, one after another.
    commits: u32,
    /// Since when there is one of which nobody knows what became.
    open: Option<Instant>,
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
