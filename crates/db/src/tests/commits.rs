//! SQLite: how the file is opened, and writes that share a commit.

use super::{Busy, Place, account, store};
use crate::{Config, Engine, conn::Conn, tx::Tx};
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};
use kernel::{AccountId, Error, Kind, Result};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    value: i64,
}

fn settings(tx: &mut Tx<'_>) -> Result<BTreeMap<String, i64>> {
    let all = ["foreign_keys", "secure_delete", "synchronous", "query_only", "trusted_schema", "temp_store"]
        .map(|name| format!("SELECT '{name}' AS name, {name} AS value FROM pragma_{name}"))
        .join(" UNION ALL ");
    let rows: Vec<Setting> = tx.run(|conn| sql_query(all).load(conn))?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}

#[tokio::test]
async fn the_file_is_opened_with_care() {
    let place = Place::sqlite().await;
    let written = place.db.write(account(), settings).await.unwrap();
    let read = place.db.read(account(), settings).await.unwrap();
    let both = [("foreign_keys", 1), ("synchronous", 2), ("trusted_schema", 0), ("temp_store", 2)];
    for (name, value) in both {
        assert_eq!((written[name], read[name]), (value, value), "{name}");
    }
    assert_eq!((written["secure_delete"], written["query_only"], read["query_only"]), (1, 0, 1));
}

/// The flags in `.cargo/config.toml` reach SQLite only while libsqlite3-sys compiles it, and cost nothing to lose: a
/// bound LIMIT then makes SQLite prepare its statement again each time.
#[tokio::test]
async fn sqlite_is_compiled_as_we_ask() {
    #[derive(QueryableByName)]
    struct Flag {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let place = Place::sqlite().await;
    let flags =
        place.db.read(account(), |tx| tx.run(|conn| sql_query("PRAGMA compile_options").load::<Flag>(conn)));
    let flags: Vec<_> = flags.await.unwrap().into_iter().map(|flag| flag.compile_options).collect();
    for flag in ["ENABLE_QPSG", "THREADSAFE=2"] {
        assert!(flags.iter().any(|it| it == flag), "{flag} is not among {flags:?}");
    }
}

#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::sqlite().await;
    place.db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();
    let crate::Engine::Sqlite { path } = &place.config.engine else { unreachable!() };
    for suffix in ["", "-wal", "-shm"] {
        let mut path = path.clone().into_os_string();
        path.push(suffix);
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{suffix}");
    }
}

#[tokio::test]
async fn writes_that_wait_share_a_commit() {
    let place = Place::sqlite().await;
    let account = account();
    let mut busy = Busy::writers(&place.db, 1).await;
    let db = place.db.clone();
    let first = tokio::spawn(async move { db.write(account, |tx| store::add_new(tx, "a")).await });
    tokio::task::yield_now().await;
    let (started, start) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let db = place.db.clone();
    let second = tokio::spawn(async move {
        db.write(account, move |tx| {
            started.send(store::count(tx)?).unwrap();
            wait.recv_timeout(Duration::from_secs(30)).unwrap();
            Ok(())
        })
        .await
    });
    tokio::task::yield_now().await;
    busy.release();
    let seen = tokio::task::spawn_blocking(move || start.recv().unwrap()).await.unwrap();
    assert_eq!(seen, 1, "the second sees what the first did");
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 0, "others do not: nothing is committed");
    assert!(!first.is_finished(), "and nothing is acknowledged");
    go_on.send(()).unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    busy.end().await;
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 1);
}

/// Sixteen writes that share a commit; what became of each, and how often a closure ran.
async fn sixteen(
    place: &Place,
    account: AccountId,
    work: impl Fn(&mut Tx<'_>, u32) -> Result<()> + Clone + Send + 'static,
) -> (Vec<Result<()>>, u32) {
    let busy = Busy::writers(&place.db, 1).await;
    let runs = Arc::new(AtomicU32::new(0));
    let mut waiting = Vec::new();
    for i in 0..16 {
        let (db, work, runs) = (place.db.clone(), work.clone(), Arc::clone(&runs));
        waiting.push(tokio::spawn(async move {
            db.write(account, move |tx| {
                runs.fetch_add(1, Ordering::Relaxed);
                work(tx, i)
            })
            .await
        }));
        tokio::task::yield_now().await;
    }
    busy.end().await;
    let mut results = Vec::new();
    for waiting in waiting {
        results.push(waiting.await.unwrap());
    }
    (results, runs.load(Ordering::Relaxed))
}

#[tokio::test]
async fn an_error_and_a_panic_spare_the_other_members() {
    let place = Place::sqlite().await;
    let account = account();
    let (results, runs) = sixteen(&place, account, |tx, i| {
        store::add_new(tx, &format!("{i}"))?;
        match i {
            5 => Err(Error::forbidden()),
            9 => panic!("member"),
            10 => store::add_new(tx, "0").map(drop), // there already, by another member
            _ => Ok(()),
        }
    })
    .await;
    let failed: Vec<_> = (0..16).filter(|&i| results[i].is_err()).collect();
    assert_eq!((failed, runs), (vec![5, 9, 10], 16));
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 13);
}

/// Leaves room for this many pages more.
async fn leave_room(place: &Place, pages: i64) {
    #[derive(QueryableByName)]
    struct Pages {
        #[diesel(sql_type = BigInt)]
        page_count: i64,
    }
    let limit = move |tx: &mut Tx<'_>| {
        tx.run(|conn| {
            let Pages { page_count } = sql_query("PRAGMA page_count").get_result(conn)?;
            let Conn::Sqlite(conn) = conn else { unreachable!() };
            conn.batch_execute(&format!("PRAGMA max_page_count = {}", page_count + pages))
        })
    };
    place.db.write(account(), limit).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_strikes_only_whom_it_must() {
    let place = Place::sqlite().await;
    let account = account();
    leave_room(&place, 60).await;
    let (results, runs) = sixteen(&place, account, |tx, i| {
        let mut item = store::new(tx, &format!("{i}"));
        item.body = vec![1; if i == 9 { 4 << 20 } else { 64 }];
        store::add(tx, &item)
    })
    .await;
    let failed: Vec<_> = (0..16).filter(|&i| results[i].is_err()).collect();
    assert_eq!(failed, [9]);
    let error = results[9].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "storage-full"));
    assert!(runs >= 16, "{runs}");
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 15);
}

#[tokio::test]
async fn after_a_full_disk_a_closure_cannot_go_on() {
    let place = Place::sqlite().await;
    let account = account();
    leave_room(&place, 60).await;
    let result = place.db.write(account, |tx| {
        let mut huge = store::new(tx, "huge");
        huge.body = vec![1; 4 << 20];
        assert_eq!(store::add(tx, &huge).unwrap_err().code(), "storage-full");
        let _ = tx.savepoint(|tx| store::add_new(tx, "in a savepoint"));
        let _ = store::add_new(tx, "after");
        Ok(())
    });
    assert!(result.await.is_err());
    let tolerated = place.db.write(account, |tx| {
        let huge = tx.savepoint(|tx| {
            let mut huge = store::new(tx, "huge");
            huge.body = vec![1; 4 << 20];
            store::add(tx, &huge)
        })?;
        assert_eq!(huge.unwrap_err().code(), "storage-full");
        store::add_new(tx, "after a savepoint")
    });
    let tolerated = tolerated.await;
    let slugs = place.db.read(account, |tx| store::with_slug_like(tx, "%")).await.unwrap();
    // SQLite may have ended the transaction at the full disk: then the savepoint says so.
    assert_eq!(slugs, if tolerated.is_ok() { vec!["after a savepoint"] } else { vec![] });
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_and_told() {
    let place = Place::sqlite().await;
    let crate::Engine::Sqlite { path } = place.config.engine.clone() else { unreachable!() };
    let held = lock(&path);
    let error = place.db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    drop(held);
    place.db.write(account(), |tx| store::add_new(tx, "a")).await.unwrap();
}

/// Another process that holds the write lock.
fn lock(path: &std::path::Path) -> diesel::SqliteConnection {
    use diesel::Connection;
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("BEGIN IMMEDIATE").unwrap();
    conn
}

/// What the reserve gives is for whoever frees room, and for nobody else until it is there again.
#[tokio::test]
async fn on_a_full_disk_the_reserve_is_for_those_in_need() {
    let folder = tempfile::tempdir().unwrap();
    let reserve = folder.path().join("reserve");
    let config = Config::new(Engine::Sqlite { path: folder.path().join("palisade.db") });
    let place = Place::open(Config { reserve: 1 << 20, ..config }, None, folder).await;
    let account = account();
    let add = |bytes: usize| {
        move |tx: &mut Tx<'_>| {
            let mut item = store::new(tx, &format!("{bytes}"));
            item.body = vec![1; bytes];
            store::add(tx, &item)
        }
    };
    leave_room(&place, 60).await;
    assert_eq!(place.db.write(account, add(4 << 20)).await.unwrap_err().code(), "storage-full");
    assert!(!place.db.is_short() && reserve.exists(), "it is not for this one");
    assert_eq!(place.db.write_in_need(account, add(4 << 20)).await.unwrap_err().code(), "storage-full");
    assert!(place.db.is_short() && !reserve.exists(), "it did not suffice");
    assert_eq!(place.db.write(account, add(1)).await.unwrap_err().code(), "storage-full");
    place.db.write_in_need(account, add(2)).await.unwrap();
    while place.db.write(account, add(3)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!place.db.is_short() && reserve.exists());
}
