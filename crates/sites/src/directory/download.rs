//! Parts and lists on their way out of a directory.

use super::Directory;
use crate::{fault::Outcome, name::PartName, site::Listed};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use kernel::AccountId;
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    sync::Arc,
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

/// How much is read at once. Large enough that the way to the blocking thread and back does not count.
const CHUNK: u64 = 256 << 10;

/// How many entries of a list wait for whoever asked.
const LISTED: usize = 256;

type Step = JoinHandle<Outcome<(File, Bytes)>>;

/// The bytes in `range`; fewer where the part is shorter. Opens the file and reads the first chunk in one
/// step, and each next chunk while the one before is looked at.
pub(crate) fn read(
    directory: Arc<Directory>,
    name: PartName,
    range: Range<u64>,
) -> BoxStream<'static, Outcome<Bytes>> {
    let begin = move || -> Step {
        let at = range.start;
        let length = (range.end - range.start).min(CHUNK);
        spawn_blocking(move || {
            let opened = File::open(directory.path(name));
            let mut file = opened.map_err(|error| directory.unless_gone(error))?;
            if at > 0 {
                file.seek(SeekFrom::Start(at))?;
            }
            chunk(file, length)
        })
    };
    let left = range.end - range.start;
    stream::try_unfold((Some(begin), None::<Step>, left), |(begin, step, left)| async move {
        let step = match (begin, step) {
            (Some(begin), _) => begin(),
            (None, Some(step)) => step,
            (None, None) => return Ok(None),
        };
        let (file, bytes) = step.await??;
        if bytes.is_empty() {
            return Ok(None);
        }
        let left = left.saturating_sub(bytes.len() as u64);
        let next = (left > 0).then(|| spawn_blocking(move || chunk(file, left.min(CHUNK))));
        Ok(Some((bytes, (None, next, left))))
    })
    .boxed()
}

fn chunk(mut file: File, length: u64) -> Outcome<(File, Bytes)> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    (&mut file).take(length).read_to_end(&mut bytes)?;
    Ok((file, bytes.into()))
}

/// What lies in the folder of the account.
pub(crate) fn list(directory: Arc<Directory>, account: AccountId) -> BoxStream<'static, Outcome<Listed>> {
    let (send, receive) = mpsc::channel(LISTED);
    spawn_blocking(move || {
        if let Err(fault) = directory.list(account, |listed| send.blocking_send(Ok(listed)).is_ok()) {
            let _ = send.blocking_send(Err(fault)); // nobody listens any more
        }
    });
    stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) }).boxed()
}
