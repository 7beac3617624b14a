//! A site that is a bucket behind an [`ObjectStore`].
//!
//! A part of up to 8 MiB is one conditional put; a larger one is a multipart upload, of which at most two
//! pieces travel while a third is gathered. A multipart upload of a process that was killed is invisible but
//! takes space: [`Control`] finds it.

mod control;
mod create_only;

pub use control::{Examined, Unfinished};
pub(crate) use {control::Control, create_only::CreateOnly};

use crate::{
    fault::{Fault, Outcome},
    name::PartName,
    site::{Listed, Published, Site},
    sites::Rules,
};
use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use kernel::{AccountId, BlobId};
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutPayload, path::Path,
};
use std::{ops::Range, sync::Arc};
use tokio::{
    runtime::Handle,
    task::{JoinSet, spawn},
    time::timeout,
};

/// The pieces of a multipart upload: all alike, as some servers ask, and at least 5 MiB, as all do.
const PIECE: usize = 8 << 20;
/// How many pieces travel at once.
const IN_FLIGHT: usize = 2;
/// How many pieces S3 takes for one object.
const PIECES: usize = 10_000;
/// How many requests for deletion travel at once.
const DELETIONS: usize = 8;
/// For how many times the patience a request goes on after nobody waits for it, so that its end is known.
const LATE: u32 = 6;

type Store = Arc<dyn ObjectStore>;

/// The bucket of one site.
#[derive(Clone, Debug)]
pub struct Bucket {
    store: Store,
    /// None where only its objects can be asked for.
    control: Option<Arc<Control>>,
}

impl From<Store> for Bucket {
    fn from(store: Store) -> Self {
        Self { store, control: None }
    }
}

impl Bucket {
    pub(crate) fn new(store: Store, control: Control) -> Self {
        Self { store, control: Some(Arc::new(control)) }
    }

    /// Its objects, by their names under its prefix.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// What it says of itself beyond its objects; an error is why it does not answer, in a sentence for operators.
    pub async fn examine(&self) -> Result<Examined, String> {
        match timeout(Rules::PATIENCE, self.look()).await {
            Ok(examined) => examined.map_err(|fault| fault.line()),
            Err(_) => Err(Fault::Silent(Rules::PATIENCE).line()),
        }
    }

    pub(crate) async fn look(&self) -> Outcome<Examined> {
        match &self.control {
            Some(control) => control.examine().await,
            None => Ok(Examined::default()),
        }
    }

    pub(crate) async fn unfinished(&self) -> Outcome<Vec<Unfinished>> {
        match &self.control {
            Some(control) => control.unfinished().await,
            None => Ok(Vec::new()),
        }
    }

    pub(crate) async fn abandon(&self, upload: &Unfinished) -> Outcome<()> {
        match &self.control {
            Some(control) => control.abandon(upload).await,
            None => Ok(()),
        }
    }
}

/// One upload into one bucket.
#[derive(Debug)]
pub(crate) struct BucketUpload {
    bucket: Store,
    name: PartName,
    gathered: Vec<Bytes>,
    size: usize,
    multipart: Option<Multipart>,
}

impl BucketUpload {
    pub(crate) fn new(bucket: Store, name: PartName) -> Self {
        Self { bucket, name, gathered: Vec::new(), size: 0, multipart: None }
    }

    /// Takes a batch when there is room for it.
    pub(crate) async fn write(&mut self, site: &Arc<Site>, batch: Vec<Bytes>) -> Outcome<()> {
        for mut bytes in batch {
            while self.size + bytes.len() > PIECE {
                let rest = bytes.split_off(PIECE - self.size);
                self.gathered.push(bytes);
                self.send(site).await?;
                bytes = rest;
            }
            self.size += bytes.len();
            self.gathered.push(bytes);
        }
        Ok(())
    }

    /// Sends what is gathered as the next piece.
    async fn send(&mut self, site: &Arc<Site>) -> Outcome<()> {
        let multipart = match &mut self.multipart {
            Some(multipart) => multipart,
            none => none.insert(Multipart::begin(site, &self.bucket, self.name).await?),
        };
        self.size = 0;
        multipart.send(std::mem::take(&mut self.gathered).into_iter().collect()).await
    }

    /// Sends the last batch and publishes the part.
    pub(crate) async fn finish(mut self, site: &Arc<Site>, last: Vec<Bytes>) -> Outcome<Published> {
        self.write(site, last).await?;
        if self.multipart.is_some() && self.size > 0 {
            self.send(site).await?;
        }
        let Self { bucket, name, gathered, multipart, .. } = self;
        let published = Arc::clone(site);
        // A task of its own, so that it is known how it ended, also when nobody waits for it any more.
        let publish = spawn(late(site, async move {
            if let Some(multipart) = multipart {
                multipart.complete().await?;
            } else {
                let payload: PutPayload = gathered.into_iter().collect();
                bucket.put_opts(&name.path(), payload, PutMode::Create.into()).await?;
            }
            Ok(Published::new(published, name))
        }));
        site.step(async { publish.await? }).await
    }

    /// Gives up; nothing is left when it returns, where the site answers.
    pub(crate) async fn abort(self) -> Outcome<()> {
        match self.multipart {
            Some(multipart) => multipart.abort().await,
            None => Ok(()),
        }
    }
}

/// The same step, with an end.
fn late<T, F: Future<Output = Outcome<T>>>(
    site: &Site,
    step: F,
) -> impl Future<Output = Outcome<T>> + use<T, F> {
    let limit = site.patience().saturating_mul(LATE);
    async move { timeout(limit, step).await.unwrap_or(Err(Fault::Silent(limit))) }
}

/// A multipart upload at the server. It aborts itself.
#[derive(Debug)]
struct Multipart {
    site: Arc<Site>,
    upload: Option<Box<dyn MultipartUpload>>,
    /// The pieces that travel.
    in_flight: Pieces,
    sent: usize,
}

impl Multipart {
    async fn begin(site: &Arc<Site>, bucket: &Store, name: PartName) -> Outcome<Self> {
        let (bucket, path, owner) = (Arc::clone(bucket), name.path(), Arc::clone(site));
        let begin = spawn(late(site, async move {
            match bucket.head(&path).await {
                Ok(_) => return Err(Fault::Exists), // early, before the bytes travel
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            let upload = Some(bucket.put_multipart(&path).await?);
            Ok(Self { site: owner, upload, in_flight: JoinSet::new(), sent: 0 })
        }));
        site.step(async { begin.await? }).await
    }

    /// Sends a piece when there is room for one more to travel.
    async fn send(&mut self, payload: PutPayload) -> Outcome<()> {
        while self.in_flight.len() >= IN_FLIGHT {
            self.landed().await?;
        }
        self.sent += 1;
        match &mut self.upload {
            Some(upload) if self.sent <= PIECES => {
                let piece = upload.put_part(payload);
                self.in_flight.spawn(async { Ok(piece.await?) });
                Ok(())
            }
            _ => Err(Fault::TooLarge),
        }
    }

    async fn complete(mut self) -> Outcome<()> {
        while !self.in_flight.is_empty() {
            self.landed().await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await?;
        }
        self.upload = None;
        Ok(())
    }

    /// Waits until a piece has arrived.
    async fn landed(&mut self) -> Outcome<()> {
        landed(&self.site, &mut self.in_flight).await
    }

    async fn abort(mut self) -> Outcome<()> {
        match self.upload.take() {
            Some(upload) => abort(Arc::clone(&self.site), upload, std::mem::take(&mut self.in_flight)).await,
            None => Ok(()),
        }
    }
}

impl Drop for Multipart {
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            let (site, in_flight) = (Arc::clone(&self.site), std::mem::take(&mut self.in_flight));
            runtime.spawn(async move {
                let name = Arc::clone(site.name());
                if let Err(fault) = abort(site, upload, in_flight).await {
                    tracing::warn!(site = %name, fault = fault.line(), "an upload could not be aborted");
                }
            });
        }
    }
}

type Pieces = JoinSet<Outcome<()>>;

async fn landed(site: &Site, in_flight: &mut Pieces) -> Outcome<()> {
    site.step(async { in_flight.join_next().await.unwrap_or(Ok(Ok(())))? }).await
}

async fn abort(site: Arc<Site>, mut upload: Box<dyn MultipartUpload>, mut in_flight: Pieces) -> Outcome<()> {
    // A piece that is on its way when the server forgets the upload may stay there for ever.
    while !in_flight.is_empty() {
        if let Err(Fault::Silent(_)) = landed(&site, &mut in_flight).await {
            in_flight.shutdown().await;
        }
    }
    site.step(async { Ok(upload.abort().await?) }).await
}

/// The bytes in `range`; fewer where the part is shorter.
pub(crate) fn read(bucket: Store, name: PartName, range: Range<u64>) -> BoxStream<'static, Outcome<Bytes>> {
    let open = async move {
        let (path, start) = (name.path(), range.start);
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        match bucket.get_opts(&path, options).await {
            Ok(object) => Ok(object.into_stream().err_into()),
            // A range that begins behind the end has no error of its own.
            Err(error @ object_store::Error::Generic { .. }) => match bucket.head(&path).await {
                Ok(object) if object.size <= start => Err(Fault::Short(object.size)),
                _ => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    };
    stream::once(open).try_flatten().boxed()
}

/// Removes one part, if it is there.
pub(crate) async fn remove(bucket: &Store, path: &Path) -> Outcome<()> {
    match bucket.delete(path).await {
        Err(object_store::Error::NotFound { .. }) => Ok(()),
        result => Ok(result?),
    }
}

/// Removes all parts of the blobs.
pub(crate) async fn delete(site: &Site, bucket: &Store, account: AccountId, blobs: &[BlobId]) -> Outcome<()> {
    stream::iter(blobs.to_vec())
        .map(|blob| {
            site.step(async move {
                let first = PartName { account, blob, part: 0 };
                remove(bucket, &first.path()).await?;
                // Names are listed in order, so the other parts of a blob follow where its first would stand.
                let folder = Path::from(account.to_string());
                let others: Vec<_> = bucket
                    .list_with_offset(Some(&folder), &first.path())
                    .try_take_while(|object| {
                        let part = object.location.filename().and_then(|file| PartName::parse(account, file));
                        std::future::ready(Ok(part.is_some_and(|part| part.blob == blob)))
                    })
                    .map_ok(|object| object.location)
                    .try_collect()
                    .await?;
                for path in &others {
                    remove(bucket, path).await?;
                }
                Ok(())
            })
        })
        .buffer_unordered(DELETIONS)
        .try_collect()
        .await
}

/// What lies under the name of the account.
pub(crate) fn list(bucket: &Store, account: AccountId) -> BoxStream<'static, Outcome<Listed>> {
    bucket
        .list(Some(&Path::from(account.to_string())))
        .try_filter_map(move |object| {
            let name = object.location.filename().and_then(|file| PartName::parse(account, file));
            std::future::ready(Ok(name.map(|name| Listed { name, bytes: object.size, staged: false })))
        })
        .err_into()
        .boxed()
}

/// Writes a probe, reads it back, sees that it cannot be overwritten, removes it.
pub(crate) async fn check(bucket: &Store, probe: BlobId) -> Outcome<()> {
    let path = Path::from_iter(["probe".to_owned(), probe.to_string()]);
    let text = Bytes::from(probe.to_string());
    let put = || bucket.put_opts(&path, text.clone().into(), PutMode::Create.into());
    put().await?;
    let kept = async { bucket.get(&path).await?.bytes().await }.await;
    let again = put().await;
    remove(bucket, &path).await?;
    if kept? != text {
        return Err(Fault::Broken("a probe came back changed".into()));
    }
    match again.map_err(Fault::from) {
        Err(Fault::Exists) => Ok(()),
        Err(fault) => Err(fault),
        Ok(_) => Err(Fault::Broken("it overwrites objects in spite of If-None-Match".into())),
    }
}
