//! A PostgreSQL for tests: one server that all test processes of this machine share, a fresh database for each test.
//!
//! cargo-nextest runs each test in a process of its own, and a server takes a second to start. So the first process that
//! needs one starts it, the others find it, and a keeper stops and removes it ten seconds after the last let go, also
//! where tests were killed. Several `make test` at once share it too: each database has a name of its own.
//!
//! The server is for tests only: it does not flush, listens on loopback, and each start has a new password. It has the
//! three roles of an installation: [`OWNER`], [`APP`] and [`SYSTEM`].
//!
//! What happens to several sites is tried on a [`Pair`] of servers of its own, which a test may kill, through a [`Proxy`] that
//! it may cut.

mod pair;
mod proxy;
mod psql;
mod server;

pub use pair::Pair;
pub use proxy::Proxy;

use server::Server;
use std::{
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// The role that owns the tables.
pub const OWNER: &str = "palisade_owner";
/// The everyday role, which row level security binds.
pub const APP: &str = "palisade_app";
/// The role for work across accounts, which has `BYPASSRLS`.
pub const SYSTEM: &str = "palisade_system";

/// A database of its own, which goes away with this value.
pub struct Database {
    server: &'static Server,
    name: String,
}

impl Database {
    /// An empty database.
    pub fn empty() -> io::Result<Self> {
        let database = Self { server: Server::shared()?, name: fresh("test") };
        database.server.psql("postgres", &format!("CREATE DATABASE {} OWNER {OWNER}", database.name))?;
        Ok(database)
    }

    /// A copy of a database that `fill` has filled, once for all tests with the same `key`. The key must change with
    /// what `fill` does: the text of the migrations is a good one. `fill` must close its connections.
    pub fn copy_of(key: &str, fill: impl FnOnce(&Self) -> io::Result<()>) -> io::Result<Self> {
        let server = Server::shared()?;
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let template = format!("template_{:016x}", hasher.finish());
        {
            let lock = File::create(server.folder().join(&template))?;
            lock.lock()?; // until the end of this block: one process fills, the others wait
            let known = server
                .psql("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"))?;
            if known.is_empty() {
                let making = Self::empty()?;
                fill(&making)?;
                server.psql("postgres", &format!("ALTER DATABASE {} RENAME TO {template}", making.name))?;
            }
        }
        let database = Self { server, name: fresh("test") };
        let copy = format!("CREATE DATABASE {} OWNER {OWNER} TEMPLATE {template}", database.name);
        server.psql("postgres", &copy)?;
        Ok(database)
    }

    /// How a role reaches it: `postgres://…`, without TLS.
    pub fn url(&self, role: &str) -> String {
        format!("{}?sslmode=disable", self.tls_url(role))
    }

    /// The same without a word about TLS.
    pub fn tls_url(&self, role: &str) -> String {
        let Self { server, name } = self;
        format!("postgres://{role}:{}@localhost:{}/{name}", server.password(), server.port())
    }

    /// The authority of the server's certificate, for `localhost`, as a PEM file.
    pub fn authority(&self) -> PathBuf {
        self.server.folder().join("server.crt")
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// All rows of all tables, as text in which the ASCII letters of binary columns are legible.
    pub fn dump(&self) -> io::Result<String> {
        let tables =
            self.superuser("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")?;
        let rows = tables.lines().map(|table| format!("SELECT '{table}', row::text FROM {table} row"));
        let script: Vec<_> = std::iter::once("SET bytea_output = 'escape'".to_owned()).chain(rows).collect();
        self.superuser(&script.join(";\n"))
    }

    /// Runs SQL as the superuser; the rows, a line each, columns parted by `|`.
    pub fn superuser(&self, sql: &str) -> io::Result<String> {
        self.server.psql(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Where this fails the database goes away with the server.
        let _ = self.server.psql("postgres", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A name that no other process uses.
fn fresh(kind: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{kind}_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_fresh_and_a_copy_is_full() {
        let filled =
            || Database::copy_of("a table t", |empty| empty.superuser("CREATE TABLE t (n INT)").map(drop));
        let (one, other) = (filled().unwrap(), filled().unwrap());
        one.superuser("INSERT INTO t VALUES (1)").unwrap();
        assert_eq!(one.superuser("SELECT count(*) FROM t").unwrap(), "1");
        assert_eq!(other.superuser("SELECT count(*) FROM t").unwrap(), "0");
    }

    #[test]
    fn the_roles_are_those_of_an_installation() {
        let database = Database::empty().unwrap();
        let roles = database.superuser(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'palisade%' ORDER BY 1",
        );
        assert_eq!(roles.unwrap(), "palisade_app|f|f\npalisade_owner|f|f\npalisade_system|f|t");
    }
}
