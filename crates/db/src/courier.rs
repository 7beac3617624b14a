//! Brings notices to the other nodes of one PostgreSQL, and theirs here: one connection a node, which notifies and listens.
//!
//! A notice leaves after the commit of what it tells, not within its transaction: PostgreSQL lets transactions that notify
//! commit one after another, each with its flush and the answer of its standby. One that does nothing else flushes nothing,
//! and many notices share it. What may be lost thereby is told as a gap: where a message failed, and where a node begins,
//! since the one in whose place it stands may have died between the two.

use crate::{
    address::Address,
    notices::{Heard, Notice},
    primary::{Bond, Primary},
};
use kernel::{Error, Result, ResultExt};
use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, broadcast, mpsc},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{AsyncMessage, Client, Notification, Statement};

/// The channel of PostgreSQL.
const CHANNEL: &str = "palisade";
/// PostgreSQL carries 7,999 bytes at once.
const MOST: usize = 7_900;
/// Notices that wait to be brought; what is more is a gap.
const WAITING: usize = 4_096;
/// How long after a lost connection another is tried.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the last notices may take when the database is closed.
const GRACE: Duration = Duration::from_secs(1);
/// The first line of a message: its version. The others are notices.
const VERSION: &str = "1";
/// Nothing of it is committed with anything.
const SETTINGS: &str = "SET statement_timeout = 0";
/// A message without notices: there may have been some.
const GAP: &str = "1\n*";

/// Brings notices.
pub(crate) struct Courier {
    leaving: mpsc::Sender<Notice>,
    wants: Arc<Wants>,
    task: JoinHandle<()>,
}

/// What else it is asked for.
#[derive(Default)]
struct Wants {
    /// The other nodes must be told of a gap.
    gap: AtomicBool,
    /// Somebody listens at this one.
    ears: AtomicBool,
    changed: Notify,
}

impl Courier {
    /// Connects when there is something to bring, or somebody listens.
    pub(crate) fn start(address: Address, primary: Primary, here: broadcast::Sender<Heard>) -> Self {
        let (leaving, waiting) = mpsc::channel(WAITING);
        let wants = Arc::<Wants>::default();
        let round = Round { address, primary, here, waiting, next: None, wants: Arc::clone(&wants) };
        Self { leaving, wants, task: tokio::spawn(round.run()) }
    }

    /// Brings a notice to the other nodes. It never waits.
    pub(crate) fn take(&self, notice: Notice) {
        if self.leaving.try_send(notice).is_err() {
            self.wants.gap.store(true, SeqCst);
            self.wants.changed.notify_one();
        }
    }

    /// Brings those of the other nodes here. Whoever listens is told of a gap once it has begun.
    pub(crate) fn listen(&self) {
        self.wants.gap.store(true, SeqCst);
        self.wants.ears.store(true, SeqCst);
        self.wants.changed.notify_one();
    }

    /// Brings what waits, and ends.
    pub(crate) async fn close(self) {
        let Self { leaving, mut task, .. } = self;
        drop(leaving);
        if timeout(GRACE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// The task of a courier. It ends when all was brought and nothing can come any more.
struct Round {
    address: Address,
    primary: Primary,
    here: broadcast::Sender<Heard>,
    waiting: mpsc::Receiver<Notice>,
    /// The first of those that wait.
    next: Option<Notice>,
    wants: Arc<Wants>,
}

impl Round {
    async fn run(mut self) {
        while self.is_needed().await {
            let Err(error) = self.connected().await else { continue };
            tracing::warn!(%error, "other nodes are not heard until the database is reached again");
            if self.waiting.is_closed() {
                return;
            }
            sleep(AGAIN).await;
        }
    }

    /// Waits until a connection is needed.
    async fn is_needed(&mut self) -> bool {
        loop {
            let closed = self.waiting.is_closed() && self.waiting.is_empty();
            if self.next.is_some() || self.wants.gap.load(SeqCst) || (self.wants.ears.load(SeqCst) && !closed)
            {
                return true;
            }
            if closed {
                return false;
            }
            tokio::select! {
                next = self.waiting.recv() => self.next = next,
                () = self.wants.changed.notified() => {}
            }
        }
    }

    /// One connection, until it is lost, or is needed no more.
    async fn connected(&mut self) -> Result<()> {
        let (mut line, mut bond) = Line::open(&self.address, &self.primary).await?;
        let mut listens = false;
        loop {
            if !listens && self.wants.ears.load(SeqCst) {
                line.listen().await?;
                listens = true;
                self.hand_on(Heard::Gap);
            }
            if self.wants.gap.swap(false, SeqCst) {
                self.bring(&line, GAP).await?;
            }
            if let Some(first) = self.next.take() {
                let message = self.gather(first);
                self.bring(&line, &message).await?;
            }
            tokio::select! {
                next = next(&mut self.next, &mut self.waiting) => match next {
                    Some(next) => self.next = Some(next),
                    None => return Ok(()),
                },
                theirs = line.hear() => read(theirs?.payload()).into_iter().for_each(|heard| self.hand_on(heard)),
                () = self.wants.changed.notified() => {}
                () = bond.broken() => return Err(Error::unavailable("its primary was replaced, or is silent")),
            }
        }
    }

    /// Sends a message. Where that fails, nobody knows whether it came.
    async fn bring(&self, line: &Line, message: &str) -> Result<()> {
        line.send(message).await.inspect_err(|_| self.wants.gap.store(true, SeqCst))
    }

    /// A message of as many as wait and fit.
    fn gather(&mut self, first: Notice) -> String {
        let mut message = VERSION.to_owned();
        let mut next = Some(first);
        while let Some(notice) = next {
            if message.len() + notice.text.len() + 50 > MOST {
                self.next = Some(notice);
                break;
            }
            let _ = write!(message, "\n{} {}", notice.account, notice.text); // a String takes all
            next = self.waiting.try_recv().ok();
        }
        message
    }

    fn hand_on(&self, heard: Heard) {
        let _ = self.here.send(heard); // nobody may be listening
    }
}

async fn next(first: &mut Option<Notice>, waiting: &mut mpsc::Receiver<Notice>) -> Option<Notice> {
    match first.take() {
        Some(notice) => Some(notice),
        None => waiting.recv().await,
    }
}

/// What a message says. One that is not understood, such as of a newer version, is a gap.
fn read(message: &str) -> Vec<Heard> {
    let mut lines = message.lines();
    let known = lines.next() == Some(VERSION);
    let notice = |line: &str| {
        let (account, text) = line.split_once(' ')?;
        Some(Heard::Notice(Notice::new(account.parse().ok()?, text).ok()?))
    };
    let notices: Option<Vec<_>> = lines.map(notice).collect();
    notices.filter(|_| known).unwrap_or_else(|| vec![Heard::Gap])
}

/// A connection that notifies and listens.
struct Line {
    client: Client,
    notify: Statement,
    incoming: mpsc::Receiver<Notification>,
    /// Which process of the server it is: it hears itself too.
    own: i32,
}

impl Line {
    async fn open(address: &Address, primary: &Primary) -> Result<(Self, Bond)> {
        let (heard, incoming) = mpsc::channel(WAITING);
        // Where they come too fast the session ends, and the next begins with a gap.
        let hear = move |message| match message {
            AsyncMessage::Notification(message) => heard.try_send(message).is_ok(),
            _ => true,
        };
        let bond = primary.bond();
        let session = address.open(primary.timeline(), SETTINGS, hear).await?;
        let (client, bond) = (session.client, bond.to(session.timeline));
        let own = client.query_one("SELECT pg_backend_pid()", &[]).await.or_unavailable()?.get(0);
        let notify = client.prepare("SELECT pg_notify($1, $2)").await.or_unavailable()?;
        Ok((Self { client, notify, incoming, own }, bond))
    }

    async fn listen(&self) -> Result<()> {
        self.client.batch_execute(&format!("LISTEN {CHANNEL}")).await.or_unavailable()
    }

    async fn send(&self, message: &str) -> Result<()> {
        self.client.execute(&self.notify, &[&CHANNEL, &message]).await.map(drop).or_unavailable()
    }

    /// The next message of another.
    async fn hear(&mut self) -> Result<Notification> {
        loop {
            let heard = self.incoming.recv().await;
            let heard = heard.ok_or_else(|| Error::unavailable("the connection was lost"))?;
            if heard.process_id() != self.own {
                return Ok(heard);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::AccountId;

    #[test]
    fn a_message_reads_back_and_one_that_is_not_understood_is_a_gap() {
        let account = AccountId::from_bytes([7; 16]);
        let notice = |text| Heard::Notice(Notice::new(account, text).unwrap());
        assert_eq!(
            read(&format!("1\n{account} {{\"a\": 1}}\n{account} b")),
            [notice("{\"a\": 1}"), notice("b")]
        );
        for odd in [GAP, "", "2", &format!("2\n{account} a"), "1\nnobody a"] {
            assert_eq!(read(odd), [Heard::Gap], "{odd}");
        }
    }
}
