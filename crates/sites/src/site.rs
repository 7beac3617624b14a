//! One site: its name, where its blobs lie, and how long it is waited for.

use crate::{
    bucket::{self, Bucket, BucketUpload, Examined, Unfinished},
    directory::{self, Directory, DirectoryUpload},
    fault::{Fault, Outcome},
    name::PartName,
    numbers::OfSite,
};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use kernel::{AccountId, BlobId, Error, Result};
use object_store::ObjectStore;
use std::{
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    task::spawn_blocking,
    time::{Instant, timeout},
};

/// How long a site is waited for where another can do the same.
pub(crate) const SHORT: Duration = Duration::from_secs(1);
/// For how long it is remembered that a site fell silent or failed, unless it does well before.
const REMEMBERED: Duration = Duration::from_secs(30);

/// One site.
#[derive(Debug)]
pub struct Site {
    name: Arc<str>,
    store: Store,
    /// It is being taken out: it is read where nothing else has a part, and given nothing more.
    leaving: bool,
    patience: Duration,
    /// The patience after it fell silent.
    again: Duration,
    trouble: Mutex<Trouble>,
    numbers: OfSite,
}

/// What is remembered of a site that does not do well.
#[derive(Debug, Default)]
struct Trouble {
    silent: Option<Instant>,
    failed: Option<Instant>,
}

#[derive(Debug)]
enum Store {
    Directory(Arc<Directory>),
    Bucket(Bucket),
}

impl Site {
    /// A site whose blobs lie in this directory, which is made where it is missing.
    ///
    /// # Errors
    /// `site-unusable`, naming the site, where it cannot be made or is no directory.
    pub fn directory(name: &str, root: &Path) -> Result<Self> {
        let directory = Directory::open(root).map_err(|error| {
            Error::invalid("site-unusable", "blobs")
                .with("site", name)
                .with("path", root.display())
                .because(error)
        })?;
        Ok(Self::new(name, Store::Directory(Arc::new(directory))))
    }

    #[cfg(test)]
    pub(crate) fn on(name: &str, directory: Directory) -> Self {
        Self::new(name, Store::Directory(Arc::new(directory)))
    }

    /// A site whose blobs lie in this bucket. It must honour [`object_store::PutMode::Create`].
    pub fn bucket(name: &str, bucket: Arc<dyn ObjectStore>) -> Self {
        Self::controlled(name, bucket.into())
    }

    pub(crate) fn controlled(name: &str, bucket: Bucket) -> Self {
        Self::new(name, Store::Bucket(bucket))
    }

    /// The same site, being taken out.
    #[must_use]
    pub fn leaving(self) -> Self {
        Self { leaving: true, ..self }
    }

    fn new(name: &str, store: Store) -> Self {
        Self {
            name: name.into(),
            store,
            leaving: false,
            patience: Duration::MAX,
            again: Duration::MAX,
            trouble: Mutex::default(),
            numbers: OfSite::default(),
        }
    }

    /// The same site, waited for so long; and so long once it fell silent.
    pub(crate) fn with_patience(self, patience: Duration, again: Duration) -> Self {
        Self { patience, again, ..self }
    }

    /// The same site, which counts here.
    pub(crate) fn counted(self, numbers: OfSite) -> Self {
        Self { numbers, ..self }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The directory that its blobs lie in, as the file system calls it.
    pub(crate) fn root(&self) -> Option<&Path> {
        match &self.store {
            Store::Directory(directory) => Some(directory.root()),
            Store::Bucket(_) => None,
        }
    }

    /// Waits for one step at this site as long as its patience lasts. A silent site is remembered, so that
    /// the next request does not wait as long again.
    pub(crate) async fn step<T>(&self, step: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        self.within(if self.is_silent() { self.again } else { self.patience }, step).await
    }

    /// Waits for one step at this site, at most `patience`.
    pub(crate) async fn within<T>(
        &self,
        patience: Duration,
        step: impl Future<Output = Outcome<T>>,
    ) -> Outcome<T> {
        let result = timeout(patience, step).await.unwrap_or(Err(Fault::Silent(patience)));
        if result.as_ref().is_err_and(Fault::is_the_sites) {
            self.numbers.failures.inc();
        }
        let now = Some(Instant::now());
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = match &result {
            Err(Fault::Silent(_)) => Trouble { silent: now, failed: now },
            Err(Fault::Broken(_)) => Trouble { silent: None, failed: now },
            _ => Trouble::default(),
        };
        drop(trouble);
        result
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    fn is_silent(&self) -> bool {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.silent.is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    /// Whether it fell silent or failed a moment ago, and is not to be asked first.
    pub(crate) fn is_ill(&self) -> bool {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.failed.is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving
    }

    pub(crate) fn upload(&self, name: PartName) -> SiteUpload {
        match &self.store {
            Store::Directory(directory) => {
                SiteUpload::Directory(DirectoryUpload::new(Arc::clone(directory), name))
            }
            Store::Bucket(bucket) => SiteUpload::Bucket(BucketUpload::new(bucket.store(), name)),
        }
    }

    /// The bytes in `range`, fewer where the part is shorter. Nothing happens before the first poll.
    pub(crate) fn read(&self, name: PartName, range: Range<u64>) -> BoxStream<'static, Outcome<Bytes>> {
        match &self.store {
            Store::Directory(directory) => directory::read(Arc::clone(directory), name, range),
            Store::Bucket(bucket) => bucket::read(bucket.store(), name, range),
        }
    }

    /// Removes one part, if it is there; at a directory also what uploads of it left behind.
    pub(crate) async fn remove(&self, name: PartName) -> Outcome<()> {
        match &self.store {
            Store::Directory(directory) => {
                let directory = Arc::clone(directory);
                self.step(async { spawn_blocking(move || directory.remove(name)).await? }).await
            }
            Store::Bucket(bucket) => self.step(bucket::remove(&bucket.store(), &name.path())).await,
        }
    }

    /// Removes all parts of the blobs and what uploads of them left.
    pub(crate) async fn delete(&self, account: AccountId, blobs: &[BlobId]) -> Outcome<()> {
        match &self.store {
            Store::Directory(directory) => {
                let (directory, blobs) = (Arc::clone(directory), blobs.to_vec());
                self.step(async { spawn_blocking(move || directory.delete(account, &blobs)).await? }).await
            }
            Store::Bucket(bucket) => bucket::delete(self, &bucket.store(), account, blobs).await,
        }
    }

    pub(crate) fn list(&self, account: AccountId) -> BoxStream<'static, Outcome<Listed>> {
        match &self.store {
            Store::Directory(directory) => directory::list(Arc::clone(directory), account),
            Store::Bucket(bucket) => bucket::list(&bucket.store(), account),
        }
    }

    /// What is to be known of a bucket beyond its objects; of a directory there is nothing.
    pub(crate) async fn examine(&self) -> Outcome<Examined> {
        match &self.store {
            Store::Directory(_) => Ok(Examined::default()),
            Store::Bucket(bucket) => self.step(bucket.look()).await,
        }
    }

    /// The uploads into a bucket that were begun and not completed.
    pub(crate) async fn unfinished(&self) -> Outcome<Vec<Unfinished>> {
        match &self.store {
            Store::Directory(_) => Ok(Vec::new()),
            Store::Bucket(bucket) => self.step(bucket.unfinished()).await,
        }
    }

    /// Gives one of them up.
    pub(crate) async fn abandon(&self, upload: &Unfinished) -> Outcome<()> {
        match &self.store {
            Store::Directory(_) => Ok(()),
            Store::Bucket(bucket) => self.step(bucket.abandon(upload)).await,
        }
    }

    pub(crate) async fn check(&self, probe: BlobId) -> SiteHealth {
        let begun = Instant::now();
        let free = match &self.store {
            Store::Directory(directory) => {
                let directory = Arc::clone(directory);
                self.step(async { spawn_blocking(move || directory.check(probe)).await?.map(Some) }).await
            }
            Store::Bucket(bucket) => self.step(bucket::check(&bucket.store(), probe)).await.map(|()| None),
        };
        let (free, fault) = match free {
            Ok(free) => (free, None),
            Err(fault) => (None, Some(fault.line())),
        };
        SiteHealth { site: Arc::clone(&self.name), fault, free, took: begun.elapsed() }
    }
}

/// One upload into one site.
#[derive(Debug)]
pub(crate) enum SiteUpload {
    Directory(DirectoryUpload),
    Bucket(BucketUpload),
}

impl SiteUpload {
    pub(crate) async fn write(&mut self, site: &Arc<Site>, batch: Vec<Bytes>) -> Outcome<()> {
        match self {
            Self::Directory(upload) => upload.write(site, batch).await,
            Self::Bucket(upload) => upload.write(site, batch).await,
        }
    }

    pub(crate) async fn finish(self, site: &Arc<Site>, last: Vec<Bytes>) -> Outcome<Published> {
        let published = match self {
            Self::Directory(upload) => upload.finish(site, last).await,
            Self::Bucket(upload) => upload.finish(site, last).await,
        }?;
        site.numbers.writes.inc();
        Ok(published)
    }

    pub(crate) async fn abort(self, site: &Site) -> Outcome<()> {
        match self {
            Self::Directory(upload) => upload.abort(site).await,
            Self::Bucket(upload) => upload.abort().await,
        }
    }
}

/// A part that one site has durably. Unless it is kept it is taken back.
#[derive(Debug)]
pub(crate) struct Published(Option<(Arc<Site>, PartName)>);

impl Published {
    pub(crate) fn new(site: Arc<Site>, name: PartName) -> Self {
        Self(Some((site, name)))
    }

    /// Leaves the part where it is.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }

    /// Takes the part back and waits for it.
    pub(crate) async fn take_back(mut self) {
        if let Some((site, name)) = self.0.take() {
            remove(site, name).await;
        }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if let (Some((site, name)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(remove(site, name));
        }
    }
}

async fn remove(site: Arc<Site>, name: PartName) {
    if let Err(fault) = site.remove(name).await {
        tracing::warn!(site = %site.name, part = %name, fault = fault.line(), "a part could not be taken back");
    }
}

/// One object of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The part.
    pub name: PartName,
    /// Its size in bytes, as sealed.
    pub bytes: u64,
    /// Not published: an upload under way, or what a killed process left. Only directories show these.
    pub staged: bool,
}

/// How a site is.
#[derive(Clone, Debug)]
pub struct SiteHealth {
    /// The site.
    pub site: Arc<str>,
    /// Why it is unusable, in a sentence for operators; none where a probe could be written, read and removed.
    pub fault: Option<String>,
    /// The free space in bytes, where it is a directory.
    pub free: Option<u64>,
    /// How long the probe took.
    pub took: Duration,
}

impl SiteHealth {
    /// Whether the site takes uploads.
    pub fn is_well(&self) -> bool {
        self.fault.is_none()
    }
}
