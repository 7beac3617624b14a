//! A part on its way into a directory.

use super::Directory;
use crate::{
    fault::{Fault, Outcome},
    name::PartName,
    site::{Published, Site},
};
use bytes::Bytes;
use std::{fs::File, path::PathBuf, sync::Arc};
use tokio::task::{JoinHandle, spawn_blocking};

/// After so many bytes a file is synced while it is still being written. It bounds what the last sync has to
/// do, which would otherwise take longer than anybody's patience for a file of many gigabytes.
const SYNC_EVERY: usize = 64 << 20;

/// One upload into one directory. One batch is being written while the next is gathered; no thread is held
/// while the sender is slow.
#[derive(Debug)]
pub(crate) struct DirectoryUpload {
    directory: Arc<Directory>,
    name: PartName,
    /// The step under way. When this is dropped the step runs to its end, and what it returns to nobody
    /// removes itself.
    busy: Option<JoinHandle<Outcome<Staged>>>,
}

impl DirectoryUpload {
    pub(crate) fn new(directory: Arc<Directory>, name: PartName) -> Self {
        Self { directory, name, busy: None }
    }

    /// Takes a batch when the one before is written.
    pub(crate) async fn write(&mut self, site: &Site, batch: Vec<Bytes>) -> Outcome<()> {
        let staged = self.staged(site).await?;
        let (directory, name) = (Arc::clone(&self.directory), self.name);
        self.busy = Some(spawn_blocking(move || {
            let mut staged = staged.map_or_else(|| directory.stage(name), Ok)?;
            staged.write(&batch)?;
            Ok(staged)
        }));
        Ok(())
    }

    /// Writes the last batch and publishes the part. For a small part this is the only step.
    pub(crate) async fn finish(mut self, site: &Arc<Site>, last: Vec<Bytes>) -> Outcome<Published> {
        let staged = self.staged(site).await?;
        let (directory, name, published) = (self.directory, self.name, Arc::clone(site));
        let step = spawn_blocking(move || {
            let mut staged = staged.map_or_else(|| directory.stage(name), Ok)?;
            staged.write(&last)?;
            staged.publish()?;
            Ok(Published::new(published, name))
        });
        site.step(async { step.await? }).await
    }

    /// Gives up; nothing is left when it returns.
    pub(crate) async fn abort(mut self, site: &Site) -> Outcome<()> {
        let staged = self.staged(site).await.unwrap_or_default();
        site.step(async { Ok(spawn_blocking(move || staged.map(Staged::discard)).await.map(drop)?) }).await
    }

    async fn staged(&mut self, site: &Site) -> Outcome<Option<Staged>> {
        match self.busy.take() {
            None => Ok(None),
            Some(step) => site.step(async { step.await? }).await.map(Some),
        }
    }
}

/// A file that is not published yet. It removes itself.
#[derive(Debug)]
pub(super) struct Staged {
    directory: Arc<Directory>,
    path: PathBuf,
    target: PathBuf,
    file: File,
    unsynced: usize,
    ended: bool,
}

impl Staged {
    pub(super) fn new(directory: Arc<Directory>, path: PathBuf, target: PathBuf, file: File) -> Self {
        Self { directory, path, target, file, unsynced: 0, ended: false }
    }

    fn write(&mut self, batch: &[Bytes]) -> Outcome<()> {
        self.directory.disk.write(&self.path, &self.file, batch)?;
        self.unsynced += batch.iter().map(Bytes::len).sum::<usize>();
        if self.unsynced >= SYNC_EVERY {
            self.directory.disk.sync(&self.path, &self.file)?;
            self.unsynced = 0;
        }
        Ok(())
    }

    fn publish(mut self) -> Outcome<()> {
        let Self { directory, path, target, file, .. } = &self;
        directory.disk.sync(path, file)?;
        directory.disk.publish(path, target).map_err(Fault::from)?;
        self.ended = true;
        let Self { directory, target, .. } = &self;
        let synced = target.parent().map_or(Ok(()), |folder| directory.disk.sync_folder(folder));
        if synced.is_err() {
            let _ = directory.disk.remove(target); // it may not outlive a power cut, so it was never there
        }
        Ok(synced?)
    }

    fn discard(mut self) {
        self.remove();
    }

    fn remove(&mut self) {
        if !std::mem::replace(&mut self.ended, true)
            && let Err(error) = self.directory.disk.remove(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "a staged part could not be removed");
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.remove();
    }
}
