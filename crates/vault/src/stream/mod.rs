//! The content of files: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM, with random access.
//!
//! A blob is an ordered list of parts; each part is an object, sealed under a random key of its own:
//! ```text
//! header 100 │ segment 0: up to 64 KiB, tag 16 │ segment 1 │ … │ last segment
//! header:  version 1 │ commitment 32 │ nonce 12 │ sealed (part key 32, nonce prefix 7), tag 16
//! segment: nonce = prefix 7 │ index 4 │ last 1;  associated data = version, account, blob, part
//! ```
//! Invariants:
//! * The part key is wrapped by AES-256-GCM-SIV under the account's files subkey, bound to account, blob and part, and
//!   the header commits to that subkey. So neither a header nor a segment opens elsewhere.
//! * A nonce is used once: the key is new for each part, the index counts up, and a part that is sent again is a new
//!   part with a new key.
//! * The last segment alone carries the flag, and there is always one (an empty part has an empty last segment). All
//!   others are full. So segments cannot be swapped, dropped, repeated, added or cut off.
//! * Only verified plaintext is given out. The parts, by number and length, are in the [`Manifest`], sealed in the
//!   row, and each part is opened against its length there.

mod header;
mod layout;
mod manifest;
mod open;
mod seal;

pub use layout::{HEADER_LEN, SEGMENT_LEN, Span, plain_len, sealed_len};
pub use manifest::{Manifest, PartLen, PartSpan};
pub use open::PartOpener;
pub use seal::PartSealer;
