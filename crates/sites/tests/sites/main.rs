//! The sites as their users see them: one conformance suite over every kind of store, and what happens when
//! sites fail, fall silent or lie.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails where it does not find what it expects")]

mod conformance;
mod control;
mod disk_full;
mod faults;
mod frail;
mod memory;
mod mending;
mod support;
