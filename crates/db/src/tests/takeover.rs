//! Two PostgreSQL servers of which one is lost: what is acknowledged is kept, nothing is done twice, and nobody hears anything
//! that is not so.

use super::{ITEMS, account, source, store};
use crate::{Config, Db, Engine, Heard, Replication};
use kernel::{AccountId, Kind, Result};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use testpg::{Pair, Proxy};
use tokio::time::sleep;

/// Two servers, each reached through a way that can be cut, and a node.
struct Sites {
    pair: Pair,
    ways: [Proxy; 2],
    db: Db,
    config: Config,
    account: AccountId,
}

const TWO: Replication = Replication { copies: 2, strict: true };
/// One goes on where the other is lost.
const ONE_MAY_DO: Replication = Replication { copies: 2, strict: false };

impl Sites {
    async fn new(replication: Replication) -> Self {
        let pair = tokio::task::spawn_blocking(|| Pair::start().unwrap()).await.unwrap();
        let ways = [0, 1].map(|at| Proxy::to(pair.port(at)).unwrap());
        let ports = [ways[0].port(), ways[1].port()];
        let [url, system_url, owner_url] =
            [testpg::APP, testpg::SYSTEM, testpg::OWNER].map(|role| pair.url(role, &ports));
        let config = Config { replication, ..Config::new(Engine::Postgres { url, system_url, owner_url }) };
        let db = Db::open_with(&config, source(), ITEMS).await.unwrap();
        let sites = Self { pair, ways, db, config, account: account() };
        sites.settle(|db| db.standing().is_some()).await;
        sites
    }

    /// Waits until it is so.
    async fn settle(&self, is_so: impl Fn(&Db) -> bool) {
        let begun = Instant::now();
        while !is_so(&self.db) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", self.db.standing());
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn add(&self, slug: &str) -> Result<()> {
        add(&self.db, self.account, slug.to_owned(), &Arc::default()).await
    }

    async fn count(&self) -> Result<i64> {
        self.db.read(self.account, store::count).await
    }

    /// Writes without a pause from now on; what each was told is kept under its name.
    fn writers(&self, count: u32) -> Writers {
        let (over, runs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let write = |writer| {
            let (db, account) = (self.db.clone(), self.account);
            let (over, runs) = (Arc::clone(&over), Arc::clone(&runs));
            tokio::spawn(async move {
                let mut told = BTreeMap::new();
                for number in 0.. {
                    if over.load(SeqCst) {
                        break;
                    }
                    let slug = format!("{writer}-{number}");
                    let result = add(&db, account, slug.clone(), &runs).await;
                    if result.is_err() {
                        sleep(Duration::from_millis(100)).await;
                    }
                    told.insert(slug, result);
                }
                told
            })
        };
        let all = (0..count).map(write).collect();
        Writers { over, all }
    }

    /// Whether what was told is so: what was acknowledged is there, and what was refused is not.
    async fn compare(&self, told: BTreeMap<String, Result<()>>) -> usize {
        let mut there = self.db.read(self.account, |tx| store::with_slug_like(tx, "%")).await.unwrap();
        there.sort();
        let acknowledged = told.values().filter(|result| result.is_ok()).count();
        for (slug, result) in told {
            let is_there = there.binary_search(&slug).is_ok();
            match result {
                Ok(()) => assert!(is_there, "{slug} was acknowledged and is lost"),
                Err(error) => {
                    assert_eq!(
                        (error.kind(), error.code()),
                        (Kind::Unavailable, "database-away"),
                        "{slug}: {error}"
                    );
                    assert!(!is_there, "{slug} was refused and is there");
                }
            }
        }
        acknowledged
    }
}

async fn add(db: &Db, account: AccountId, slug: String, runs: &Arc<AtomicU32>) -> Result<()> {
    let runs = Arc::clone(runs);
    db.write(account, move |tx| {
        runs.fetch_add(1, SeqCst);
        store::add_new(tx, &slug).map(drop)
    })
    .await
}

struct Writers {
    over: Arc<AtomicBool>,
    all: Vec<tokio::task::JoinHandle<BTreeMap<String, Result<()>>>>,
}

impl Writers {
    async fn end(self) -> BTreeMap<String, Result<()>> {
        self.over.store(true, SeqCst);
        let mut told = BTreeMap::new();
        for writer in self.all {
            told.extend(writer.await.unwrap());
        }
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_killed_takes_nothing_along_that_was_acknowledged() {
    // Who takes over commits alone at first.
    let mut sites = Sites::new(ONE_MAY_DO).await;
    let mut listener = sites.db.listen();
    while listener.next().await != Some(Heard::Gap) {}
    let writers = sites.writers(8);
    sleep(Duration::from_millis(700)).await;
    let before = sites.db.short_commits();
    sites.pair.kill(0).unwrap();
    sleep(Duration::from_millis(300)).await;
    sites.pair.promote(1).unwrap();
    let port = sites.ways[1].port();
    sites.settle(|db| db.standing().is_some_and(|(seen, _)| seen.host.ends_with(&port.to_string()))).await;
    sleep(Duration::from_millis(700)).await;
    let told = writers.end().await;
    assert_eq!(before, 0);
    assert!(sites.db.short_commits() > 0, "one holds them, and that is said");
    let acknowledged = sites.compare(told).await;
    assert!(acknowledged > 100, "{acknowledged}");
    while listener.next().await != Some(Heard::Gap) {} // other nodes are heard again
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_whose_answers_are_lost_are_done_once_and_told_so() {
    let sites = Sites::new(TWO).await;
    let writers = sites.writers(8);
    for _ in 0..3 {
        sleep(Duration::from_millis(400)).await;
        sites.ways[0].deafen(true);
        sleep(Duration::from_millis(200)).await;
        sites.ways[0].deafen(false);
    }
    sleep(Duration::from_millis(400)).await;
    let told = writers.end().await;
    for (slug, result) in &told {
        assert!(result.is_ok(), "{slug}: {result:?}");
    }
    let acknowledged = sites.compare(told).await;
    assert!(acknowledged > 100, "{acknowledged}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_answer_for_4_s_nobody_is_answered_until_there_is_one() {
    let sites = Sites::new(TWO).await;
    sites.add("before").await.unwrap();
    let runs = Arc::<AtomicU32>::default();
    // The standby is frozen: the commit waits for it.
    sites.pair.freeze(1);
    let begun = Instant::now();
    let waiting = {
        let (db, account, runs) = (sites.db.clone(), sites.account, Arc::clone(&runs));
        tokio::spawn(async move { add(&db, account, "waiting".to_owned(), &runs).await })
    };
    tokio::time::timeout(Duration::from_secs(10), sites.db.lapsed()).await.expect("it is noticed");
    let lapsed = begun.elapsed();
    assert!((Duration::from_secs(3)..Duration::from_secs(6)).contains(&lapsed), "{lapsed:?}");
    for refused in [sites.add("refused").await, sites.count().await.map(drop), sites.db.ready().await] {
        assert_eq!(refused.unwrap_err().code(), "database-away");
    }
    assert!(!waiting.is_finished(), "what became of it is not known yet, and not said");
    sites.pair.thaw(1);
    waiting.await.unwrap().unwrap();
    sites.settle(Db::answers).await;
    sites.db.ready().await.unwrap();
    sites.add("after").await.unwrap();
    assert_eq!((sites.count().await.unwrap(), runs.load(SeqCst)), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_from_a_primary_that_was_replaced() {
    let sites = Sites::new(ONE_MAY_DO).await;
    sites.add("before").await.unwrap();
    // It is cut off, and goes on as if it were the primary: its commits wait for nobody.
    sites.ways[0].silence(true);
    sites.pair.sql(0, "ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
    sites.pair.sql(0, "SELECT pg_reload_conf()").unwrap();
    sites.pair.promote(1).unwrap();
    let port = sites.ways[1].port();
    sites.settle(|db| db.standing().is_some_and(|(seen, _)| seen.host.ends_with(&port.to_string()))).await;
    sites.settle(Db::answers).await;
    sites.add("at the new one").await.unwrap();
    // The old one is reached again, and takes writes still.
    sites.ways[0].silence(false);
    let again = Db::open_with(&sites.config, source(), ITEMS).await.unwrap();
    let found_new = |db: &Db| db.standing().is_some_and(|(seen, _)| seen.host.ends_with(&port.to_string()));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) || !found_new(&again) {
        assert_eq!(sites.count().await.unwrap(), 2, "who knows the new one never goes back");
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "a node that found the old one first looks around"
        );
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(again.read(sites.account, store::count).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_wait_is_cancelled_is_acknowledged_when_enough_hold_it() {
    let sites = Sites::new(TWO).await;
    sites.pair.freeze(1);
    let waiting = {
        let (db, account) = (sites.db.clone(), sites.account);
        tokio::spawn(async move { add(&db, account, "cancelled".to_owned(), &Arc::default()).await })
    };
    let commits =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'palisade_app'";
    sites.pair.wait_for(0, commits, "1").unwrap();
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'palisade_app'";
    sites.pair.sql(0, cancel).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sites.pair.sql(0, "SELECT count(*) FROM item").unwrap(), "1", "it is committed at one");
    assert!(!waiting.is_finished(), "and not acknowledged");
    sites.pair.thaw(1);
    waiting.await.unwrap().unwrap();
    assert_eq!(sites.pair.sql(1, "SELECT count(*) FROM item").unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_does_not_wait_for_its_standby_takes_no_writes() {
    let sites = Sites::new(TWO).await;
    sites.add("before").await.unwrap();
    sites.pair.sql(0, "ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
    sites.pair.sql(0, "SELECT pg_reload_conf()").unwrap();
    sites.settle(|db| db.standing().is_some_and(|(seen, _)| seen.demands() == 1)).await;
    assert_eq!(sites.add("refused").await.unwrap_err().code(), "too-few-copies");
    assert_eq!(sites.db.ready().await.unwrap_err().code(), "too-few-copies");
    assert_eq!(sites.count().await.unwrap(), 1);
    sites.pair.sql(0, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'").unwrap();
    sites.pair.sql(0, "SELECT pg_reload_conf()").unwrap();
    sites.settle(|db| db.standing().is_some_and(|(seen, _)| seen.demands() == 2)).await;
    sites.add("after").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_one_may_do_what_one_alone_holds_is_counted() {
    let mut sites = Sites::new(ONE_MAY_DO).await;
    sites.pair.sql(0, "ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
    sites.pair.sql(0, "SELECT pg_reload_conf()").unwrap();
    for number in 0..20 {
        sites.add(&format!("{number}")).await.unwrap();
    }
    assert_eq!(sites.db.short_commits(), 0, "nobody waits for the standby, but it holds them");
    sites.pair.stop(1).unwrap();
    sites.pair.wait_for(0, "SELECT count(*) FROM pg_stat_replication", "0").unwrap();
    sites.add("alone").await.unwrap();
    assert_eq!(sites.db.short_commits(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_leads_and_another_takes_over() {
    let sites = Sites::new(TWO).await;
    let other = Db::open_with(&sites.config, source(), ITEMS).await.unwrap();
    sites.settle(Db::leads).await;
    while other.standing().is_none() {
        sleep(Duration::from_millis(20)).await;
    }
    assert!(!other.leads());
    // Its session ends, as with its process.
    sites.ways[0].cut();
    let begun = Instant::now();
    while sites.db.leads() == other.leads() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(20)).await;
    }
    let (leader, next) = if sites.db.leads() { (&sites.db, &other) } else { (&other, &sites.db) };
    leader.close().await;
    while !next.leads() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_does_not_wait_for_long_for_what_nobody_answers() {
    let sites = Sites::new(TWO).await;
    sites.pair.freeze(1);
    let waiting = {
        let (db, account) = (sites.db.clone(), sites.account);
        tokio::spawn(async move { add(&db, account, "waiting".to_owned(), &Arc::default()).await })
    };
    let commits =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'palisade_app'";
    sites.pair.wait_for(0, commits, "1").unwrap();
    let begun = Instant::now();
    sites.db.close().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(crate::is_unknown_outcome(&waiting.await.unwrap().unwrap_err()));
}
