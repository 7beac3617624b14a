//! Where a byte of a part lies in its sealed form: arithmetic, no keys.

use kernel::{Error, Kind, Result};
use std::ops::Range;

/// Bytes of plaintext in each segment but the last, which holds as many or fewer.
pub const SEGMENT_LEN: usize = 64 * 1024;
/// Bytes of the header of a part.
pub const HEADER_LEN: usize = 100;
pub(super) const TAG_LEN: usize = 16;

const SEGMENT: u64 = SEGMENT_LEN as u64;
const HEADER: u64 = HEADER_LEN as u64;
const TAG: u64 = TAG_LEN as u64;
/// Bytes of a full segment, sealed.
const SEALED_SEGMENT: u64 = SEGMENT + TAG;
/// Bytes of plaintext that a part can hold: the index of a segment has 32 bits.
pub(super) const MAX_LEN: u64 = (1 << 32) * SEGMENT;

/// Segments of a part with this many bytes of plaintext: at least one.
const fn segments(plain: u64) -> u64 {
    if plain == 0 { 1 } else { plain.div_ceil(SEGMENT) }
}

/// Bytes of a sealed part with this many bytes of plaintext, at most 256 TiB.
pub const fn sealed_len(plain: u64) -> u64 {
    HEADER + plain + segments(plain) * TAG
}

/// Bytes of plaintext in a sealed part of this length; none where no part has it.
pub const fn plain_len(sealed: u64) -> Option<u64> {
    let Some(body) = sealed.checked_sub(HEADER) else { return None };
    let Some(plain) = body.checked_sub(body.div_ceil(SEALED_SEGMENT) * TAG) else { return None };
    if sealed_len(plain) == sealed { Some(plain) } else { None }
}

/// A stretch of one part's plaintext, and the segments in which it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    plain: Range<u64>,
    len: u64,
}

impl Span {
    /// All of a part with `len` bytes of plaintext.
    ///
    /// # Errors
    /// Too large, beyond 256 TiB.
    pub fn whole(len: u64) -> Result<Self> {
        Self::new(0..len, len)
    }

    /// The bytes `plain` of a part with `len` bytes of plaintext. An empty range reads one segment and gives nothing.
    ///
    /// # Errors
    /// A bad range, where it does not lie in the part; too large, beyond 256 TiB.
    pub fn new(plain: Range<u64>, len: u64) -> Result<Self> {
        if len > MAX_LEN {
            return Err(Error::new(Kind::TooLarge, "too-large").because("a part holds at most 256 TiB"));
        }
        if plain.start > plain.end || plain.end > len {
            return Err(Error::new(Kind::BadRange, "bad-range"));
        }
        Ok(Self { plain, len })
    }

    /// The stretch of plaintext.
    pub fn plain(&self) -> Range<u64> {
        self.plain.clone()
    }

    /// Bytes of the whole part's plaintext.
    pub fn part_len(&self) -> u64 {
        self.len
    }

    /// The segments in which it lies.
    pub fn segments(&self) -> Range<u64> {
        let count = segments(self.len);
        let first = (self.plain.start / SEGMENT).min(count - 1);
        first..self.plain.end.div_ceil(SEGMENT).max(first + 1)
    }

    /// Where the first of its segments begins and the last one ends, as bytes of the sealed part.
    fn body(&self) -> Range<u64> {
        let Range { start, end } = self.segments();
        let end = (HEADER + end * SEALED_SEGMENT).min(sealed_len(self.len));
        HEADER + start * SEALED_SEGMENT..end
    }

    /// The bytes of the sealed part that [`PartOpener::open`](super::PartOpener::open) takes, in this order: the
    /// header, then the segments. Where the two touch it is one range.
    pub fn reads(&self) -> Vec<Range<u64>> {
        let body = self.body();
        let from_front = body.start == HEADER;
        let header = (!from_front).then_some(0..HEADER);
        let rest = if from_front { 0..body.end } else { body };
        header.into_iter().chain([rest]).collect()
    }

    /// Bytes of plaintext in the segment with this index.
    pub(super) fn segment_len(&self, index: u64) -> usize {
        let start = index * SEGMENT;
        usize::try_from(self.len.saturating_sub(start).min(SEGMENT)).unwrap_or(SEGMENT_LEN)
    }

    /// Whether the segment with this index is the last one of the part.
    pub(super) fn is_last(&self, index: u64) -> bool {
        index + 1 == segments(self.len)
    }

    /// What of the segment with this index lies in the stretch.
    pub(super) fn within(&self, index: u64) -> Range<usize> {
        let start = index * SEGMENT;
        let clip = |at: u64| {
            usize::try_from(at.saturating_sub(start)).unwrap_or(SEGMENT_LEN).min(self.segment_len(index))
        };
        clip(self.plain.start)..clip(self.plain.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_at_the_edges() {
        assert_eq!(sealed_len(0), 116);
        assert_eq!(sealed_len(1), 117);
        assert_eq!(sealed_len(65_536), 100 + 65_552);
        assert_eq!(sealed_len(65_537), 100 + 65_552 + 17);
        for none in [0, 99, 100, 115, 100 + 65_552 + 1, 100 + 65_552 + 16] {
            assert_eq!(plain_len(none), None, "{none}");
        }
    }

    #[test]
    fn a_range_outside_the_part_is_refused() {
        assert!(Span::new(0..11, 10).is_err());
        #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
        let reversed = Span::new(5..4, 10);
        assert!(reversed.is_err());
        assert!(Span::whole(MAX_LEN).is_ok());
        assert!(Span::whole(MAX_LEN + 1).is_err());
    }

    #[test]
    fn a_range_that_begins_at_the_front_is_read_at_once() {
        let reads = |span: Span| span.reads().iter().map(|read| (read.start, read.end)).collect::<Vec<_>>();
        assert_eq!(reads(Span::whole(10).unwrap()), [(0, 126)]);
        assert_eq!(reads(Span::new(65_536..65_537, 200_000).unwrap()), [(0, 100), (65_652, 131_204)]);
        assert_eq!(reads(Span::new(131_072..131_073, 131_073).unwrap()), [(0, 100), (131_204, 131_221)]);
    }

    proptest! {
        #[test]
        fn a_sealed_length_tells_the_plain_length(plain in 0..MAX_LEN) {
            prop_assert_eq!(plain_len(sealed_len(plain)), Some(plain));
        }

        #[test]
        fn the_segments_of_a_span_hold_it_and_no_more(len in 0_u64..1_000_000, a in 0_u64..1_000_000, b in 0_u64..1_000_000) {
            let (a, b) = (a.min(len), b.min(len));
            let span = Span::new(a.min(b)..a.max(b), len).unwrap();
            let within: u64 = span.segments().map(|index| span.within(index).len() as u64).sum();
            prop_assert_eq!(within, span.plain().end - span.plain().start);
            prop_assert!(span.segments().end <= segments(len));
            let sealed: u64 = span.segments().map(|index| (span.segment_len(index) + TAG_LEN) as u64).sum();
            let body = span.body();
            prop_assert_eq!(sealed, body.end - body.start);
            if !span.plain().is_empty() {
                prop_assert!(span.segments().all(|index| !span.within(index).is_empty()));
            }
        }
    }
}
