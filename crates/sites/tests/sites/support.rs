//! Worlds to test in, content to send, and a store that can be made ill.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use hyper_util::rt::TokioIo;
use kernel::{AccountId, BlobId, Clock, Entropy, Result, Source};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart, memory::InMemory,
    path::Path,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use sites::{Config, Copies, Listed, PartName, Rules, Secret, Site, SiteConfig, Sites, Upload, WhenShort};
use std::{
    fmt, fs, path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const MIB: usize = 1 << 20;

/// An installation over real stores.
pub(crate) struct World {
    pub(crate) sites: Sites,
    temp: TempDir,
}

impl World {
    #[expect(clippy::unused_async, reason = "as the other worlds are made")]
    pub(crate) async fn directory() -> Self {
        Self::open(|temp| vec![directory(temp, "paris")])
    }

    pub(crate) async fn s3() -> Self {
        let server = S3::start().await;
        Self::open(|temp| vec![server.site(temp, "paris", "")])
    }

    pub(crate) async fn mixed() -> Self {
        let server = S3::start().await;
        Self::open(|temp| vec![directory(temp, "paris"), server.site(temp, "frankfurt", "/some/prefix")])
    }

    fn open(sites: impl FnOnce(&path::Path) -> Vec<SiteConfig>) -> Self {
        let temp = TempDir::new().unwrap();
        let sites = sites(temp.path());
        let copies = sites.len();
        let config = Config {
            here: None,
            sites,
            copies,
            when_short: WhenShort::Refuse,
            patience: Duration::from_secs(10),
        };
        Self { sites: Sites::open(&config).unwrap(), temp }
    }

    /// Every file of every site, also what is staged.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.temp.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                // The S3 server notes checksums in files of its own.
                if path.is_dir() {
                    folders.push(path);
                } else if !name.ends_with(".internal.json") && !name.ends_with(".metadata.json") {
                    files.push(path.display().to_string());
                }
            }
        }
        files
    }

    pub(crate) async fn settles_without_files(&self) {
        until(|| self.files().is_empty(), || format!("left: {:?}", self.files())).await;
    }
}

fn directory(temp: &path::Path, name: &str) -> SiteConfig {
    let blobs = format!("file://{}", temp.join(name).display());
    SiteConfig { name: name.to_owned(), blobs, ..SiteConfig::default() }
}

/// A server of S3 in this process.
pub(crate) struct S3 {
    address: String,
    root: Arc<Mutex<Option<path::PathBuf>>>,
}

impl S3 {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let root = Arc::<Mutex<Option<path::PathBuf>>>::default();
        let late = Arc::clone(&root);
        tokio::spawn(async move {
            let mut service = None;
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.get_or_insert_with(|| {
                    let root = late.lock().unwrap().clone().unwrap();
                    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
                    builder.set_auth(SimpleAuth::from_single("key", "secret"));
                    builder.build()
                });
                let serve = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service.clone());
                tokio::spawn(serve);
            }
        });
        Self { address, root }
    }

    fn site(&self, temp: &path::Path, name: &str, prefix: &str) -> SiteConfig {
        let root = temp.join("s3");
        fs::create_dir_all(root.join("blobs")).unwrap();
        *self.root.lock().unwrap() = Some(root);
        SiteConfig {
            name: name.to_owned(),
            blobs: format!("s3://blobs{prefix}"),
            endpoint: Some(self.address.clone()),
            access_key: Some("key".to_owned()),
            secret_key: Some(Secret::new("secret".to_owned())),
            allow_http: true,
            ..SiteConfig::default()
        }
    }
}

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

/// The dice and the clock of a test.
pub(crate) fn source() -> Source {
    let next = AtomicU64::new(1);
    Source {
        clock: Clock::system(),
        entropy: Entropy::new(move |buffer| {
            let number = next.fetch_add(1, Ordering::SeqCst).to_be_bytes();
            buffer.iter_mut().rev().zip(number.iter().rev()).for_each(|(to, from)| *to = *from);
        }),
    }
}

pub(crate) fn name(blob: u8, part: u32) -> PartName {
    PartName { account: account(), blob: BlobId::from_bytes([blob; 16]), part }
}

pub(crate) fn account() -> AccountId {
    AccountId::from_bytes([0xac; 16])
}

/// Bytes that repeat nowhere, so that a piece in the wrong place is found.
pub(crate) fn content(size: usize) -> Bytes {
    let mut content = Vec::with_capacity(size + 8);
    for word in 0..size.div_ceil(8) as u64 {
        content.extend_from_slice(&word.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    }
    content.truncate(size);
    content.into()
}

/// Sends the content in pieces of a size that fits nothing.
pub(crate) async fn send(upload: &mut Upload, content: &Bytes) -> Result<()> {
    for at in (0..content.len()).step_by(65_552) {
        upload.write(content.slice(at..content.len().min(at + 65_552))).await?;
    }
    Ok(())
}

pub(crate) async fn put(sites: &Sites, name: PartName, content: &Bytes) -> Result<Copies> {
    let mut upload = sites.upload(name);
    send(&mut upload, content).await?;
    upload.finish().await
}

pub(crate) async fn get(sites: &Sites, name: PartName, range: std::ops::Range<u64>) -> Result<Bytes> {
    let pieces: Vec<Bytes> = sites.read(name, range).await?.try_collect().await?;
    Ok(pieces.concat().into())
}

pub(crate) async fn list(sites: &Sites, site: &str) -> Vec<Listed> {
    let mut listed: Vec<_> = sites.list(site, account()).unwrap().try_collect().await.unwrap();
    listed.sort_by_key(|listed| (listed.name, listed.staged));
    listed
}

/// Waits for what happens in the background.
pub(crate) async fn until(mut happened: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    for _ in 0..500 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{}", otherwise());
}
