//! 256 random bits that prove something, and what the database keeps of them.

use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Source;
use std::fmt;

/// 256 random bits, which only their holder knows. The database keeps their hash: since they are random, a fast one suffices.
#[derive(Clone)]
pub(crate) struct Token([u8; 32]);

impl Token {
    /// New bits.
    pub(crate) fn new(source: &Source) -> Self {
        Self(source.entropy.bytes())
    }
    /// As it travels: 43 characters of base64url.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
    /// What the database keeps.
    pub(crate) fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
    /// What the database would keep of a token that came in; none where it is no token.
    pub(crate) fn hash_of(text: &str) -> Option<[u8; 32]> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(hash(&bytes))
    }
    /// A hash of a hash and of what came with it.
    pub(crate) fn bind(hash: &[u8; 32], data: &[u8]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(hash);
        context.update(data);
        bytes(context.finish().as_ref())
    }
}

fn hash(data: &[u8]) -> [u8; 32] {
    bytes(digest(&SHA256, data).as_ref())
}

fn bytes(digest: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest); // SHA-256 has 32 bytes
    hash
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}
