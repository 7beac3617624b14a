//! The jobs of the room.

use super::{collector, resumable};
use crate::Palisade;
use jobs::{Draft, Kinds};
use kernel::{BlobId, EntryId};

const EMPTY_TRASH: &str = "empty-trash";
const COLLECT: &str = "collect-blobs";
const LEFTOVERS: &str = "delete-leftover-parts";

/// Empties the trash of what has been there long enough, and so of this entry.
pub(super) fn emptying(entry: EntryId) -> Draft {
    Draft::new(EMPTY_TRASH).about("entry", entry)
}

/// Deletes the blobs that an account does not want any more.
pub(super) fn collecting() -> Draft {
    Draft::new(COLLECT)
}

/// Deletes the parts that were sent for a blob and did not count.
pub(super) fn deleting_leftovers(blob: BlobId) -> Draft {
    Draft::new(LEFTOVERS).about("blob", blob)
}

pub(crate) fn kinds(kinds: Kinds<Palisade>) -> Kinds<Palisade> {
    kinds
        .on(EMPTY_TRASH, async |palisade: Palisade, job| {
            collector::empty_old_trash(&palisade, job.account, job.payload()?.id("entry")?).await
        })
        .on(COLLECT, async |palisade: Palisade, job| collector::collect(&palisade, job.account).await)
        .on(LEFTOVERS, async |palisade: Palisade, job| {
            resumable::delete_leftovers(&palisade, job.account, job.payload()?.id("blob")?).await
        })
}
