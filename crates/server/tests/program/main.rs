//! The program itself, from outside: started as a process, spoken to over HTTP, killed, stopped, and put on a full disk.
//!
//! What a test says about durability it says about the real thing: a process that is gone, files that are read again by
//! another one. Every process here is ended by its own id, also where a test fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails where it does not find what it expects, and shows its figures"
)]

mod beginning;
mod disk_full;
mod faults;
mod http;
mod kill;
mod ledger;
mod live;
mod log;
mod mail;
mod main_job;
mod metrics;
mod node;
mod operations;
mod pages;
mod resumed;
mod sites;
mod takeover;
