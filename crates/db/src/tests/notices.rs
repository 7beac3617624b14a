//! What a transaction tells is heard once it is committed, and where it may not have been heard, that is told.

use super::{ITEMS, Place, account, on_both, source};
use crate::{Db, Heard, Listener, Reason};
use kernel::{AccountId, Error, Result};
use std::time::Duration;
use tokio::time::timeout;

on_both! {
    what_is_committed_is_told_and_nothing_else;
}

/// What is heard next that is no gap.
async fn next(listener: &mut Listener) -> (AccountId, String) {
    loop {
        if let Heard::Notice(notice) = heard(listener).await {
            return (notice.account, notice.text.to_string());
        }
    }
}

async fn heard(listener: &mut Listener) -> Heard {
    timeout(Duration::from_secs(10), listener.next()).await.expect("something is heard").expect("it is open")
}

async fn tell(db: &Db, account: AccountId, text: &'static str) -> Result<()> {
    db.write(account, move |tx| tx.notify(text)).await
}

async fn what_is_committed_is_told_and_nothing_else(place: Place) {
    let (one, other) = (account(), account());
    tell(&place.db, one, "before anybody listens").await.unwrap();
    let mut listener = place.db.listen();
    let refused = place.db.write(one, |tx| {
        tx.notify("refused")?;
        Err::<(), _>(Error::not_found())
    });
    refused.await.unwrap_err();
    let saved = place.db.write(one, |tx| {
        let undone = tx.savepoint(|tx| {
            tx.notify("undone")?;
            Err::<(), _>(Error::not_found())
        });
        assert!(undone?.is_err());
        tx.savepoint(|tx| tx.notify("kept"))??;
        tx.notify("last")
    });
    saved.await.unwrap();
    let across = place.db.system_write(Reason::CreateAccount, move |tx| tx.within(other).notify("across"));
    across.await.unwrap();
    assert_eq!(next(&mut listener).await, (one, "kept".to_owned()));
    assert_eq!(next(&mut listener).await, (one, "last".to_owned()));
    assert_eq!(next(&mut listener).await, (other, "across".to_owned()));
    place.db.close().await;
}

/// Waits until these two nodes hear each other.
async fn meet(nodes: [(&Db, &mut Listener); 2]) {
    for (db, listener) in nodes {
        while heard(listener).await != Heard::Gap {}
        tell(db, account(), "hello").await.unwrap();
    }
}

#[tokio::test]
async fn nodes_of_one_database_hear_each_other_and_what_was_lost_is_told() {
    let place = Place::postgres().await;
    let other = Db::open_with(&place.config, source(), ITEMS).await.unwrap();
    let (mut here, mut there) = (place.db.listen(), other.listen());
    meet([(&place.db, &mut here), (&other, &mut there)]).await;
    let account = account();
    tell(&place.db, account, "from here").await.unwrap();
    tell(&other, account, "from there").await.unwrap();
    for (listener, own, theirs) in
        [(&mut here, "from here", "from there"), (&mut there, "from there", "from here")]
    {
        let mut all = Vec::new();
        while !all.iter().any(|text| text == theirs) || !all.iter().any(|text| text == own) {
            all.push(next(listener).await.1);
        }
        assert_eq!(all.iter().filter(|text| *text == own).count(), 1, "one's own is heard once: {all:?}");
    }

    // Both lose their connections: each hears of a gap, and of what comes after it.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'palisade_app'";
    place.server().superuser(end).unwrap();
    while heard(&mut here).await != Heard::Gap {}
    while heard(&mut there).await != Heard::Gap {}
    tell(&other, account, "again").await.unwrap();
    while next(&mut here).await.1 != "again" {}
    other.close().await;
}

#[tokio::test]
async fn what_is_told_before_the_database_is_closed_is_brought() {
    let place = Place::postgres().await;
    let mut listener = place.db.listen();
    while heard(&mut listener).await != Heard::Gap {}
    // As a command does: it opens, writes and closes, and listens to nothing.
    let command = Db::open_with(&place.config, source(), ITEMS).await.unwrap();
    let account = account();
    for _ in 0..100 {
        tell(&command, account, "from a command").await.unwrap();
    }
    command.close().await;
    for _ in 0..100 {
        assert_eq!(next(&mut listener).await, (account, "from a command".to_owned()));
    }
}
