//! Content on its way in. It streams: memory does not grow with the file.
//!
//! The order is what makes it safe: the intent is committed, then the bytes are made durable at as many sites as must have
//! them, then one transaction consumes the intent and adds the rows. A crash anywhere leaves an intent for the collector, or
//! everything. The intent reserves the room that the bytes will take, so that uploads at the same time cannot fill the disk
//! beyond what the account may store. A small upload takes an intent that the one before it committed ahead ([`super::spares`]).

use super::{
    Entry, EntryKind, FileName, Folder,
    blobs::{self, INTENT},
    collector, editable_folder, free_name,
    held::Stored,
    load,
    spares::Spare,
    store, taken_by,
};
use crate::{
    Done, Palisade, Tx, accounts,
    journal::{Event, What},
    projects,
    receipts::{self, Answer},
};
use access::Actor;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use kernel::{BlobId, EntryId, Error, Kind, ProjectId, Result, Timestamp};
use sites::{Copies, PartName, Upload};
use std::pin::pin;
use tokio::{
    runtime::Handle,
    time::{Instant, interval_at},
};
use vault::{Manifest, PartSealer};
use web::{Attempt, IfMatch};

/// Up to so many bytes an upload is small: its commits cost more than its bytes.
const SMALL: u64 = 1 << 20;
/// What an upload of unknown length reserves ahead of what has come.
const AHEAD: u64 = 16 << 20;

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
        /// What becomes of it where the name is taken.
        taken: Taken,
    },
    /// A file that is there, at this revision.
    File {
        /// The file.
        id: EntryId,
        /// The revision it is meant for.
        if_match: IfMatch,
    },
}

/// What becomes of an upload whose name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is `name-taken`.
    Refuse,
    /// The file that has the name gets a version; a folder has none, and it is `name-taken`.
    Version,
    /// It gets a numbered name.
    Number,
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

impl Content {
    fn is_small(&self) -> bool {
        self.length.is_some_and(|length| length <= SMALL)
    }
}

/// Where an upload ends: a new name in a folder, or a file that is there.
pub(super) enum Slot {
    New(Folder, FileName),
    Present(Box<Entry>),
}

impl Target {
    /// Where this leads now, for an actor who may go there.
    pub(super) fn resolve(&self, tx: &mut Tx<'_, '_>) -> Result<Slot> {
        match self {
            Self::Name { project, parent, name, taken } => {
                let folder = editable_folder(tx, *project, *parent)?;
                let Some(row) = store::by_name(tx, folder.id, name)? else {
                    return Ok(Slot::New(folder, name.clone()));
                };
                match taken {
                    Taken::Version if row.is_file() => {
                        Ok(Slot::Present(Box::new(load(tx, row.id)?.editable()?.into_inner())))
                    }
                    Taken::Number => {
                        let name = free_name(tx, folder.id, name)?;
                        Ok(Slot::New(folder, name))
                    }
                    Taken::Version | Taken::Refuse => Err(taken_by(&row, name)),
                }
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
/// An upload that is refused frees what it took before it is told so, unless nobody knows its outcome.
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
    let mut body = pin!(body);
    let limit = palisade.limits.file_bytes;
    if content.length.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let blob = match begin(palisade, actor, &content).await? {
        Begun::Now(blob) => blob,
        Begun::Before(answer) => {
            while let Some(chunk) = body.next().await {
                chunk.map_err(cut_off)?;
            }
            return Ok(answer);
        }
    };
    let mut incoming = Incoming { palisade, actor, blob, given_up: true };
    let sent = send(&incoming, content.length, body).await;
    // What was cut off while its bytes came is given up; from here on its outcome may be unknown.
    incoming.given_up = false;
    let left = if sent.is_ok() { Left::Blob } else { Left::Nothing };
    let arrived = match sent {
        Ok((manifest, copies)) => keep(&incoming, content, manifest, copies).await,
        Err(error) => Err(error),
    };
    let unwanted = match &arrived {
        Ok(answer) => answer.is_repeated(), // another try came first, with a blob of its own
        Err(error) => !db::is_unknown_outcome(error),
    };
    if unwanted {
        give_up(palisade.clone(), actor.clone(), blob, left).await;
    }
    arrived
}

/// How an upload begins.
enum Begun {
    /// It was done before, and answered so.
    Before(Answer),
    /// Its bytes go into this blob, which is intended.
    Now(BlobId),
}

/// Looks whether the content may go where it shall, before its bytes are taken, and intends a blob for them.
async fn begin(palisade: &Palisade, actor: &Actor, content: &Content) -> Result<Begun> {
    let (target, attempt, bytes) =
        (content.target.clone(), content.attempt.clone(), content.length.unwrap_or(0));
    let look = move |tx: &mut Tx<'_, '_>| {
        if let Some(answer) = receipts::answered(tx, &attempt)? {
            return Ok(Some(answer));
        }
        target.resolve(tx)?;
        let free = blobs::free(tx, None)?;
        if bytes > free { Err(accounts::over_quota(free)) } else { Ok(None) }
    };
    // On a full disk it is the intent that is refused, before any byte takes the room that is kept for deletions.
    if content.is_small()
        && !palisade.db.is_short()
        && let Some(spare) = palisade.spares.take(actor.account(), palisade.source.now())
    {
        return match palisade.read(actor, look).await {
            Ok(None) => Ok(Begun::Now(spare.blob)),
            other => {
                palisade.spares.put(actor.account(), spare);
                other.map(|answer| answer.map_or(Begun::Now(spare.blob), Begun::Before))
            }
        };
    }
    let intend = move |tx: &mut Tx<'_, '_>| {
        let begun = match look(tx)? {
            Some(answer) => Begun::Before(answer),
            None => Begun::Now(blobs::intend(tx, bytes, tx.now() + INTENT)?),
        };
        tx.done(begun, Event::none("an upload under way is no change yet"))
    };
    palisade.write(actor, intend).await
}

/// Adds the rows of content that is durable. A small upload leaves an intent for the next.
async fn keep(
    incoming: &Incoming<'_>,
    content: Content,
    manifest: Manifest,
    copies: Copies,
) -> Result<Answer> {
    let Incoming { palisade, actor, blob, .. } = *incoming;
    let spare = content.is_small().then(|| Spare::new(&palisade.source));
    let stored = Stored::of_one(copies);
    let missing = !stored.missing.is_empty();
    let Content { target, attempt, .. } = content;
    let rows = move |tx: &mut Tx<'_, '_>| {
        if let Some(spare) = spare {
            blobs::intend_ahead(tx, spare)?;
        }
        arrive(tx, &target, blob, &manifest, &stored)?.try_map(|arrived| arrived.answer())
    };
    let answer = palisade.create(actor, attempt, rows).await?;
    if missing {
        palisade.tending.wake();
    }
    if let Some(spare) = spare.filter(|_| !answer.is_repeated()) {
        palisade.spares.put(actor.account(), spare);
    }
    Ok(answer)
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
            runtime.spawn(give_up(self.palisade.clone(), self.actor.clone(), self.blob, Left::Blob));
        }
    }
}

/// Takes the bytes in, and makes them durable. Where it fails, nothing is left at any site that answers.
async fn send<E>(
    incoming: &Incoming<'_>,
    length: Option<u64>,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<(Manifest, Copies)>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let Incoming { palisade, actor, blob, .. } = *incoming;
    let mut sealer = actor.key().seal_part(blob, 0);
    let mut sending = palisade.sites.upload(PartName { account: actor.account(), blob, part: 0 });
    if let Err(error) = pour(incoming, length, body, &mut sealer, &mut sending).await {
        sending.abort().await;
        return Err(error);
    }
    let (last, plain) = sealer.finish()?;
    sending.write(last).await?;
    let copies = sending.finish().await?;
    Ok((Manifest::of_one(plain), copies))
}

/// Seals the bytes of a body, as they come, into an upload. The intent is renewed also while none come.
async fn pour<E>(
    incoming: &Incoming<'_>,
    length: Option<u64>,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    sealer: &mut PartSealer,
    sending: &mut Upload,
) -> Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let palisade = incoming.palisade;
    let limit = palisade.limits.file_bytes;
    let mut renewed = palisade.source.now();
    let mut reserved = length.unwrap_or(0);
    let mut received: u64 = 0;
    let mut ticks = interval_at(Instant::now() + INTENT / 4, INTENT / 4);
    loop {
        let chunk = tokio::select! {
            chunk = body.next() => match chunk {
                Some(chunk) => chunk.map_err(cut_off)?,
                None => break,
            },
            _ = ticks.tick() => Bytes::new(),
        };
        received += chunk.len() as u64;
        palisade.numbers.uploaded.inc_by(chunk.len() as u64);
        if received > limit {
            return Err(too_large(limit));
        }
        if received > reserved {
            reserved = reserve(incoming, received).await?;
            renewed = palisade.source.now();
        }
        sending.write(sealer.seal(&chunk)?).await?;
        renewed = renew(incoming, renewed).await?;
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

pub(super) fn cut_off(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::Invalid, "cut-off").because(cause)
}

/// Reserves the room of an upload whose length nobody knows: what has come, and some ahead of it. Gives how much that is.
async fn reserve(incoming: &Incoming<'_>, received: u64) -> Result<u64> {
    let blob = incoming.blob;
    let reserve = move |tx: &mut Tx<'_, '_>| {
        let free = blobs::free(tx, Some(blob))?;
        if received > free {
            return Err(accounts::over_quota(free));
        }
        let bytes = free.min(received + AHEAD);
        blobs::reserve(tx, blob, bytes)?;
        tx.done(bytes, Event::none("an upload under way is no change yet"))
    };
    incoming.palisade.write(incoming.actor, reserve).await
}

/// Renews the intent of an upload that takes long.
async fn renew(incoming: &Incoming<'_>, renewed: Timestamp) -> Result<Timestamp> {
    let Incoming { palisade, actor, blob, .. } = *incoming;
    let now = palisade.source.now();
    if now.since(renewed) < INTENT / 4 {
        return Ok(renewed);
    }
    let renew = move |tx: &mut Tx<'_, '_>| {
        blobs::renew(tx, blob, tx.now() + INTENT)?;
        tx.done((), Event::none("an upload under way is no change yet"))
    };
    palisade.write(actor, renew).await?;
    Ok(now)
}

/// What an upload that was refused left at the sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing, but at a site that did not answer.
    Nothing,
    /// Its blob, perhaps.
    Blob,
}

/// Frees at once what an upload that was refused has left. Where that fails, the collector does it later, as long as the
/// intent is there. Nothing is deleted where the upload arrived after all.
pub(super) async fn give_up(palisade: Palisade, actor: Actor, blob: BlobId, left: Left) {
    let account = actor.account();
    let freed = async {
        let claim = move |tx: &mut db::Tx<'_>| blobs::give_up(tx, blob);
        // Where it frees no room it must not take what is kept for that.
        let claimed = match left {
            Left::Nothing => palisade.db.write(account, claim).await?,
            Left::Blob => palisade.db.write_in_need(account, claim).await?,
        };
        if !claimed {
            return Ok(());
        }
        collector::delete(&palisade, account, vec![blob]).await
    };
    if let Err(error) = freed.await {
        tracing::warn!(%error, %blob, "the collector deletes later what an upload left");
    }
}

/// Content that is there.
pub(super) struct Arrived {
    /// The file that has it.
    pub(super) entry: Entry,
    /// Whether the file is new.
    new: bool,
}

impl Arrived {
    fn answer(&self) -> Result<Answer> {
        let answer = if self.new { Answer::created(&self.entry) } else { Answer::changed(&self.entry) };
        Ok(answer?.at(self.entry.revision))
    }
}

/// The rows of content that is durable at these sites.
pub(super) fn arrive(
    tx: &mut Tx<'_, '_>,
    target: &Target,
    blob: BlobId,
    manifest: &Manifest,
    stored: &Stored,
) -> Result<Done<Arrived>> {
    let by = tx.actor()?.person();
    let slot = target.resolve(tx)?;
    blobs::keep(tx, blob, manifest, stored)?;
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
            projects::add_content(tx, project, 1, size)?;
            let entry = load(tx, id)?.into_inner();
            let event = Event::new(What::FileAdded).project(project).folder(folder.id);
            tx.done(Arrived { entry, new: true }, event.subject(id, name.as_str()))
        }
        Slot::Present(entry) => {
            store::add_version(tx, entry.id, blob, size, by)?;
            projects::add_content(tx, entry.project, 0, size - entry.size.unwrap_or(0))?;
            let changed = load(tx, entry.id)?.into_inner();
            let event = Event::new(What::VersionAdded).project(changed.project).folder(changed.folder);
            let event = event.subject(changed.id, &changed.name);
            tx.done(Arrived { entry: changed, new: false }, event)
        }
    }
}
