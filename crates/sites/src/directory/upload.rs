//! A part on its way into a directory.

use super::{Directory, syncs::Syncs};
use crate::{
    fault::Outcome,
    name::PartName,
    site::{Published, Site},
};
use bytes::Bytes;
use std::{fs::File, path::PathBuf, sync::Arc};
use tokio::task::{JoinHandle, spawn_blocking};

/// After so many bytes a file is synced while the next bytes are written. It keeps the disk busy from the
/// start (a third more throughput than one sync at the end), and it bounds what that last sync has to do, which
/// would otherwise outlast anybody's patience for a file of many gigabytes.
const SYNC_EVERY: usize = 16 << 20;

/// One upload into one directory. One batch is being written while the next is gathered; no thread is held
/// while the sender is slow.
#[derive(Debug)]
pub(crate) struct DirectoryUpload {
    directory: Arc<Directory>,
    name: PartName,
    /// The step under way. When this is dropped the step runs to its end, and what it returns to nobody
    /// removes itself.
    writing: Option<JoinHandle<Outcome<Staged>>>,
    /// The sync under way. The system tells a failure to one sync only, so each is waited for.
    syncing: Option<JoinHandle<Outcome<()>>>,
}

impl DirectoryUpload {
    pub(crate) fn new(directory: Arc<Directory>, name: PartName) -> Self {
        Self { directory, name, writing: None, syncing: None }
    }

    /// Takes a batch when the one before is written.
    pub(crate) async fn write(&mut self, site: &Site, batch: Vec<Bytes>) -> Outcome<()> {
        let mut staged = self.written(site).await?;
        if let Some(staged) = staged.as_mut().filter(|staged| staged.unsynced >= SYNC_EVERY) {
            self.synced(site).await?;
            self.syncing = Some(spawn_blocking(staged.sync()));
        }
        let (directory, name) = (Arc::clone(&self.directory), self.name);
        self.writing = Some(spawn_blocking(move || {
            let mut staged = staged.map_or_else(|| directory.stage(name), Ok)?;
            staged.write(&batch)?;
            Ok(staged)
        }));
        Ok(())
    }

    /// Writes the last batch and publishes the part. For a small part this is the only step.
    pub(crate) async fn finish(mut self, site: &Arc<Site>, last: Vec<Bytes>) -> Outcome<Published> {
        let staged = self.written(site).await?;
        self.synced(site).await?;
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
        // A write that failed has removed its file already, and says why to nobody who still wants the part.
        let staged = self.written(site).await.unwrap_or_default();
        site.step(async { Ok(spawn_blocking(|| drop(staged)).await?) }).await
    }

    async fn written(&mut self, site: &Site) -> Outcome<Option<Staged>> {
        match self.writing.take() {
            None => Ok(None),
            Some(step) => site.step(async { step.await? }).await.map(Some),
        }
    }

    async fn synced(&mut self, site: &Site) -> Outcome<()> {
        match self.syncing.take() {
            None => Ok(()),
            Some(step) => site.step(async { step.await? }).await,
        }
    }
}

/// A file that is not published yet. It removes itself.
#[derive(Debug)]
pub(super) struct Staged {
    directory: Arc<Directory>,
    /// Those of the folder that it is in.
    syncs: Arc<Syncs>,
    path: PathBuf,
    target: PathBuf,
    file: Arc<File>,
    unsynced: usize,
    published: bool,
}

impl Staged {
    pub(super) fn new(
        directory: Arc<Directory>,
        syncs: Arc<Syncs>,
        path: PathBuf,
        target: PathBuf,
        file: File,
    ) -> Self {
        Self { directory, syncs, path, target, file: Arc::new(file), unsynced: 0, published: false }
    }

    fn write(&mut self, batch: &[Bytes]) -> Outcome<()> {
        self.directory.disk.write(&self.path, &self.file, batch)?;
        self.unsynced += batch.iter().map(Bytes::len).sum::<usize>();
        Ok(())
    }

    /// The step that syncs what was written so far.
    fn sync(&mut self) -> impl FnOnce() -> Outcome<()> + use<> {
        self.unsynced = 0;
        let (directory, path, file) =
            (Arc::clone(&self.directory), self.path.clone(), Arc::clone(&self.file));
        move || Ok(directory.disk.sync(&path, &file)?)
    }

    /// Gives the part its name, after its bytes and before its folder reach the disk.
    fn publish(mut self) -> Outcome<()> {
        let disk = &*self.directory.disk;
        disk.sync(&self.path, &self.file)?;
        disk.publish(&self.path, &self.target)?;
        self.published = true;
        let folder = self.target.parent();
        let synced = folder.map_or(Ok(()), |folder| self.syncs.sync(|| disk.sync_folder(folder)));
        if synced.is_err() {
            let _ = disk.remove(&self.target); // it may not outlive a power cut, so it was never there
        }
        Ok(synced?)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = self.directory.disk.remove(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "a staged part could not be removed");
        }
    }
}
