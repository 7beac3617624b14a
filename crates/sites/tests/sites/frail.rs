//! A store that can be made ill.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart, memory::InMemory,
    path::Path,
};
use sites::{Rules, Site, Sites, WhenShort};
use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// An installation over stores in memory that can be made ill; no site is waited for longer than `patience`.
pub(crate) fn frail(
    count: usize,
    copies: usize,
    when_short: WhenShort,
    patience: Duration,
) -> (Sites, Vec<Frail>) {
    let stores: Vec<_> = (0..count).map(|_| Frail::default()).collect();
    let names = ["paris", "frankfurt", "zurich"];
    let sites =
        names.iter().zip(&stores).map(|(name, store)| Site::bucket(name, Arc::new(store.clone()))).collect();
    (Sites::new(sites, Rules { copies, when_short, patience }).unwrap(), stores)
}

/// How a store is ill.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Ill {
    #[default]
    Not,
    /// It fails after so many bytes of an upload or download.
    Fails(u64),
    /// It never answers after so many bytes.
    Hangs(u64),
    /// Downloads end after so many bytes as if that were all.
    Ends(u64),
    /// It takes the bytes of an upload, and never answers the request to complete it.
    HangsAtTheEnd,
    /// Every request takes so long.
    Slow(Duration),
    /// It has no room.
    Full,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Frail(Arc<FrailInner>);

#[derive(Debug, Default)]
struct FrailInner {
    store: InMemory,
    ill: Mutex<Ill>,
    aborted: AtomicU64,
    forgetful: bool,
}

impl Frail {
    /// One that lets go of the bytes of large uploads, as a client does that has sent them to a server.
    pub(crate) fn forgetful() -> Self {
        Self(Arc::new(FrailInner { forgetful: true, ..FrailInner::default() }))
    }

    pub(crate) fn falls(&self, ill: Ill) {
        *self.0.ill.lock().unwrap() = ill;
    }

    pub(crate) async fn objects(&self) -> Vec<String> {
        self.0.store.list(None).map_ok(|object| object.location.to_string()).try_collect().await.unwrap()
    }

    /// How many multipart uploads were aborted.
    pub(crate) fn aborted(&self) -> u64 {
        self.0.aborted.load(Ordering::SeqCst)
    }

    pub(crate) async fn settles_without_objects(&self) {
        for _ in 0..500 {
            if self.objects().await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("left: {:?}", self.objects().await);
    }

    fn ill(&self) -> Ill {
        *self.0.ill.lock().unwrap()
    }

    /// What the illness makes of a request that brings the upload to `sent` bytes.
    async fn suffer(&self, sent: u64, end: bool) -> object_store::Result<()> {
        match self.ill() {
            Ill::Fails(after) if sent >= after => Err(failure(std::io::ErrorKind::ConnectionReset)),
            Ill::Hangs(after) if sent >= after => std::future::pending().await,
            Ill::HangsAtTheEnd if end => std::future::pending().await,
            Ill::Full => Err(failure(std::io::ErrorKind::StorageFull)),
            Ill::Slow(delay) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn failure(kind: std::io::ErrorKind) -> Error {
    Error::Generic { store: "Frail", source: std::io::Error::from(kind).into() }
}

impl fmt::Display for Frail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frail")
    }
}

#[async_trait]
impl ObjectStore for Frail {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.suffer(payload.content_length() as u64, true).await?;
        self.0.store.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let upload = self.0.store.put_multipart_opts(path, options).await?;
        Ok(Box::new(FrailUpload { store: self.clone(), upload, sent: 0 }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        if options.head {
            return self.0.store.get_opts(path, options).await;
        }
        self.suffer(0, false).await?;
        let mut result = self.0.store.get_opts(path, options).await?;
        let (ill, mut at) = (self.ill(), 0);
        let pieces: Vec<_> = match std::mem::replace(&mut result.payload, empty()) {
            GetResultPayload::Stream(bytes) => bytes.try_collect::<Vec<_>>().await?,
            GetResultPayload::File(..) => unreachable!("it is in memory"),
        };
        // In pieces of 64 KiB, each of which may be the last.
        let pieces = pieces.into_iter().flat_map(|bytes| {
            (0..bytes.len())
                .step_by(64 << 10)
                .map(move |at| bytes.slice(at..bytes.len().min(at + (64 << 10))))
        });
        let pieces = stream::iter(pieces.collect::<Vec<_>>()).then(move |bytes: Bytes| {
            let before = at;
            at += bytes.len() as u64;
            async move {
                match ill {
                    Ill::Fails(after) if before >= after => Err(failure(std::io::ErrorKind::ConnectionReset)),
                    Ill::Hangs(after) if before >= after => std::future::pending().await,
                    Ill::Ends(after) if before >= after => Ok(None),
                    _ => Ok(Some(bytes)),
                }
            }
        });
        result.payload = GetResultPayload::Stream(pieces.try_filter_map(async |bytes| Ok(bytes)).boxed());
        Ok(result)
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.0.store.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.0.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.0.store.copy_opts(from, to, options).await
    }
}

fn empty() -> GetResultPayload {
    GetResultPayload::Stream(stream::empty().boxed())
}

#[derive(Debug)]
struct FrailUpload {
    store: Frail,
    upload: Box<dyn MultipartUpload>,
    sent: u64,
}

#[async_trait]
impl MultipartUpload for FrailUpload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        self.sent += payload.content_length() as u64;
        let (store, sent) = (self.store.clone(), self.sent);
        let put = if store.0.forgetful { None } else { Some(self.upload.put_part(payload.clone())) };
        Box::pin(async move {
            store.suffer(sent, false).await?;
            drop(payload);
            match put {
                Some(put) => put.await,
                None => Ok(()),
            }
        })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.store.suffer(self.sent, true).await?;
        self.upload.complete().await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.store.0.aborted.fetch_add(1, Ordering::SeqCst);
        self.upload.abort().await
    }
}
