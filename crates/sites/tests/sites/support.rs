//! Worlds to test in, and content to send.

use bytes::Bytes;
use futures_util::TryStreamExt;
use hyper_util::rt::TokioIo;
use kernel::{AccountId, BlobId, Clock, Entropy, Result, Source};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use sites::{Config, Copies, Listed, PartName, Secret, SiteConfig, Sites, Upload, WhenShort};
use std::{
    fs, path,
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

    /// A directory, and a bucket for which the secret is a wrong one.
    pub(crate) async fn with_wrong_secret() -> Self {
        let server = S3::start().await;
        Self::open_for(1, |temp| {
            let bucket = server.site(temp, "frankfurt", "");
            let wrong = Some(Secret::new("another".to_owned()));
            vec![directory(temp, "paris"), SiteConfig { secret_key: wrong, ..bucket }]
        })
    }

    fn open(sites: impl FnOnce(&path::Path) -> Vec<SiteConfig>) -> Self {
        let temp = TempDir::new().unwrap();
        let sites = sites(temp.path());
        Self::of(sites.len(), temp, sites)
    }

    fn open_for(copies: usize, sites: impl FnOnce(&path::Path) -> Vec<SiteConfig>) -> Self {
        let temp = TempDir::new().unwrap();
        let sites = sites(temp.path());
        Self::of(copies, temp, sites)
    }

    fn of(copies: usize, temp: TempDir, sites: Vec<SiteConfig>) -> Self {
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
