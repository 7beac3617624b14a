//! The few calls on a file system that decide whether a part is durable.
//!
//! They are a trait so that a test can write down their order, cut the power between two of them, or let one
//! fail or hang. The bodies here are the real ones.

use bytes::Bytes;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::{
    fmt,
    fs::{self, File},
    io::{self, IoSlice, Write},
    path::Path,
};

/// At most this many pieces go into one system call (`IOV_MAX` of Linux).
const PIECES: usize = 1024;

pub(crate) trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Makes a folder, unless it is there.
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result,
        }
    }

    /// Makes an empty file; `AlreadyExists` where there is one.
    fn create(&self, path: &Path) -> io::Result<File> {
        File::options().write(true).create_new(true).open(path)
    }

    /// Appends the pieces. `path` is the file's, for tests.
    fn write(&self, _path: &Path, mut file: &File, pieces: &[Bytes]) -> io::Result<()> {
        for pieces in pieces.chunks(PIECES) {
            let mut slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
            let mut left = slices.as_mut_slice();
            IoSlice::advance_slices(&mut left, 0); // skips the empty ones
            while !left.is_empty() {
                match file.write_vectored(left) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => IoSlice::advance_slices(&mut left, written),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Brings the file's bytes and length to stable storage.
    fn sync(&self, _path: &Path, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    /// Gives the file its name; `AlreadyExists` where the name is taken.
    fn publish(&self, staged: &Path, path: &Path) -> io::Result<()> {
        match renameat_with(CWD, staged, CWD, path, RenameFlags::NOREPLACE) {
            // NFS and some FUSE file systems know no exclusive rename; a hard link is exclusive everywhere.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                fs::hard_link(staged, path)?;
                fs::remove_file(staged)
            }
            result => Ok(result?),
        }
    }

    /// Brings the folder's entries to stable storage.
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Removes a file; whether it was there.
    fn remove(&self, path: &Path) -> io::Result<bool> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            result => result.map(|()| true),
        }
    }
}

/// The disk of the machine.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {}
