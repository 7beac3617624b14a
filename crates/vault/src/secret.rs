//! Thirty-two bytes that nobody may see.

use kernel::Entropy;
use std::fmt;
use zeroize::Zeroizing;

/// A key in the clear: 32 bytes on the heap, which stay where they are until they are overwritten with zeros.
///
/// They are never moved as an array, since a move leaves the old bytes behind.
#[derive(Clone)]
pub struct Secret(Box<Zeroizing<[u8; 32]>>);

impl Secret {
    /// Bytes of length.
    pub const LEN: usize = 32;

    /// Zeros, to be filled in place.
    fn blank() -> Self {
        Self(Box::new(Zeroizing::new([0; 32])))
    }

    /// A new one.
    pub fn random(entropy: &Entropy) -> Self {
        Self::filled(|bytes| entropy.fill(bytes))
    }

    /// One that `fill` writes in place.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut secret = Self::blank();
        fill(&mut **secret.0);
        secret
    }

    /// A copy of these bytes, if there are 32.
    pub fn copied(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == Self::LEN).then(|| Self::filled(|own| own.copy_from_slice(bytes)))
    }

    /// The bytes in the clear.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
