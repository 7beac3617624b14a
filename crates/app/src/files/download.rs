//! Content on its way out. It streams: memory does not grow with the file.

use super::{Entry, blobs, load, store};
use crate::Tx;
use bytes::Bytes;
use db::Db;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use kernel::{BlobId, EntryId, Error, Result, VersionId};
use sites::{PartName, Sites};
use std::{collections::VecDeque, ops::Range};
use vault::{AccountKey, Manifest, PartOpener, PartSpan};

/// Content to send out.
#[derive(Debug)]
pub struct Download {
    /// The file.
    pub entry: Entry,
    /// Which version of it.
    pub version: VersionId,
    /// Bytes in all.
    pub length: u64,
    blob: BlobId,
    manifest: Manifest,
}

/// The content of a file, or of one of its versions.
///
/// # Errors
/// Not found; `not-a-file`.
pub(super) fn download(tx: &mut Tx<'_, '_>, id: EntryId, version: Option<VersionId>) -> Result<Download> {
    let entry = load(tx, id)?.into_inner();
    let current = entry.version_id.ok_or_else(|| Error::conflict("not-a-file"))?;
    let row = store::version(tx, id, version.unwrap_or(current))?.ok_or_else(Error::not_found)?;
    let manifest = blobs::manifest(tx, row.blob_id)?;
    Ok(Download { entry, version: row.id, length: manifest.len(), blob: row.blob_id, manifest })
}

impl Download {
    /// The bytes of `range`, each opened and verified before it is given out. It breaks off where the database is away: the
    /// account may have ended meanwhile.
    pub fn stream(
        &self,
        (db, sites): (&Db, &Sites),
        key: &AccountKey,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let sending = Sending {
            db: db.clone(),
            sites: sites.clone(),
            key: key.clone(),
            blob: self.blob,
            spans: self.manifest.spans(range)?.into(),
            part: None,
        };
        Ok(futures_util::stream::try_unfold(sending, async |mut sending| {
            Ok(sending.next().await?.map(|bytes| (bytes, sending)))
        }))
    }
}

/// A download under way.
struct Sending {
    db: Db,
    sites: Sites,
    key: AccountKey,
    blob: BlobId,
    spans: VecDeque<PartSpan>,
    part: Option<Part>,
}

/// The part that is being read.
struct Part {
    name: PartName,
    opener: PartOpener,
    reads: VecDeque<Range<u64>>,
    source: Option<BoxStream<'static, Result<Bytes>>>,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if !self.db.answers() {
                return Err(Error::unavailable("the database is away"));
            }
            let Some(part) = &mut self.part else {
                let Some(PartSpan { part, span }) = self.spans.pop_front() else { return Ok(None) };
                let name = PartName { account: self.key.account(), blob: self.blob, part };
                let reads = span.reads().into();
                let opener = self.key.open_part(self.blob, part, span);
                self.part = Some(Part { name, opener, reads, source: None });
                continue;
            };
            if let Some(source) = &mut part.source {
                match source.next().await {
                    Some(sealed) => {
                        let plain = part.opener.open(&sealed?)?;
                        if !plain.is_empty() {
                            return Ok(Some(plain));
                        }
                    }
                    None => part.source = None,
                }
                continue;
            }
            if let Some(read) = part.reads.pop_front() {
                part.source = Some(self.sites.read(part.name, read).await?.boxed());
            } else if let Some(part) = self.part.take() {
                part.opener.finish()?;
            }
        }
    }
}
