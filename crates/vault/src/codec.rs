//! Stored bytes: read strictly, and ended by a digest, so that a decayed disk reads as damage and not as absence.

use crate::sealer::Refusal;
use aws_lc_rs::digest::{SHA256, digest};

pub(crate) const DIGEST: usize = 32;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; DIGEST] {
    let mut out = [0; DIGEST];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// The bytes with their digest behind them.
pub(crate) fn with_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    let digest = sha256(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

/// The bytes before their digest.
pub(crate) fn without_digest(bytes: &[u8]) -> Result<&[u8], Refusal> {
    let (body, digest) = bytes.split_last_chunk::<DIGEST>().ok_or("cut short")?;
    if sha256(body) == *digest { Ok(body) } else { Err("damaged") }
}

/// Takes bytes from the front, never more than there are.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (&array, rest) = self.0.split_first_chunk().ok_or("cut short")?;
        self.0 = rest;
        Ok(array)
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        let (slice, rest) = self.0.split_at_checked(length).ok_or("cut short")?;
        self.0 = rest;
        Ok(slice)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Refusal> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn end(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err("followed by more") }
    }
}
