//! PostgreSQL: sessions that end, transactions that collide, and what a COMMIT may answer.

use super::{ITEMS, Place, account, source, store};
use crate::{Config, Db, Engine, Limits, is_unknown_outcome, primary::mark::Mark};
use diesel::RunQueryDsl;
use kernel::{Error, Kind};
use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// Ends every session of the everyday role.
fn hang_up(server: &testpg::Database) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'palisade_app'";
    server.superuser(end).unwrap();
}

#[tokio::test]
async fn a_lost_connection_is_opened_again() {
    let place = Place::postgres().await;
    let account = account();
    place.db.write(account, |tx| store::add_new(tx, "a")).await.unwrap();
    hang_up(place.server());
    place.db.write(account, |tx| store::add_new(tx, "b")).await.unwrap();
    hang_up(place.server());
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 2);
}

#[tokio::test]
async fn a_transaction_whose_connection_is_lost_runs_again() {
    let place = Arc::new(Place::postgres().await);
    let account = account();
    let runs = Arc::new(AtomicU32::new(0));
    let (counted, server) = (Arc::clone(&runs), Arc::clone(&place));
    let write = place.db.write(account, move |tx| {
        store::add_new(tx, "a")?;
        if counted.fetch_add(1, Ordering::Relaxed) == 0 {
            hang_up(server.server());
        }
        store::add_new(tx, "b")
    });
    write.await.unwrap();
    assert_eq!((runs.load(Ordering::Relaxed), place.db.read(account, store::count).await.unwrap()), (2, 2));
}

#[tokio::test]
async fn transactions_that_collide_run_again() {
    let place = Place::postgres().await;
    let account = account();
    let id = place.db.write(account, |tx| store::add_new(tx, "a")).await.unwrap();
    // Each reads a number and writes the next: without serializable transactions some would be lost.
    let count = |db: Db| async move {
        for _ in 0..20 {
            let next = db.write(account, move |tx| {
                use diesel::{ExpressionMethods, QueryDsl};
                let hits = store::get(tx, id)?.ok_or_else(Error::not_found)?.hits;
                let mine = tx.of(store::item::table).filter(store::item::id.eq(id));
                tx.execute(diesel::update(mine).set(store::item::hits.eq(hits + 1)))
            });
            match next.await {
                Ok(_) => {}
                Err(error) => assert_eq!(error.code(), "busy"),
            }
        }
    };
    let done =
        |db: Db| async move { db.read(account, move |tx| store::get(tx, id)).await.unwrap().unwrap().hits };
    tokio::join!(count(place.db.clone()), count(place.db.clone()));
    assert_eq!(done(place.db.clone()).await, 40, "two at a time find their turn within five attempts");
}

#[tokio::test]
async fn a_deadlock_is_a_collision() {
    let place = Place::postgres().await;
    let account = account();
    let ids =
        place.db.write(account, |tx| Ok([store::add_new(tx, "a")?, store::add_new(tx, "b")?])).await.unwrap();
    let both = |first, second| {
        place.db.write(account, move |tx| {
            store::hit(tx, first)?;
            std::thread::sleep(Duration::from_millis(50));
            store::hit(tx, second)
        })
    };
    let (one, other) = tokio::join!(both(ids[0], ids[1]), both(ids[1], ids[0]));
    one.unwrap();
    other.unwrap();
}

/// Makes every COMMIT that inserted an item do this first.
fn at_commit(place: &Place, statement: &str) {
    let trigger = format!(
        "CREATE OR REPLACE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$;\n\
         DROP TRIGGER IF EXISTS at_commit ON item;\n\
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()"
    );
    place.server().superuser(&trigger).unwrap();
}

/// Adds an item, and counts how often that is run.
async fn counted(place: &Place) -> (kernel::Result<()>, u32, i64) {
    let (account, runs) = (account(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&runs);
    let write = place.db.write(account, move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        store::add_new(tx, "a").map(drop)
    });
    let result = write.await;
    (result, runs.load(Ordering::Relaxed), place.db.read(account, store::count).await.unwrap())
}

#[tokio::test]
async fn a_commit_with_a_warning_is_looked_into_and_not_done_again() {
    let place = Place::postgres().await;
    at_commit(&place, "RAISE WARNING 'canceling wait for synchronous replication due to user request'");
    let (result, runs, items) = counted(&place).await;
    result.unwrap();
    assert_eq!((runs, items), (1, 1));
}

#[tokio::test]
async fn a_commit_that_fails_again_and_again_is_an_unknown_outcome() {
    let place = Place::postgres().await;
    for failure in ["RAISE EXCEPTION 'odd'", "PERFORM pg_terminate_backend(pg_backend_pid())"] {
        at_commit(&place, failure);
        let (result, runs, items) = counted(&place).await;
        assert!(is_unknown_outcome(&result.unwrap_err()), "{failure}");
        assert_eq!((runs, items), (5, 0), "{failure}");
    }
}

#[tokio::test]
async fn a_notice_at_commit_is_none() {
    let place = Place::postgres().await;
    at_commit(&place, "RAISE NOTICE 'by the way'");
    place.db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();
}

#[tokio::test]
async fn each_write_leaves_a_mark_which_is_forgotten_when_it_is_old() {
    let place = Place::postgres().await;
    let superuser = |sql: &str| place.server().superuser(sql).unwrap();
    superuser(
        "TRUNCATE __commit_mark;\nINSERT INTO __commit_mark (id, made_at) VALUES ('\\x01', now() - interval '61 minutes')",
    );
    counted(&place).await.0.unwrap(); // a write, and a read, which leaves none
    assert_eq!(superuser("SELECT count(*) FROM __commit_mark"), "2");
    superuser(&format!("SET ROLE palisade_system;\n{}", Mark::FORGET));
    assert_eq!(superuser("SELECT bool_and(made_at > now() - interval '1 minute') FROM __commit_mark"), "t");
    assert_eq!(superuser("SELECT count(*) FROM __commit_mark"), "1");
}

#[tokio::test]
async fn statements_and_locks_have_their_time_and_a_commit_has_none() {
    let mut place = Place::postgres().await;
    let millis = Duration::from_millis;
    place
        .again(|config| config.limits = Limits { statement: millis(400), lock: millis(200), ..config.limits })
        .await;
    // Of the role and the database too.
    let name = place.server().superuser("SELECT current_database()").unwrap();
    place.server().superuser(&format!("ALTER DATABASE {name} SET statement_timeout = 100")).unwrap();
    hang_up(place.server());
    at_commit(&place, "PERFORM pg_sleep(1)");
    place.db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();

    let asleep =
        place.db.read(account(), |tx| tx.run(|conn| diesel::sql_query("SELECT pg_sleep(2)").execute(conn)));
    assert_eq!(asleep.await.unwrap_err().code(), "busy");
    at_commit(&place, "NULL");
    let account = account();
    let id = place.db.write(account, |tx| store::add_new(tx, "b")).await.unwrap();
    let (locked, lock) = tokio::sync::oneshot::channel();
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let (db, mut locked) = (place.db.clone(), Some(locked));
    let holding = tokio::spawn(async move {
        db.write(account, move |tx| {
            store::hit(tx, id)?;
            locked.take().map(|locked| locked.send(()));
            let _ = wait.recv_timeout(Duration::from_secs(30));
            Ok(())
        })
        .await
    });
    lock.await.unwrap();
    let late = place.db.write(account, move |tx| store::hit(tx, id)).await;
    assert_eq!(late.unwrap_err().code(), "busy");
    drop(go_on);
    holding.await.unwrap().unwrap();
}

#[tokio::test]
async fn nodes_that_start_together_bring_it_forward_once() {
    let server = tokio::task::spawn_blocking(|| testpg::Database::empty().unwrap()).await.unwrap();
    let config = Config::new(super::engine(&server));
    let open = || Db::open_with(&config, source(), ITEMS);
    let nodes = tokio::try_join!(open(), open(), open()).unwrap();
    nodes.2.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();
}

/// The addresses with this change.
fn config(place: &Place, change: impl Fn(String) -> String) -> Config {
    let [url, system_url, owner_url] =
        [testpg::APP, testpg::SYSTEM, testpg::OWNER].map(|role| change(place.server().url(role)));
    Config { engine: Engine::Postgres { url, system_url, owner_url }, ..place.config.clone() }
}

#[tokio::test]
async fn of_several_hosts_the_one_that_answers_is_kept() {
    let place = Place::postgres().await;
    // One host refuses, one takes connections and falls silent.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let port = place.server().port();
    let several = config(&place, |url| {
        url.replace(
            &format!("localhost:{port}"),
            &format!("127.0.0.1:1,127.0.0.1:{silent_port},127.0.0.1:{port}"),
        )
    });
    let began = Instant::now();
    let db = Db::open_with(&several, source(), ITEMS).await.unwrap();
    db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "all are tried at once: {:?}", began.elapsed());
    drop(silent);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_kept() {
    let place = Place::postgres().await;
    let name = place.server().superuser("SELECT current_database()").unwrap();
    place
        .server()
        .superuser(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
        .unwrap();
    let Err(error) = Db::open_with(&place.config, source(), ITEMS).await else { panic!("it was kept") };
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("does not allow writes"), "{error}");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let place = Place::postgres().await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, silent_port) = (place.server().port(), silent.local_addr().unwrap().port());
    let silence = config(&place, |url| url.replace(&format!(":{port}/"), &format!(":{silent_port}/")));
    let began = Instant::now();
    assert!(Db::open_with(&silence, source(), ITEMS).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn roles_that_would_undo_row_level_security_are_refused() {
    let place = Place::postgres().await;
    let Engine::Postgres { url, system_url, owner_url } = place.config.engine.clone() else { unreachable!() };
    for (url, system_url, reason) in [
        (&system_url, &system_url, "bypasses row level security"),
        (&owner_url, &system_url, "owns tables"),
        (&url, &url, "lacks BYPASSRLS"),
    ] {
        let engine = Engine::Postgres {
            url: url.clone(),
            system_url: system_url.clone(),
            owner_url: owner_url.clone(),
        };
        let Err(error) = Db::open_with(&Config::new(engine), source(), ITEMS).await else {
            panic!("{reason}")
        };
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_connection_can_be_encrypted() {
    let place = Place::postgres().await;
    let authorities = Some(place.server().authority());
    let encrypted = config(&place, |url| url.replace("sslmode=disable", "sslmode=require"));
    let db = Db::open_with(&Config { authorities, ..encrypted.clone() }, source(), ITEMS).await.unwrap();
    db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();
    let sessions = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND usename = 'palisade_app'";
    assert_eq!(place.server().superuser(sessions).unwrap(), "t");
    // The system's authorities do not know this server, and an address that it does not name is none of its.
    assert!(Db::open_with(&encrypted, source(), ITEMS).await.is_err());
    let other_name = config(&place, |url| {
        url.replace("sslmode=disable", "sslmode=require").replace("localhost", "127.0.0.1")
    });
    let authorities = Some(place.server().authority());
    assert!(Db::open_with(&Config { authorities, ..other_name }, source(), ITEMS).await.is_err());
}
