//! What a store writes means the same on both engines.

use super::{Place, account, on_both, store};
use crate::{Reason, is_duplicate};
use kernel::{Kind, Timestamp};

on_both! {
    rows_come_back_as_they_went_in;
    changes_say_how_many_rows_they_struck;
    an_upsert_keeps_the_row_that_is_there;
    many_rows_go_in_at_once;
    a_list_comes_in_pages;
    joins_and_groups_are_portable;
    patterns_take_an_escape;
    an_account_sees_its_own_rows_only;
    work_across_accounts_sees_all_and_goes_on_within_one;
    clashes_are_recognised;
    the_clock_stands_still_in_a_transaction;
    a_read_is_one_snapshot;
    a_read_changes_nothing;
    the_database_says_that_it_is_well;
}

async fn rows_come_back_as_they_went_in(place: Place) {
    place
        .db
        .write(account(), |tx| {
            let mut item = store::new(tx, "é'%\\\"");
            item.body = vec![0, 255, 1];
            item.note = Some(String::new());
            item.created_at = Timestamp::from_micros(-1);
            item.hits = i64::MIN;
            store::add(tx, &item)?;
            assert_eq!(store::get(tx, item.id)?, Some(item));
            Ok(())
        })
        .await
        .unwrap();
}

async fn changes_say_how_many_rows_they_struck(place: Place) {
    place
        .db
        .write(account(), |tx| {
            let id = store::add_new(tx, "a")?;
            assert_eq!((store::hit(tx, id)?, store::hit(tx, tx.id())?), (1, 0));
            assert_eq!(store::remove(tx, id)?.hits, 1);
            assert_eq!(store::remove(tx, id).unwrap_err().kind(), Kind::NotFound);
            assert!(!store::has(tx, "a")?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_upsert_keeps_the_row_that_is_there(place: Place) {
    place
        .db
        .write(account(), |tx| {
            let first = store::new(tx, "a");
            let mut second = store::new(tx, "a");
            second.note = Some("new".into());
            assert_eq!(store::put(tx, &first)?, first);
            let put = store::put(tx, &second)?;
            assert_eq!((put.id, put.note), (first.id, second.note.clone()));
            assert!(!store::add_if_absent(tx, &second)?);
            let other = store::new(tx, "b");
            assert!(store::add_if_absent(tx, &other)?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn many_rows_go_in_at_once(place: Place) {
    place
        .db
        .write(account(), |tx| {
            let items: Vec<_> = (0..2_500).map(|i| store::new(tx, &format!("{i}"))).collect();
            store::add_all(tx, &items)?;
            assert_eq!(store::count(tx)?, 2_500);
            store::add_all(tx, &[])?;
            assert_eq!(store::with_ids(tx, &[items[3].id, tx.id()])?, [items[3].id]);
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_list_comes_in_pages(place: Place) {
    let account = account();
    let ids = place.db.write(account, |tx| {
        let mut ids = Vec::new();
        for i in 0..7 {
            let mut item = store::new(tx, &format!("{i}"));
            item.created_at = Timestamp::from_micros(i / 2); // pairs at the same time
            item.done = i == 3;
            store::add(tx, &item)?;
            ids.push((item.created_at, item.id));
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    });
    let ids = ids.await.unwrap();
    let pages = place.db.read(account, |tx| {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = store::page(tx, None, before, 2)?;
            seen.extend(page.items.iter().map(|item| (item.created_at, item.id)));
            before = seen.last().copied();
            if page.next.is_none() {
                return Ok((seen, store::page(tx, Some(true), None, 2)?.items.len()));
            }
        }
    });
    assert_eq!(pages.await.unwrap(), (ids, 1));
}

async fn joins_and_groups_are_portable(place: Place) {
    place
        .db
        .write(account(), |tx| {
            let (a, _b) = (store::add_new(tx, "a")?, store::add_new(tx, "b")?);
            store::add_tag(tx, a)?;
            store::add_tag(tx, a)?;
            assert_eq!(
                store::tagged(tx)?.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>(),
                ["a", "a"]
            );
            assert_eq!(store::untagged(tx)?, 1);
            assert_eq!(store::totals(tx)?, [(false, 2, Some(tx.now()))]);
            Ok(())
        })
        .await
        .unwrap();
}

async fn patterns_take_an_escape(place: Place) {
    place
        .db
        .write(account(), |tx| {
            for slug in ["50%", "500", "5"] {
                store::add_new(tx, slug)?;
            }
            assert_eq!(store::with_slug_like(tx, "50\\%")?, ["50%"]);
            assert_eq!(store::with_slug_like(tx, "50%")?, ["50%", "500"]);
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_account_sees_its_own_rows_only(place: Place) {
    let (one, other) = (account(), account());
    let id = place.db.write(one, |tx| store::add_new(tx, "a")).await.unwrap();
    place
        .db
        .write(other, move |tx| {
            assert_eq!((store::get(tx, id)?, store::count(tx)?, store::hit(tx, id)?), (None, 0, 0));
            store::add_new(tx, "a").map(drop) // unique within an account
        })
        .await
        .unwrap();
    let hits = place.db.read(one, move |tx| Ok(store::get(tx, id)?.map(|item| item.hits))).await.unwrap();
    assert_eq!(hits, Some(0));
}

async fn work_across_accounts_sees_all_and_goes_on_within_one(place: Place) {
    let (one, other) = (account(), account());
    for account in [one, other] {
        place.db.write(account, |tx| store::add_new(tx, "a")).await.unwrap();
    }
    let work = move |tx: &mut crate::SystemTx<'_>| {
        assert_eq!(tx.get::<i64>(diesel::QueryDsl::count(store::item::table))?, 2);
        store::add_host(tx, "acme", one)?;
        let mut within = tx.within(one);
        store::add_new(&mut within, "b")?;
        assert_eq!(store::count(&mut within)?, 2);
        Ok(())
    };
    place.db.system_write(Reason::CreateAccount, work).await.unwrap();
    let found = place.db.system_read(Reason::FindAccount, |tx| store::find_host(tx, "acme")).await.unwrap();
    assert_eq!(found, Some(one));
}

async fn clashes_are_recognised(place: Place) {
    let account = account();
    let twice = place.db.write(account, |tx| {
        store::add_new(tx, "a")?;
        store::add_new(tx, "a")
    });
    assert!(is_duplicate(&twice.await.unwrap_err()));
    let dangling = place.db.write(account, |tx| store::add_tag(tx, tx.id())).await.unwrap_err();
    assert_eq!((dangling.kind(), dangling.code()), (Kind::Conflict, "missing-reference"));
}

async fn the_clock_stands_still_in_a_transaction(place: Place) {
    let times = place.db.read(account(), |tx| {
        let first = tx.now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        Ok((first, tx.now(), tx.source().now()))
    });
    let (first, second, clock) = times.await.unwrap();
    assert!(first == second && clock > first);
}

async fn a_read_is_one_snapshot(place: Place) {
    let account = account();
    place.db.write(account, |tx| store::add_new(tx, "a")).await.unwrap();
    let (db, runtime) = (place.db.clone(), tokio::runtime::Handle::current());
    let counts = place.db.read(account, move |tx| {
        let before = store::count(tx)?;
        let (db, (sent, written)) = (db.clone(), std::sync::mpsc::channel());
        runtime.spawn(async move { sent.send(db.write(account, |tx| store::add_new(tx, "b")).await) });
        written.recv_timeout(std::time::Duration::from_secs(30)).unwrap().unwrap();
        Ok((before, store::count(tx)?))
    });
    assert_eq!(counts.await.unwrap(), (1, 1));
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 2);
}

async fn a_read_changes_nothing(place: Place) {
    let account = account();
    assert!(place.db.read(account, |tx| store::add_new(tx, "a")).await.is_err());
    assert_eq!(place.db.read(account, store::count).await.unwrap(), 0);
}

async fn the_database_says_that_it_is_well(place: Place) {
    let health = place.db.check().await.unwrap();
    assert_eq!(health.engine, if place.server.is_some() { "PostgreSQL" } else { "SQLite" });
    assert!(health.version.contains('.'), "{}", health.version);
}
