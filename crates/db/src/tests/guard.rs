//! A statement that forgets the account, and what stands behind each engine.

use super::{Place, account, on_both, store};
use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl};
use kernel::Kind;

on_both! {
    a_statement_without_its_account_fails;
    a_join_without_the_account_fails;
    an_or_beside_the_account_fails;
    a_row_of_another_account_is_refused;
}

async fn a_statement_without_its_account_fails(place: Place) {
    let error = place.db.read(account(), store::count_of_all).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.to_string().contains("item is touched without its account"), "{error}");
    let update = place
        .db
        .write(account(), |tx| tx.execute(diesel::update(store::item::table).set(store::item::hits.eq(1))));
    assert!(update.await.is_err());
    assert_eq!(place.db.read(account(), store::count).await.unwrap(), 0);
}

async fn a_join_without_the_account_fails(place: Place) {
    use store::{item, tag};
    let result = place.db.read(account(), |tx| {
        let joined = tx.of(item::table).inner_join(tag::table.on(tag::item_id.eq(item::id)));
        tx.load::<store::ItemId>(joined.select(tag::id))
    });
    assert!(result.await.unwrap_err().to_string().contains("tag is touched without its account"));
}

async fn an_or_beside_the_account_fails(place: Place) {
    use store::item;
    let result = place.db.read(account(), |tx| {
        tx.load::<store::ItemId>(tx.of(item::table).or_filter(item::done.eq(true)).select(item::id))
    });
    assert!(result.await.unwrap_err().to_string().contains("without its account"));
}

async fn a_row_of_another_account_is_refused(place: Place) {
    use store::item;
    let (one, other) = (account(), account());
    let smuggled = place.db.write(one, move |tx| {
        let row = (item::account_id.eq(other), &store::new(tx, "a"));
        tx.load::<store::ItemId>(diesel::insert_into(item::table).values(row).returning(item::id))
    });
    let error = smuggled.await.unwrap_err();
    assert!(error.to_string().contains("another account is named"), "{error}");
    let moved = place.db.write(one, move |tx| {
        store::add_new(tx, "b")?;
        tx.execute(diesel::update(tx.of(item::table)).set(item::account_id.eq(other)))
    });
    assert!(moved.await.is_err());
    for account in [one, other] {
        assert_eq!(place.db.read(account, store::count).await.unwrap(), 0);
    }
}

/// Without the guard, as in a release: row level security.
#[tokio::test]
async fn row_level_security_stands_behind_it() {
    use store::item;
    let mut place = Place::postgres().await;
    place.again(|config| config.guard = false).await;
    let (one, other) = (account(), account());
    place.db.write(one, |tx| store::add_new(tx, "a")).await.unwrap();
    assert_eq!(place.db.read(one, store::count_of_all).await.unwrap(), 1);
    assert_eq!(place.db.read(other, store::count_of_all).await.unwrap(), 0);
    let smuggled = place.db.write(other, move |tx| {
        let row = (item::account_id.eq(one), &store::new(tx, "b"));
        tx.load::<store::ItemId>(diesel::insert_into(item::table).values(row).returning(item::id))
    });
    let error = smuggled.await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    let moved = place
        .db
        .write(one, move |tx| tx.execute(diesel::update(tx.of(item::table)).set(item::account_id.eq(other))));
    assert!(moved.await.unwrap_err().to_string().contains("row-level security"));
}
