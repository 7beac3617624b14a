//! Uploads under way, and what is said of them.

use crate::files::{
    FileName,
    upload::{Taken, Target},
};
use kernel::{EntryId, ProjectId, Timestamp, UploadId};
use serde::{Deserialize, Serialize};
use sites::Checksum;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use vault::PartLen;

/// What is to be uploaded, and whither.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The project.
    pub(crate) project: ProjectId,
    /// The folder; none for the root.
    pub(crate) parent: Option<EntryId>,
    /// Its name.
    pub(crate) name: FileName,
    /// When the file was changed last where it comes from, in milliseconds since 1970, if the client says it.
    pub(crate) modified: Option<i64>,
    /// What the client said of it, in its own form.
    pub(crate) metadata: Option<String>,
    /// Whether a file that has the name gets a version.
    pub(crate) as_version: bool,
    /// Bytes in all.
    pub(crate) length: u64,
}

impl Draft {
    /// Where it goes, as it was asked for.
    pub(super) fn target(&self) -> Target {
        let taken = if self.as_version { Taken::Version } else { Taken::Refuse };
        Target::Name { project: self.project, parent: self.parent, name: self.name.clone(), taken }
    }
}

/// What is sealed of an upload.
#[derive(Deserialize, Serialize)]
pub(super) struct Details {
    pub(super) name: String,
    pub(super) modified: Option<i64>,
    pub(super) metadata: Option<String>,
}

/// How far an upload has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Bytes in all.
    pub(crate) length: u64,
    /// Bytes that are durable.
    pub(crate) received: u64,
    /// The file that it has become, once all is there.
    pub(crate) entry: Option<EntryId>,
}

/// An upload under way.
pub(super) struct Upload {
    pub(super) draft: Draft,
    pub(super) state: State,
    /// The number of the part that is being written.
    pub(super) part: u32,
    /// How many parts are durable.
    pub(super) parts: u32,
    /// The sites that have all of them; none before the first.
    pub(super) sites: Option<BTreeSet<String>>,
}

/// A part of an upload that is durable.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) part: PartLen,
    /// None where it was entered before there were any.
    pub(super) checksum: Option<Checksum>,
    /// The sites that have it; none where it was entered before that was noted of each part.
    pub(super) sites: Option<BTreeSet<String>>,
}

/// An upload that waits to be resumed, for whoever began it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Unfinished {
    /// Which: it goes on at `/uploads/{id}`.
    pub(crate) id: UploadId,
    /// The folder it goes into; none for the root.
    #[schema(required)]
    pub(crate) parent: Option<EntryId>,
    /// The name of the file.
    pub(crate) name: String,
    /// When the file was changed last where it comes from, in milliseconds since 1970: by this, its name and its length it
    /// is known again.
    #[schema(required)]
    pub(crate) modified: Option<i64>,
    /// Whether it becomes a version, where a file has the name.
    pub(crate) as_version: bool,
    /// Bytes in all.
    pub(crate) length: i64,
    /// Bytes that are here.
    pub(crate) received: i64,
    /// When it was begun.
    pub(crate) created_at: Timestamp,
    /// When it is given up, unless it goes on before.
    pub(crate) expires_at: Timestamp,
}
