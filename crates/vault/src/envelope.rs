//! A key sealed to a public key: HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
//! `ChaCha20Poly1305`, one message an encapsulation.

use crate::{sealer::Refusal, secret::Secret};
use hpke::{
    Deserializable, HpkeError, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256, rand_core,
};
use kernel::Entropy;
use std::{convert::Infallible, fmt};
use zeroize::Zeroizing;

type Kem = X25519HkdfSha256;
/// Bytes of the encapsulated key.
const ENCAPSULATED: usize = 32;
/// Bytes of a sealed key: encapsulated key, ciphertext, tag.
pub(crate) const SEALED_KEY: usize = ENCAPSULATED + Secret::LEN + 16;

/// The public half of a [`Pair`].
pub(crate) type Public = [u8; 32];
/// A key, sealed to a public key.
pub(crate) type SealedKey = [u8; SEALED_KEY];

/// An X25519 pair. Its private half is overwritten when it is dropped.
pub(crate) struct Pair {
    private: <Kem as hpke::Kem>::PrivateKey,
    public: Public,
}

impl Pair {
    /// The pair that `DeriveKeyPair` (RFC 9180, section 7.1.3) makes of these secret bytes.
    pub(crate) fn derive(secret: &Secret) -> Self {
        Self::of(Kem::derive_keypair(secret.expose()).0)
    }

    /// The pair whose private half this is.
    pub(crate) fn from_private(private: &Secret) -> Result<Self, Refusal> {
        let private =
            <Kem as hpke::Kem>::PrivateKey::from_bytes(private.expose()).map_err(|_| "no private key")?;
        Ok(Self::of(private))
    }

    fn of(private: <Kem as hpke::Kem>::PrivateKey) -> Self {
        let public = Kem::sk_to_pk(&private).to_bytes().into();
        Self { private, public }
    }

    pub(crate) fn public(&self) -> &Public {
        &self.public
    }

    /// The private half in the clear, to be wrapped.
    pub(crate) fn private(&self) -> Secret {
        Secret::filled(|bytes| self.private.write_exact(bytes))
    }

    /// Opens what was sealed to the public half with the same `info` and `context`.
    pub(crate) fn open(&self, info: &[u8], context: &[u8], sealed: &SealedKey) -> Result<Secret, Refusal> {
        let plain = self.open_message(info, context, sealed).map_err(|_| "altered, or sealed to another")?;
        Secret::copied(&plain).ok_or("of another length")
    }

    pub(crate) fn open_message(
        &self,
        info: &[u8],
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, HpkeError> {
        let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED).ok_or(HpkeError::OpenError)?;
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            info,
            ciphertext,
            context,
        )
        .map(Zeroizing::new)
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pair")
    }
}

/// Seals a key to `public`, bound to `info` and `context`.
pub(crate) fn seal(
    entropy: &Entropy,
    public: &Public,
    info: &[u8],
    context: &[u8],
    key: &Secret,
) -> Result<SealedKey, Refusal> {
    let sealed = seal_message(entropy, public, info, context, key.expose()).map_err(|_| "no public key")?;
    sealed.try_into().map_err(|_| "of another length")
}

pub(crate) fn seal_message(
    entropy: &Entropy,
    public: &Public,
    info: &[u8],
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, HpkeError> {
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(public)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &public,
        info,
        plain,
        context,
        &mut Dice(entropy),
    )?;
    Ok([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

/// Our entropy, as the crate asks for it.
struct Dice<'a>(&'a Entropy);

impl rand_core::TryRng for Dice<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }
    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Dice<'_> {}
