//! Tests that need the inside of several modules. Each fault has a test that it fails closed.

mod faults;
mod fields;
mod filling;
mod keyring;
mod kills;
mod memory;
mod mirror;
mod openers;
mod parts;
mod stored;
mod stores;
mod vault;
mod vectors;
