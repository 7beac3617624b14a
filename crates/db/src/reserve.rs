//! Room on the disk that is kept for bad times: a file beside SQLite's, which holds nothing.
//!
//! On a disk that is full to the last byte even a deletion finds no room for the log that it must write. So a write that
//! frees room, or lets in somebody who will, may have this file removed and go on. Until there is room to make it again
//! all other writes are refused: what was freed for deletions must not be eaten by the next upload.

use rustix::{
    fs::{FallocateFlags, fallocate},
    io::Errno,
};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How often it is tried to make it again.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    /// When it was tried last to make it, while it is not there.
    missing: Mutex<Option<Instant>>,
}

impl Reserve {
    /// Makes the file, where there is room for it.
    pub(crate) fn new(path: PathBuf, bytes: u64) -> Self {
        let reserve = Self { path, bytes, missing: Mutex::new(None) };
        let made = reserve.make();
        reserve.note(made.as_ref().err());
        if let Err(error) = made {
            tracing::warn!(%error, path = %reserve.path.display(), "no room for the reserve");
        }
        reserve
    }

    /// Whether the file is there.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing().is_none()
    }

    /// Whether there is room for anybody's writes. Where the reserve is spent, it tries now and then to make it again.
    pub(crate) fn is_whole_again(&self) -> bool {
        match *self.missing() {
            None => return true,
            Some(tried) if tried.elapsed() < PAUSE => return false,
            Some(_) => {}
        }
        let made = self.make();
        self.note(made.as_ref().err());
        if made.is_ok() {
            tracing::info!("there is room on the disk again");
        }
        made.is_ok()
    }

    /// Gives the room to whoever writes next. Nothing to give is no failure.
    pub(crate) fn release(&self) {
        match fs::remove_file(&self.path) {
            Ok(()) => tracing::warn!("the disk is full: only what frees room is written until there is some"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, path = %self.path.display(), "the reserve stays"),
        }
        *self.missing() = Some(Instant::now());
    }

    fn make(&self) -> io::Result<()> {
        if self.bytes == 0 || fs::metadata(&self.path).is_ok_and(|file| file.len() == self.bytes) {
            return Ok(());
        }
        let file = File::create(&self.path)?;
        let filled = match fallocate(&file, FallocateFlags::empty(), 0, self.bytes) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file, self.bytes),
            other => other.map_err(io::Error::from),
        };
        if filled.is_err() {
            let _ = fs::remove_file(&self.path); // half a reserve would be taken for a whole one by nobody
        }
        filled
    }

    fn note(&self, failure: Option<&io::Error>) {
        *self.missing() = failure.map(|_| Instant::now());
    }

    fn missing(&self) -> MutexGuard<'_, Option<Instant>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a file system cannot set blocks aside, they are written.
fn fill(mut file: File, bytes: u64) -> io::Result<()> {
    let mut left = bytes;
    while left > 0 {
        let piece = left.min(1 << 16);
        file.write_all(&vec![0xA5; usize::try_from(piece).unwrap_or(0)])?;
        left -= piece;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn it_takes_room_gives_it_and_takes_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reserve");
        let reserve = Reserve::new(path.clone(), 1 << 20);
        assert!(reserve.is_whole() && fs::metadata(&path).unwrap().blocks() * 512 >= 1 << 20);
        reserve.release();
        assert!(!path.exists() && !reserve.is_whole());
        assert!(!reserve.is_whole_again(), "it was just given away");
        std::thread::sleep(PAUSE);
        assert!(reserve.is_whole_again() && reserve.is_whole() && path.exists());
    }

    #[test]
    fn where_blocks_cannot_be_set_aside_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reserve");
        fill(File::create(&path).unwrap(), 100_000).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 100_000);
    }
}
