//! Objects as files.
//!
//! A write takes the lock of the directory, compares what is there, writes a file beside it, syncs it, renames it over
//! the old one and syncs the directory. A kill at any point leaves the old file or the new one, whole, and at most one
//! file `….new`, which the next write of that object overwrites. The lock is the kernel's, so it ends with its holder.

use super::Written;
use crate::codec::{DIGEST, sha256};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The permissions of those who are not the owner.
const OTHERS: u32 = 0o077;

pub(crate) struct Directory {
    path: PathBuf,
}

impl Directory {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails where others than the owner may enter.
    pub(crate) fn check_private(&self) -> io::Result<()> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(data) if data.permissions().mode() & OTHERS == 0 => Ok(()),
            Ok(_) => Err(io::Error::other(format!(
                "{} may be entered by others than its owner; set its mode to 0700",
                self.path.display()
            ))),
        }
    }

    /// The file's bytes, or none.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(in_file(&self.path.join(name), &error)),
        }
    }

    /// Replaces the file whose digest was read (none: there must be no such file).
    pub(crate) fn write(
        &self,
        name: &str,
        bytes: &[u8],
        replaces: Option<[u8; DIGEST]>,
    ) -> io::Result<Written> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path);
        make(folder)?;
        let _lock = self.lock()?;
        if self.read(name)?.map(|now| sha256(&now)) != replaces {
            return Ok(Written::Raced);
        }
        replace(&path, folder, bytes).map_err(|error| in_file(&path, &error))?;
        Ok(Written::Done)
    }

    /// Held until it is dropped, against other processes and threads.
    fn lock(&self) -> io::Result<File> {
        let path = self.path.join(".lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        file.lock().map_err(|error| in_file(&path, &error))?;
        Ok(file)
    }
}

fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()
}

/// Makes a folder and those above it, each durable before what it holds.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(in_file(folder, &error)),
        _ => {}
    }
    File::open(above)?.sync_all()
}

fn in_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
