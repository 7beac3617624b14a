//! Key sites that fail when a test says so.

use crate::{
    FileRoot, KeyStore,
    keyring::{Keyring, Site, Trust},
    testing::another_entropy,
};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
};

/// Writes left: none, and no answer to a read.
pub(super) const AWAY: i64 = -1_000_000;
/// Writes left: any number.
pub(super) const WELL: i64 = i64::MAX;

/// A bucket that loses its connection after so many writes: before the write takes place, or before its answer.
#[derive(Debug)]
pub(super) struct Failing {
    inner: InMemory,
    writes_left: AtomicI64,
    acts_first: bool,
}

impl Failing {
    pub(super) fn new(acts_first: bool) -> Self {
        Self { inner: InMemory::new(), writes_left: AtomicI64::new(WELL), acts_first }
    }

    pub(super) fn set(&self, writes_left: i64) {
        self.writes_left.store(writes_left, SeqCst);
    }
}

fn lost() -> Error {
    Error::Generic { store: "failing", source: "the connection was lost".into() }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failing")
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if self.writes_left.fetch_sub(1, SeqCst) > 0 {
            return self.inner.put_opts(path, payload, options).await;
        }
        if self.acts_first {
            self.inner.put_opts(path, payload, options).await?;
        }
        Err(lost())
    }
    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        if self.writes_left.load(SeqCst) < AWAY / 2 {
            return Err(lost());
        }
        self.inner.get_opts(path, options).await
    }
    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// Three sites over such buckets.
pub(super) struct Three {
    pub(super) folder: tempfile::TempDir,
    stores: Vec<Arc<Failing>>,
}

impl Three {
    pub(super) fn new(acts_first: bool) -> Self {
        let stores = (0..3).map(|_| Arc::new(Failing::new(acts_first))).collect();
        Self { folder: tempfile::tempdir().unwrap(), stores }
    }

    pub(super) fn set(&self, site: usize, writes_left: i64) {
        self.stores[site].set(writes_left);
    }

    /// The keyring as a node sees it that holds the roots of these sites.
    pub(super) fn keyring(&self, at: &[usize], copies: usize) -> Keyring {
        let sites = self.stores.iter().enumerate().map(|(index, store)| {
            let store = KeyStore::bucket(Arc::clone(store) as Arc<dyn ObjectStore>, "");
            let root = self.folder.path().join(index.to_string());
            let trust = if at.contains(&index) {
                Trust::Root(Arc::new(FileRoot::open(root, another_entropy()).unwrap()))
            } else {
                Trust::Elsewhere
            };
            Site::new(index.to_string(), store, trust)
        });
        Keyring::new(sites.collect(), None, copies, another_entropy()).unwrap()
    }
}
