//! The header of a part, and the key that it wraps.

use super::layout::{HEADER_LEN, TAG_LEN};
use crate::{
    sealer::{Refusal, Sealer},
    secret::Secret,
};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use kernel::{AccountId, BlobId, Entropy};
use zeroize::Zeroizing;

/// The version of a part's segments. The header's own version is the sealer's first byte.
const VERSION: u8 = 1;
const PREFIX: usize = 7;
const _: () =
    assert!(HEADER_LEN == Secret::LEN + PREFIX + Sealer::OVERHEAD, "the header is what the sealer makes");

/// Which part of which blob of whose: the associated data of its header and of each of its segments.
#[derive(Clone, Copy)]
pub(super) struct Part([u8; 1 + 16 + 16 + 4]);

impl Part {
    pub(super) fn new(account: AccountId, blob: BlobId, part: u32) -> Self {
        let mut data = [VERSION; 37];
        data[1..17].copy_from_slice(&account.bytes());
        data[17..33].copy_from_slice(&blob.bytes());
        data[33..].copy_from_slice(&part.to_be_bytes());
        Self(data)
    }
}

/// The key of one part, with what makes its nonces.
pub(super) struct PartKey {
    cipher: LessSafeKey,
    prefix: [u8; PREFIX],
    part: Part,
}

impl PartKey {
    /// A new key, and the header that wraps it.
    pub(super) fn create(files: &Sealer, entropy: &Entropy, part: Part) -> (Self, Vec<u8>) {
        let mut clear = Zeroizing::new([0; Secret::LEN + PREFIX]);
        entropy.fill(&mut *clear);
        (Self::of(&clear, part), files.seal(entropy, &part.0, &*clear))
    }

    /// The key that `header` wraps.
    pub(super) fn unwrap(files: &Sealer, header: &[u8], part: Part) -> Result<Self, Refusal> {
        let clear = Zeroizing::new(files.open(&part.0, header)?);
        let clear = clear.as_slice().try_into().map_err(|_| "of another length")?;
        Ok(Self::of(clear, part))
    }

    #[expect(clippy::expect_used, reason = "a key of 32 bytes is what AES-256 takes")]
    fn of(clear: &[u8; Secret::LEN + PREFIX], part: Part) -> Self {
        let (key, rest) = clear.split_at(Secret::LEN);
        let mut prefix = [0; PREFIX];
        prefix.copy_from_slice(rest);
        Self { cipher: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes")), prefix, part }
    }

    fn nonce(&self, index: u32, last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..11].copy_from_slice(&index.to_be_bytes());
        nonce[11] = u8::from(last);
        Nonce::assume_unique_for_key(nonce)
    }

    /// Seals one segment from `plain` into `sealed`, which is longer by the tag.
    pub(super) fn seal(
        &self,
        index: u32,
        last: bool,
        plain: &[u8],
        sealed: &mut [u8],
    ) -> Result<(), Refusal> {
        let (ciphertext, tag) = sealed.split_at_mut_checked(plain.len()).ok_or("of another length")?;
        let nonce = self.nonce(index, last);
        self.cipher
            .seal_out_of_place_scatter(nonce, Aad::from(&self.part.0), plain, ciphertext, &[], tag)
            .map_err(|_| "of another length")
    }

    /// Opens one segment from `sealed` into `plain`, which is shorter by the tag.
    pub(super) fn open(
        &self,
        index: u32,
        last: bool,
        sealed: &[u8],
        plain: &mut [u8],
    ) -> Result<(), Refusal> {
        let length = sealed.len().checked_sub(TAG_LEN).ok_or("too short")?;
        let (ciphertext, tag) = sealed.split_at(length);
        let nonce = self.nonce(index, last);
        self.cipher
            .open_separate_gather(nonce, Aad::from(&self.part.0), ciphertext, tag, plain)
            .map_err(|_| "altered, or not in its place")
    }
}
