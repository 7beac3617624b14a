//! Jobs of two nodes whose primary is lost, and of which one is lost: none runs twice at once, and none is forgotten.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

use db::{Config, Db, Engine, Reason, Replication};
use jobs::{Bell, Draft, Job, Kinds, Runner};
use kernel::{AccountId, Clock, Entropy, JobId, Result, Source, Timestamp};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};
use testpg::Pair;
use tokio::{task::JoinHandle, time::sleep};

/// Longer than a claim holds.
const LEASE: i64 = 41_000_000;

#[derive(Default)]
struct Log {
    under_way: Mutex<Vec<JobId>>,
    runs: Mutex<HashMap<JobId, usize>>,
}

async fn note(log: Arc<Log>, job: Job) -> Result<()> {
    {
        let mut under_way = log.under_way.lock().unwrap();
        assert!(!under_way.contains(&job.id), "two run it at once");
        under_way.push(job.id);
    }
    sleep(Duration::from_millis(20)).await;
    log.under_way.lock().unwrap().retain(|id| *id != job.id);
    *log.runs.lock().unwrap().entry(job.id).or_default() += 1;
    Ok(())
}

/// Runs for ever the first time, and ends at once the next.
async fn hang(log: Arc<Log>, job: Job) -> Result<()> {
    let first = {
        let mut runs = log.runs.lock().unwrap();
        let count = runs.entry(job.id).or_default();
        *count += 1;
        *count == 1
    };
    if first {
        std::future::pending::<()>().await;
    }
    Ok(())
}

fn node(db: &Db, source: &Source, log: &Arc<Log>) -> JoinHandle<()> {
    let kinds = Kinds::default().on("note", note).on("hang", hang);
    let runner = Runner::new(db.clone(), source.clone(), Bell::default(), kinds, Arc::clone(log));
    tokio::spawn(async move { runner.run(std::future::pending()).await })
}

async fn enqueue(db: &Db, account: AccountId, kind: &'static str) -> JobId {
    let write = move |tx: &mut db::Tx<'_>| jobs::enqueue(tx, Draft::new(kind));
    db.write(account, write).await.unwrap()
}

async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("it takes too long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_outlive_a_primary_and_a_node() {
    let mut pair = tokio::task::spawn_blocking(|| Pair::start().unwrap()).await.unwrap();
    let ports = [pair.port(0), pair.port(1)];
    let [url, system_url, owner_url] =
        [testpg::APP, testpg::SYSTEM, testpg::OWNER].map(|role| pair.url(role, &ports));
    let config = Config {
        replication: Replication { copies: 2, strict: false },
        ..Config::new(Engine::Postgres { url, system_url, owner_url })
    };
    let (ahead, system) = (Arc::new(AtomicI64::new(0)), Clock::system());
    let turned = Arc::clone(&ahead);
    let source = Source {
        clock: Clock::new(move || Timestamp::from_micros(system.now().micros() + turned.load(SeqCst))),
        entropy: Entropy::new(|buffer| getrandom::fill(buffer).unwrap()),
    };
    let first = Db::open(&config, source.clone()).await.unwrap();
    let second = Db::open(&config, source.clone()).await.unwrap();
    let account: AccountId = source.id();
    let id = account.to_string().replace('-', "");
    let insert = format!(
        "INSERT INTO account (account_id, created_at, title, settings, revision) VALUES ('\\x{id}', 0, '', '', 0)"
    );
    pair.sql(0, &insert).unwrap();

    let log = Arc::<Log>::default();
    let dying = node(&first, &source, &log);
    node(&second, &source, &log);
    let mut ids = Vec::new();
    for number in 0..80 {
        if number == 30 {
            pair.kill(0).unwrap();
            pair.promote(1).unwrap();
        }
        ids.push(enqueue(&second, account, "note").await);
    }
    let left =
        async || second.system_read(Reason::RunJobs, jobs::left).await.is_ok_and(|left| left.is_empty());
    until(left).await;
    let runs = log.runs.lock().unwrap().clone();
    assert!(ids.iter().all(|id| runs.get(id) == Some(&1)), "{runs:?}");

    // Whichever node takes these, one of them is gone in the middle of it.
    let hung: Vec<_> =
        [enqueue(&second, account, "hang").await, enqueue(&second, account, "hang").await].into();
    until(async || hung.iter().all(|id| log.runs.lock().unwrap().contains_key(id))).await;
    dying.abort();
    first.close().await;
    ahead.fetch_add(LEASE, SeqCst);
    until(async || {
        ahead.fetch_add(1_000_000, SeqCst);
        left().await
    })
    .await;
    second.close().await;
}
