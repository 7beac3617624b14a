//! The sites: where blobs lie. Each site is a directory or a bucket; each blob is at several of them.
//!
//! This crate stores sealed bytes that others made. It knows no database, no keys and no HTTP, so nothing in
//! it can say who may read a blob or whether a row still wants it.
//!
//! Invariants:
//! * **Durable before acknowledged.** [`Upload::finish`] answers only when enough sites have the part on
//!   stable storage: in a directory the file *and* every directory entry that leads to it are synced.
//! * **Never overwritten.** A name is created once; a second upload to it is `blob-exists`. So copies of a
//!   blob cannot differ, and a reader may change from one site to another in the middle of a download.
//! * **Nothing half visible.** A part appears under its name whole or not at all. What an upload published
//!   is taken back unless `finish` returned it, also when the caller's future is dropped.
//! * **Bounded.** An upload holds a few batches a site, whatever the size of the file and however slow a
//!   site is. No step waits longer for a site than its patience.
//! * **Compared without a key.** An upload tells the [`Checksum`] of what it sent; by it a copy is read back, and
//!   brought to another site.
//!
//! What it cannot know: whether a request was carried out when a bucket went silent in the middle of it. Such
//! an object stays until [`Sites::delete`]; the intent of the upload names it, and the collector calls that.

mod bucket;
mod checksum;
mod config;
mod directory;
mod fault;
mod mending;
mod name;
mod numbers;
mod pace;
mod reading;
mod site;
mod sites;
mod upload;

pub use bucket::{Bucket, Examined, Unfinished};
pub use checksum::{Checksum, Summing};
pub use config::{Config, Place, Secret, SiteConfig, WhenShort};
pub use mending::{Brought, Setback, Verdict};
pub use name::PartName;
pub use pace::Pace;
pub use reading::Reading;
pub use site::{Listed, Site, SiteHealth};
pub use sites::{Rules, Sites};
pub use upload::{Copies, Upload};
