//! The keys that others hold: what they seal, and nothing of what they are.
//!
//! An [`AccountKey`] seals what people typed and uploaded. A [`FrontKey`] seals what must be known about the account
//! from outside it. Both die with the account. A [`RetentionKey`] seals what the law makes the operator keep of one
//! year, and a [`NameKey`] turns host names into tags; these two belong to the installation.
//!
//! None keeps the 32 bytes that it was made from: only the subkeys, in memory that is overwritten when the last clone
//! is dropped. `Debug` prints whose key it is and no byte of it.

use crate::{
    Place,
    derive::{Commitment, Schedule, TagKey},
    sealer::{Refusal, Sealer},
    secret::Secret,
    stream::{PartOpener, PartSealer, Span},
};
use kernel::{AccountId, BlobId, Entropy, Error, Result};
use std::{fmt, sync::Arc};

/// The three kinds of keyring. Each has epoch pairs and wrapping keys of its own, so that a process can be given one
/// kind and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// Account keys.
    Account,
    /// Front keys, the only kind that the staff process opens.
    Front,
    /// The name key and the retention keys.
    Installation,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Installation, Self::Account, Self::Front];

    /// As it stands in names of objects and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Front => "front",
            Self::Installation => "installation",
        }
    }

    /// As it stands in stored formats.
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Account => 1,
            Self::Front => 2,
            Self::Installation => 3,
        }
    }

    pub(crate) fn schedule(self, key: &Secret) -> Schedule {
        let salt: &[u8] = match self {
            Self::Account => b"palisade 1 account key",
            Self::Front => b"palisade 1 front key",
            Self::Installation => b"palisade 1 installation key",
        };
        Schedule::new(salt, key.expose())
    }

    /// What a key of this kind commits to in the keyring and in the log.
    pub(crate) fn commitment(self, key: &Secret) -> Commitment {
        self.schedule(key).commitment("key commitment")
    }
}

/// A sealer of fields that knows whose it is.
struct Fields {
    owner: [u8; 16],
    sealer: Sealer,
    entropy: Entropy,
}

impl Fields {
    fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.sealer.seal(&self.entropy, &place.context(self.owner), plain)
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>> {
        self.sealer.open(&place.context(self.owner), sealed).map_err(|refusal| refused(place, refusal))
    }
}

fn refused(place: Place, refusal: Refusal) -> Error {
    Error::internal(format!("sealed-field {place:?} is {refusal}"))
}

/// The key of one account with its subkeys. Cheap to clone.
#[derive(Clone)]
pub struct AccountKey(Arc<AccountSubkeys>);

struct AccountSubkeys {
    account: AccountId,
    commitment: Commitment,
    fields: Fields,
    tags: TagKey,
    files: Sealer,
}

impl AccountKey {
    pub(crate) fn new(account: AccountId, key: &Secret, entropy: &Entropy) -> Self {
        let schedule = KeyKind::Account.schedule(key);
        Self(Arc::new(AccountSubkeys {
            account,
            commitment: KeyKind::Account.commitment(key),
            fields: Fields {
                owner: account.bytes(),
                sealer: Sealer::new(&schedule, "fields"),
                entropy: entropy.clone(),
            },
            tags: TagKey::new(&schedule.subkey("tags")),
            files: Sealer::new(&schedule, "files"),
        }))
    }

    /// Whose key it is.
    pub fn account(&self) -> AccountId {
        self.0.account
    }

    /// What the key commits to; it may stand in the clear, and the account's row keeps it.
    pub fn commitment(&self) -> [u8; 32] {
        self.0.commitment
    }

    /// Seals what a person typed, for its place. It grows by 61 bytes.
    pub fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.0.fields.seal(place, plain)
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Internal `sealed-field …` where it was sealed by another key or for another place, or was altered.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>> {
        self.0.fields.open(place, sealed)
    }

    /// A keyed tag, by which a sealed value is found again: equal for equal values of one `domain` in one account.
    pub fn tag(&self, domain: &'static str, value: &[u8]) -> [u8; 32] {
        self.0.tags.tag(domain, value)
    }

    /// Begins to seal one part of a blob, under a new key of its own.
    pub fn seal_part(&self, blob: BlobId, part: u32) -> PartSealer {
        PartSealer::new(&self.0.files, &self.0.fields.entropy, self.0.account, blob, part)
    }

    /// Begins to open `span` of one part of a blob.
    pub fn open_part(&self, blob: BlobId, part: u32, span: Span) -> PartOpener {
        PartOpener::new(self.clone(), blob, part, span)
    }

    pub(crate) fn files(&self) -> &Sealer {
        &self.0.files
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey({})", self.0.account)
    }
}

/// The key of what must be known about one account from outside it. Cheap to clone.
#[derive(Clone)]
pub struct FrontKey(Arc<FrontSubkeys>);

struct FrontSubkeys {
    account: AccountId,
    commitment: Commitment,
    fields: Fields,
}

impl FrontKey {
    pub(crate) fn new(account: AccountId, key: &Secret, entropy: &Entropy) -> Self {
        let sealer = Sealer::new(&KeyKind::Front.schedule(key), "fields");
        Self(Arc::new(FrontSubkeys {
            account,
            commitment: KeyKind::Front.commitment(key),
            fields: Fields { owner: account.bytes(), sealer, entropy: entropy.clone() },
        }))
    }

    /// Whose key it is.
    pub fn account(&self) -> AccountId {
        self.0.account
    }

    /// What the key commits to; it may stand in the clear.
    pub fn commitment(&self) -> [u8; 32] {
        self.0.commitment
    }

    /// Seals one of the staff fields, for its place.
    pub fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.0.fields.seal(place, plain)
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// As [`AccountKey::open`].
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>> {
        self.0.fields.open(place, sealed)
    }
}

impl fmt::Debug for FrontKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrontKey({})", self.0.account)
    }
}

/// The installation's key of what must be kept of one year. Cheap to clone.
#[derive(Clone)]
pub struct RetentionKey(Arc<RetentionSubkeys>);

struct RetentionSubkeys {
    year: u16,
    fields: Fields,
}

impl RetentionKey {
    pub(crate) fn new(year: u16, key: &Secret, entropy: &Entropy) -> Self {
        let sealer = Sealer::new(&KeyKind::Installation.schedule(key), "retention fields");
        let fields =
            Fields { owner: InstallationKey::Retention(year).id(), sealer, entropy: entropy.clone() };
        Self(Arc::new(RetentionSubkeys { year, fields }))
    }

    /// The year whose documents it seals.
    pub fn year(&self) -> u16 {
        self.0.year
    }

    /// Seals what must be kept, for its place.
    pub fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.0.fields.seal(place, plain)
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// As [`AccountKey::open`].
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>> {
        self.0.fields.open(place, sealed)
    }
}

impl fmt::Debug for RetentionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RetentionKey({})", self.0.year)
    }
}

/// The installation's key under which an account is found by its host name, without any name in the clear.
#[derive(Clone)]
pub struct NameKey(Arc<TagKey>);

impl NameKey {
    pub(crate) fn new(key: &Secret) -> Self {
        Self(Arc::new(TagKey::new(&KeyKind::Installation.schedule(key).subkey("names"))))
    }

    /// The tag of a host name, which the caller has normalised.
    pub fn tag(&self, host: &str) -> [u8; 32] {
        self.0.tag("host name", host.as_bytes())
    }
}

impl fmt::Debug for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameKey")
    }
}

/// The keys of the installation, as entries of its keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstallationKey {
    Name,
    Retention(u16),
}

impl InstallationKey {
    /// The 16 bytes under which it stands in the keyring.
    pub(crate) fn id(self) -> [u8; 16] {
        match self {
            Self::Name => *b"name key\0\0\0\0\0\0\0\0",
            Self::Retention(year) => {
                let mut id = *b"retention key\0\0\0";
                id[14..].copy_from_slice(&year.to_be_bytes());
                id
            }
        }
    }
}
