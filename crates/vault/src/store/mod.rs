//! Where a keyring lies: small objects with names, replaced whole, on the condition that nobody replaced them since
//! they were read. What is written is sealed; a store is trusted to keep it, not to keep it secret.

mod bucket;
mod directory;

use crate::{
    codec::{DIGEST, sha256},
    epoch::Shard,
    keys::KeyKind,
};
use bucket::Bucket;
pub(crate) use directory::Directory;
use kernel::{Error, Result, ResultExt};
use object_store::{ObjectStore, UpdateVersion};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long a store may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one that did not answer may take, for so long after that.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// A place for the objects of a keyring or of a mirror.
///
/// It must not keep old versions: a destroyed key would live on in them.
#[derive(Clone)]
pub struct KeyStore {
    kind: Kind,
    /// When it did not answer, so that not everybody waits as long for it.
    silent: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
enum Kind {
    Directory(Arc<Directory>),
    Bucket(Arc<Bucket>),
}

/// Which version of an object was read; a write names the one that it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// The digest of a file's bytes.
    Digest([u8; DIGEST]),
    /// The version of an object, as its store names it.
    Object(UpdateVersion),
}

/// Whether a write took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is durable.
    Done,
    /// Somebody else wrote since; nothing was written.
    Raced,
}

impl KeyStore {
    /// The directory at `path`. It is made, for its owner only (0700, files 0600), when something is written.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self::new(Kind::Directory(Arc::new(Directory::new(path.into()))))
    }

    /// The objects under `prefix` in a bucket, whose store must know conditional puts (`If-Match` and
    /// `If-None-Match`).
    pub fn bucket(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self::new(Kind::Bucket(Arc::new(Bucket::new(store, prefix))))
    }

    fn new(kind: Kind) -> Self {
        Self { kind, silent: Arc::default() }
    }

    /// Whether a keyring was begun here.
    ///
    /// # Errors
    /// Unavailable, where it does not answer.
    pub async fn is_begun(&self) -> Result<bool> {
        let first = Shard { kind: KeyKind::Installation, number: 0 };
        Ok(self.read(&first.name()).await?.is_some())
    }

    /// The object with its version, or none.
    pub(crate) async fn read(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>> {
        self.patiently(self.read_now(name)).await
    }

    /// Replaces the version that was read (none: there must be no such object). Durable when it returns. After an error
    /// it may or may not have taken place.
    pub(crate) async fn write(
        &self,
        name: &str,
        bytes: Vec<u8>,
        replaces: Option<&Version>,
    ) -> Result<Written> {
        self.patiently(self.write_now(name, bytes, replaces)).await
    }

    /// A store that does not answer, a bucket or a disk over the network, is as good as away.
    async fn patiently<T>(&self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let silent = || self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = silent().is_some_and(|since| since.elapsed() < AGAIN.1);
        let patience = if lately { AGAIN.0 } else { PATIENCE };
        let Ok(answer) = tokio::time::timeout(patience, answer).await else {
            *silent() = Some(Instant::now());
            return Err(Error::unavailable(format!("{self:?} does not answer")));
        };
        *silent() = None;
        answer
    }

    async fn read_now(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>> {
        match &self.kind {
            Kind::Directory(directory) => {
                let (directory, name) = (Arc::clone(directory), name.to_owned());
                let read = blocking(move || directory.read(&name).or_unavailable()).await?;
                Ok(read.map(|bytes| {
                    let version = Version::Digest(sha256(&bytes));
                    (bytes, version)
                }))
            }
            Kind::Bucket(bucket) => bucket.read(name).await,
        }
    }

    async fn write_now(&self, name: &str, bytes: Vec<u8>, replaces: Option<&Version>) -> Result<Written> {
        match &self.kind {
            Kind::Directory(directory) => {
                let (directory, name) = (Arc::clone(directory), name.to_owned());
                let replaces = match replaces {
                    None => None,
                    Some(Version::Digest(digest)) => Some(*digest),
                    Some(Version::Object(_)) => return Err(Error::internal("a version of another store")),
                };
                blocking(move || directory.write(&name, &bytes, replaces).or_unavailable()).await
            }
            Kind::Bucket(bucket) => bucket.write(name, bytes, replaces).await,
        }
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Directory(directory) => write!(f, "{}", directory.path().display()),
            Kind::Bucket(bucket) => write!(f, "{bucket}"),
        }
    }
}

/// Runs what waits for a disk or a token where it holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.or_internal()?
}
