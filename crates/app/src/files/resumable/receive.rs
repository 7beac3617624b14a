//! The bytes of an upload that can be resumed, on their way in.
//!
//! They are cut into parts, each sealed and durable before it is entered. A request that breaks off enters what it brought,
//! so that little has to come twice; the part that it was in the middle of is simply a shorter one.

use super::{
    arriving, gather,
    model::{Piece, Upload},
    store,
};
use crate::{
    Palisade, Tx,
    files::{
        blobs,
        held::{Inventory, Stored, Wanted},
        jobs, upload,
    },
    journal::Event,
};
use access::Actor;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use kernel::{BlobId, EntryId, Error, Kind, Result, UploadId};
use sites::{Copies, PartName};
use std::{collections::BTreeSet, pin::pin};
use vault::{Manifest, PartLen};

/// Bytes of plaintext in a part: what a killed server or a lost site costs at most.
const PART: u64 = 16 << 20;
/// What breaks off is entered from so many bytes on.
const WORTH: u64 = 64 << 10;
/// The most parts of an upload: its manifest is opened for each download.
const PARTS: u32 = 1 << 16;

/// How far an upload has come by a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    /// Bytes that are durable.
    pub(super) offset: u64,
    /// The file that it has become.
    pub(super) entry: Option<EntryId>,
}

/// An upload whose turn a request has.
struct Turn {
    palisade: Palisade,
    actor: Actor,
    id: UploadId,
    length: u64,
    received: u64,
    /// The number of the part to be written.
    part: u32,
}

/// How a part ended.
enum End {
    /// It is full, or the upload is whole.
    Full,
    /// The request has no more.
    Body,
    /// The request broke off.
    Broken(Error),
}

/// Takes in what a request brings from `offset` on. `length` is how many bytes it says it has.
///
/// # Errors
/// Not found; `wrong-offset`; `wrong-length` where it has more than is missing; `upload-taken-over`; `cut-off`; Unavailable
/// where too few sites took a part. What was entered before stays.
pub(super) async fn receive<E>(
    palisade: Palisade,
    actor: Actor,
    (id, offset): (UploadId, u64),
    length: Option<u64>,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<Received>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let kept = palisade.limits.unfinished_upload;
    let take = move |tx: &mut Tx<'_, '_>| {
        let upload = store::load(tx, id)?;
        let Upload { state, draft, parts, .. } = &upload;
        if state.received != offset {
            return Err(Error::conflict("wrong-offset").with("offset", state.received));
        }
        if length.is_some_and(|length| length > state.length - offset) {
            return Err(too_long(state.length));
        }
        let nothing = Event::none("an upload under way is no change yet");
        if state.entry.is_some() {
            return tx.done((*state, None), nothing);
        }
        if *parts >= PARTS {
            return Err(Error::conflict("too-many-parts").with("limit", PARTS));
        }
        arriving(draft).resolve(tx)?;
        let until = tx.now() + kept;
        blobs::renew(tx, id.cast(), until)?;
        let part = store::take_turn(tx, id, until)?;
        tx.done((*state, Some(part)), nothing)
    };
    let (state, part) = palisade.write(&actor, take).await?;
    let Some(part) = part else {
        return Ok(Received { offset: state.received, entry: state.entry });
    };
    let turn = Turn { palisade, actor, id, length: state.length, received: offset, part };
    turn.go_on(body).await
}

fn too_long(length: u64) -> Error {
    Error::new(Kind::TooLarge, "too-large").with("limit", length)
}

impl Turn {
    /// Writes part after part, until the request has no more or the upload is whole.
    async fn go_on<E>(mut self, body: impl Stream<Item = Result<Bytes, E>>) -> Result<Received>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut body = pin!(body);
        let mut rest = Bytes::new();
        loop {
            let Some((part, copies, end)) = self.write_part(&mut body, &mut rest).await? else {
                return Ok(Received { offset: self.received, entry: None });
            };
            let entry = self.enter(part, copies).await?;
            self.received += part.len;
            self.part += 1;
            match end {
                _ if entry.is_some() => return Ok(Received { offset: self.received, entry }),
                End::Full => {}
                End::Body => return Ok(Received { offset: self.received, entry }),
                End::Broken(error) => return Err(error),
            }
        }
    }

    fn name(&self) -> PartName {
        PartName { account: self.actor.account(), blob: self.id.cast(), part: self.part }
    }

    /// Writes one part from `rest` and what comes, and makes it durable. None where nothing came.
    async fn write_part<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        rest: &mut Bytes,
    ) -> Result<Option<(PartLen, Copies, End)>>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let missing = self.length - self.received;
        let wanted = missing.min(PART);
        let mut sealer = self.actor.key().seal_part(self.id.cast(), self.part);
        let mut sending = self.palisade.sites.upload(self.name());
        let mut len = 0;
        let end = loop {
            if len == wanted && (wanted < missing || self.is_over(body, rest).await) {
                break End::Full;
            } else if len == wanted {
                sending.abort().await;
                return Err(too_long(self.length));
            }
            if rest.is_empty() {
                match body.next().await {
                    Some(Ok(chunk)) => *rest = chunk,
                    Some(Err(error)) => break End::Broken(upload::cut_off(error)),
                    None => break End::Body,
                }
            }
            let room = usize::try_from(wanted - len).unwrap_or(usize::MAX);
            let now = rest.split_to(rest.len().min(room));
            len += now.len() as u64;
            self.palisade.numbers.uploaded.inc_by(now.len() as u64);
            sending.write(sealer.seal(&now)?).await?;
        };
        match end {
            End::Broken(error) if len < WORTH => {
                sending.abort().await;
                return Err(error);
            }
            End::Body if len == 0 => {
                sending.abort().await;
                return Ok(None);
            }
            _ => {}
        }
        let (last, len) = sealer.finish()?;
        sending.write(last).await?;
        let copies = sending.finish().await?;
        Ok(Some((PartLen { number: self.part, len }, copies, end)))
    }

    /// Whether a request that brought all that was missing brings no more.
    async fn is_over<E>(
        &self,
        body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
        rest: &Bytes,
    ) -> bool {
        rest.is_empty() && !matches!(body.next().await, Some(Ok(more)) if !more.is_empty())
    }

    /// Enters a part that is durable; where that fails, it is taken back. With the part that makes the upload whole, the file
    /// is there.
    ///
    /// Each part must be at enough sites, and so must all of them together. Where other sites took this part than took those
    /// before it, as where one was lost meanwhile, what they lack is brought to them first.
    async fn enter(&self, part: PartLen, copies: Copies) -> Result<Option<EntryId>> {
        let piece = Piece {
            part,
            checksum: Some(copies.checksum),
            sites: Some(copies.sites.iter().map(ToString::to_string).collect()),
        };
        let entered = async {
            if let Entering::Entered(entry) = self.try_entering(piece.clone()).await? {
                return Ok(entry);
            }
            gather::gather(&self.palisade, &self.actor, self.id, &copies.sites).await?;
            match self.try_entering(piece).await? {
                Entering::Entered(entry) => Ok(entry),
                Entering::Scattered => Err(Error::unavailable("too few sites have every part of the upload")),
            }
        }
        .await;
        if entered.as_ref().is_err_and(|error| !db::is_unknown_outcome(error))
            && let Err(error) = self.palisade.sites.remove(self.name()).await
        {
            tracing::warn!(%error, part = %self.name(), "a part that did not count is deleted later");
        }
        entered
    }

    async fn try_entering(&self, piece: Piece) -> Result<Entering> {
        let (id, kept, needed) =
            (self.id, self.palisade.limits.unfinished_upload, self.palisade.sites.needed());
        let wanted = Wanted::of(&self.palisade.sites);
        let enter = move |tx: &mut Tx<'_, '_>| {
            let Upload { draft, state, part: turn, sites, .. } = store::load(tx, id)?;
            let Piece { part, sites: here, .. } = &piece;
            if turn != part.number {
                return Err(Error::conflict("upload-taken-over"));
            }
            let here = here.clone().unwrap_or_default();
            let complete = sites.map_or_else(|| here.clone(), |sites| &sites & &here);
            let under_way = Event::none("an upload under way is no change yet");
            if complete.len() < needed {
                return tx.done(Entering::Scattered, under_way);
            }
            store::add_part(tx, id, &piece, &complete, kept)?;
            if state.received + part.len < state.length {
                blobs::renew(tx, id.cast(), tx.now() + kept)?;
                return tx.done(Entering::Entered(None), under_way);
            }
            let pieces = store::parts(tx, id)?;
            if i64::from(part.number) > i64::try_from(pieces.len()).unwrap_or(i64::MAX) {
                tx.enqueue(jobs::deleting_leftovers(id.cast()))?;
            }
            let blob: BlobId = id.cast();
            let manifest = Manifest::new(pieces.iter().map(|piece| piece.part).collect())?;
            let stored = stored(&pieces, &complete, &wanted);
            let arrived = upload::arrive(tx, &arriving(&draft), blob, &manifest, &stored)?;
            let entry = arrived.value().entry.id;
            store::finish(tx, id, entry)?;
            arrived.try_map(|_| Ok(Entering::Entered(Some(entry))))
        };
        let entered = self.palisade.write(&self.actor, enter).await?;
        if matches!(entered, Entering::Entered(Some(_))) {
            self.palisade.tending.wake(); // it may be missing somewhere
        }
        Ok(entered)
    }
}

/// What came of entering a part.
enum Entering {
    /// It counts; with the last one there is a file.
    Entered(Option<EntryId>),
    /// It does not yet: too few sites have every part.
    Scattered,
}

/// What is durable of an upload that is whole, and where.
fn stored(pieces: &[Piece], complete: &BTreeSet<String>, wanted: &Wanted) -> Stored {
    let checked = |piece: &Piece| Some((piece.part.number, piece.checksum?));
    let held: Vec<String> = complete.iter().cloned().collect();
    let (short, missing) = (wanted.is_short(&held), wanted.lacking(&held));
    let sites = held.iter().map(|site| site.as_str().into()).collect();
    let inventory = pieces.iter().map(checked).collect::<Option<_>>().map(Inventory::new);
    Stored { inventory, sites, missing, short }
}
