//! A short plaintext under a key: AES-256-GCM-SIV (RFC 8452), for which random nonces are safe.
//!
//! ```text
//! version 1 │ commitment 32 │ nonce 12 │ ciphertext │ tag 16
//! ```
//! AES-GCM-SIV alone does not commit to its key: one ciphertext can be made that opens under two keys. So the header
//! carries what the key commits to, compared in constant time before anything is decrypted. The version stands in the
//! associated data too.

use crate::{
    derive::{Commitment, Schedule, same},
    secret::Secret,
};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use kernel::Entropy;

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEADER: usize = 1 + 32 + NONCE;

/// Why something sealed does not open. The words are for the log.
pub(crate) type Refusal = &'static str;

/// A key that seals, with its commitment. The cipher's own copy of the key is overwritten when it is dropped.
pub(crate) struct Sealer {
    cipher: LessSafeKey,
    commitment: Commitment,
}

impl Sealer {
    /// How many bytes longer the sealed form is.
    pub(crate) const OVERHEAD: usize = HEADER + TAG;

    /// The sealer for `purpose` under `schedule`.
    pub(crate) fn new(schedule: &Schedule, purpose: &str) -> Self {
        let commitment = schedule.commitment(&format!("{purpose} commitment"));
        Self { cipher: cipher(&schedule.subkey(purpose)), commitment }
    }

    /// Seals `plain`, bound to `context`.
    #[expect(clippy::expect_used, reason = "AES-GCM-SIV refuses only what is longer than 64 GiB")]
    pub(crate) fn seal(&self, entropy: &Entropy, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = entropy.bytes();
        let mut sealed = Vec::with_capacity(plain.len() + Self::OVERHEAD);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.commitment);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound(context)),
                &mut sealed[HEADER..],
            )
            .expect("less than 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Sealer::seal`] made in the same context.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let (header, body) = sealed.split_at_checked(HEADER).ok_or("too short")?;
        let (&version, rest) = header.split_first().ok_or("too short")?;
        if version != VERSION {
            return Err("of an unknown version");
        }
        let (commitment, nonce) = rest.split_at(32);
        if !same(commitment, &self.commitment) {
            return Err("sealed under another key");
        }
        let length = body.len().checked_sub(TAG).ok_or("too short")?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| "too short")?;
        let mut plain = vec![0; length];
        let (ciphertext, tag) = body.split_at(length);
        self.cipher
            .open_separate_gather(nonce, Aad::from(bound(context)), ciphertext, tag, &mut plain)
            .map_err(|_| "altered, or sealed for another place")?;
        Ok(plain)
    }
}

#[expect(clippy::expect_used, reason = "a key of 32 bytes is what AES-256 takes")]
pub(crate) fn cipher(key: &Secret) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, key.expose()).expect("32 bytes"))
}

fn bound(context: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(1 + context.len());
    data.push(VERSION);
    data.extend_from_slice(context);
    data
}
