//! An installation inside a test, and the people who use it.
//!
//! A test speaks as a person, through HTTP: `acme.owner().post("/projects", json!({…})).await`. Each installation has a fresh
//! database, keys and blobs of its own in a temporary folder, and a clock that the test turns. No node runs its jobs: a test
//! does, with [`Installation::settle`], and fails where one is left when it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "it is part of tests: a failure ends the test"
)]

mod answer;
mod mail;
mod person;
mod sites;
mod socket;

pub use answer::Answer;
pub use mail::{MailServer, Received};
pub use person::Person;
pub use sites::AtSites;
pub use socket::Socket;

use app::{Address, Limits, Palisade, Parts, notifications::Post, privacy::Policies};
use kernel::{AccountId, Clock, Entropy, Source, Timestamp};
use serde_json::json;
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// The host of every test's installation.
pub const HOST: &str = "palisade.test";
/// A picture: a PNG of one pixel.
pub const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\
    \0\0\0\x0cIDATx\xdac\xd0\xc9\xf6\x05\0\x01\xab\0\xe5$\xa6^/\0\0\0\0IEND\xaeB`\x82";
/// A password that is good enough.
pub const PASSWORD: &str = "correct horse battery";

/// An installation in a temporary folder.
pub struct Installation {
    /// Its parts at work.
    pub palisade: Palisade,
    /// Turned by [`Installation::wait`].
    ahead: Arc<AtomicI64>,
    folder: TempDir,
    /// Where its blobs lie.
    sites: AtSites,
    /// Goes with the installation.
    postgres: Option<testpg::Database>,
}

impl Installation {
    /// A fresh one with the usual limits, but cheap passwords.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A fresh one whose operator has written these policies.
    pub async fn with_policies(policies: Policies) -> Self {
        Self::build(|_| {}, None, policies).await
    }

    /// A fresh one with other limits.
    pub async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        Self::build(change, None, Policies::default()).await
    }

    /// A fresh one with a way to a mail server.
    pub async fn with_post(post: Post) -> Self {
        Self::build(|_| {}, Some(post), Policies::default()).await
    }

    async fn build(change: impl FnOnce(&mut Limits), post: Option<Post>, policies: Policies) -> Self {
        Self::build_at(&AtSites::home(), change, post, policies).await
    }

    async fn build_at(
        at: &AtSites,
        change: impl FnOnce(&mut Limits),
        post: Option<Post>,
        policies: Policies,
    ) -> Self {
        // A failing test shows what the program logged; another test of the same process may have been first.
        let _ = tracing_subscriber::fmt().with_test_writer().try_init();
        let folder = tempfile::tempdir().unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let turned = Arc::clone(&ahead);
        let system = Clock::system();
        let source = Source {
            clock: Clock::new(move || {
                Timestamp::from_micros(system.now().micros() + turned.load(Ordering::SeqCst))
            }),
            entropy: Entropy::new(|buffer| getrandom::fill(buffer).unwrap()),
        };
        let password = app::PasswordCost { memory: 64, passes: 1, at_once: 4 };
        // A test waits for nothing, and turns the clock where something is due later.
        let mut limits = Limits { password, repair_pace: None, scrub_pace: None, ..Limits::default() };
        change(&mut limits);
        let path = folder.path();
        let (engine, postgres) = engine(path);
        let parts = Parts { post, policies, ..parts(path, engine, source, limits, at).await };
        Self { palisade: Palisade::new(parts), ahead, folder, sites: at.clone(), postgres }
    }

    /// Another node of this installation, where its database takes several: not on SQLite.
    pub async fn another_node(&self) -> Option<Palisade> {
        let engine = postgres_engine(self.postgres.as_ref()?);
        let source = self.palisade.source.clone();
        let limits = self.palisade.limits.clone();
        Some(Palisade::new(parts(self.folder(), engine, source, limits, &self.sites).await))
    }

    /// Where its data lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the database holds, where it is not among the files of [`Installation::folder`]; binary columns are legible.
    pub fn dump(&self) -> Option<String> {
        self.postgres.as_ref().map(|database| database.dump().unwrap())
    }

    /// Lets time pass.
    pub fn wait(&self, span: Duration) {
        self.ahead.fetch_add(i64::try_from(span.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Runs all jobs that are due, and says how many runs those were.
    pub async fn settle(&self) -> usize {
        app::runner(&self.palisade).settle().await.unwrap()
    }

    /// Has all that nobody wants collected.
    pub async fn collect(&self) {
        app::files::collector::look(&self.palisade).await.unwrap();
        self.settle().await;
    }

    /// Somebody without an account, at a host.
    pub fn nobody_at(&self, host: &str) -> Person {
        Person::new(app::router(self.palisade.clone()), host)
    }

    /// Signs a group up and signs its owner in, by the ways of the interface.
    pub async fn account(&self, name: &str) -> Person {
        let owner =
            json!({ "name": "Inès Moreau", "email": format!("ines@{name}.example"), "password": PASSWORD });
        let draft = json!({ "name": name, "title": name, "owner": owner });
        let opened = self.nobody_at(HOST).post("/accounts", draft).await.created();
        let mut owner = self.nobody_at(&format!("{name}.{HOST}"));
        owner.sign_in(json!({ "ticket": opened["ticket"] })).await;
        owner
    }

    /// The id of the account with this name, for what is done beneath the interface.
    pub async fn id_of(&self, name: &str) -> AccountId {
        let accounts = app::accounts::list(&self.palisade).await.unwrap();
        accounts.iter().find(|account| account.name.as_deref() == Some(name)).unwrap().id
    }
}

/// A test fails that leaves a job which is due, or which failed.
impl Drop for Installation {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let db = self.palisade.db.clone();
        // On a thread of its own: the test's runtime may be the one that drops this.
        let look = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(db.system_read(db::Reason::RunJobs, jobs::left))
        };
        let left = thread::spawn(look).join().unwrap().unwrap();
        assert!(left.is_empty(), "jobs are left: {left:?}");
    }
}

/// What a node is made of, whose files lie in this folder.
async fn parts(path: &Path, engine: db::Engine, source: Source, limits: Limits, at: &AtSites) -> Parts {
    let config = db::Config::new(engine);
    let root = vault::FileRoot::open(path.join("root"), source.entropy.clone()).unwrap();
    let keys = vault::VaultConfig {
        key_sites: vec![vault::KeySite {
            name: "home".to_owned(),
            store: vault::KeyStore::directory(path.join("keys")),
            root: Some(Arc::new(root)),
        }],
        copies: 1,
        mirror: None,
    };
    Parts {
        db: db::Db::open(&config, source.clone()).await.unwrap(),
        vault: vault::Vault::open(keys, source.clone()).await.unwrap(),
        sites: at.open(path),
        source,
        address: Address {
            scheme: "http".to_owned(),
            host: HOST.to_owned(),
            port: None,
            proxies: Vec::new(),
        },
        limits,
        post: None,
        policies: Policies::default(),
        resilience: app::trust::Resilience::default(),
    }
}

/// The engine that this run of the suite is for: `PALISADE_TEST_ENGINE` is `sqlite`, which it is without, or `postgres`.
fn engine(folder: &Path) -> (db::Engine, Option<testpg::Database>) {
    match std::env::var("PALISADE_TEST_ENGINE").as_deref() {
        Err(_) | Ok("sqlite") => (db::Engine::Sqlite { path: folder.join("palisade.db") }, None),
        Ok("postgres") => {
            let database = testpg::Database::empty().unwrap();
            (postgres_engine(&database), Some(database))
        }
        Ok(other) => panic!("PALISADE_TEST_ENGINE={other}"),
    }
}

fn postgres_engine(database: &testpg::Database) -> db::Engine {
    let url = |role| database.url(role);
    let (url, system_url, owner_url) = (url(testpg::APP), url(testpg::SYSTEM), url(testpg::OWNER));
    db::Engine::Postgres { url, system_url, owner_url }
}

/// Has a node answer at a real address, and tell its open tabs what changes, until the test ends. Where there are other nodes
/// to be heard, it hears them when this returns.
pub async fn serve(palisade: &Palisade) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut others = palisade.db.listen();
    tokio::spawn(app::live::hear(palisade));
    if std::env::var("PALISADE_TEST_ENGINE").is_ok_and(|engine| engine == "postgres") {
        while others.next().await != Some(db::Heard::Gap) {}
    }
    let router = app::router(palisade.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}
