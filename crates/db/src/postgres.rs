//! PostgreSQL over tokio-postgres: no C library, TLS by rustls.
//!
//! A connection has a small runtime of its own and lives on one thread: its socket is read and written there, without
//! a hop to another. Diesel sees it as any other blocking connection.
//!
//! What several sites ask of it (Patroni, synchronous replication):
//! * a session ends at once where its primary was replaced or is silent, whatever it waits for ([`Bond`]);
//! * statements and locks have their time, and a COMMIT has none: one that is cancelled while it waits for its standby, by
//!   us or by a time-out, answers success and warns, so any warning at COMMIT makes its outcome unknown;
//! * with a COMMIT it is asked how many hold it.

use crate::{
    address::Address,
    primary::{
        Bond, Primary,
        mark::{self, Told},
    },
};
use diesel::{
    Connection, ConnectionError, ConnectionResult, QueryResult,
    connection::{
        AnsiTransactionManager, CacheSize, ConnectionSealed, Instrumentation, LoadConnection,
        MultiConnectionHelper, SimpleConnection, TransactionManager,
    },
    expression::QueryMetadata,
    migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection},
    pg::{Pg, PgMetadataLookup, PgTypeMetadata},
    query_builder::{Query, QueryFragment, QueryId},
    result::DatabaseErrorKind,
    sql_types::TypeMetadata,
};
use diesel_async::{AsyncConnection, AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::StreamExt;
use kernel::{Result, ResultExt};
use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;
use tokio_postgres::{AsyncMessage, error::Severity};

/// What every session is set to. Warnings and notices must come through: they say what became of a COMMIT.
const SETTINGS: &str = "SET client_min_messages = notice";
/// Newer servers have a limit for the whole of a transaction, which would strike its COMMIT.
const NO_LIMIT_OF_ALL: &str =
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'";
/// How often it is looked again how many hold a commit, and how long it is waited before, each time twice as long.
const LOOKS: u32 = 8;
const FIRST_LOOK: Duration = Duration::from_millis(1);

/// How long PostgreSQL may take for what is asked of it, a COMMIT apart, which has all the time it needs.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A statement.
    pub statement: Duration,
    /// To wait for a lock of another transaction.
    pub lock: Duration,
    /// To wait for the next statement within a transaction: a node that froze holds its locks no longer.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { statement: seconds(30), lock: seconds(5), idle: seconds(30) }
    }
}

impl Limits {
    fn settings(self) -> String {
        let Self { statement, lock, idle } = self;
        format!(
            "{SETTINGS}; {NO_LIMIT_OF_ALL}; SET statement_timeout = {}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}",
            statement.as_millis(),
            lock.as_millis(),
            idle.as_millis()
        )
    }

    /// Those of migrations.
    pub(crate) fn none() -> Self {
        Self { statement: Duration::ZERO, lock: Duration::ZERO, idle: Duration::ZERO }
    }
}

/// A connection to PostgreSQL that blocks its thread.
pub struct Wire {
    // Before the runtime: fields are dropped in this order.
    inner: AsyncPgConnection,
    transactions: AnsiTransactionManager,
    said: Said,
    /// Where it is watched: the primary, and what ends this session.
    tie: Option<(Primary, Bond)>,
    runtime: Runtime,
}

/// How many hold what was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// As many as must.
    Enough,
    /// Fewer.
    Short,
}

/// What became of a COMMIT whose answer came.
pub(crate) enum Answer {
    Held(Held),
    /// The server warned.
    Warned(String),
}

/// What the server said beside its answers.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Words>>);

#[derive(Default)]
struct Words {
    warning: Option<String>,
    told: Option<Told>,
}

impl Said {
    fn words(&self) -> MutexGuard<'_, Words> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Words {
        std::mem::take(&mut *self.words())
    }

    /// Notes a warning, and what is told of copies.
    fn hear(&self, message: &AsyncMessage) {
        let AsyncMessage::Notice(notice) = message else { return };
        if notice.code().code() == mark::TOLD {
            self.words().told = Told::read(notice.message());
        } else if notice.parsed_severity().is_none_or(|severity| severity == Severity::Warning) {
            tracing::warn!(code = notice.code().code(), "PostgreSQL warns: {}", notice.message());
            self.words().warning = Some(notice.message().to_owned());
        }
    }
}

impl Wire {
    /// Opens a session at whichever host takes writes, without regard to what the watcher says: before there is one.
    pub(crate) fn open(address: &Address) -> Result<Self> {
        Self::new(address, Limits::none(), None)
    }

    /// Opens a session at the primary, which ends with it.
    pub(crate) fn at(address: &Address, primary: &Primary, limits: Limits) -> Result<Self> {
        Self::new(address, limits, Some(primary))
    }

    fn new(address: &Address, limits: Limits, primary: Option<&Primary>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_internal()?;
        let said = Said::default();
        let heard = said.clone();
        let hear = move |message: AsyncMessage| {
            heard.hear(&message);
            true
        };
        let (least, bond) =
            primary.map_or_else(Default::default, |primary| (primary.timeline(), Some(primary.bond())));
        let (inner, timeline) = runtime.block_on(async {
            let session = address.open(least, &limits.settings(), hear).await?;
            let inner = AsyncPgConnection::try_from(session.client).await.or_unavailable()?;
            Result::Ok((inner, session.timeline))
        })?;
        let tie = primary.cloned().zip(bond.map(|bond| bond.to(timeline)));
        Ok(Self { inner, transactions: AnsiTransactionManager::default(), said, tie, runtime })
    }

    /// What is asked of the primary's standbys, and of nobody where the primary is not watched.
    fn copies(&self) -> usize {
        self.tie.as_ref().map_or(1, |(primary, _)| primary.replication().copies)
    }

    /// Commits, with all the time that takes.
    pub(crate) fn commit(&mut self) -> QueryResult<Answer> {
        let asked = self.copies() > 1;
        self.said.take();
        if asked {
            self.batch_execute(&format!("{COMMIT}; {}", Told::ASK))?;
        } else {
            self.batch_execute(COMMIT)?;
        }
        let Words { warning, told } = self.said.take();
        match warning {
            Some(warning) => Ok(Answer::Warned(warning)),
            None if asked => self.look(told).map(Answer::Held),
            None => Ok(Answer::Held(Held::Enough)),
        }
    }

    /// How many hold all that is committed now.
    pub(crate) fn held(&mut self) -> QueryResult<Held> {
        if self.copies() < 2 {
            return Ok(Held::Enough);
        }
        self.said.take();
        self.batch_execute(Told::ASK)?;
        let told = self.said.take().told;
        self.look(told)
    }

    /// Looks again until enough hold it, unless too few are there at all. What others committed meanwhile counts too, so that
    /// a standby which holds this may not yet hold that.
    fn look(&mut self, first: Option<Told>) -> QueryResult<Held> {
        let needed = self.copies() - 1;
        let mut told = first.ok_or_else(untold)?;
        for look in 0..LOOKS {
            if told.holding >= needed {
                return Ok(Held::Enough);
            }
            if told.streaming < needed {
                break;
            }
            std::thread::sleep(FIRST_LOOK * 2_u32.pow(look));
            self.batch_execute(&told.ask_again())?;
            told = self.said.take().told.ok_or_else(untold)?;
        }
        Ok(if told.holding >= needed { Held::Enough } else { Held::Short })
    }

    /// Runs what goes over the wire, and gives up where the session is not to be used any more. The socket is closed then;
    /// nothing is cancelled.
    fn run<'s, T, F>(&'s mut self, work: impl FnOnce(&'s mut AsyncPgConnection) -> F) -> QueryResult<T>
    where
        F: Future<Output = QueryResult<T>>,
    {
        let Self { inner, tie, runtime, .. } = self;
        let broken = async {
            match tie {
                Some((_, bond)) => bond.broken().await,
                None => std::future::pending().await,
            }
        };
        runtime.block_on(async {
            tokio::select! {
                biased;
                result = work(inner) => result,
                () = broken => Err(gone("its primary was replaced, or is silent")),
            }
        })
    }
}

/// A COMMIT that no time-out strikes, not even of this session: each statement of a message has its own time, and that of
/// COMMIT is set before it.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; COMMIT";

fn gone(why: &'static str) -> diesel::result::Error {
    diesel::result::Error::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(why.to_owned()))
}

fn untold() -> diesel::result::Error {
    gone("it did not tell how many hold a commit")
}

impl SimpleConnection for Wire {
    fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.run(async |inner| inner.batch_execute(sql).await)
    }
}

impl ConnectionSealed for Wire {}

impl Connection for Wire {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    fn establish(url: &str) -> ConnectionResult<Self> {
        let address = Address::parse(url, None).and_then(|address| Self::open(&address));
        address.map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        self.run(|inner| AsyncConnectionCore::execute_returning_count(inner, source))
    }

    fn transaction_state(
        &mut self,
    ) -> &mut <AnsiTransactionManager as TransactionManager<Self>>::TransactionStateData {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        AsyncConnection::instrumentation(&mut self.inner)
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        AsyncConnection::set_instrumentation(&mut self.inner, instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        AsyncConnection::set_prepared_statement_cache_size(&mut self.inner, size);
    }
}

type Row = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

impl LoadConnection for Wire {
    // All rows at once: every caller collects them anyway, and the thread goes into the runtime once.
    type Cursor<'conn, 'query> = std::vec::IntoIter<QueryResult<Row>>;
    type Row<'conn, 'query> = Row;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        let rows: Vec<_> = self.run(async |inner| {
            let rows = AsyncConnectionCore::load(inner, source).await?;
            QueryResult::Ok(rows.collect().await)
        })?;
        Ok(rows.into_iter())
    }
}

impl MigrationConnection for Wire {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch_execute(CREATE_MIGRATIONS_TABLE).map(|()| 0)
    }
}

/// Looks up no type: the portable ones are built in, and 0 lets the server infer any other. (The look-up of
/// diesel-async cannot be cast to `Any`, which `MultiConnection` asks for.)
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

type Lookup = <Pg as TypeMetadata>::MetadataLookup;

impl MultiConnectionHelper for Wire {
    fn to_any<'a>(_lookup: &mut Lookup) -> &mut (dyn Any + 'a) {
        Box::leak(Box::new(NoLookup)) // of size zero: nothing leaks
    }

    fn from_any(lookup: &mut dyn Any) -> Option<&mut Lookup> {
        lookup.downcast_mut::<NoLookup>().map(|lookup| lookup as &mut Lookup)
    }
}
