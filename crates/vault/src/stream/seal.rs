//! Sealing a part as it streams by.

use super::{
    header::{Part, PartKey},
    layout::{MAX_LEN, SEGMENT_LEN, TAG_LEN},
};
use crate::sealer::Sealer;
use bytes::{Bytes, BytesMut};
use kernel::{AccountId, BlobId, Entropy, Error, Kind, Result};
use std::fmt;

/// Seals one part of a blob. It takes plaintext in chunks of any size and gives out sealed bytes as they are done; it
/// keeps back at most one segment, since only the end tells which segment is the last.
///
/// A segment that lies in one chunk is sealed straight from it, without a copy.
pub struct PartSealer {
    key: PartKey,
    /// The beginning of the part, until it is given out.
    header: Vec<u8>,
    /// Plaintext of the segment that is not sealed yet: at most one.
    held: Vec<u8>,
    index: u32,
    len: u64,
    out: BytesMut,
}

impl PartSealer {
    pub(crate) fn new(
        files: &Sealer,
        entropy: &Entropy,
        account: AccountId,
        blob: BlobId,
        part: u32,
    ) -> Self {
        let (key, header) = PartKey::create(files, entropy, Part::new(account, blob, part));
        Self { key, header, held: Vec::new(), index: 0, len: 0, out: BytesMut::new() }
    }

    /// Takes the next plaintext and gives out what is sealed, which may be nothing yet.
    ///
    /// # Errors
    /// Too large, beyond 256 TiB in one part.
    pub fn seal(&mut self, mut plain: &[u8]) -> Result<Bytes> {
        self.len = self.len.saturating_add(plain.len() as u64);
        if self.len > MAX_LEN {
            return Err(Error::new(Kind::TooLarge, "too-large").because("a part holds at most 256 TiB"));
        }
        let segments = (self.held.len() + plain.len()) / SEGMENT_LEN;
        self.out.reserve(self.header.len() + segments * (SEGMENT_LEN + TAG_LEN));
        self.out.extend_from_slice(&std::mem::take(&mut self.header));
        // A segment is sealed once a byte follows it; until then it may be the last.
        while self.held.len() + plain.len() > SEGMENT_LEN {
            let (now, rest) = plain.split_at(SEGMENT_LEN - self.held.len());
            if self.held.is_empty() {
                self.segment(now, false)?;
            } else {
                self.held.extend_from_slice(now);
                self.held_segment(false)?;
            }
            plain = rest;
        }
        self.held.extend_from_slice(plain);
        Ok(self.out.split().freeze())
    }

    /// Ends the part: the last of its sealed bytes, and how many bytes of plaintext it holds.
    ///
    /// # Errors
    /// Internal, where the cipher fails.
    pub fn finish(mut self) -> Result<(Bytes, u64)> {
        self.out.extend_from_slice(&std::mem::take(&mut self.header));
        self.held_segment(true)?;
        Ok((self.out.split().freeze(), self.len))
    }

    fn held_segment(&mut self, last: bool) -> Result<()> {
        let mut held = std::mem::take(&mut self.held);
        self.segment(&held, last)?;
        held.clear();
        self.held = held;
        Ok(())
    }

    fn segment(&mut self, plain: &[u8], last: bool) -> Result<()> {
        let start = self.out.len();
        self.out.resize(start + plain.len() + TAG_LEN, 0);
        self.key
            .seal(self.index, last, plain, &mut self.out[start..])
            .map_err(|refusal| Error::internal(format!("sealed-part: a segment is {refusal}")))?;
        // The last index may wrap: after it no segment follows, since the length is bounded.
        self.index = self.index.wrapping_add(1);
        Ok(())
    }
}

impl fmt::Debug for PartSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartSealer({} bytes)", self.len)
    }
}
