//! Work that outlives a request: mail to be sent, a trash to be emptied in thirty days.
//!
//! A job is a row that is written in the transaction of what it follows ([`enqueue`]), so neither is there without the
//! other. A [`Runner`] at each node takes what is due under a lease, runs it, and deletes it.
//!
//! Invariants:
//! * At least once: a job is deleted after it ended well, and by nobody else. What it calls is idempotent.
//! * One at a time: whoever holds the lease runs it, renews the lease meanwhile, and stops where it cannot.
//! * A job that fails runs again, later each time; its row keeps the code of the last error, never more.
//! * A job of a kind that this version does not know is left to one that does.
//! * A payload names rows by their ids and says nothing else ([`Payload`]): what a person typed lies sealed in those.

mod kinds;
mod model;
mod runner;
mod store;

pub use kinds::Kinds;
pub use model::{Draft, Job, Payload, Standing};
pub use runner::{Bell, Runner};
pub use store::{enqueue, enqueue_once, left, standing, withdraw};
