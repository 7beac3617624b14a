//! How PostgreSQL is reached: hosts, time-outs, TLS, and a session at whichever host takes writes.

use crate::primary::Timeline;
use futures_util::{StreamExt, stream::FuturesUnordered};
use kernel::{Error, Result, ResultExt};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{future::poll_fn, net::IpAddr, path::Path, sync::Arc, time::Duration};
use tokio_postgres::{
    AsyncMessage, Client, Config, SimpleQueryMessage, Socket,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

type Connected = tokio_postgres::Connection<
    Socket,
    <MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<Socket>>::Stream,
>;

/// How long a host may take until a session stands.
const CONNECT: Duration = Duration::from_secs(2);
/// Asked of each session, together with its settings: on which timeline the server writes. A standby writes none.
const TIMELINE: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// How to reach PostgreSQL with one role.
#[derive(Clone)]
pub(crate) struct Address {
    hosts: Vec<Config>,
    tls: MakeRustlsConnect,
}

/// A session at a server that takes writes.
pub(crate) struct Session {
    pub(crate) client: Client,
    /// On which timeline the server writes.
    pub(crate) timeline: Timeline,
    /// Where it is, in words for the operator: `paris.example:5432`.
    pub(crate) host: String,
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

    /// How many hosts it names.
    pub(crate) fn hosts(&self) -> usize {
        self.hosts.len()
    }

    /// Tries every host at once and keeps the first that takes writes, on `least` or a later timeline: one on an earlier is an
    /// old primary that has not heard of its end. What the session brings besides answers goes to `hear`, and it ends where
    /// that says so; `settings` are made first.
    pub(crate) async fn open<H>(&self, least: Timeline, settings: &str, hear: H) -> Result<Session>
    where
        H: FnMut(AsyncMessage) -> bool + Clone + Send + 'static,
    {
        let at = |host| tokio::time::timeout(CONNECT, self.at(host, settings, hear.clone()));
        let mut attempts: FuturesUnordered<_> = self.hosts.iter().map(at).collect();
        let mut failure = Error::unavailable("PostgreSQL did not answer in time");
        while let Some(opened) = attempts.next().await {
            match opened {
                Ok(Ok(session)) if session.timeline >= least => return Ok(session),
                Ok(Ok(old)) => {
                    failure = Error::unavailable(format!("{} is a primary that was replaced", old.host));
                }
                Ok(Err(error)) => failure = error,
                Err(_late) => {}
            }
        }
        Err(failure)
    }

    /// Tries each host by itself, whatever it is, and says how each one fares: its name, and what is wrong.
    pub(crate) async fn try_each(&self) -> Vec<(String, Result<()>)> {
        let attempt = |host: &Config| {
            let (mut any, name, tls) = (host.clone(), name(host), self.tls.clone());
            any.target_session_attrs(TargetSessionAttrs::Any);
            async move {
                let reached = match tokio::time::timeout(CONNECT, any.connect(tls)).await {
                    Ok(connected) => connected.map(drop).or_unavailable(),
                    Err(_late) => Err(Error::unavailable("no answer in time")),
                };
                (name, reached)
            }
        };
        futures_util::future::join_all(self.hosts.iter().map(attempt)).await
    }

    async fn at<H>(&self, host: &Config, settings: &str, hear: H) -> Result<Session>
    where
        H: FnMut(AsyncMessage) -> bool + Send + 'static,
    {
        let (client, connection) = host.connect(self.tls.clone()).await.or_unavailable()?;
        tokio::spawn(drive(connection, hear));
        let rows = client.simple_query(&format!("{settings}; {TIMELINE}")).await.or_unavailable()?;
        let written = rows.iter().rev().find_map(|row| match row {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let timeline = written.and_then(Timeline::read).ok_or_else(|| Error::unavailable("no timeline"))?;
        Ok(Session { client, timeline, host: name(host) })
    }
}

/// Moves what the socket brings, and hands on what is no answer, until the session ends or nobody wants it.
async fn drive(mut connection: Connected, mut hear: impl FnMut(AsyncMessage) -> bool) {
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if !hear(message) {
            return;
        }
    }
}

fn name(host: &Config) -> String {
    let port = host.get_ports().first().copied().unwrap_or(5432);
    match (host.get_hosts().first(), host.get_hostaddrs().first()) {
        (Some(Host::Tcp(name)), _) => format!("{name}:{port}"),
        (Some(Host::Unix(folder)), _) => folder.display().to_string(),
        (None, Some(address)) => format!("{address}:{port}"),
        (None, None) => String::new(),
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
