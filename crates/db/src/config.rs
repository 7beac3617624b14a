//! Where the database is.

use crate::{postgres::Limits, primary::Replication};
use std::{path::PathBuf, thread};

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which engine, and where.
    pub engine: Engine,
    /// Threads that read beside the one writer (SQLite), or connections that read and write (PostgreSQL).
    pub readers: usize,
    /// Transactions that may wait in each queue; one more is refused with `busy`.
    pub queue: usize,
    /// PostgreSQL: a PEM file of the authorities that may vouch for its certificate; none for those of the system.
    pub authorities: Option<PathBuf>,
    /// PostgreSQL: how many servers must hold a commit.
    pub replication: Replication,
    /// PostgreSQL: how long it may take.
    pub limits: Limits,
    /// Whether a database that holds nothing may be begun.
    pub create: bool,
    /// SQLite: bytes on the disk that are kept for what frees room when it is full; none are at 0.
    pub reserve: u64,
    /// Whether each statement is checked for its account. It costs, so it is on in debug builds alone.
    pub guard: bool,
}

impl Config {
    /// The defaults for this engine.
    pub fn new(engine: Engine) -> Self {
        Self {
            readers: readers(&engine),
            queue: 1024,
            authorities: None,
            replication: Replication::default(),
            limits: Limits::default(),
            create: true,
            reserve: 0,
            guard: cfg!(debug_assertions),
            engine,
        }
    }
}

/// Each reader of SQLite holds a cache of its own, so there are two for a processor: one may wait for the disk.
fn readers(engine: &Engine) -> usize {
    match engine {
        Engine::Sqlite { .. } => 2 * thread::available_parallelism().map_or(4, usize::from).clamp(2, 16),
        Engine::Postgres { .. } => 8,
    }
}

/// Which engine, and where.
#[derive(Clone)]
pub enum Engine {
    /// SQLite in this process.
    Sqlite {
        /// The file; `-wal` and `-shm` stand beside it. Its folder must exist.
        path: PathBuf,
    },
    /// PostgreSQL. The three addresses name the same database with three roles, as a URL or in the form
    /// `host=a,b user=…`. Several hosts are tried at once, and the first that takes writes is kept.
    ///
    /// Over TLS, certificates are always verified. Without TLS a connection leaves this machine only where
    /// `sslmode=disable` says so.
    Postgres {
        /// The role of everyday: it owns no table and row level security binds it.
        url: String,
        /// The role for work across accounts: it owns no table and has `BYPASSRLS`.
        system_url: String,
        /// The role that owns the tables: migrations alone.
        owner_url: String,
    },
}

// By hand: the addresses may hold passwords.
impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite { path } => f.debug_struct("Sqlite").field("path", path).finish(),
            Self::Postgres { .. } => f.debug_struct("Postgres").finish_non_exhaustive(),
        }
    }
}
