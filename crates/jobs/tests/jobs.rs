//! Jobs run once their transaction is committed, one at a time, again where they fail or their node is gone.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

use jobs::{Bell, Draft, Job, Kinds, Runner, Standing};
use kernel::{AccountId, Error, JobId, Kind, Result};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use testkit::Installation;
use tokio::sync::{Notify, oneshot};

/// What the jobs of a test did, and what they are to do.
#[derive(Default)]
struct Log {
    runs: Mutex<HashMap<JobId, usize>>,
    under_way: Mutex<Vec<JobId>>,
    broken: AtomicBool,
    started: Notify,
}

impl Log {
    fn runs(&self, id: JobId) -> usize {
        self.runs.lock().unwrap().get(&id).copied().unwrap_or_default()
    }
}

type State = Arc<Log>;

async fn note(log: State, job: Job) -> Result<()> {
    assert_eq!(job.payload()?.id("job")?, job.id, "what it is about");
    {
        let mut under_way = log.under_way.lock().unwrap();
        assert!(!under_way.contains(&job.id), "two run it at once");
        under_way.push(job.id);
    }
    tokio::time::sleep(Duration::from_millis(3)).await;
    log.under_way.lock().unwrap().retain(|id| *id != job.id);
    *log.runs.lock().unwrap().entry(job.id).or_default() += 1;
    if log.broken.load(Ordering::SeqCst) {
        return Err(Error::new(Kind::Unavailable, "storage-full").with("name", "Plans").because("a cause"));
    }
    Ok(())
}

/// Never ends while the log is broken.
async fn hang(log: State, job: Job) -> Result<()> {
    *log.runs.lock().unwrap().entry(job.id).or_default() += 1;
    log.started.notify_one();
    if log.broken.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    Ok(())
}

async fn panics(log: State, job: Job) -> Result<()> {
    *log.runs.lock().unwrap().entry(job.id).or_default() += 1;
    assert!(!log.broken.load(Ordering::SeqCst), "it is broken");
    Ok(())
}

/// An installation with an account, a node's runner, and what its jobs did.
async fn place() -> (Installation, AccountId, Runner<State>, State) {
    let installation = Installation::new().await;
    installation.account("acme").await;
    let account = installation.id_of("acme").await;
    let log = State::default();
    let runner = runner(&installation, &log);
    (installation, account, runner, log)
}

fn runner(installation: &Installation, log: &State) -> Runner<State> {
    let kinds = Kinds::default().on("note", note).on("hang", hang).on("panic", panics);
    let parts = &installation.palisade;
    Runner::new(parts.db.clone(), parts.source.clone(), Bell::default(), kinds, Arc::clone(log))
}

async fn enqueue(installation: &Installation, account: AccountId, kind: &'static str) -> JobId {
    let write = move |tx: &mut db::Tx<'_>| {
        let id = tx.id();
        jobs::enqueue(tx, Draft::new(kind).named(id).about("job", id))
    };
    installation.palisade.db.write(account, write).await.unwrap()
}

async fn standing(installation: &Installation, account: AccountId, id: JobId) -> Option<Standing> {
    installation.palisade.db.read(account, move |tx| jobs::standing(tx, id)).await.unwrap()
}

#[tokio::test]
async fn a_job_is_there_where_its_transaction_is() {
    let (installation, account, runner, log) = place().await;
    let undone: Result<()> = installation
        .palisade
        .db
        .write(account, |tx| {
            jobs::enqueue(tx, Draft::new("note"))?;
            Err(Error::conflict("name-taken"))
        })
        .await;
    assert_eq!(undone.unwrap_err().code(), "name-taken");
    assert_eq!(runner.settle().await.unwrap(), 0);

    let id = enqueue(&installation, account, "note").await;
    assert_eq!(runner.settle().await.unwrap(), 1);
    assert_eq!((log.runs(id), standing(&installation, account, id).await), (1, None));
    assert_eq!(runner.settle().await.unwrap(), 0);
}

#[tokio::test]
async fn a_job_waits_for_its_time_and_one_under_an_id_is_there_once() {
    let (installation, account, runner, log) = place().await;
    let id = installation.palisade.source.id();
    let later = move |tx: &mut db::Tx<'_>| {
        let due = tx.now() + Duration::from_hours(1);
        jobs::enqueue_once(tx, id, Draft::new("note").about("job", id).at(due))
    };
    assert!(installation.palisade.db.write(account, later).await.unwrap());
    assert!(!installation.palisade.db.write(account, later).await.unwrap());
    assert_eq!(runner.settle().await.unwrap(), 0);
    installation.wait(Duration::from_hours(1));
    assert_eq!(runner.settle().await.unwrap(), 1);
    assert_eq!(log.runs(id), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_runners_never_run_one_job_at_once() {
    let (installation, account, first, log) = place().await;
    let second = runner(&installation, &log);
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(enqueue(&installation, account, "note").await);
    }
    let (first, second) = tokio::join!(
        tokio::spawn(async move { first.settle().await }),
        tokio::spawn(async move { second.settle().await })
    );
    let runs = first.unwrap().unwrap() + second.unwrap().unwrap();
    assert_eq!(runs, 40, "one run each");
    assert!(ids.iter().all(|id| log.runs(*id) == 1));
}

#[tokio::test]
async fn a_job_that_fails_runs_again_later_each_time() {
    let (installation, account, runner, log) = place().await;
    log.broken.store(true, Ordering::SeqCst);
    let id = enqueue(&installation, account, "note").await;
    let mut waits = Vec::new();
    for run in 1..=4 {
        assert_eq!(runner.settle().await.unwrap(), 1);
        assert_eq!(runner.settle().await.unwrap(), 0, "not at once");
        let standing = standing(&installation, account, id).await.unwrap();
        assert_eq!((standing.attempts, standing.error.as_deref()), (run, Some("storage-full")));
        waits.push(standing.run_at.since(installation.palisade.source.now()));
        installation.wait(*waits.last().unwrap());
    }
    // Half of the doubled time at least, all of it at most.
    assert!(waits[0] <= Duration::from_secs(5) && waits[3] > Duration::from_secs(18), "{waits:?}");
    log.broken.store(false, Ordering::SeqCst);
    assert_eq!(runner.settle().await.unwrap(), 1);
    assert_eq!((log.runs(id), standing(&installation, account, id).await), (5, None));
}

#[tokio::test]
async fn a_job_that_panics_has_failed() {
    let (installation, account, runner, log) = place().await;
    log.broken.store(true, Ordering::SeqCst);
    let id = enqueue(&installation, account, "panic").await;
    assert_eq!(runner.settle().await.unwrap(), 1);
    assert_eq!(standing(&installation, account, id).await.unwrap().error.as_deref(), Some("internal"));
    log.broken.store(false, Ordering::SeqCst);
    installation.wait(Duration::from_secs(5));
    assert_eq!(runner.settle().await.unwrap(), 1);
}

#[tokio::test]
async fn the_job_of_a_node_that_is_gone_runs_again_when_its_claim_is_over() {
    let (installation, account, gone, log) = place().await;
    log.broken.store(true, Ordering::SeqCst);
    let id = enqueue(&installation, account, "hang").await;
    let node = tokio::spawn(async move { gone.settle().await });
    log.started.notified().await;
    node.abort();
    assert!(node.await.unwrap_err().is_cancelled());

    log.broken.store(false, Ordering::SeqCst);
    let other = runner(&installation, &log);
    assert_eq!(other.settle().await.unwrap(), 0, "its claim still holds");
    installation.wait(Duration::from_mins(2));
    assert_eq!(other.settle().await.unwrap(), 1);
    assert_eq!((log.runs(id), standing(&installation, account, id).await), (2, None));
}

#[tokio::test]
async fn a_runner_that_stops_gives_back_what_it_has_not_done() {
    let (installation, account, stopping, log) = place().await;
    log.broken.store(true, Ordering::SeqCst);
    let id = enqueue(&installation, account, "hang").await;
    let (stop, stopped) = oneshot::channel::<()>();
    let node = tokio::spawn(async move { stopping.run(async { drop(stopped.await) }).await });
    log.started.notified().await;
    stop.send(()).unwrap();
    node.await.unwrap();

    log.broken.store(false, Ordering::SeqCst);
    assert_eq!(runner(&installation, &log).settle().await.unwrap(), 1, "at once, elsewhere");
    assert_eq!(log.runs(id), 2);
}

#[tokio::test]
async fn a_runner_is_woken_by_the_bell_and_ends_what_runs_when_it_stops() {
    let (installation, account, _, log) = place().await;
    let (parts, bell) = (&installation.palisade, Bell::default());
    let kinds = Kinds::default().on("hang", hang);
    let node = Runner::new(parts.db.clone(), parts.source.clone(), bell.clone(), kinds, Arc::clone(&log));
    let (stop, stopped) = oneshot::channel::<()>();
    let node = tokio::spawn(async move { node.run(async { drop(stopped.await) }).await });
    for _ in 0..8 {
        let id = enqueue(&installation, account, "hang").await;
        bell.ring();
        log.started.notified().await;
        assert_eq!(log.runs(id), 1);
    }
    stop.send(()).unwrap();
    node.await.unwrap();
}

#[tokio::test]
async fn a_job_of_an_unknown_kind_is_left_to_a_newer_version() {
    let (installation, account, older, log) = place().await;
    let id = enqueue(&installation, account, "dream").await;
    let known = enqueue(&installation, account, "note").await;
    assert_eq!(older.settle().await.unwrap(), 1, "it is in nobody's way");
    assert_eq!(log.runs(known), 1);
    let untouched = standing(&installation, account, id).await.unwrap();
    assert_eq!((untouched.attempts, untouched.error), (0, None));
    let read = installation.palisade.db.system_read(db::Reason::RunJobs, jobs::left).await;
    assert_eq!(read.unwrap(), ["dream"], "a test that ended here would fail");

    let parts = &installation.palisade;
    let kinds = Kinds::default().on("dream", note);
    let newer = Runner::new(parts.db.clone(), parts.source.clone(), Bell::default(), kinds, Arc::clone(&log));
    assert_eq!(newer.settle().await.unwrap(), 1);
    assert_eq!(log.runs(id), 1);
}
