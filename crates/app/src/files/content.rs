//! Content on its way in and out. Both stream: memory does not grow with the file.

use super::{Entry, EntryKind, FileName, Folder, blobs, editable_folder, load, refuse_taken, store};
use crate::{
    Done, Palisade, Tx, accounts,
    journal::{Event, What},
    receipts::{self, Answer},
};
use access::Actor;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use kernel::{BlobId, EntryId, Error, Kind, ProjectId, Result, Timestamp, VersionId};
use sites::{Copies, PartName, Sites, Upload};
use std::{collections::VecDeque, ops::Range, pin::pin};
use tokio::runtime::Handle;
use vault::{AccountKey, Manifest, PartOpener, PartSealer, PartSpan};
use web::{Attempt, IfMatch};

/// Where an upload goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// A name in a folder.
    Name {
        /// The project.
        project: ProjectId,
        /// The folder; none for the root.
        parent: Option<EntryId>,
        /// The name.
        name: FileName,
        /// Whether a file that has the name gets a version; else it is `name-taken`.
        version: bool,
    },
    /// A file that is there, at this revision.
    File {
        /// The file.
        id: EntryId,
        /// The revision it is meant for.
        if_match: IfMatch,
    },
}

/// Content that somebody sends.
#[expect(missing_debug_implementations, reason = "the attempt holds what a person typed")]
pub struct Content {
    /// Where it goes.
    pub target: Target,
    /// How many bytes the client said, if it did.
    pub length: Option<u64>,
    /// The try of it.
    pub attempt: Attempt,
}

/// Where an upload ends: a new name in a folder, or a file that is there.
enum Slot {
    New(Folder, FileName),
    Present(Box<Entry>),
}

impl Target {
    /// Where this leads now, for an actor who may go there.
    fn resolve(&self, tx: &mut Tx<'_, '_>) -> Result<Slot> {
        match self {
            Self::Name { project, parent, name, version } => {
                let folder = editable_folder(tx, *project, *parent)?;
                let Some(row) = store::by_name(tx, folder.id, name)? else {
                    return Ok(Slot::New(folder, name.clone()));
                };
                if *version && row.kind == EntryKind::File.as_str() {
                    return Ok(Slot::Present(Box::new(load(tx, row.id)?.editable()?.into_inner())));
                }
                refuse_taken(tx, folder.id, name, None)?;
                Err(Error::conflict("name-taken").field("name"))
            }
            Self::File { id, if_match } => {
                let entry = load(tx, *id)?.editable()?;
                if entry.kind != EntryKind::File {
                    return Err(Error::conflict("not-a-file"));
                }
                if_match.allows(entry.revision)?;
                Ok(Slot::Present(Box::new(entry.into_inner())))
            }
        }
    }
}

/// Takes content in. What was taken in before under the same key is read to its end, answered again and left alone.
///
/// The order is what makes it safe: the intent is committed, then the bytes are made durable at as many sites as must have
/// them, then one transaction consumes the intent and adds the rows. A crash anywhere leaves an intent for the collector, or
/// everything. An upload that is refused frees what it took before it is told so, unless nobody knows its outcome.
///
/// # Errors
/// `name-taken`, `over-quota`, `too-large`, `cut-off`, `wrong-length`; Unavailable where too few sites took it. Nothing is
/// visible then.
pub(super) async fn upload<E>(
    palisade: &Palisade,
    actor: &Actor,
    content: Content,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Answer>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let Content { target, length, attempt } = content;
    let mut body = pin!(body);
    let limit = palisade.limits.file_bytes;
    if length.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    if attempt.key().is_some() {
        let again = attempt.clone();
        if let Some(answer) = palisade.read(actor, move |tx| receipts::answered(tx, &again)).await? {
            while let Some(chunk) = body.next().await {
                chunk.map_err(cut_off)?;
            }
            return Ok(answer);
        }
    }
    let first = target.clone();
    let (blob, free) = palisade
        .write(actor, move |tx| {
            first.resolve(tx)?;
            accounts::check_room(tx, length.unwrap_or(0))?;
            let (used, quota) = accounts::usage(tx)?;
            let intent = blobs::intend(tx)?;
            tx.done((intent, quota.saturating_sub(used)), Event::none("an upload under way is no change yet"))
        })
        .await?;

    let repeatable = attempt.key().is_some();
    let mut incoming = Incoming { palisade, actor, blob, given_up: true };
    let sent = send(&incoming, free, length, body).await;
    // What was cut off while its bytes came is given up; from here on its outcome may be unknown.
    incoming.given_up = false;
    let arrived = match sent {
        Ok((manifest, copies)) => {
            let rows = move |tx: &mut Tx<'_, '_>| arrive(tx, &target, blob, &manifest, &copies.sites);
            palisade.create(actor, attempt, rows).await
        }
        Err(error) => Err(error),
    };
    let unwanted = match &arrived {
        Ok(_) => repeatable, // the answer may be that of another try, which came first with a blob of its own
        Err(error) => !db::is_unknown_outcome(error),
    };
    if unwanted {
        give_up(palisade.clone(), actor.clone(), blob).await;
    }
    arrived
}

/// An upload whose bytes are on their way. Dropped meanwhile, as where its client went away, it is given up in the
/// background.
struct Incoming<'a> {
    palisade: &'a Palisade,
    actor: &'a Actor,
    blob: BlobId,
    given_up: bool,
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if let (true, Ok(runtime)) = (self.given_up, Handle::try_current()) {
            runtime.spawn(give_up(self.palisade.clone(), self.actor.clone(), self.blob));
        }
    }
}

/// Takes the bytes in, and makes them durable. Where it fails, nothing is left at any site that answers.
async fn send<E>(
    incoming: &Incoming<'_>,
    free: u64,
    length: Option<u64>,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<(Manifest, Copies)>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let Incoming { palisade, actor, blob, .. } = *incoming;
    let mut sealer = actor.key().seal_part(blob, 0);
    let mut sending = palisade.sites.upload(PartName { account: actor.account(), blob, part: 0 });
    if let Err(error) = pour(incoming, free, length, body, &mut sealer, &mut sending).await {
        sending.abort().await;
        return Err(error);
    }
    let (last, plain) = sealer.finish()?;
    sending.write(last).await?;
    let copies = sending.finish().await?;
    Ok((Manifest::new(vec![plain])?, copies))
}

/// Seals the bytes of a body, as they come, into an upload.
async fn pour<E>(
    incoming: &Incoming<'_>,
    free: u64,
    length: Option<u64>,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    sealer: &mut PartSealer,
    sending: &mut Upload,
) -> Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let Incoming { palisade, actor, blob, .. } = *incoming;
    let limit = palisade.limits.file_bytes;
    let mut renewed = palisade.source.now();
    let mut received: u64 = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(cut_off)?;
        received += chunk.len() as u64;
        palisade.numbers.uploaded.inc_by(chunk.len() as u64);
        if received > limit {
            return Err(too_large(limit));
        }
        if received > free {
            return Err(Error::new(Kind::OverQuota, "over-quota").with("free", free));
        }
        sending.write(sealer.seal(&chunk)?).await?;
        renewed = renew(palisade, actor, blob, renewed).await?;
    }
    match length {
        Some(expected) if expected != received => {
            Err(Error::new(Kind::Invalid, "wrong-length").with("got", received).with("expected", expected))
        }
        _ => Ok(()),
    }
}

fn too_large(limit: u64) -> Error {
    Error::new(Kind::TooLarge, "too-large").with("limit", limit)
}

/// Frees at once what an upload that was refused has left. Where that fails, the collector does it later: the intent is
/// there still. Nothing is deleted unless this strikes the intent, so not where the upload arrived after all.
async fn give_up(palisade: Palisade, actor: Actor, blob: BlobId) {
    let account = actor.account();
    let freed = async {
        if !palisade.db.write_in_need(account, move |tx| blobs::claim(tx, blob)).await? {
            return Ok(());
        }
        palisade.sites.delete(account, &[blob]).await?;
        palisade.db.write_in_need(account, move |tx| blobs::forget(tx, &[blob])).await
    };
    if let Err(error) = freed.await {
        tracing::warn!(%error, %blob, "the collector deletes later what an upload left");
    }
}

fn cut_off(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Invalid, "cut-off").because(cause)
}

/// Renews the intent of an upload that takes long.
async fn renew(palisade: &Palisade, actor: &Actor, blob: BlobId, renewed: Timestamp) -> Result<Timestamp> {
    let now = palisade.source.now();
    if now.since(renewed) < blobs::INTENT / 4 {
        return Ok(renewed);
    }
    let renew = move |tx: &mut Tx<'_, '_>| {
        blobs::renew(tx, blob)?;
        tx.done((), Event::none("an upload under way is no change yet"))
    };
    palisade.write(actor, renew).await?;
    Ok(now)
}

/// The rows of content that is durable.
fn arrive(
    tx: &mut Tx<'_, '_>,
    target: &Target,
    blob: BlobId,
    manifest: &Manifest,
    sites: &[std::sync::Arc<str>],
) -> Result<Done<Answer>> {
    let by = tx.actor()?.person();
    let slot = target.resolve(tx)?;
    blobs::keep(tx, blob, manifest, sites)?;
    accounts::take_room(tx, manifest.len())?;
    let size = i64::try_from(manifest.len()).unwrap_or(i64::MAX);
    match slot {
        Slot::New(folder, name) => {
            let id = tx.id();
            let project = folder.project;
            let new =
                store::NewEntry { id, project, folder: folder.id, kind: EntryKind::File, name: &name, by };
            store::insert(tx, &new)?;
            store::add_version(tx, id, blob, size, by)?;
            let entry = load(tx, id)?.into_inner();
            let answer = Answer::created(&entry)?.at(entry.revision);
            tx.done(answer, Event::new(What::FileAdded).project(project).subject(id, name.as_str()))
        }
        Slot::Present(entry) => {
            store::add_version(tx, entry.id, blob, size, by)?;
            let changed = load(tx, entry.id)?.into_inner();
            let event =
                Event::new(What::VersionAdded).project(changed.project).subject(changed.id, &changed.name);
            tx.done(Answer::changed(&changed)?.at(changed.revision), event)
        }
    }
}

/// Content to send out.
#[derive(Debug)]
pub struct Download {
    /// The file.
    pub entry: Entry,
    /// Which version of it.
    pub version: VersionId,
    /// Bytes in all.
    pub length: u64,
    blob: BlobId,
    manifest: Manifest,
}

/// The content of a file, or of one of its versions.
///
/// # Errors
/// Not found; `not-a-file`.
pub(super) fn download(tx: &mut Tx<'_, '_>, id: EntryId, version: Option<VersionId>) -> Result<Download> {
    let entry = load(tx, id)?.into_inner();
    let current = entry.version_id.ok_or_else(|| Error::conflict("not-a-file"))?;
    let row = store::version(tx, id, version.unwrap_or(current))?.ok_or_else(Error::not_found)?;
    let manifest = blobs::manifest(tx, row.blob_id)?;
    Ok(Download { entry, version: row.id, length: manifest.len(), blob: row.blob_id, manifest })
}

impl Download {
    /// The bytes of `range`, each opened and verified before it is given out.
    pub fn stream(
        &self,
        sites: &Sites,
        key: &AccountKey,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let sending = Sending {
            sites: sites.clone(),
            key: key.clone(),
            blob: self.blob,
            spans: self.manifest.spans(range)?.into(),
            part: None,
        };
        Ok(futures_util::stream::try_unfold(sending, async |mut sending| {
            Ok(sending.next().await?.map(|bytes| (bytes, sending)))
        }))
    }
}

/// A download under way.
struct Sending {
    sites: Sites,
    key: AccountKey,
    blob: BlobId,
    spans: VecDeque<PartSpan>,
    part: Option<Part>,
}

/// The part that is being read.
struct Part {
    name: PartName,
    opener: PartOpener,
    reads: VecDeque<Range<u64>>,
    source: Option<BoxStream<'static, Result<Bytes>>>,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let Some(part) = &mut self.part else {
                let Some(PartSpan { part, span }) = self.spans.pop_front() else { return Ok(None) };
                let name = PartName { account: self.key.account(), blob: self.blob, part };
                let reads = span.reads().into();
                let opener = self.key.open_part(self.blob, part, span);
                self.part = Some(Part { name, opener, reads, source: None });
                continue;
            };
            if let Some(source) = &mut part.source {
                match source.next().await {
                    Some(sealed) => {
                        let plain = part.opener.open(&sealed?)?;
                        if !plain.is_empty() {
                            return Ok(Some(plain));
                        }
                    }
                    None => part.source = None,
                }
                continue;
            }
            if let Some(read) = part.reads.pop_front() {
                part.source = Some(self.sites.read(part.name, read).await?.boxed());
            } else if let Some(part) = self.part.take() {
                part.opener.finish()?;
            }
        }
    }
}
