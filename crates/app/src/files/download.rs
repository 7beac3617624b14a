//! Content on its way out. It streams: memory does not grow with the file.

use super::{Entry, blobs, load, store};
use crate::{Palisade, Tx};
use bytes::Bytes;
use futures_util::Stream;
use kernel::{BlobId, EntryId, Error, Result, VersionId};
use sites::{PartName, Reading};
use std::{collections::VecDeque, ops::Range, sync::Arc};
use vault::{AccountKey, Manifest, PartOpener, PartSpan, Span};

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
    /// The bytes of `range`, each opened and verified before it is given out. Where a site fails, or gives what does not open,
    /// another goes on at the segment that was reached. It breaks off where the database is away: the account may have ended
    /// meanwhile.
    pub fn stream(
        &self,
        palisade: &Palisade,
        key: &AccountKey,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let sending = Sending {
            palisade: palisade.clone(),
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
    palisade: Palisade,
    key: AccountKey,
    blob: BlobId,
    spans: VecDeque<PartSpan>,
    part: Option<Part>,
}

/// The part that is being read.
struct Part {
    name: PartName,
    /// What of it is still to come.
    span: Span,
    opener: PartOpener,
    reads: VecDeque<Range<u64>>,
    source: Option<Reading>,
    /// The sites whose copy turned out to be none.
    distrusted: Vec<Arc<str>>,
}

impl Part {
    fn new(
        key: &AccountKey,
        blob: BlobId,
        PartSpan { part, span }: PartSpan,
        distrusted: Vec<Arc<str>>,
    ) -> Self {
        let name = PartName { account: key.account(), blob, part };
        let (reads, opener) = (span.reads().into(), key.open_part(blob, part, span.clone()));
        Self { name, span, opener, reads, source: None, distrusted }
    }
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if !self.palisade.db.answers() {
                return Err(Error::unavailable("the database is away"));
            }
            let Some(part) = &mut self.part else {
                let Some(span) = self.spans.pop_front() else { return Ok(None) };
                self.part = Some(Part::new(&self.key, self.blob, span, Vec::new()));
                continue;
            };
            if let Some(source) = &mut part.source {
                let sealed = source.next().await;
                if !source.doubted().is_empty() {
                    self.palisade.tending.doubt((part.name.account, self.blob));
                }
                match sealed? {
                    Some(sealed) => match part.opener.open(&sealed) {
                        Ok(plain) if plain.is_empty() => {}
                        Ok(plain) => {
                            let Range { start, end } = part.span.plain();
                            part.span = Span::new(start + plain.len() as u64..end, part.span.part_len())?;
                            return Ok(Some(plain));
                        }
                        Err(error) => self.elsewhere(error)?,
                    },
                    None => part.source = None,
                }
            } else if let Some(read) = part.reads.pop_front() {
                part.source = Some(self.palisade.sites.reading(part.name, read, &part.distrusted));
            } else if let Some(part) = self.part.take() {
                part.opener.finish()?;
            }
        }
    }

    /// Goes on with the part at another site, since what this one gave does not open.
    fn elsewhere(&mut self, error: Error) -> Result<()> {
        let Some(Part { name, span, source, mut distrusted, .. }) = self.part.take() else {
            return Err(error);
        };
        let site = source.as_ref().and_then(Reading::site).cloned();
        let others = self.palisade.sites.names().chain(self.palisade.sites.leaving()).count();
        self.palisade.tending.doubt((name.account, self.blob));
        match site {
            Some(site) if distrusted.len() + 1 < others => {
                tracing::warn!(%error, %site, part = %name, "a copy does not open, and another is read");
                distrusted.push(site);
            }
            _ => return Err(error),
        }
        let rest = PartSpan { part: name.part, span };
        self.part = Some(Part::new(&self.key, self.blob, rest, distrusted));
        Ok(())
    }
}
