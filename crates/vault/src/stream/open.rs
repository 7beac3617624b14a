//! Opening a part, or a stretch of it, as it streams by.

use super::{
    header::{Part, PartKey},
    layout::{HEADER_LEN, Span, TAG_LEN},
};
use crate::{keys::AccountKey, sealer::Refusal};
use bytes::{Bytes, BytesMut};
use kernel::{BlobId, Error, Result};
use std::fmt;

/// Opens a span of one part of a blob. It takes the sealed bytes of [`Span::reads`] in chunks of any size and gives out
/// the span's plaintext, verified segment by segment; it keeps back at most one segment.
///
/// A segment that lies in one chunk is opened straight from it, without a copy.
pub struct PartOpener {
    account_key: AccountKey,
    part: Part,
    span: Span,
    state: State,
    /// Sealed bytes of what is not complete yet: a header or one segment.
    held: Vec<u8>,
    out: BytesMut,
}

enum State {
    Header,
    Segments {
        key: PartKey,
        index: u64,
    },
    /// All segments of the span are verified.
    Done,
    /// Something did not open; nothing will.
    Failed,
}

impl PartOpener {
    pub(crate) fn new(account_key: AccountKey, blob: BlobId, part: u32, span: Span) -> Self {
        let part = Part::new(account_key.account(), blob, part);
        Self { account_key, part, span, state: State::Header, held: Vec::new(), out: BytesMut::new() }
    }

    /// Takes the next sealed bytes and gives out the plaintext that they complete, which may be nothing yet.
    ///
    /// # Errors
    /// Internal `sealed-part …` where anything is not as it was sealed. What was given out before is verified; nothing
    /// is given out after.
    pub fn open(&mut self, sealed: &[u8]) -> Result<Bytes> {
        match self.advance(sealed) {
            Ok(()) => Ok(self.out.split().freeze()),
            Err(refusal) => {
                self.state = State::Failed;
                self.out.clear();
                Err(refused(refusal))
            }
        }
    }

    /// Ends the span.
    ///
    /// # Errors
    /// Internal `sealed-part …` where its last segment was not seen.
    pub fn finish(self) -> Result<()> {
        match self.state {
            State::Done => Ok(()),
            _ => Err(refused("cut short")),
        }
    }

    fn advance(&mut self, mut sealed: &[u8]) -> Result<(), Refusal> {
        self.out.reserve(sealed.len() + self.held.len());
        while !sealed.is_empty() {
            let wanted = match &self.state {
                State::Header => HEADER_LEN,
                State::Segments { index, .. } => self.span.segment_len(*index) + TAG_LEN,
                State::Done => return Err("longer than its length"),
                State::Failed => return Err("not to be opened after a failure"),
            };
            let (now, rest) = sealed.split_at(sealed.len().min(wanted - self.held.len()));
            sealed = rest;
            if self.held.is_empty() && now.len() == wanted {
                self.complete(now)?;
            } else {
                self.held.extend_from_slice(now);
                if self.held.len() == wanted {
                    let mut held = std::mem::take(&mut self.held);
                    self.complete(&held)?;
                    held.clear();
                    self.held = held;
                }
            }
        }
        Ok(())
    }

    /// Takes one whole header or segment.
    fn complete(&mut self, sealed: &[u8]) -> Result<(), Refusal> {
        match &mut self.state {
            State::Header => {
                let key = PartKey::unwrap(self.account_key.files(), sealed, self.part)?;
                self.state = State::Segments { key, index: self.span.segments().start };
            }
            State::Segments { key, index } => {
                let (start, out) = (self.out.len(), &mut self.out);
                out.resize(start + self.span.segment_len(*index), 0);
                let number = u32::try_from(*index).map_err(|_| "longer than a part can be")?;
                key.open(number, self.span.is_last(*index), sealed, &mut out[start..])?;
                let within = self.span.within(*index);
                out.copy_within(start + within.start..start + within.end, start);
                out.truncate(start + within.len());
                *index += 1;
                if *index == self.span.segments().end {
                    self.state = State::Done;
                }
            }
            State::Done | State::Failed => return Err("longer than its length"),
        }
        Ok(())
    }
}

fn refused(refusal: Refusal) -> Error {
    Error::internal(format!("sealed-part is {refusal}"))
}

impl fmt::Debug for PartOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartOpener({:?})", self.span)
    }
}
