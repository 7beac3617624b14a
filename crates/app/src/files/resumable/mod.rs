//! Uploads that can be resumed: over tus 1.0.0, after a lost connection, a closed lid or a killed server.
//!
//! The bytes become parts of a blob as they come ([`receive`]); there is no assembly at the end. The file appears with the
//! part that makes the upload whole, in one transaction.
//!
//! Invariants:
//! * What is told as received is durable: the offset moves with the row of a part, once enough sites have the part. It
//!   never moves back.
//! * Whoever goes on takes a new number for the part to come. That is the turn: a part whose number is past is not entered,
//!   so of two who send at once, as where a connection was lost and nobody here has noticed, the later one prevails.
//! * A number is used once, so nothing is ever overwritten. What was left under one that did not count is deleted after the
//!   file is there, or with the blob.
//! * Each part is at enough sites, and so are all of them together. A site that is lost while an upload is under way does not
//!   stop it: what others lack is brought to them ([`gather`]).
//! * The room is reserved from the beginning. An upload that nobody resumes expires, and is collected as any intent.
//! * An upload is its person's alone.

mod gather;
mod model;
mod receive;
mod routes;
mod store;

pub(super) use model::{Draft, State, Unfinished};
pub(crate) use routes::routes;
pub(super) use store::{accounts_with_old, forget_old};

use super::{
    blobs,
    upload::{Left, Taken, Target},
};
use crate::{Done, Limits, Palisade, Tx, accounts, journal::Event, projects};
use access::Actor;
use kernel::{AccountId, BlobId, Error, Kind, ProjectId, Result, UploadId};
use sites::PartName;

/// How many uploads of an account may wait at once.
const MOST: i64 = 1_000;
/// Seconds after which one who has too many may try again.
const WAIT: u64 = 60;

/// Begins an upload.
///
/// # Errors
/// `too-large`; `name-taken`; `over-quota`; `too-many-uploads`.
pub(super) fn begin(tx: &mut Tx<'_, '_>, draft: &Draft, limits: &Limits) -> Result<Done<UploadId>> {
    if draft.length > limits.file_bytes {
        return Err(Error::new(Kind::TooLarge, "too-large").with("limit", limits.file_bytes));
    }
    draft.target().resolve(tx)?;
    if store::count(tx)? >= MOST {
        return Err(Error::new(Kind::TooMany { retry_after: WAIT }, "too-many-uploads").with("limit", MOST));
    }
    let free = blobs::free(tx, None)?;
    if draft.length > free {
        return Err(accounts::over_quota(free));
    }
    let until = tx.now() + limits.unfinished_upload;
    let blob = blobs::intend(tx, draft.length, until)?;
    store::insert(tx, blob.cast(), draft, until)?;
    tx.done(blob.cast(), Event::none("an upload under way is no change yet"))
}

/// How far an upload has come, and what its client said of it.
///
/// # Errors
/// Not found, also where it has expired or is somebody else's.
pub(super) fn state(tx: &mut Tx<'_, '_>, id: UploadId) -> Result<(State, Option<String>)> {
    store::load(tx, id).map(|upload| (upload.state, upload.draft.metadata))
}

/// What the actor has begun in a project and not finished, the newest first.
pub(super) fn unfinished(tx: &mut Tx<'_, '_>, project: ProjectId) -> Result<Vec<Unfinished>> {
    let project = projects::load(tx, project)?.id;
    store::unfinished(tx, project)
}

/// Forgets an upload, and says whether it leaves bytes that nobody wants: one that has become a file leaves none.
fn discard(tx: &mut Tx<'_, '_>, id: UploadId) -> Result<Done<bool>> {
    let unfinished = store::load(tx, id)?.state.entry.is_none();
    store::delete(tx.db, &[id])?;
    tx.done(unfinished, Event::none("an upload under way is no change yet"))
}

/// Where the file goes, now that it is whole. A name that was free when the upload began, and is taken since, gets a number:
/// what came all the way is not turned away for that.
fn arriving(draft: &Draft) -> Target {
    match draft.target() {
        Target::Name { project, parent, name, taken: Taken::Refuse } => {
            Target::Name { project, parent, name, taken: Taken::Number }
        }
        target => target,
    }
}

/// Deletes the parts that were sent for a blob and did not count: those whose numbers its manifest lacks.
pub(super) async fn delete_leftovers(palisade: &Palisade, account: AccountId, blob: BlobId) -> Result<()> {
    let key = accounts::key(palisade, account).await?;
    let manifest = palisade.read_at_door(&key, move |tx| blobs::find_manifest(tx, blob)).await?;
    let Some(manifest) = manifest else { return Ok(()) }; // deleted meanwhile, with all its parts
    let kept: Vec<u32> = manifest.parts().iter().map(|part| part.number).collect();
    let last = kept.last().copied().unwrap_or(0);
    for part in (1..last).filter(|number| kept.binary_search(number).is_err()) {
        palisade.sites.remove(PartName { account, blob, part }).await?;
    }
    Ok(())
}

/// Ends an upload that is not wanted any more.
async fn end(palisade: &Palisade, actor: &Actor, id: UploadId) -> Result<()> {
    if palisade.write_in_need(actor, move |tx| discard(tx, id)).await? {
        super::upload::give_up(palisade.clone(), actor.clone(), id.cast(), Left::Blob).await;
    }
    Ok(())
}
