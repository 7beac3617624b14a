//! How many transactions a second: `cargo run --release -p db --example speed`. With PostgreSQL's programs installed it
//! measures that too, on a server that does not flush.
//!
//! A read is two rows by id and a page of twenty; a write is two rows in and one changed.

#![expect(missing_docs, reason = "Diesel's tables")]
#![expect(clippy::print_stdout, reason = "figures to read")]

use db::{Config, Db, Engine, Migrations, Tx, columns};
use diesel::prelude::*;
use diesel_migrations::embed_migrations;
use kernel::{AccountId, Clock, Entropy, Id, Noun, Result, ResultExt, Source, Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

diesel::table! { item (account_id, id) {
    account_id -> Binary, id -> Binary, slug -> Text, body -> Binary, created_at -> BigInt, done -> Bool,
    note -> Nullable<Text>, hits -> BigInt,
} }
db::owned!(item);

enum ItemNoun {}
impl Noun for ItemNoun {
    const NAME: &'static str = "item";
}
type ItemId = Id<ItemNoun>;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = item, treat_none_as_default_value = false)]
struct Item {
    id: ItemId,
    slug: String,
    body: Vec<u8>,
    created_at: Timestamp,
    done: bool,
    note: Option<String>,
    hits: i64,
}

fn add(tx: &mut Tx<'_>) -> Result<ItemId> {
    let id = tx.id();
    let (slug, body, created_at) = (id.to_string(), vec![7; 64], tx.now());
    tx.insert(item::table, &Item { id, slug, body, created_at, done: false, note: None, hits: 0 })?;
    Ok(id)
}

fn get(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Item>> {
    tx.first(tx.of(item::table).filter(item::id.eq(id)).select(Item::as_select()))
}

fn page(tx: &mut Tx<'_>, at: Timestamp, id: ItemId) -> Result<Vec<Item>> {
    let before = item::created_at.lt(at).or(item::created_at.eq(at).and(item::id.lt(id)));
    let order = (item::created_at.desc(), item::id.desc());
    tx.load(tx.of(item::table).filter(before).order(order).limit(20).select(columns::<Item>()))
}

fn write(tx: &mut Tx<'_>, id: ItemId) -> Result<()> {
    add(tx)?;
    add(tx)?;
    tx.execute(
        diesel::update(tx.of(item::table).filter(item::id.eq(id))).set(item::hits.eq(item::hits + 1)),
    )?;
    Ok(())
}

fn read(tx: &mut Tx<'_>, ids: [ItemId; 2]) -> Result<()> {
    let found = [get(tx, ids[0])?, get(tx, ids[1])?].into_iter().flatten().count();
    let page = page(tx, Timestamp::from_micros(i64::MAX), ids[0])?;
    assert_eq!((found, page.len()), (2, 20));
    Ok(())
}

const ITEMS: Migrations = Migrations {
    sqlite: embed_migrations!("src/tests/migrations/sqlite"),
    postgres: embed_migrations!("src/tests/migrations/postgres"),
};

/// Transactions a second by so many callers, in two seconds.
async fn drive(db: &Db, account: AccountId, ids: &[ItemId], callers: usize, writes: bool) -> Result<f64> {
    let (stop, began) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let mut running = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let (db, stop, ids) = (db.clone(), Arc::clone(&stop), [ids[caller], ids[caller + 1]]);
        running.spawn(async move {
            let mut done = 0_u32;
            while !stop.load(Relaxed) {
                if writes {
                    db.write(account, move |tx| write(tx, ids[0])).await?;
                } else {
                    db.read(account, move |tx| read(tx, ids)).await?;
                }
                done += 1;
            }
            Ok::<_, kernel::Error>(done)
        });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    stop.store(true, Relaxed);
    let done: u32 = running.join_all().await.into_iter().sum::<Result<_>>()?;
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

async fn measure(name: &str, config: Config) -> Result<()> {
    let entropy = Entropy::new(|buffer| getrandom::fill(buffer).unwrap_or_default());
    let source = Source { clock: Clock::system(), entropy };
    let account = source.id();
    let db = Db::open_with(&config, source, ITEMS).await?;
    let ids = db.write(account, |tx| (0..1_000).map(|_| add(tx)).collect::<Result<Vec<_>>>()).await?;
    for callers in [1, 4, 16, 64] {
        let read = drive(&db, account, &ids, callers, false).await?;
        let write = drive(&db, account, &ids, callers, true).await?;
        println!("{name}, {callers:>2} callers: {read:>6.0} reads/s, {write:>6.0} writes/s");
    }
    db.close().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir_in(".").or_unavailable()?;
    for readers in [4, 16] {
        let path = folder.path().join(format!("{readers}.db"));
        let config = Config { readers, ..Config::new(Engine::Sqlite { path }) };
        measure(&format!("SQLite, {readers:>2} readers"), config).await?;
    }
    let server = testpg::Database::empty().or_unavailable()?;
    let [url, system_url, owner_url] =
        [testpg::APP, testpg::SYSTEM, testpg::OWNER].map(|role| server.url(role));
    measure("PostgreSQL, 8 connections", Config::new(Engine::Postgres { url, system_url, owner_url })).await
}
