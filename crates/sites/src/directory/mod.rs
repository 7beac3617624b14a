//! A site that is a directory: `{root}/{account}/{blob}`, and `{name}#{n}` while an upload is under way.
//!
//! This is the layout of `object_store`'s `LocalFileSystem`, which can read it. Its writes are not used: a
//! large one replaces a file of the same name; a folder that one upload has just made counts as durable for
//! the next upload before the first has synced its parent; and it hands each small piece to another thread.
//!
//! Invariants: a part is acknowledged after its bytes, its name in the folder of the account, and that
//! folder's name in the root are on stable storage, in this order. Removals are synced as well, since erasure
//! is certified. Everything here blocks; the callers are on blocking threads.

mod disk;
mod download;
mod syncs;
#[cfg(test)]
mod tests;
mod upload;

pub(crate) use download::{list, read};
pub(crate) use upload::DirectoryUpload;

use crate::{
    fault::{Fault, Outcome},
    name::PartName,
    site::Listed,
};
use bytes::Bytes;
use disk::{Disk, RealDisk};
use kernel::{AccountId, BlobId};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use syncs::Syncs;
use upload::Staged;

#[derive(Debug)]
pub(crate) struct Directory {
    root: PathBuf,
    disk: Arc<dyn Disk>,
    /// The accounts whose folder is known to be durable, with the syncs of what is in it. Empty at the start of the
    /// process, since the one before it may have been killed between making a folder and syncing the root.
    durable: Mutex<HashMap<AccountId, Arc<Syncs>>>,
}

impl Directory {
    /// Opens the directory, which is made where it is missing.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        Self::on(Arc::new(RealDisk), root)
    }

    fn on(disk: Arc<dyn Disk>, root: &Path) -> io::Result<Self> {
        make_durable(&*disk, root)?;
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { root, disk, durable: Mutex::default() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, account: AccountId) -> PathBuf {
        self.root.join(account.to_string())
    }

    fn path(&self, name: PartName) -> PathBuf {
        self.folder(name.account).join(name.file())
    }

    /// Begins a part: an empty file beside its future name.
    fn stage(self: &Arc<Self>, name: PartName) -> Outcome<Staged> {
        let target = self.path(name);
        if target.try_exists()? {
            return Err(Fault::Exists); // early, before the bytes travel; what decides is `publish`
        }
        let mut syncs = self.make_folder(name.account)?;
        let mut made_again = false;
        let mut paths = staged(&target).peekable();
        while let Some(path) = paths.peek() {
            match self.disk.create(path) {
                Ok(file) => return Ok(Staged::new(Arc::clone(self), syncs, path.clone(), target, file)),
                // A number is taken by what a killed process left, or by another upload that is under way.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => drop(paths.next()),
                // Somebody removed the folder, as where the disk was replaced by an empty one.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !made_again => {
                    made_again = true;
                    self.durable().remove(&name.account);
                    syncs = self.make_folder(name.account)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Fault::Exists)
    }

    /// Makes the folder of the account, durable before anything in it is acknowledged.
    fn make_folder(&self, account: AccountId) -> Outcome<Arc<Syncs>> {
        if let Some(syncs) = self.durable().get(&account) {
            return Ok(Arc::clone(syncs));
        }
        let made =
            self.disk.make_folder(&self.folder(account)).and_then(|()| self.disk.sync_folder(&self.root));
        made.map_err(|error| self.unless_gone(error))?;
        Ok(Arc::clone(self.durable().entry(account).or_default()))
    }

    /// Why something is not there: because of the whole directory, where that is gone.
    fn unless_gone(&self, error: io::Error) -> Fault {
        if error.kind() == io::ErrorKind::NotFound && !self.root.is_dir() {
            return Fault::Broken(format!("{} is gone", self.root.display()).into());
        }
        error.into()
    }

    fn durable(&self) -> MutexGuard<'_, HashMap<AccountId, Arc<Syncs>>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes one part, if it is there, and what uploads of it left behind.
    pub(crate) fn remove(&self, name: PartName) -> Outcome<()> {
        let target = self.path(name);
        let mut removed = self.disk.remove(&target)?;
        for path in staged(&target) {
            if !self.disk.remove(&path)? {
                break;
            }
            removed = true;
        }
        if removed {
            self.disk.sync_folder(&self.folder(name.account))?;
        }
        Ok(())
    }

    /// Removes all parts of the blobs, and what uploads of them left behind, in one pass over the folder.
    pub(crate) fn delete(&self, account: AccountId, blobs: &[BlobId]) -> Outcome<()> {
        let blobs: HashSet<_> = blobs.iter().collect();
        let mut removed = false;
        for entry in self.entries(account)? {
            let entry = entry?;
            if blobs.contains(&entry.name.blob) {
                removed |= self.disk.remove(&entry.file.path())?;
            }
        }
        if removed {
            self.disk.sync_folder(&self.folder(account))?;
        }
        Ok(())
    }

    /// Hands each part of the account to `each`, in no order, until that says false.
    pub(crate) fn list(&self, account: AccountId, mut each: impl FnMut(Listed) -> bool) -> Outcome<()> {
        for entry in self.entries(account)? {
            let Entry { name, staged, file } = entry?;
            match file.metadata() {
                Ok(metadata) if each(Listed { name, bytes: metadata.len(), staged }) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // removed meanwhile
                Err(error) => return Err(error.into()),
                Ok(_) => break,
            }
        }
        Ok(())
    }

    /// What lies in the folder of the account, published or staged; files of another hand are passed over.
    fn entries(&self, account: AccountId) -> io::Result<impl Iterator<Item = io::Result<Entry>> + use<>> {
        let files = match fs::read_dir(self.folder(account)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            files => Some(files?),
        };
        Ok(files.into_iter().flatten().filter_map(move |file| {
            let file = match file {
                Ok(file) => file,
                Err(error) => return Some(Err(error)),
            };
            let text = file.file_name();
            let text = text.to_str()?;
            let (part, staged) = text.split_once('#').map_or((text, false), |(part, _)| (part, true));
            Some(Ok(Entry { name: PartName::parse(account, part)?, staged, file }))
        }))
    }

    /// Writes a probe as durably as a part, reads it back and removes it; then the free space in bytes.
    pub(crate) fn check(&self, probe: BlobId) -> Outcome<u64> {
        let path = self.root.join(format!("probe-{probe}"));
        let text = Bytes::from(probe.to_string());
        let file = self.disk.create(&path)?;
        let kept = (|| {
            self.disk.write(&path, &file, std::slice::from_ref(&text))?;
            self.disk.sync(&path, &file)?;
            self.disk.sync_folder(&self.root)?;
            fs::read(&path)
        })();
        self.disk.remove(&path)?;
        if kept? != text {
            return Err(Fault::Broken("a probe came back changed".into()));
        }
        let space = rustix::fs::statvfs(&self.root).map_err(io::Error::from)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

/// The names that a part may have while it is under way, in the order in which they are taken.
fn staged(target: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let target = target.as_os_str().to_owned();
    (1..=u32::MAX).map(move |number| {
        let mut path = target.clone();
        path.push(format!("#{number}"));
        path.into()
    })
}

struct Entry {
    name: PartName,
    staged: bool,
    file: DirEntry,
}

/// Makes the directory and those above it that are missing, each durable in the one that holds it.
fn make_durable(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_durable(disk, parent)?;
        disk.make_folder(path)?;
        disk.sync_folder(parent)?;
    }
    Ok(())
}
