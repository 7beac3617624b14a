//! The primary of PostgreSQL, as this node knows it: whether it answers, where it is, and who follows it.
//!
//! A [`watcher`] commits an empty write there twice a second. A commit waits for its standby, so only a primary that is still
//! one answers: one that was cut off from its standbys may read, but not commit. From its answers follows everything else:
//!
//! * **A primary that moved.** A promotion begins a new timeline. Sessions on an earlier one are dropped at once, whatever
//!   they wait for ([`Bond`]), and no session is ever opened on an earlier one: nothing stale is read.
//! * **A primary that is silent.** [`LAPSE`] after the last answer this node knows nothing any more of what is so: all
//!   sessions are dropped, whoever asks is refused, and what is said over sockets ends, until there is an answer again.
//! * **How many hold a commit.** It is asked together with each COMMIT ([`mark`]), and shown from the last answer
//!   ([`Standing`]).
//! * **Who leads.** One node at a time, which holds a lock in the session of its watcher, does what one does for all.

mod examine;
pub(crate) mod mark;
mod standing;
mod watcher;

pub use examine::Finding;
pub(crate) use examine::{Settings, examine};
pub use standing::{Standby, Standing};

use crate::{address::Address, numbers::Numbers};
use kernel::{Error, Kind, Source};
use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep_until, timeout},
};

/// How long after its last answer the primary is believed to be one.
pub(crate) const LAPSE: Duration = Duration::from_secs(4);

/// How many sites must hold a commit, and what happens where fewer do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replication {
    /// How many PostgreSQL servers must hold a commit, the primary among them. At 1 nothing is asked of standbys.
    pub copies: usize,
    /// Where fewer hold it: whether it is not acknowledged, or is, and counted ([`crate::Db::short_commits`]).
    pub strict: bool,
}

impl Default for Replication {
    fn default() -> Self {
        Self { copies: 1, strict: true }
    }
}

/// A timeline of PostgreSQL's log: each promotion begins the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timeline(u32);

impl Timeline {
    /// As it begins the name of a file of the log: eight hexadecimal digits.
    pub(crate) fn read(text: &str) -> Option<Self> {
        u32::from_str_radix(text, 16).ok().map(Self)
    }

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What decides whether a session may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    /// The latest timeline that was seen.
    timeline: Timeline,
    /// How often the primary fell silent.
    lapses: u64,
    /// Whether it answers.
    answers: bool,
    /// Nothing more is begun, and what is begun is not waited for for long.
    closing: bool,
    /// Nobody watches any more.
    closed: bool,
}

/// The primary, as this node knows it. Clones share it.
#[derive(Clone)]
pub(crate) struct Primary(Arc<Shared>);

struct Shared {
    replication: Replication,
    state: watch::Sender<State>,
    seen: Mutex<Seen>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Seen {
    /// When that was asked which was answered last.
    answered: Instant,
    standing: Option<Standing>,
    leads: bool,
}

impl Primary {
    /// Begins to watch whoever is the primary now. The role must be the one that works across accounts.
    pub(crate) fn watch(
        address: Address,
        replication: Replication,
        numbers: Numbers,
        source: Source,
    ) -> Self {
        let state =
            State { timeline: Timeline::default(), lapses: 0, answers: true, closing: false, closed: false };
        let seen = Seen { answered: Instant::now(), standing: None, leads: false };
        let shared = Shared {
            replication,
            state: watch::Sender::new(state),
            seen: Mutex::new(seen),
            task: Mutex::default(),
        };
        let primary = Self(Arc::new(shared));
        let watching = watcher::run(primary.clone(), address, numbers, source);
        let (lapsing, closed) = (primary.clone().lapse(), primary.clone().closed());
        let task = tokio::spawn(async move {
            tokio::select! {
                () = watching => {}
                () = lapsing => {}
                () = closed => {}
            }
        });
        *primary.0.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        primary
    }

    /// What is asked of its standbys.
    pub(crate) fn replication(&self) -> Replication {
        self.0.replication
    }

    /// Whether it answers: it did less than [`LAPSE`] ago.
    pub(crate) fn answers(&self) -> bool {
        self.0.state.borrow().answers
    }

    /// How long ago that was asked which it answered last.
    pub(crate) fn silence(&self) -> Duration {
        self.seen().answered.elapsed()
    }

    /// What its last answer said.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.seen().standing.clone()
    }

    /// Whether this node leads.
    pub(crate) fn leads(&self) -> bool {
        self.answers() && self.seen().leads
    }

    /// Whether whoever asks now is answered.
    ///
    /// # Errors
    /// `database-away`; for a write, `too-few-copies`, where PostgreSQL would acknowledge what fewer hold than must.
    pub(crate) fn admit(&self, writes: bool) -> kernel::Result<()> {
        if !self.answers() {
            return Err(away());
        }
        let Replication { copies, strict } = self.0.replication;
        if writes && strict && self.seen().standing.as_ref().is_some_and(|seen| seen.demands() < copies) {
            let why = "PostgreSQL does not replicate synchronously as `durability` asks for: palisade doctor says more";
            return Err(Error::new(Kind::Unavailable, "too-few-copies").because(why));
        }
        Ok(())
    }

    /// Ends when it has fallen silent.
    pub(crate) async fn lapsed(&self) {
        let mut state = self.0.state.subscribe();
        if state.wait_for(|state| !state.answers).await.is_err() {
            pending::<()>().await; // `state` lives as long as `self`
        }
    }

    /// Ends when it answers.
    pub(crate) async fn back(&self) {
        let mut state = self.0.state.subscribe();
        if state.wait_for(|state| state.answers).await.is_err() {
            pending::<()>().await;
        }
    }

    /// The earliest timeline on which a session may be opened.
    pub(crate) fn timeline(&self) -> Timeline {
        self.0.state.borrow().timeline
    }

    /// What ends a session on this timeline. Made before the session is opened, so that nothing is missed.
    pub(crate) fn bond(&self) -> Bond {
        let state = self.0.state.subscribe();
        let lapses = state.borrow().lapses;
        Bond { state, lapses, timeline: Timeline(u32::MAX) }
    }

    /// Says that the database is being closed.
    pub(crate) fn hurry(&self) {
        self.0.state.send_modify(|state| state.closing = true);
    }

    /// Whether the database is being closed.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.state.borrow().closing
    }

    /// Has the watching end by itself.
    pub(crate) fn stop(&self) {
        self.0.state.send_modify(|state| state.closed = true);
    }

    /// Stops watching.
    pub(crate) async fn close(&self) {
        self.stop();
        let task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(Duration::from_secs(1), &mut task).await.is_err()
        {
            task.abort();
        }
    }

    async fn closed(self) {
        let mut state = self.0.state.subscribe();
        let _ = state.wait_for(|state| state.closed).await; // `state` lives as long as `self`
    }

    /// Notes an answer to what was asked then.
    fn answered(&self, asked: Instant, standing: Standing, leads: bool) {
        let timeline = standing.timeline;
        *self.seen() = Seen { answered: asked, standing: Some(standing), leads };
        self.0.state.send_if_modified(|state| {
            let back = !state.answers && asked.elapsed() < LAPSE;
            let moved = timeline > state.timeline;
            (state.answers, state.timeline) = (state.answers || back, state.timeline.max(timeline));
            back || moved
        });
    }

    /// Notes that a session was found on this timeline; whether another primary was known before.
    fn found(&self, timeline: Timeline) -> bool {
        let before = self.timeline();
        self.0.state.send_if_modified(|state| {
            let moved = timeline > state.timeline;
            state.timeline = state.timeline.max(timeline);
            moved
        }) && before != Timeline::default()
    }

    /// The session of the watcher is gone, and what it held with it.
    fn lost(&self) {
        self.seen().leads = false;
    }

    /// Says when the primary falls silent.
    async fn lapse(self) {
        loop {
            let due = self.seen().answered + LAPSE;
            sleep_until(due.into()).await;
            if self.seen().answered + LAPSE > due {
                continue;
            }
            self.0.state.send_modify(|state| (state.answers, state.lapses) = (false, state.lapses + 1));
            tracing::error!("the primary is silent: all who ask are refused until it answers");
            self.back().await;
            tracing::info!("the primary answers again");
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing panics while it holds the lock.
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said to whoever asks while the primary is silent.
pub(crate) fn away() -> Error {
    Error::new(Kind::Unavailable, "database-away").because("the primary has not answered for 4 s")
}

/// Ties a session to the primary that it was opened at.
pub(crate) struct Bond {
    state: watch::Receiver<State>,
    lapses: u64,
    timeline: Timeline,
}

impl Bond {
    /// The session is on this timeline.
    pub(crate) fn to(mut self, timeline: Timeline) -> Self {
        self.timeline = timeline;
        self
    }

    /// Ends when the session must not be used any more: its primary was replaced, or is silent.
    pub(crate) async fn broken(&mut self) {
        let Self { state, lapses, timeline } = self;
        let stale = |state: &State| state.lapses != *lapses || state.timeline > *timeline;
        if state.wait_for(stale).await.is_err() {
            pending::<()>().await; // nobody watches any more: the database is closed, and finishes what it has begun
        }
    }
}
