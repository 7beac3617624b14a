//! Objects in a bucket.

use super::{Version, Written};
use kernel::{Error, Result, ResultExt};
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode, UpdateVersion, path::Path,
};
use std::{fmt, sync::Arc};

pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Bucket {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self { store, prefix: Path::from(prefix) }
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), Path::join)
    }

    pub(super) async fn read(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>> {
        let object = match self.store.get(&self.path(name)).await {
            Err(StoreError::NotFound { .. }) => return Ok(None),
            object => object.or_unavailable()?,
        };
        let version =
            UpdateVersion { e_tag: object.meta.e_tag.clone(), version: object.meta.version.clone() };
        let bytes = object.bytes().await.or_unavailable()?;
        Ok(Some((bytes.to_vec(), Version::Object(version))))
    }

    pub(super) async fn write(
        &self,
        name: &str,
        bytes: Vec<u8>,
        replaces: Option<&Version>,
    ) -> Result<Written> {
        let mode = match replaces {
            None => PutMode::Create,
            Some(Version::Object(version)) => PutMode::Update(version.clone()),
            Some(Version::Digest(_)) => return Err(Error::internal("a version of another store")),
        };
        match self.store.put_opts(&self.path(name), bytes.into(), mode.into()).await {
            Ok(_) => Ok(Written::Done),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(Written::Raced),
            Err(error) => Err(Error::unavailable(error)),
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.prefix)
    }
}
