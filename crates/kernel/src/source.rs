//! The two things that make a run unlike any other: the time and the dice.

use crate::{Clock, Id, Noun, Timestamp};
use std::{fmt, sync::Arc};

/// Where random bytes come from: the system's generator in a program, a seeded one in a test.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Entropy {
    /// Entropy from `fill`, which must fill the whole buffer with bytes that nobody can guess.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// Fills `buffer`.
    pub fn fill(&self, buffer: &mut [u8]) {
        (self.0)(buffer);
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

/// Time and randomness together, from which ids are made.
#[derive(Clone, Debug)]
pub struct Source {
    /// The clock.
    pub clock: Clock,
    /// The dice.
    pub entropy: Entropy,
}

impl Source {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id: `UUIDv7` of the time now (RFC 9562, section 5.7). Its 12 bits after the milliseconds are the part of one that
    /// has passed (section 6.2, method 3), so that ids which one node makes one after the other sort so.
    pub fn id<N: Noun>(&self) -> Id<N> {
        let mut bytes = Id::<N>::least_at(self.now()).bytes();
        let dice: [u8; 8] = self.entropy.bytes();
        bytes[8..].copy_from_slice(&dice);
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Id::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProjectId;
    use std::time::Duration;

    #[test]
    fn an_id_is_a_uuid_of_version_7_and_of_now() {
        let source = Source {
            clock: Clock::new(|| Timestamp::from_micros(1_645_557_742_000_000)),
            entropy: Entropy::new(|buffer| buffer.fill(0xff)),
        };
        // The timestamp of RFC 9562, appendix A.6.
        let id: ProjectId = source.id();
        assert_eq!(id.to_string(), "017f22e2-79b0-7000-bfff-ffffffffffff");
    }

    #[test]
    fn ids_sort_by_the_microsecond() {
        let at = |micros: i64| {
            let clock = Clock::new(move || Timestamp::from_micros(1_645_557_742_000_000 + micros));
            Source { clock, entropy: Entropy::new(|buffer| buffer.fill(0)) }.id::<crate::noun::Project>()
        };
        assert!((0..1_500).map(at).is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_time_parts_the_ids_of_before_and_after_it() {
        let now = Timestamp::from_micros(1_645_557_742_000_417);
        let made = |byte: u8, at: Timestamp| {
            let entropy = Entropy::new(move |buffer| buffer.fill(byte));
            Source { clock: Clock::new(move || at), entropy }.id::<crate::noun::Project>()
        };
        let instant = Duration::from_micros(1);
        assert!(made(0, now) >= ProjectId::least_at(now));
        assert!(made(0xff, now - instant) < ProjectId::least_at(now));
        assert!(ProjectId::least_at(Timestamp::from_micros(-1)) < made(0, now));
    }
}
