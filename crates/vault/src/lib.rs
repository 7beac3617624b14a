//! The keys of accounts: made, kept, and used to seal and open what people typed and uploaded.

mod derive;
mod keys;
mod place;
mod sealer;
mod secret;
mod stream;

pub use keys::{AccountKey, FrontKey, KeyKind, NameKey, RetentionKey};
pub use place::Place;
pub use secret::Secret;
pub use stream::{
    HEADER_LEN, Manifest, PartOpener, PartSealer, PartSpan, SEGMENT_LEN, Span, plain_len, sealed_len,
};
