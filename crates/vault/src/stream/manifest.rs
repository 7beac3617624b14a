//! What the row of a blob says about its parts.

use super::Span;
use crate::{AccountKey, Place};
use kernel::{Error, Kind, Result};
use std::ops::Range;

/// The version that is written.
const VERSION: u8 = 2;
/// What is read still: its parts are numbered from 0, without a gap.
const VERSION_1: u8 = 1;

/// A part of a blob: its number, and the length of its plaintext in bytes.
///
/// A part that is sent again takes a new number, so numbers may have gaps: what lies at the sites under one that is missing
/// here is left over, and belongs to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartLen {
    /// Its number: which object at the sites it is.
    pub number: u32,
    /// Bytes of plaintext.
    pub len: u64,
}

/// The parts of a blob with their plain lengths, in order: sealed in the row, so that a part more or less, or one cut
/// short, is seen.
/// ```text
/// version 2 │ number of parts 4 │ part 4, length 8 │ part 4, length 8 │ …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    parts: Vec<PartLen>,
    len: u64,
}

/// A span of one of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSpan {
    /// The number of the part.
    pub part: u32,
    /// What of it.
    pub span: Span,
}

impl Manifest {
    /// A blob of these parts, one after the other; their numbers rise.
    ///
    /// # Errors
    /// Too large, where there are more than 2⁶⁴ bytes in all; internal where the numbers do not rise.
    pub fn new(parts: Vec<PartLen>) -> Result<Self> {
        if !parts.is_sorted_by(|one, next| one.number < next.number) {
            return Err(Error::internal("the numbers of a manifest's parts do not rise"));
        }
        let total = parts.iter().try_fold(0_u64, |total, part| total.checked_add(part.len));
        let len = total.ok_or_else(|| Error::new(Kind::TooLarge, "too-large"))?;
        Ok(Self { parts, len })
    }

    /// A blob of one part, which is its first.
    pub fn of_one(len: u64) -> Self {
        Self { parts: vec![PartLen { number: 0, len }], len }
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[PartLen] {
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
        for &PartLen { number: part, len } in &self.parts {
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
        let mut plain = Vec::with_capacity(5 + self.parts.len() * 12);
        plain.push(VERSION);
        plain.extend_from_slice(&u32::try_from(self.parts.len()).unwrap_or(u32::MAX).to_be_bytes());
        for part in &self.parts {
            plain.extend_from_slice(&part.number.to_be_bytes());
            plain.extend_from_slice(&part.len.to_be_bytes());
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
        let (&[version, a, b, c, d], rest) = plain.split_first_chunk::<5>()?;
        let count = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        let parts = match version {
            VERSION => {
                let (parts, over) = rest.as_chunks::<12>();
                let parts = parts.iter().map(|&[a, b, c, d, ref len @ ..]| PartLen {
                    number: u32::from_be_bytes([a, b, c, d]),
                    len: u64::from_be_bytes(*len),
                });
                over.is_empty().then(|| parts.collect::<Vec<_>>())?
            }
            VERSION_1 => {
                let (lengths, over) = rest.as_chunks::<8>();
                let parts =
                    (0..).zip(lengths).map(|(number, len)| PartLen { number, len: u64::from_be_bytes(*len) });
                over.is_empty().then(|| parts.collect::<Vec<_>>())?
            }
            _ => return None,
        };
        if parts.len() != count {
            return None;
        }
        Self::new(parts).ok()
    }
}
