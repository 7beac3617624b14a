//! When the mirror was compared with the keys last: noted beside the keys, since only somebody with the recovery code can
//! compare, and whoever asks later has not.

use crate::{
    MirrorReport, Vault,
    codec::{Reader, with_digest, without_digest},
    sealer::Refusal,
    store::KeyStore,
};
use kernel::{Error, Result, Timestamp};

/// The object that holds the note, at the key site from which the mirror is written.
const VERIFIED: &str = "verified";
const VERSION: u8 = 1;

/// The last comparison of the mirror with the keys.
/// ```text
/// version 1 │ sound 1 │ microseconds since 1970 8 │ digest 32
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// When.
    pub at: Timestamp,
    /// Whether the mirror was as good as the keys.
    pub sound: bool,
}

/// What is known of the mirror without the recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorState {
    /// Whether there is one.
    pub configured: bool,
    /// When it was compared last; none where it never was.
    pub verified: Option<Verified>,
}

impl Verified {
    pub(crate) fn encode(self) -> Vec<u8> {
        let at = self.at.micros().to_be_bytes();
        with_digest([&[VERSION, u8::from(self.sound)], at.as_slice()].concat())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(without_digest(bytes)?);
        if reader.byte()? != VERSION {
            return Err("of an unknown version");
        }
        let sound = match reader.byte()? {
            0 => false,
            1 => true,
            _ => return Err("neither sound nor not"),
        };
        let at = Timestamp::from_micros(i64::from_be_bytes(reader.array()?));
        reader.end()?;
        Ok(Self { at, sound })
    }

    async fn read(store: &KeyStore) -> Result<Option<Self>> {
        let Some((bytes, _)) = store.read(VERIFIED).await? else { return Ok(None) };
        let refused = |refusal| Error::internal(format!("the note on the mirror in {store:?} is {refusal}"));
        Self::decode(&bytes).map(Some).map_err(refused)
    }

    /// Notes it. Where another process compared at the same time, its note is as good.
    async fn write(self, store: &KeyStore) -> Result<()> {
        let before = store.read(VERIFIED).await?.map(|(_, version)| version);
        store.write(VERIFIED, self.encode(), before.as_ref()).await.map(drop)
    }
}

impl Vault {
    /// Notes what a comparison of the mirror found.
    pub(crate) async fn note(&self, report: &MirrorReport) -> Result<()> {
        let (source, _) = self.keyring().mirrored()?;
        Verified { at: self.now(), sound: report.is_sound() }.write(source.store()).await
    }

    /// Whether there is a mirror, and when it was compared with the keys last.
    ///
    /// # Errors
    /// Unavailable, where the key site does not answer. Internal, where the note is damaged.
    pub async fn mirror_state(&self) -> Result<MirrorState> {
        let Ok((source, _)) = self.keyring().mirrored() else {
            return Ok(MirrorState { configured: false, verified: None });
        };
        Ok(MirrorState { configured: true, verified: Verified::read(source.store()).await? })
    }
}
