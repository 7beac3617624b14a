//! The only crate that opens a database: SQLite inside the process, or PostgreSQL at several sites, behind one
//! set of Diesel queries.
//!
//! A transaction is a closure ([`Db::read`], [`Db::write`]). It runs to its end on a thread of the database, so
//! it never waits for a network of ours, and a request that is dropped cannot cut it in half. It opens for one
//! account: [`Tx::of`] is a table already filtered, and what is inserted takes its account from the transaction.
//! Work across accounts says why ([`Reason`]) and gets a [`SystemTx`].
//!
//! Invariants:
//! * Nobody outside sees a connection, or which engine it is; Diesel's own `transaction()` is out of reach.
//! * What is acknowledged is durable: on SQLite after the commit that many writes share, on PostgreSQL after a
//!   COMMIT without error and without warning, which as many servers hold as must. What had no such answer is run again under
//!   its mark until it is known what became of it; only where that takes too long is it an *unknown outcome*, and says so.
//! * Nobody is answered from a primary that was replaced, or from one that has been silent for 4 s.
//! * After a failed statement no other runs in its transaction, unless [`Transaction::savepoint`] undid it.
//! * On a disk that is full, what frees room can still be written ([`Db::write_in_need`]), since room is kept for it.
//! * Closures are `FnMut` without effects outside the database: one may run again after a full disk, a
//!   serialization failure or a lost connection, and only its last run counts.
//! * What a transaction tells ([`Tx::notify`]) is heard after it is committed, at every node ([`Db::listen`]), or there is a gap
//!   that is told.
//! * Verbs see the same isolation on both engines: writes are serializable, reads are one snapshot.

mod address;
mod check;
mod config;
mod conn;
mod courier;
mod database;
mod error;
mod guard;
mod insert;
mod job;
mod link;
mod migrations;
mod notices;
mod numbers;
mod owned;
mod postgres;
mod primary;
mod queue;
mod reason;
mod reserve;
mod roles;
pub mod schema;
mod sqlite;
mod tx;
mod worker;
mod writer;

#[cfg(test)]
mod tests;

pub use check::Health;
pub use config::{Config, Engine};
pub use conn::MultiBackend as Backend;
pub use database::Db;
pub use error::{is_duplicate, is_unknown_outcome};
pub use insert::{Change, Columns, OwnedRow, Row};
pub use migrations::Migrations;
pub use notices::{Heard, Listener, Notice};
pub use owned::{Mine, Owned, columns};
pub use postgres::Limits;
pub use primary::{Finding, Replication, Standby, Standing};
pub use reason::Reason;
pub use tx::{Across, Scope, SystemTx, Transaction, Tx, Within};
