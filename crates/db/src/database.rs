//! The database: queues, and threads that take transactions from them.

use crate::{
    address::Address,
    check::{Health, check},
    config::{Config, Engine},
    conn::Conn,
    courier::Courier,
    job::{Call, Job, Turn},
    link::{Access, Link},
    migrations::{self, Migrations},
    notices::{Listener, Notices},
    numbers::{Numbers, OfPrimary, Queues},
    postgres::{Limits, Wire},
    primary::{self, Finding, Primary, Settings, Standing, mark::Mark},
    queue::{Queue, Refusal},
    reason::Reason,
    reserve::Reserve,
    roles,
    sqlite::{self, Use},
    tx::{Across, Scope, SystemTx, Transaction, Tx, Within},
    worker::{self, Jobs, Seat},
    writer,
};
use kernel::{AccountId, Error, Kind, Result, ResultExt, Source, noun};
use prometheus_client::registry::Registry;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::oneshot;

/// Connections to PostgreSQL for work across accounts.
const SYSTEM_CONNECTIONS: usize = 2;

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    read: Arc<Jobs>,
    write: Arc<Jobs>,
    system_read: Arc<Jobs>,
    system_write: Arc<Jobs>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    reserve: Option<Arc<Reserve>>,
    /// Where it is PostgreSQL.
    primary: Option<Primary>,
    app: Option<Address>,
    numbers: Numbers,
    notices: Notices,
    source: Source,
}

/// What may be written on a full disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Nothing of it.
    Usual,
    /// It may use the reserve.
    Room,
}

impl Db {
    /// Opens the database, and brings it forward to what this program knows.
    ///
    /// # Errors
    /// `newer-database` where a newer program has used it; `no-database` where there is none and none may be begun;
    /// unavailable where it cannot be reached. Nothing was changed then.
    pub async fn open(config: &Config, source: Source) -> Result<Self> {
        Self::open_with(config, source, Migrations::PRODUCT).await
    }

    /// Opens the database with other tables than the product's.
    pub async fn open_with(config: &Config, source: Source, migrations: Migrations) -> Result<Self> {
        let config = config.clone();
        let open = move || match config.engine.clone() {
            Engine::Sqlite { path } => sqlite(&config, &path, &source, migrations),
            Engine::Postgres { url, system_url, owner_url } => {
                let address = |url: &str| Address::parse(url, config.authorities.as_deref());
                migrations::postgres(&address(&owner_url)?, migrations.postgres, config.create)?;
                postgres(&config, &address(&url)?, &address(&system_url)?, &source)
            }
        };
        tokio::task::spawn_blocking(open).await.or_internal()?
    }

    /// Reads within an account: one snapshot, in which nothing can be changed.
    pub async fn read<T, F>(&self, account: AccountId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.call(&self.0.read, Within(account), (Access::Read, Need::Usual), work).await
    }

    /// Reads and writes within an account. When this returns `Ok`, it is durable.
    ///
    /// # Errors
    /// Those of the closure; `busy` where too many wait or collide; `storage-full`; `unknown-outcome` where COMMIT
    /// failed ([`crate::is_unknown_outcome`]).
    pub async fn write<T, F>(&self, account: AccountId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.call(&self.0.write, Within(account), (Access::Write, Need::Usual), work).await
    }

    /// As [`Db::write`], also on a full disk: for what frees room, or lets in somebody who will. It may use the room that
    /// is kept for it ([`Config::reserve`]).
    pub async fn write_in_need<T, F>(&self, account: AccountId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.call(&self.0.write, Within(account), (Access::Write, Need::Room), work).await
    }

    /// Whether the room that is kept for a full disk is spent, so that only what frees room is written.
    pub fn is_short(&self) -> bool {
        self.0.reserve.as_ref().is_some_and(|reserve| !reserve.is_whole())
    }

    /// Reads across accounts.
    pub async fn system_read<T, F>(&self, reason: Reason, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    {
        tracing::debug!(?reason, "reads across accounts");
        self.call(&self.0.system_read, Across(()), (Access::Read, Need::Usual), work).await
    }

    /// Reads and writes across accounts.
    pub async fn system_write<T, F>(&self, reason: Reason, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut SystemTx<'_>) -> Result<T> + Send + 'static,
    {
        tracing::debug!(?reason, "writes across accounts");
        self.call(&self.0.system_write, Across(()), (Access::Write, Need::Usual), work).await
    }

    /// Hears what transactions tell ([`Tx::notify`]) from here on, of all accounts.
    pub fn listen(&self) -> Listener {
        self.0.notices.listen()
    }

    /// Shows the operator what is counted here.
    pub fn register(&self, registry: &mut Registry) {
        self.0.numbers.register(registry);
        let (read, write) = (Arc::clone(&self.0.read), Arc::clone(&self.0.write));
        let queues: [_; 2] = if Arc::ptr_eq(&read, &write) {
            [("account", read), ("system", Arc::clone(&self.0.system_write))]
        } else {
            [("read", read), ("write", write)]
        };
        registry.register_collector(Box::new(Queues(queues)));
        if let Some(primary) = &self.0.primary {
            registry.register_collector(Box::new(OfPrimary(primary.clone())));
        }
    }

    /// Whether whoever asks is answered: not while the primary has been silent for 4 s.
    pub fn answers(&self) -> bool {
        self.0.primary.as_ref().is_none_or(Primary::answers)
    }

    /// Ends when the primary has been silent for 4 s; never where there is none.
    pub async fn lapsed(&self) {
        match &self.0.primary {
            Some(primary) => primary.lapsed().await,
            None => std::future::pending().await,
        }
    }

    /// Whether a write would be taken now. It costs nothing where a primary is watched.
    ///
    /// # Errors
    /// Why it would not.
    pub async fn ready(&self) -> Result<()> {
        match &self.0.primary {
            Some(primary) => primary.admit(true),
            None => self.check().await.map(drop),
        }
    }

    /// What the primary said last of itself and of its standbys, and how long ago it was asked; none on SQLite, and none before
    /// the first answer.
    pub fn standing(&self) -> Option<(Standing, Duration)> {
        let primary = self.0.primary.as_ref()?;
        Some((primary.standing()?, primary.silence()))
    }

    /// Whether PostgreSQL is set up for what is asked of it; nothing on SQLite.
    pub async fn examine(&self) -> Vec<Finding> {
        let (Some(primary), Some(app)) = (&self.0.primary, &self.0.app) else { return Vec::new() };
        let settings = self.system_read(Reason::Check, Settings::read).await;
        primary::examine(primary, app, settings).await
    }

    /// How many commits were acknowledged here though fewer servers hold them than should ([`crate::Replication`]).
    pub fn short_commits(&self) -> u64 {
        self.0.numbers.short.get()
    }

    /// Whether this node does what one node does for all. On SQLite there is only one.
    pub fn leads(&self) -> bool {
        self.0.primary.as_ref().is_none_or(Primary::leads)
    }

    /// Commits an empty write where real ones go, with all that a real one waits for.
    pub async fn check(&self) -> Result<Health> {
        self.system_write(Reason::Check, check).await
    }

    /// Takes nothing more, finishes what waits, and ends the threads.
    pub async fn close(&self) {
        self.0.close();
        if let Some(primary) = &self.0.primary {
            primary.hurry();
        }
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let join = move || threads.into_iter().for_each(|thread| drop(thread.join())); // jobs catch their panics
        let _ = tokio::task::spawn_blocking(join).await;
        self.0.notices.close().await;
        if let Some(primary) = &self.0.primary {
            primary.close().await;
        }
    }

    async fn call<T, S, F>(
        &self,
        queue: &Jobs,
        scope: S,
        (access, need): (Access, Need),
        work: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        S: Scope,
        F: FnMut(&mut Transaction<'_, S>) -> Result<T> + Send + 'static,
    {
        match access {
            Access::Read => self.0.numbers.reads.inc(),
            Access::Write => self.0.numbers.writes.inc(),
        };
        if let Some(primary) = &self.0.primary {
            primary.admit(access == Access::Write)?;
        }
        let (reply, mut answer) = oneshot::channel();
        let (source, span) = (self.0.source.clone(), tracing::Span::current());
        let (mark, turn) = (Mark::new(source.id::<noun::Job>().bytes()), Turn::default());
        let in_need = need == Need::Room;
        let (told, notices, begins) = (Vec::new(), self.0.notices.clone(), turn.clone());
        let job: Box<dyn Job> = Box::new(Call {
            scope,
            access,
            in_need,
            mark,
            turn,
            work,
            source,
            span,
            result: None,
            told,
            notices,
            reply,
        });
        queue.push(job).map_err(|refusal| match refusal {
            Refusal::Full => Error::new(Kind::Unavailable, "busy"),
            Refusal::Closed => closed(),
        })?;
        tokio::select! {
            biased;
            answered = &mut answer => return answered.unwrap_or_else(|_dropped| Err(closed())),
            () = self.lapsed() => {}
        }
        // What has begun is waited for: only its thread knows what becomes of it.
        if begins.take() {
            Err(primary::away())
        } else {
            answer.await.unwrap_or_else(|_dropped| Err(closed()))
        }
    }
}

impl Inner {
    fn close(&self) {
        for queue in [&self.read, &self.write, &self.system_read, &self.system_write] {
            queue.close();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close(); // the threads end by themselves
        if let Some(primary) = &self.primary {
            primary.stop();
        }
    }
}

fn closed() -> Error {
    Error::unavailable("the database is closed")
}

/// One thread that writes, several that read.
fn sqlite(config: &Config, path: &Path, source: &Source, migrations: Migrations) -> Result<Db> {
    migrations::sqlite(path, migrations.sqlite, config.create)?;
    let numbers = Numbers::default();
    let seat = |purpose| {
        let (path, guarded) = (path.to_owned(), config.guard);
        let open = move || sqlite::open(&path, purpose).map(|conn| Link::new(conn, guarded));
        Seat::new(open, None, source.clone(), numbers.clone())
    };
    let (read, write) = (Arc::new(Queue::new(config.queue)), Arc::new(Queue::new(config.queue)));
    let reserve = Arc::new(Reserve::new(path.with_file_name("reserve"), config.reserve));
    let mut threads = vec![writer::start(seat(Use::Write), Arc::clone(&write), Arc::clone(&reserve))?];
    for i in 0..config.readers.max(1) {
        threads.push(worker::start(format!("db-reader-{i}"), seat(Use::Read), Arc::clone(&read))?);
    }
    let (system_read, system_write) = (Arc::clone(&read), Arc::clone(&write));
    let (threads, reserve, source) = (Mutex::new(threads), Some(reserve), source.clone());
    let notices = Notices::new();
    Ok(Db(Arc::new(Inner {
        read,
        write,
        system_read,
        system_write,
        threads,
        reserve,
        primary: None,
        app: None,
        numbers,
        notices,
        source,
    })))
}

/// Opens a session at the primary.
type Open = fn(&Address, &Primary, Limits) -> Result<Wire>;

/// Several threads with a connection each, some of them with the role that works across accounts.
fn postgres(config: &Config, app: &Address, system: &Address, source: &Source) -> Result<Db> {
    roles::check_app(&mut Wire::open(app)?)?;
    roles::check_system(&mut Wire::open(system)?)?;
    let (numbers, mut threads) = (Numbers::default(), Vec::new());
    let primary = Primary::watch(system.clone(), config.replication, numbers.clone(), source.clone());
    let mut start = |name: &str, count: usize, address: &Address, open: Open| {
        let jobs = Arc::new(Queue::new(config.queue));
        for i in 0..count.max(1) {
            let (address, guarded, limits) = (address.clone(), config.guard, config.limits);
            let at = primary.clone();
            let open = move || Ok(Link::new(Conn::Postgres(open(&address, &at, limits)?), guarded));
            threads.push(worker::start(
                format!("{name}-{i}"),
                Seat::new(open, Some(primary.clone()), source.clone(), numbers.clone()),
                Arc::clone(&jobs),
            )?);
        }
        Result::Ok(jobs)
    };
    let read = start("db", config.readers, app, Wire::at)?;
    let system_read = start("db-system", SYSTEM_CONNECTIONS, system, roles::open_system)?;
    let (write, system_write) = (Arc::clone(&read), Arc::clone(&system_read));
    let (threads, source) = (Mutex::new(threads), source.clone());
    let notices = Notices::new().brought_by(|here| Courier::start(app.clone(), primary.clone(), here));
    Ok(Db(Arc::new(Inner {
        read,
        write,
        system_read,
        system_write,
        threads,
        reserve: None,
        primary: Some(primary),
        app: Some(app.clone()),
        numbers,
        notices,
        source,
    })))
}
