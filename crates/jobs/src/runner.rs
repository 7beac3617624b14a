//! The runner: takes what is due, and sees it to its end.

use crate::{Job, Kinds, model, store};
use db::{Db, Reason};
use futures_util::{FutureExt, future::join_all};
use kernel::{Error, Kind, Result, Source};
use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long a claim holds without being renewed: after so long another node takes over from one that is gone. Clocks of
/// nodes must differ by much less.
const LEASE: Duration = Duration::from_secs(40);
/// How often a claim is renewed.
const RENEW: Duration = Duration::from_secs(10);
/// How often the runner looks for what time, or another node, has made due.
const LOOK: Duration = Duration::from_secs(2);
/// Jobs that run at once at one node.
const AT_ONCE: usize = 4;
/// How long jobs under way may take after the runner was asked to stop.
const GRACE: Duration = Duration::from_secs(2);

/// Wakes the runner of this node. Rung after the commit of whoever enqueued a job, so that it does not wait for the
/// next look; a ring that is lost costs no more than that.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// There is something new.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Runs the jobs of all accounts, at one node. Clones are the same runner.
#[derive(Clone)]
pub struct Runner<S> {
    db: Db,
    source: Source,
    bell: Bell,
    kinds: Kinds<S>,
    state: S,
}

impl<S> fmt::Debug for Runner<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// How a run ended.
enum End {
    Well,
    Badly(Error),
    /// Somebody else may have taken it.
    Lost,
    /// The runner stops.
    Hurried,
}

impl<S: Clone + Send + Sync + 'static> Runner<S> {
    /// A runner of these kinds of jobs, which work on `state`.
    pub fn new(db: Db, source: Source, bell: Bell, kinds: Kinds<S>, state: S) -> Self {
        Self { db, source, bell, kinds, state }
    }

    /// Runs jobs until `stop` ends. Those under way then may finish for a moment; the others are given back.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        let (hurry, hurried) = watch::channel(false);
        let mut under_way = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let room = AT_ONCE - under_way.len();
            let claimed = self.claim(room).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "jobs wait until the database answers");
                Vec::new()
            });
            for job in claimed {
                let (runner, hurried) = (self.clone(), hurried.clone());
                under_way.spawn(async move { runner.carry_out(&job, hurried).await });
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.bell.rung(), if under_way.len() < AT_ONCE => {}
                () = sleep(LOOK), if under_way.len() < AT_ONCE => {}
                // There is room for the next.
                _ = under_way.join_next(), if !under_way.is_empty() => {}
            }
        }
        let _late = timeout(GRACE, async { while under_way.join_next().await.is_some() {} }).await;
        hurry.send_replace(true);
        while under_way.join_next().await.is_some() {}
    }

    /// Runs all that is due, and what that makes due, and says how many runs those were. What fails waits.
    pub async fn settle(&self) -> Result<usize> {
        let (_hurry, hurried) = watch::channel(false);
        let mut runs = 0;
        loop {
            let claimed = self.claim(AT_ONCE).await?;
            if claimed.is_empty() {
                return Ok(runs);
            }
            runs += claimed.len();
            join_all(claimed.iter().map(|job| self.carry_out(job, hurried.clone()))).await;
        }
    }

    async fn claim(&self, most: usize) -> Result<Vec<Job>> {
        let kinds = self.kinds.names();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let looked = kinds.clone();
        if most == 0 || !self.db.system_read(Reason::RunJobs, move |tx| store::is_due(tx, &looked)).await? {
            return Ok(Vec::new());
        }
        self.db.system_write(Reason::RunJobs, move |tx| store::claim(tx, &kinds, most, LEASE)).await
    }

    /// Runs a claimed job, and notes how it ended. Where that cannot be noted, the claim runs out, and the job runs again.
    async fn carry_out(&self, job: &Job, mut hurried: watch::Receiver<bool>) {
        let end = tokio::select! {
            end = self.attempt(job) => end,
            () = self.hold(job) => End::Lost,
            _ = hurried.wait_for(|hurry| *hurry) => End::Hurried,
        };
        let noted = self.note(job, end).await;
        if let Err(error) = noted {
            tracing::warn!(job = %job.id, account = %job.account, %error, "the end of a job was not noted");
        }
    }

    async fn attempt(&self, job: &Job) -> End {
        let Some(verb) = self.kinds.verb(&job.kind) else {
            return End::Hurried; // it was claimed as one of ours; whoever knows it gets it back
        };
        match AssertUnwindSafe(verb(self.state.clone(), job.clone())).catch_unwind().await {
            Ok(Ok(())) => End::Well,
            Ok(Err(error)) => End::Badly(error),
            Err(_panic) => End::Badly(Error::internal("it panicked")),
        }
    }

    /// Renews the claim, and ends where it is lost, or may be before it can be renewed again.
    async fn hold(&self, job: &Job) {
        let mut until = job.until;
        loop {
            sleep(RENEW).await;
            let (held, next) = (job.clone(), self.source.now() + LEASE);
            let renewal = self.db.write(job.account, move |tx| store::renew(tx, &held, next));
            match timeout(RENEW, renewal).await {
                Ok(Ok(true)) => until = next,
                Ok(Ok(false)) => return,
                Ok(Err(_)) | Err(_) if self.source.now() + 2 * RENEW >= until => return,
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    async fn note(&self, job: &Job, end: End) -> Result<()> {
        let noted = job.clone();
        match end {
            End::Well => self.db.write(job.account, move |tx| store::finish(tx, &noted)).await,
            End::Badly(error) => {
                say(job, &error);
                let code = error.code();
                let wait = model::wait(job.attempts, u32::from_le_bytes(self.source.entropy.bytes()));
                self.db.write(job.account, move |tx| store::postpone(tx, &noted, code, wait)).await
            }
            End::Lost => {
                tracing::warn!(job = %job.id, account = %job.account, job.kind, "the claim of a job was lost");
                Ok(())
            }
            End::Hurried => self.db.write(job.account, move |tx| store::give_back(tx, &noted)).await,
        }
    }
}

/// An error's code is no content; the cause of one that broke on our side is for whoever mends it.
fn say(job: &Job, error: &Error) {
    let Job { id, account, kind, attempts, .. } = job;
    let code = error.code();
    if error.kind() == Kind::Internal {
        tracing::error!(job = %id, %account, kind, attempts, %error, "a job failed, and runs again later");
    } else {
        tracing::warn!(job = %id, %account, kind, attempts, code, "a job failed, and runs again later");
    }
}
