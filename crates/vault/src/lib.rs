//! The keys of accounts: made, kept, and used to seal and open what people typed and uploaded.
//!
//! A customer's data is sealed under a key of its own, so that destroying that key destroys the data in every copy and
//! backup at once. Hence what this crate is careful about:
//! * **Keys lie outside the database**, in a keyring at each [key site](KeySite), under the site's
//!   [root of trust](Root), and, where there is one machine, in a [mirror](Mirror) that only a [key on
//!   paper](RecoveryKey) opens.
//! * **Nothing opens out of its place.** A field is bound to account, table, column and row ([`Place`]), a segment of a
//!   file to account, blob, part and index ([`PartSealer`]), and each header commits to its key.
//! * **A key is at several key sites before it is used**, and a site that was away is filled ([`Vault::fill`]).
//! * **Failures are closed.** Openers give verified plaintext or an error, and an error says no content.
//! * **Stored formats carry a version**; what this build does not know it refuses.
//! * **Clear keys are short-lived**: 60 s from loading, purged at erasure, overwritten when dropped, in no `Debug`.
//!
//! It knows no table and no HTTP. Time and randomness come from [`kernel::Source`].

mod cache;
mod codec;
mod derive;
mod envelope;
mod epoch;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod keyring;
mod keys;
mod mirror;
mod place;
mod recovery;
mod root;
mod sealer;
mod secret;
mod store;
mod stream;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod vault;
mod verified;

pub use epoch::{Epoch, Shard, ShardEpoch};
pub use keyring::{Filled, KeySiteReport};
pub use keys::{AccountKey, FrontKey, KeyKind, NameKey, RetentionKey};
pub use mirror::{Mirror, MirrorReport, recover};
pub use place::Place;
pub use recovery::RecoveryKey;
pub use root::{FileRoot, Root, RootId};
pub use secret::Secret;
pub use store::KeyStore;
pub use stream::{
    HEADER_LEN, Manifest, PartLen, PartOpener, PartSealer, PartSpan, SEGMENT_LEN, Span, plain_len, sealed_len,
};
pub use vault::{KeySite, Vault, VaultConfig};
pub use verified::{MirrorState, Verified};
