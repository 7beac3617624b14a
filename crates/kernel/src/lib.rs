//! The vocabulary that every other crate shares: typed ids, points in time, the sources of time and
//! randomness, a page of results, and the one error.
//!
//! Nothing here reads a file, a socket or a global. What must vary between a running program and a test
//! (the clock, the randomness) is a value that is handed in.

mod clock;
mod error;
mod id;
mod page;
mod source;
mod text;

pub use clock::{Clock, Timestamp};
pub use error::{Error, Kind, Problem, Result, ResultExt};
pub use id::noun;
pub use id::{
    AccountId, AppPasswordId, BlobId, EntryId, Id, InvitationId, JobId, JournalEntryId, MailId, NodeId, Noun,
    PersonId, PictureId, ProjectId, SessionId, TabId, TokenId, UploadId, VersionId,
};
pub use page::{Cursor, Page};
pub use source::{Entropy, Source};
pub use text::{is_blank, misleads};
