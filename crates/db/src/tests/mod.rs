//! Every promise of this crate, on both engines where it applies.
//!
//! The tables are the tests' own ([`store`]), so that they do not change with the product's; [`schema`] alone looks at those.

mod commits;
mod faults;
mod guard;
mod notices;
mod postgres;
mod schema;
mod store;
mod takeover;
mod verbs;

use crate::{Config, Db, Engine, Migrations};
use diesel_migrations::embed_migrations;
use kernel::{AccountId, Clock, Entropy, Result, Source};
use std::{io, sync::mpsc, time::Duration};

/// Makes a test of each function on each engine.
macro_rules! on_both {
    ($($(#[$meta:meta])* $test:ident;)*) => {
        mod sqlite { $( $(#[$meta])* #[tokio::test] async fn $test() { super::$test(crate::tests::Place::sqlite().await).await; } )* }
        mod postgresql { $( $(#[$meta])* #[tokio::test] async fn $test() { super::$test(crate::tests::Place::postgres().await).await; } )* }
    };
}
use on_both;

const ITEMS: Migrations = Migrations {
    sqlite: embed_migrations!("src/tests/migrations/sqlite"),
    postgres: embed_migrations!("src/tests/migrations/postgres"),
};

/// What the next version of the program would know.
const LATER: Migrations = Migrations {
    sqlite: embed_migrations!("src/tests/migrations/newer_sqlite"),
    postgres: embed_migrations!("src/tests/migrations/newer_postgres"),
};

/// An open database of its own, with the tests' tables.
struct Place {
    db: Db,
    config: Config,
    /// The server, where there is one.
    server: Option<testpg::Database>,
    _folder: tempfile::TempDir,
}

impl Place {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(Engine::Sqlite { path: folder.path().join("palisade.db") });
        Self::open(config, None, folder).await
    }

    async fn postgres() -> Self {
        let (server, engine) = server(ITEMS, "items").await;
        Self::open(Config::new(engine), Some(server), tempfile::tempdir().unwrap()).await
    }

    async fn open(config: Config, server: Option<testpg::Database>, folder: tempfile::TempDir) -> Self {
        let db = Db::open_with(&config, source(), ITEMS).await.unwrap();
        Self { db, config, server, _folder: folder }
    }

    /// Opens the same database again with other settings.
    async fn again(&mut self, change: impl FnOnce(&mut Config)) {
        self.db.close().await;
        change(&mut self.config);
        self.db = Db::open_with(&self.config, source(), ITEMS).await.unwrap();
    }

    fn server(&self) -> &testpg::Database {
        self.server.as_ref().expect("a test of PostgreSQL")
    }
}

/// A database on PostgreSQL that has gone through these migrations.
async fn server(migrations: Migrations, key: &'static str) -> (testpg::Database, Engine) {
    let runtime = tokio::runtime::Handle::current();
    let fill = move |empty: &testpg::Database| {
        runtime.block_on(async {
            let db = Db::open_with(&Config::new(engine(empty)), source(), migrations)
                .await
                .map_err(io::Error::other)?;
            db.close().await;
            Ok(())
        })
    };
    let key =
        format!("{key} {:?}", std::env::current_exe().and_then(|program| program.metadata()?.modified()));
    let database =
        tokio::task::spawn_blocking(move || testpg::Database::copy_of(&key, fill).unwrap()).await.unwrap();
    let engine = engine(&database);
    (database, engine)
}

fn engine(database: &testpg::Database) -> Engine {
    let [url, system_url, owner_url] =
        [testpg::APP, testpg::SYSTEM, testpg::OWNER].map(|role| database.url(role));
    Engine::Postgres { url, system_url, owner_url }
}

/// The system's clock and dice.
fn source() -> Source {
    Source { clock: Clock::system(), entropy: Entropy::new(|buffer| getrandom::fill(buffer).unwrap()) }
}

fn account() -> AccountId {
    source().id()
}

/// Occupies threads of the database until it is dropped.
struct Busy {
    release: Vec<mpsc::Sender<()>>,
    running: Vec<tokio::task::JoinHandle<Result<()>>>,
}

impl Busy {
    /// Occupies as many threads with writes as there are. Returns when all are busy.
    async fn writers(db: &Db, count: usize) -> Self {
        let mut busy = Self { release: Vec::new(), running: Vec::new() };
        for _ in 0..count {
            let (release, wait) = mpsc::channel::<()>();
            let (started, start) = tokio::sync::oneshot::channel();
            let mut started = Some(started);
            let db = db.clone();
            busy.running.push(tokio::spawn(async move {
                let work = move |_tx: &mut crate::Tx<'_>| {
                    started.take().map(|started| started.send(()));
                    let _ = wait.recv_timeout(Duration::from_secs(30));
                    Ok(())
                };
                db.write(account(), work).await
            }));
            start.await.unwrap();
            busy.release.push(release);
        }
        busy
    }

    /// Lets them go.
    fn release(&mut self) {
        self.release.clear();
    }

    /// Lets them go, and waits for their commits.
    async fn end(mut self) {
        self.release();
        for running in self.running {
            running.await.unwrap().unwrap();
        }
    }
}
