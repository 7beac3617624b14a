//! What a part at a site must be: so many bytes, with this digest.

use aws_lc_rs::digest::{Context, SHA256};

/// The sealed bytes of a part, in short. They are what lies at the sites, so it tells nothing of what was sealed, and whoever
/// compares needs no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// How many bytes, as sealed.
    pub bytes: u64,
    /// Their SHA-256 (FIPS 180-4).
    pub sha256: [u8; 32],
}

/// A checksum of bytes as they come.
pub struct Summing {
    context: Context,
    bytes: u64,
}

impl Default for Summing {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), bytes: 0 }
    }
}

impl Summing {
    /// Takes the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes came so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// That of all that came.
    pub fn end(self) -> Checksum {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.context.finish().as_ref());
        Checksum { bytes: self.bytes, sha256 }
    }
}

impl std::fmt::Debug for Summing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Summing({} bytes)", self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_sum_to_what_the_whole_does() {
        let mut summing = Summing::default();
        summing.add(b"a");
        summing.add(b"");
        summing.add(b"bc");
        let sum = summing.end();
        // FIPS 180-4's own example.
        assert_eq!((sum.bytes, &sum.sha256[..4]), (3, &[0xba, 0x78, 0x16, 0xbf][..]));
    }
}
