//! What the row of a blob says about its parts.

use super::Span;
use crate::{AccountKey, Place};
use kernel::{Error, Kind, Result};
use std::ops::Range;

const VERSION: u8 = 1;

/// The parts of a blob with their plain lengths, in order: sealed in the row, so that a part more or less, or one cut
/// short, is seen.
/// ```text
/// version 1 │ number of parts 4 │ length 8 │ length 8 │ …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    parts: Vec<u64>,
    len: u64,
}

/// A span of one of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSpan {
    /// The index of the part.
    pub part: u32,
    /// What of it.
    pub span: Span,
}

impl Manifest {
    /// A blob of parts with these plain lengths.
    ///
    /// # Errors
    /// Too large, where there are more than 2³² parts, or more than 2⁶⁴ bytes in all.
    pub fn new(parts: Vec<u64>) -> Result<Self> {
        let total = parts.iter().try_fold(0_u64, |total, &part| total.checked_add(part));
        match (total, u32::try_from(parts.len())) {
            (Some(len), Ok(_)) => Ok(Self { parts, len }),
            _ => Err(Error::new(Kind::TooLarge, "too-large")),
        }
    }

    /// The plain lengths of the parts.
    pub fn parts(&self) -> &[u64] {
        &self.parts
    }

    /// Bytes of plaintext in all.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no plaintext.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is to be read for the bytes `plain` of the blob, in order. All of the blob reads each part, also an empty
    /// one, so that each is verified.
    ///
    /// # Errors
    /// A bad range, where it does not lie in the blob.
    pub fn spans(&self, plain: Range<u64>) -> Result<Vec<PartSpan>> {
        if plain.start > plain.end || plain.end > self.len {
            return Err(Error::new(Kind::BadRange, "bad-range"));
        }
        let whole = plain == (0..self.len);
        let mut spans = Vec::new();
        let mut start = 0;
        for (part, &len) in (0..).zip(&self.parts) {
            let clip = |at: u64| at.clamp(start, start + len) - start;
            let within = clip(plain.start)..clip(plain.end);
            if whole || !within.is_empty() {
                spans.push(PartSpan { part, span: Span::new(within, len)? });
            }
            start += len;
        }
        Ok(spans)
    }

    /// Sealed for its place.
    pub fn seal(&self, key: &AccountKey, place: Place) -> Vec<u8> {
        let mut plain = Vec::with_capacity(5 + self.parts.len() * 8);
        plain.push(VERSION);
        plain.extend_from_slice(&u32::try_from(self.parts.len()).unwrap_or(u32::MAX).to_be_bytes());
        for part in &self.parts {
            plain.extend_from_slice(&part.to_be_bytes());
        }
        key.seal(place, &plain)
    }

    /// Opens what [`Manifest::seal`] made for this place.
    ///
    /// # Errors
    /// Internal `sealed-field …` where it does not open, `manifest …` where it is of an unknown version.
    pub fn open(key: &AccountKey, place: Place, sealed: &[u8]) -> Result<Self> {
        let plain = key.open(place, sealed)?;
        Self::decode(&plain).ok_or_else(|| Error::internal("manifest of an unknown version"))
    }

    fn decode(plain: &[u8]) -> Option<Self> {
        let (&[version, a, b, c, d], lengths) = plain.split_first_chunk::<5>()?;
        let (lengths, rest) = lengths.as_chunks::<8>();
        let count = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        if version != VERSION || !rest.is_empty() || lengths.len() != count {
            return None;
        }
        Self::new(lengths.iter().map(|length| u64::from_be_bytes(*length)).collect()).ok()
    }
}
