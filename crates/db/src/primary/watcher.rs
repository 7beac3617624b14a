//! Asks the primary twice a second whether it still is one, and looks for another where it is late.

use super::{Primary, Standing, Timeline, mark::Mark};
use crate::{
    address::{Address, Session},
    numbers::Numbers,
};
use kernel::{Error, Result, ResultExt, Source};
use std::{
    pin::pin,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How often it is asked.
const PULSE: Duration = Duration::from_millis(500);
/// How long it may take until another is looked for beside it.
const LATE: Duration = Duration::from_millis(1_500);
/// How long after a failed look there is another.
const AGAIN: Duration = Duration::from_millis(200);
/// How often the other hosts are asked even though all is well: an old primary need not know that there is a new one.
const AROUND: Duration = Duration::from_secs(5);
/// How often marks are forgotten.
const FORGET: Duration = Duration::from_mins(1);
/// The session has our way of committing, no time-out that could strike it, and no query of another is in its way.
const SETTINGS: &str =
    "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";
/// A write without a row: COMMIT waits for the standby, as it does not for a transaction that has a number only.
const WRITE: &str = "BEGIN; SELECT pg_logical_emit_message(true, 'palisade', ''); COMMIT";
/// Whoever has this lock leads; it ends with the session.
const LEAD: &str = "SELECT pg_try_advisory_lock(4713047)";

struct Watcher {
    primary: Primary,
    address: Address,
    numbers: Numbers,
    source: Source,
    leads: bool,
    around: Instant,
    forgot: Instant,
}

/// Watches until it is dropped.
pub(super) async fn run(primary: Primary, address: Address, numbers: Numbers, source: Source) {
    let now = Instant::now();
    let mut watcher = Watcher { primary, address, numbers, source, leads: false, around: now, forgot: now };
    loop {
        let Some(session) = watcher.seek(watcher.primary.timeline()).await else {
            sleep(AGAIN).await;
            continue;
        };
        tracing::info!(host = session.host, "the primary was found");
        watcher.follow(session).await;
    }
}

impl Watcher {
    /// A session on `least` or a later timeline.
    async fn seek(&self, least: Timeline) -> Option<Session> {
        match self.address.open(least, SETTINGS, |_| true).await {
            Ok(session) => {
                if self.primary.found(session.timeline) {
                    self.numbers.takeovers.inc();
                }
                Some(session)
            }
            Err(error) => {
                tracing::debug!(%error, "no primary was found");
                None
            }
        }
    }

    /// Asks one primary again and again, and the next where another has taken its place, until there is none.
    async fn follow(&mut self, mut session: Session) {
        loop {
            match self.ask(&session).await {
                Ok(None) => {}
                Ok(Some(newer)) => {
                    session = self.move_to(newer, &session);
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, host = session.host, "the primary is not reached");
                    return self.lose();
                }
            }
            if let Err(error) = self.keep_house(&session).await {
                tracing::warn!(%error, "marks are forgotten later");
            }
            sleep(PULSE).await;
            if self.address.hosts() < 2 || self.around.elapsed() < AROUND {
                continue;
            }
            self.around = Instant::now();
            if let Some(newer) = self.seek(session.timeline.next()).await {
                session = self.move_to(newer, &session);
            }
        }
    }

    /// Asks once, for as long as it takes; where that is long and there is a newer primary meanwhile, gives a session there.
    async fn ask(&mut self, session: &Session) -> Result<Option<Session>> {
        let asked = Instant::now();
        let lead = if self.leads { "SELECT true" } else { LEAD };
        let sql = format!("{WRITE}; {lead}; {}", Standing::SQL);
        let mut answer = pin!(session.client.simple_query(&sql));
        loop {
            let look = async {
                sleep(LATE).await;
                self.seek(session.timeline.next()).await
            };
            tokio::select! {
                answer = &mut answer => {
                    let rows = answer.or_unavailable()?;
                    self.leads = leads(&rows);
                    self.primary.answered(asked, Standing::read(&session.host, &rows)?, self.leads);
                    return Ok(None);
                }
                newer = look => if newer.is_some() {
                    return Ok(newer);
                },
            }
        }
    }

    /// Deletes marks that nobody asks for any more.
    async fn keep_house(&mut self, session: &Session) -> Result<()> {
        if !self.leads || self.forgot.elapsed() < FORGET {
            return Ok(());
        }
        self.forgot = Instant::now();
        let forget = Mark::forget(self.source.now());
        // Another that waits for what this deletes would wait for its standby too.
        let done = tokio::time::timeout(LATE, session.client.batch_execute(&forget)).await;
        done.map_err(|_late| Error::unavailable("it took too long"))?.or_unavailable()
    }

    fn move_to(&mut self, newer: Session, before: &Session) -> Session {
        tracing::warn!(host = newer.host, before = before.host, "another primary has taken over");
        self.lose();
        newer
    }

    fn lose(&mut self) {
        self.leads = false;
        self.primary.lost();
    }
}

/// The answer to [`LEAD`]: the second row of one column, after the transaction's number.
fn leads(rows: &[tokio_postgres::SimpleQueryMessage]) -> bool {
    let single = rows.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) if row.len() == 1 => row.get(0),
        _ => None,
    });
    single.into_iter().nth(1) == Some("t")
}
