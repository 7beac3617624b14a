//! Subkeys and tags: HKDF-SHA-256 (RFC 5869) and HMAC-SHA-256 (RFC 2104), as aws-lc has them.
//!
//! Each kind of key extracts under a salt of its own, so that equal bytes of two kinds would still give unrelated
//! subkeys and commitments. The salts carry the version of the whole key schedule.

use crate::secret::Secret;
use aws_lc_rs::{hkdf, hmac};

/// What a key commits to: 32 bytes of HKDF output, from which two keys cannot be told to be the same unless they are.
pub(crate) type Commitment = [u8; 32];

/// A key after HKDF-Extract, from which subkeys are expanded.
pub(crate) struct Schedule(hkdf::Prk);

impl Schedule {
    /// The schedule of `key`, apart from all others by `salt`.
    pub(crate) fn new(salt: &[u8], key: &[u8]) -> Self {
        Self(hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key))
    }

    /// The subkey for `purpose`.
    pub(crate) fn subkey(&self, purpose: &str) -> Secret {
        Secret::filled(|bytes| self.expand(purpose.as_bytes(), bytes))
    }

    /// What the key commits to for `purpose`. It tells nothing about the key and may stand in the clear.
    pub(crate) fn commitment(&self, purpose: &str) -> Commitment {
        let mut commitment = [0; 32];
        self.expand(purpose.as_bytes(), &mut commitment);
        commitment
    }

    #[expect(clippy::expect_used, reason = "HKDF-SHA-256 fails only beyond 8160 bytes; these are 32")]
    pub(crate) fn expand(&self, info: &[u8], out: &mut [u8]) {
        struct Length(usize);
        impl hkdf::KeyType for Length {
            fn len(&self) -> usize {
                self.0
            }
        }
        let info = [info];
        self.0
            .expand(&info, Length(out.len()))
            .and_then(|okm| okm.fill(out))
            .expect("32 bytes of HKDF output");
    }
}

/// A key for tags: equal values give equal tags, and who lacks the key learns nothing else.
pub(crate) struct TagKey(pub(crate) hmac::Key);

impl TagKey {
    pub(crate) fn new(subkey: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, subkey.expose()))
    }

    /// The tag of `value`, unlike that of the same value in another `domain`.
    pub(crate) fn tag(&self, domain: &str, value: &[u8]) -> [u8; 32] {
        let mut message = hmac::Context::with_key(&self.0);
        message.update(&(domain.len() as u64).to_be_bytes());
        message.update(domain.as_bytes());
        message.update(value);
        let mut tag = [0; 32];
        tag.copy_from_slice(message.sign().as_ref());
        tag
    }
}

/// Whether two commitments are equal, in constant time.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}
