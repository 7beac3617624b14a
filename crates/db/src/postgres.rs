//! PostgreSQL over tokio-postgres: no C library, TLS by rustls.
//!
//! A connection has a small runtime of its own and lives on one thread: its socket is read and written there, without
//! a hop to another. Diesel sees it as any other blocking connection.
//!
//! What several sites ask of it (Patroni, synchronous replication):
//! * all hosts are tried at once, and the first that takes writes is kept;
//! * a site that falls silent is noticed within seconds, by TCP itself;
//! * no statement is ever cancelled, by us or by a time-out: a COMMIT that is cancelled while it waits for its
//!   standby answers success and warns, so any warning at COMMIT makes its outcome unknown.

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
    sql_types::TypeMetadata,
};
use diesel_async::{AsyncConnection, AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::{StreamExt, stream::FuturesUnordered};
use kernel::{Error, Result, ResultExt};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{
    any::Any,
    future::poll_fn,
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::runtime::Runtime;
use tokio_postgres::{
    AsyncMessage, Client, Config, Socket,
    config::{Host, SslMode, TargetSessionAttrs},
    error::Severity,
};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) type Connected = tokio_postgres::Connection<
    Socket,
    <MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<Socket>>::Stream,
>;

/// How long a host may take until a session stands.
const CONNECT: Duration = Duration::from_secs(2);

/// How to reach PostgreSQL with one role.
#[derive(Clone)]
pub(crate) struct Address {
    hosts: Vec<Config>,
    tls: MakeRustlsConnect,
}

impl Address {
    /// Reads a connection string. The server's certificate comes from one of these authorities, or of the system's.
    pub(crate) fn parse(url: &str, authorities: Option<&Path>) -> Result<Self> {
        let whole: Config = url.parse().or_unavailable()?;
        let hosts = hosts(&whole);
        if hosts.is_empty() {
            return Err(Error::unavailable("the address of PostgreSQL names no host"));
        }
        Ok(Self { hosts, tls: MakeRustlsConnect::new(tls(authorities)?) })
    }
}

/// One configuration for each host, with our time-outs.
fn hosts(whole: &Config) -> Vec<Config> {
    let ports = whole.get_ports();
    let count = whole.get_hosts().len().max(whole.get_hostaddrs().len());
    (0..count)
        .map(|i| {
            let mut one = Config::new();
            one.user(whole.get_user().unwrap_or_default())
                .dbname(whole.get_dbname().or(whole.get_user()).unwrap_or_default())
                .application_name(whole.get_application_name().unwrap_or("palisade"))
                .port(ports.get(i).or(ports.first()).copied().unwrap_or(5432))
                .channel_binding(whole.get_channel_binding())
                .ssl_negotiation(whole.get_ssl_negotiation())
                .target_session_attrs(TargetSessionAttrs::ReadWrite)
                .connect_timeout(CONNECT)
                .tcp_user_timeout(Duration::from_secs(2))
                .keepalives_idle(Duration::from_secs(1))
                .keepalives_interval(Duration::from_secs(1))
                .keepalives_retries(2);
            if let Some(password) = whole.get_password() {
                one.password(password);
            }
            if let Some(options) = whole.get_options() {
                one.options(options);
            }
            let mut here = false;
            match whole.get_hosts().get(i) {
                Some(Host::Tcp(name)) => {
                    here = name == "localhost"
                        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
                    one.host(name);
                }
                Some(Host::Unix(folder)) => {
                    here = true;
                    one.host_path(folder);
                }
                None => {}
            }
            if let Some(&address) = whole.get_hostaddrs().get(i) {
                here = address.is_loopback();
                one.hostaddr(address);
            }
            // "prefer" lets whoever sits in between say no: it is good for this machine alone.
            one.ssl_mode(match whole.get_ssl_mode() {
                SslMode::Prefer if !here => SslMode::Require,
                mode => mode,
            });
            one
        })
        .collect()
}

fn tls(authorities: Option<&Path>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = authorities {
        for certificate in CertificateDer::pem_file_iter(file).or_unavailable()? {
            roots.add(certificate.or_unavailable()?).or_unavailable()?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .or_internal()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// A connection to PostgreSQL that blocks its thread.
pub struct Wire {
    // Before the runtime: fields are dropped in this order.
    inner: AsyncPgConnection,
    transactions: AnsiTransactionManager,
    warning: Warning,
    runtime: Runtime,
}

/// The last warning of the server.
#[derive(Clone, Default)]
struct Warning(Arc<Mutex<Option<String>>>);

impl Warning {
    fn set(&self, text: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), text)
    }
}

impl Wire {
    /// Opens a session at whichever host takes writes.
    pub(crate) fn open(address: &Address) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_internal()?;
        let warning = Warning::default();
        let mut inner = runtime.block_on(async {
            let (client, connection) = first_host(address).await?;
            tokio::spawn(drive(connection, warning.clone()));
            AsyncPgConnection::try_from(client).await.or_unavailable()
        })?;
        // A time-out that the role or the database was given could strike a COMMIT.
        runtime.block_on(inner.batch_execute("SET statement_timeout = 0")).or_unavailable()?;
        Ok(Self { inner, transactions: AnsiTransactionManager::default(), warning, runtime })
    }

    /// Commits; the warning that the server answered with, if there was one.
    pub(crate) fn commit(&mut self) -> QueryResult<Option<String>> {
        self.warning.set(None);
        self.batch_execute("COMMIT")?;
        Ok(self.warning.set(None))
    }
}

/// Tries every host at once and keeps the first that takes writes.
pub(crate) async fn first_host(address: &Address) -> Result<(Client, Connected)> {
    let mut attempts: FuturesUnordered<_> = address
        .hosts
        .iter()
        .map(|host| async { tokio::time::timeout(CONNECT, host.connect(address.tls.clone())).await })
        .collect();
    let mut last = Error::unavailable("PostgreSQL did not answer in time");
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(cause)) => last = Error::unavailable(cause),
            Err(_late) => {}
        }
    }
    Err(last)
}

/// Moves what the socket brings, and notes warnings, until the session ends.
async fn drive(mut connection: Connected, warning: Warning) {
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message
            && notice.parsed_severity().is_none_or(|severity| severity == Severity::Warning)
        {
            tracing::warn!(code = notice.code().code(), "PostgreSQL warns: {}", notice.message());
            warning.set(Some(notice.message().to_owned()));
        }
    }
}

impl SimpleConnection for Wire {
    fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.runtime.block_on(self.inner.batch_execute(sql))
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
        self.runtime.block_on(AsyncConnectionCore::execute_returning_count(&mut self.inner, source))
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
        let rows: Vec<_> = self.runtime.block_on(async {
            let rows = AsyncConnectionCore::load(&mut self.inner, source).await?;
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
