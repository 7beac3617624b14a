//! What goes wrong in one transaction stays there.

use super::{Busy, LATER, Place, account, on_both, source, store};
use crate::{Config, Db, Engine, Tx, is_duplicate};
use kernel::{AccountId, Error, Kind, Result};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

on_both! {
    an_error_undoes_everything;
    a_panic_undoes_everything;
    after_a_failed_statement_no_other_runs;
    a_swallowed_error_does_not_commit;
    a_savepoint_tolerates_an_error;
    savepoints_nest;
    dropped_while_it_waits_it_never_starts;
    dropped_while_it_runs_it_runs_to_its_end;
    one_too_many_is_refused;
    closing_finishes_what_waits;
    a_database_of_a_newer_program_is_refused;
    an_older_database_is_brought_forward;
    one_that_must_be_there_is_not_begun;
}

async fn count(db: &Db, account: AccountId) -> i64 {
    db.read(account, store::count).await.unwrap()
}

async fn an_error_undoes_everything(place: Place) {
    let account = account();
    let result: Result<()> = place
        .db
        .write(account, |tx| {
            store::add_new(tx, "a")?;
            Err(Error::forbidden())
        })
        .await;
    assert_eq!(result.unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(count(&place.db, account).await, 0);
}

async fn a_panic_undoes_everything(place: Place) {
    let account = account();
    let result: Result<()> = place
        .db
        .write(account, |tx| {
            store::add_new(tx, "a")?;
            panic!("bang")
        })
        .await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.to_string().contains("bang"), "{error}");
    place.db.write(account, |tx| store::add_new(tx, "b")).await.unwrap();
    assert_eq!(count(&place.db, account).await, 1);
}

async fn after_a_failed_statement_no_other_runs(place: Place) {
    let account = account();
    let result = place.db.write(account, |tx| {
        store::add_new(tx, "a")?;
        assert!(is_duplicate(&store::add_new(tx, "a").unwrap_err()));
        assert_eq!(store::add_new(tx, "b").unwrap_err().kind(), Kind::Internal);
        store::count(tx)
    });
    assert_eq!(result.await.unwrap_err().kind(), Kind::Internal);
    assert_eq!(count(&place.db, account).await, 0);
}

async fn a_swallowed_error_does_not_commit(place: Place) {
    let account = account();
    let result = place.db.write(account, |tx| {
        store::add_new(tx, "a")?;
        let _ = store::add_new(tx, "a");
        Ok(())
    });
    assert_eq!(result.await.unwrap_err().kind(), Kind::Internal);
    assert_eq!(count(&place.db, account).await, 0);
}

async fn a_savepoint_tolerates_an_error(place: Place) {
    let account = account();
    let result = place.db.write(account, |tx| {
        store::add_new(tx, "a")?;
        let twice = tx.savepoint(|tx| {
            store::add_new(tx, "b")?;
            store::add_new(tx, "a")
        })?;
        assert!(is_duplicate(&twice.unwrap_err()));
        tx.savepoint(|tx| store::add_new(tx, "c"))?
    });
    result.await.unwrap();
    let slugs = place.db.read(account, |tx| store::with_slug_like(tx, "%")).await.unwrap();
    assert_eq!(slugs, ["a", "c"]);
}

async fn savepoints_nest(place: Place) {
    let account = account();
    let result = place.db.write(account, |tx| {
        let outer: Result<()> = tx.savepoint(|tx| {
            store::add_new(tx, "a")?;
            tx.savepoint(|tx| store::add_new(tx, "b"))??;
            let inner: Result<()> = tx.savepoint(|tx| {
                store::add_new(tx, "c")?;
                Err(Error::forbidden())
            })?;
            assert!(inner.is_err() && store::count(tx)? == 2);
            Err(Error::not_found())
        })?;
        assert_eq!(outer.unwrap_err().kind(), Kind::NotFound);
        store::add_new(tx, "d")
    });
    result.await.unwrap();
    assert_eq!(place.db.read(account, |tx| store::with_slug_like(tx, "%")).await.unwrap(), ["d"]);
}

async fn dropped_while_it_waits_it_never_starts(mut place: Place) {
    place.again(|config| config.readers = 1).await;
    let account = account();
    let busy = Busy::writers(&place.db, 1).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let waiting = place.db.write(account, move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        store::add_new(tx, "a")
    });
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    busy.end().await;
    place.db.write(account, |tx| store::add_new(tx, "b")).await.unwrap(); // behind it
    assert_eq!((runs.load(Ordering::Relaxed), count(&place.db, account).await), (0, 1));
}

async fn dropped_while_it_runs_it_runs_to_its_end(mut place: Place) {
    place.again(|config| config.readers = 1).await;
    let account = account();
    let (go_on, wait) = mpsc::channel::<()>();
    let (started, start) = mpsc::channel();
    let running = place.db.write(account, move |tx| {
        started.send(()).unwrap();
        wait.recv_timeout(Duration::from_secs(30)).unwrap();
        store::add_new(tx, "a")
    });
    assert!(tokio::time::timeout(Duration::from_millis(100), running).await.is_err());
    start.recv().unwrap();
    go_on.send(()).unwrap();
    place.db.write(account, |_| Ok(())).await.unwrap(); // behind it
    assert_eq!(count(&place.db, account).await, 1);
}

async fn one_too_many_is_refused(mut place: Place) {
    place
        .again(|config| {
            config.readers = 1;
            config.queue = 1;
        })
        .await;
    let busy = Busy::writers(&place.db, 1).await;
    let waiting = tokio::spawn({
        let db = place.db.clone();
        async move { db.write(account(), |_| Ok(())).await }
    });
    let refused = loop {
        match place.db.write(account(), |_: &mut Tx<'_>| Ok(())).now().await {
            Some(result) => break result.unwrap_err(),
            None => tokio::task::yield_now().await, // this one waits, and is dropped; the other may not be there yet
        }
    };
    assert_eq!((refused.kind(), refused.code()), (Kind::Unavailable, "busy"));
    busy.end().await;
    let _ = waiting.await.unwrap(); // refused itself, where the first of ours was quicker
    while place.db.write(account(), |_| Ok(())).await.is_err() {
        tokio::task::yield_now().await; // until the thread has thrown away the one that was dropped
    }
}

/// The result of a future that has one at once.
trait Now: Future + Sized {
    async fn now(self) -> Option<Self::Output> {
        let mut future = std::pin::pin!(self);
        std::future::poll_fn(|cx| {
            std::task::Poll::Ready(match future.as_mut().poll(cx) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
impl<F: Future> Now for F {}

async fn closing_finishes_what_waits(place: Place) {
    let account = account();
    let writes: Vec<_> = (0..20)
        .map(|i| {
            let db = place.db.clone();
            tokio::spawn(
                async move { db.write(account, move |tx| store::add_new(tx, &format!("{i}"))).await },
            )
        })
        .collect();
    tokio::task::yield_now().await;
    place.db.close().await;
    let mut done = 0;
    for write in writes {
        done += i64::from(write.await.unwrap().is_ok());
    }
    assert_eq!(place.db.read(account, store::count).await.unwrap_err().kind(), Kind::Unavailable);
    let again = Db::open_with(&place.config, source(), super::ITEMS).await.unwrap();
    assert_eq!(count(&again, account).await, done);
}

async fn a_database_of_a_newer_program_is_refused(place: Place) {
    place.db.close().await;
    Db::open_with(&place.config, source(), LATER).await.unwrap().close().await;
    let Err(error) = Db::open_with(&place.config, source(), super::ITEMS).await else {
        panic!("it was opened")
    };
    assert_eq!(error.code(), "newer-database");
    assert!(error.to_string().contains("0002"), "{error}");
}

async fn one_that_must_be_there_is_not_begun(place: Place) {
    place.db.close().await;
    let there = Config { create: false, ..place.config.clone() };
    Db::open_with(&there, source(), super::ITEMS).await.unwrap().close().await;
    let folder = tempfile::tempdir().unwrap();
    let (engine, _server) = match there.engine {
        Engine::Sqlite { .. } => (Engine::Sqlite { path: folder.path().join("palisade.db") }, None),
        Engine::Postgres { .. } => {
            let empty = tokio::task::spawn_blocking(|| testpg::Database::empty().unwrap()).await.unwrap();
            (super::engine(&empty), Some(empty))
        }
    };
    let gone = Config { engine, create: false, ..place.config.clone() };
    for _ in 0..2 {
        let Err(error) = Db::open_with(&gone, source(), super::ITEMS).await else { panic!("it was begun") };
        assert_eq!(error.code(), "no-database");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    let begun = Db::open_with(&Config { create: true, ..gone }, source(), super::ITEMS).await.unwrap();
    begun.close().await;
}

async fn an_older_database_is_brought_forward(place: Place) {
    let account = account();
    place.db.write(account, |tx| store::add_new(tx, "a")).await.unwrap();
    place.db.close().await;
    let config = Config { guard: false, ..place.config.clone() };
    let later = Db::open_with(&config, source(), LATER).await.unwrap();
    assert_eq!(count(&later, account).await, 1);
}
