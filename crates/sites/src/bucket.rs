//! A site that is a bucket behind an [`ObjectStore`].
//!
//! A part of up to 8 MiB is one conditional put; a larger one is a multipart upload, of which at most two
//! pieces travel while a third is gathered. A multipart upload of a process that was killed is invisible but
//! takes space; the interface has no call to list it, so the bucket needs a life-cycle rule that ends
//! incomplete uploads after a day.

use crate::{
    fault::{Fault, Outcome},
    name::PartName,
    site::{Listed, Published, Site},
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
};

/// The pieces of a multipart upload: all alike, as some servers ask, and at least 5 MiB, as all do.
const PIECE: usize = 8 << 20;
/// How many pieces travel at once.
const IN_FLIGHT: usize = 2;
/// How many pieces S3 takes for one object.
const PIECES: usize = 10_000;
/// How many requests for deletion travel at once.
const DELETIONS: usize = 8;

/// The bucket of one site.
pub(crate) type Bucket = Arc<dyn ObjectStore>;

/// One upload into one bucket.
#[derive(Debug)]
pub(crate) struct BucketUpload {
    bucket: Bucket,
    path: Path,
    name: PartName,
    gathered: Vec<Bytes>,
    size: usize,
    multipart: Option<Multipart>,
    /// The pieces that travel; they stop when this is dropped.
    in_flight: JoinSet<Outcome<()>>,
    sent: usize,
}

impl BucketUpload {
    pub(crate) fn new(bucket: Bucket, name: PartName) -> Self {
        Self {
            bucket,
            path: name.path(),
            name,
            gathered: Vec::new(),
            size: 0,
            multipart: None,
            in_flight: JoinSet::new(),
            sent: 0,
        }
    }

    /// Takes a batch when there is room for it.
    pub(crate) async fn write(&mut self, site: &Site, batch: Vec<Bytes>) -> Outcome<()> {
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
    async fn send(&mut self, site: &Site) -> Outcome<()> {
        if self.sent == PIECES {
            return Err(Fault::TooLarge);
        }
        while self.in_flight.len() >= IN_FLIGHT {
            self.landed(site).await?;
        }
        let multipart = match &mut self.multipart {
            Some(multipart) => multipart,
            none => none.insert(Multipart::begin(site, &self.bucket, &self.path).await?),
        };
        let payload: PutPayload = std::mem::take(&mut self.gathered).into_iter().collect();
        let piece = multipart.put(payload)?;
        self.in_flight.spawn(async { Ok(piece.await?) });
        self.size = 0;
        self.sent += 1;
        Ok(())
    }

    /// Waits until a piece has arrived.
    async fn landed(&mut self, site: &Site) -> Outcome<()> {
        site.step(async { self.in_flight.join_next().await.unwrap_or(Ok(Ok(())))? }).await
    }

    /// Sends the last batch and publishes the part.
    pub(crate) async fn finish(mut self, site: &Arc<Site>, last: Vec<Bytes>) -> Outcome<Published> {
        self.write(site, last).await?;
        if self.multipart.is_none() {
            return self.put(site).await;
        }
        if self.size > 0 {
            self.send(site).await?;
        }
        while !self.in_flight.is_empty() {
            self.landed(site).await?;
        }
        let Some(multipart) = self.multipart.take() else { return Err(Fault::Missing) };
        // A task of its own, so that it is known how it ended, also when nobody waits for it any more.
        let (name, published) = (self.name, Arc::clone(site));
        let complete = spawn(async move {
            multipart.complete().await?;
            Ok(Published::new(published, name))
        });
        site.step(async { complete.await? }).await
    }

    /// Publishes all that is gathered in one request.
    async fn put(self, site: &Arc<Site>) -> Outcome<Published> {
        let Self { bucket, path, name, gathered, .. } = self;
        let published = Arc::clone(site);
        let put = spawn(async move {
            bucket.put_opts(&path, gathered.into_iter().collect(), PutMode::Create.into()).await?;
            Ok(Published::new(published, name))
        });
        site.step(async { put.await? }).await
    }

    /// Gives up; nothing is left when it returns, where the site answers.
    pub(crate) async fn abort(mut self, site: &Site) -> Outcome<()> {
        self.in_flight.shutdown().await;
        match self.multipart.take() {
            Some(multipart) => site.step(multipart.abort()).await,
            None => Ok(()),
        }
    }
}

/// A multipart upload at the server. It aborts itself.
#[derive(Debug)]
struct Multipart(Option<Box<dyn MultipartUpload>>);

impl Multipart {
    async fn begin(site: &Site, bucket: &Bucket, path: &Path) -> Outcome<Self> {
        let (bucket, path) = (Arc::clone(bucket), path.clone());
        let begin = spawn(async move {
            match bucket.head(&path).await {
                Ok(_) => return Err(Fault::Exists), // early, before the bytes travel
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(Self(Some(bucket.put_multipart(&path).await?)))
        });
        site.step(async { begin.await? }).await
    }

    fn put(&mut self, payload: PutPayload) -> Outcome<object_store::UploadPart> {
        Ok(self.0.as_mut().ok_or(Fault::Missing)?.put_part(payload))
    }

    async fn complete(mut self) -> Outcome<()> {
        if let Some(upload) = &mut self.0 {
            upload.complete().await?;
        }
        self.0 = None;
        Ok(())
    }

    async fn abort(mut self) -> Outcome<()> {
        match self.0.take() {
            Some(mut upload) => Ok(upload.abort().await?),
            None => Ok(()),
        }
    }
}

impl Drop for Multipart {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "a multipart upload could not be aborted");
                }
            });
        }
    }
}

/// The bytes in `range`; fewer where the part is shorter.
pub(crate) fn read(bucket: Bucket, name: PartName, range: Range<u64>) -> BoxStream<'static, Outcome<Bytes>> {
    let open = async move {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        Ok::<_, Fault>(bucket.get_opts(&name.path(), options).await?.into_stream().err_into())
    };
    stream::once(open).try_flatten().boxed()
}

/// Removes one part, if it is there.
pub(crate) async fn remove(bucket: &Bucket, path: &Path) -> Outcome<()> {
    match bucket.delete(path).await {
        Err(object_store::Error::NotFound { .. }) => Ok(()),
        result => Ok(result?),
    }
}

/// Removes all parts of the blobs.
pub(crate) async fn delete(
    site: &Site,
    bucket: &Bucket,
    account: AccountId,
    blobs: &[BlobId],
) -> Outcome<()> {
    stream::iter(blobs)
        .map(|&blob| {
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
pub(crate) fn list(bucket: &Bucket, account: AccountId) -> BoxStream<'static, Outcome<Listed>> {
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
pub(crate) async fn check(bucket: &Bucket, probe: BlobId) -> Outcome<()> {
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
