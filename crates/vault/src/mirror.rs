//! The key mirror: the second place of the keys where there is one machine.
//!
//! A mirror is a keyring whose shards are sealed to the recovery key instead of to epochs. Each key is entered there
//! before it is used, so that a machine that burns down takes nothing with it that the mirror and the paper do not
//! bring back. The running installation knows the public half alone: it writes the mirror and cannot read it.
//!
//! The public half lies at the first key site, never in the mirror: whoever can write to the mirror cannot make us seal
//! to a key of their own.

use crate::{
    codec::{Reader, with_digest, without_digest},
    envelope::Public,
    epoch::Shard,
    keyring::{Entered, KeyId, Object, Site, Trust},
    keys::KeyKind,
    recovery::RecoveryKey,
    sealer::Refusal,
    store::{KeyStore, Version, Written},
    vault::{KeySite, Vault},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kernel::{Entropy, Error, Result};
use std::{fmt, sync::Arc};

/// Shards that are read or written at once.
const AT_ONCE: usize = 16;
/// The object that holds the public half.
const RECOVERY: &str = "recovery";
const VERSION: u8 = 1;

/// Where the mirror is, and how a new recovery key is shown.
#[derive(Clone)]
pub struct Mirror {
    /// A directory or bucket on another machine.
    pub store: KeyStore,
    /// Shows the recovery key to the operator. Called once, when the mirror is first used, before anything is sealed to
    /// the key. Where the process is killed at that moment, the next start makes and shows another: the one shown last
    /// counts.
    pub show: Arc<dyn Fn(&RecoveryKey) + Send + Sync>,
}

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mirror({:?})", self.store)
    }
}

/// What a mirror holds, measured against the keyring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorReport {
    /// Keys that the recovery key opens and the keyring holds too.
    pub keys: usize,
    /// Keys of the keyring that the mirror lacks, or that do not open.
    pub missing: usize,
    /// Keys in the mirror that the keyring does not hold: dead ones, which must go.
    pub stray: usize,
}

impl MirrorReport {
    /// Whether the mirror is as good as the keyring.
    pub fn is_sound(&self) -> bool {
        self.missing == 0 && self.stray == 0
    }
}

impl Mirror {
    /// The mirror as a part of the keyring, with the recovery key of the installation, made the first time.
    pub(crate) async fn open(self, first: &KeyStore, entropy: &Entropy) -> Result<Site> {
        let public = match RecoveryNote::read(first).await? {
            Some((recovery, _)) => recovery.public,
            None => self.first_key(first, entropy).await?,
        };
        Ok(as_site(self.store, public))
    }

    async fn first_key(&self, first: &KeyStore, entropy: &Entropy) -> Result<Public> {
        let names = Shard { kind: KeyKind::Installation, number: 0 };
        if self.store.read(&names.name()).await?.is_some() {
            return Err(Error::conflict("keys-exist").because(format!(
                "the key mirror {:?} holds the keys of an installation that is not here: recover it, or name another place",
                self.store
            )));
        }
        let key = RecoveryKey::generate(entropy);
        (self.show)(&key);
        let public = *key.pair().public();
        match (RecoveryNote { public, whole: true }).write(first, None).await? {
            Written::Done => Ok(public),
            Written::Raced => {
                Err(Error::unavailable("another process made a recovery key; the one just shown is void"))
            }
        }
    }
}

fn as_site(store: KeyStore, public: Public) -> Site {
    Site::new("mirror", store, Trust::Recovery(public))
}

/// What a key site knows of the recovery key.
/// ```text
/// version 1 │ whole 1: 0 while a recovery into this site is under way │ public key 32 │ digest 32
/// ```
pub(crate) struct RecoveryNote {
    public: Public,
    whole: bool,
}

impl RecoveryNote {
    async fn read(store: &KeyStore) -> Result<Option<(Self, Version)>> {
        let Some((bytes, version)) = store.read(RECOVERY).await? else { return Ok(None) };
        let recovery = Self::decode(&bytes)
            .map_err(|refusal| Error::internal(format!("the recovery key of {store:?} is {refusal}")))?;
        Ok(Some((recovery, version)))
    }

    async fn write(&self, store: &KeyStore, replaces: Option<&Version>) -> Result<Written> {
        store.write(RECOVERY, self.encode(), replaces).await
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        with_digest([&[VERSION, u8::from(self.whole)], self.public.as_slice()].concat())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(without_digest(bytes)?);
        if reader.byte()? != VERSION {
            return Err("of an unknown version");
        }
        let whole = match reader.byte()? {
            0 => false,
            1 => true,
            _ => return Err("neither whole nor not"),
        };
        let recovery = Self { whole, public: reader.array()? };
        reader.end()?;
        Ok(recovery)
    }
}

/// Fails where a recovery into this key site was cut short: some keys are missing there, and a mirror that was written
/// from it would lose them too.
pub(crate) async fn require_whole(site: &Site) -> Result<()> {
    match RecoveryNote::read(site.store()).await {
        Ok(Some((recovery, _))) if !recovery.whole => {
            Err(Error::unavailable(format!("the recovery into {site:?} was cut short; run it again")))
        }
        _ => Ok(()),
    }
}

impl Vault {
    /// Writes the whole mirror anew, and tells how many keys it holds.
    ///
    /// # Errors
    /// Unavailable, where no mirror is configured, or it or the key site does not answer.
    pub async fn mirror(&self) -> Result<usize> {
        stream::iter(Shard::all())
            .map(|shard| self.keyring().rewrite(shard))
            .buffer_unordered(AT_ONCE)
            .try_fold(0, async |sum, keys| Ok(sum + keys))
            .await
    }

    /// Opens each key of the mirror and compares it with the keyring; when that was, and whether the mirror was as good, is
    /// noted.
    ///
    /// # Errors
    /// `invalid-recovery-key`, where it is not the key of this mirror. Unavailable, where no mirror is configured, or
    /// it or the key site does not answer. Internal, where an object is damaged.
    pub async fn verify_mirror(&self, key: &RecoveryKey) -> Result<MirrorReport> {
        let (source, mirror) = self.keyring().mirrored()?;
        let report = stream::iter(Shard::all())
            .map(|shard| compare(source, mirror, key, shard))
            .buffer_unordered(AT_ONCE)
            .try_fold(MirrorReport::default(), async |sum, one| {
                Ok(MirrorReport {
                    keys: sum.keys + one.keys,
                    missing: sum.missing + one.missing,
                    stray: sum.stray + one.stray,
                })
            })
            .await?;
        self.note(&report).await?;
        Ok(report)
    }
}

async fn compare(source: &Site, mirror: &Site, key: &RecoveryKey, shard: Shard) -> Result<MirrorReport> {
    // The mirror first: a key is entered at the keyring before it is entered there.
    let mirrored = mirror.read(shard).await?.map(|stored| stored.object);
    let ours = source.read(shard).await?.map(|stored| stored.object);
    let mut report = MirrorReport::default();
    if let Some(mirrored) = &mirrored {
        require_own(mirrored, key)?;
        for (id, entry) in &mirrored.entries {
            match ours.as_ref().and_then(|ours| ours.entries.get(id)) {
                None => report.stray += 1,
                Some(own) if own.commitment == entry.commitment && mirrored.open(key.pair(), *id).is_ok() => {
                    report.keys += 1;
                }
                Some(_) => report.missing += 1,
            }
        }
    }
    let lacks = |id: &&KeyId| !mirrored.as_ref().is_some_and(|mirrored| mirrored.entries.contains_key(*id));
    report.missing += ours.iter().flat_map(|ours| ours.entries.keys()).filter(lacks).count();
    Ok(report)
}

fn require_own(object: &Object, key: &RecoveryKey) -> Result<()> {
    if object.public == *key.pair().public() {
        return Ok(());
    }
    Err(Error::invalid("invalid-recovery-key", "recovery-key")
        .because("the mirror is sealed to another recovery key"))
}

/// Brings all keys back from a mirror, into key sites with new roots of trust, sealed to new epochs; tells how many.
/// The same recovery key goes on to serve the mirror. A recovery that was cut short may be run again.
///
/// # Errors
/// `invalid-recovery-key`, where it is not the key of this mirror. Conflict `keys-exist`, where a site already holds
/// other keys. Not found, where there is no mirror. Unavailable, where the mirror or a site does not answer.
pub async fn recover(
    mirror: &KeyStore,
    key: &RecoveryKey,
    into: Vec<KeySite>,
    entropy: &Entropy,
) -> Result<usize> {
    let sites: Vec<Site> = into.into_iter().map(KeySite::site).collect();
    let mirror = as_site(mirror.clone(), *key.pair().public());
    let mut shards = Vec::new();
    for shard in Shard::all() {
        if let Some(stored) = mirror.read(shard).await? {
            require_own(&stored.object, key)?;
            shards.push(stored.object);
        }
    }
    if shards.is_empty() {
        return Err(Error::not_found().because(format!("no keys in {mirror:?}")));
    }
    for site in &sites {
        mark(site, key, false).await?;
    }
    let mut keys = 0;
    // The installation's keys come first: a site of another installation is told by its name key.
    for object in &shards {
        keys += bring_back(object, key, &sites, entropy).await?;
    }
    for site in &sites {
        mark(site, key, true).await?;
    }
    Ok(keys)
}

/// Notes at a site that a recovery with this key is under way, or done.
async fn mark(site: &Site, key: &RecoveryKey, whole: bool) -> Result<()> {
    let recovery = RecoveryNote { public: *key.pair().public(), whole };
    let known = RecoveryNote::read(site.store()).await?;
    if known.as_ref().is_some_and(|(known, _)| known.public != recovery.public) {
        return Err(other_keys(site));
    }
    match recovery.write(site.store(), known.as_ref().map(|(_, version)| version)).await? {
        Written::Done => Ok(()),
        Written::Raced => Err(Error::unavailable(format!("another process changes {site:?}"))),
    }
}

async fn bring_back(object: &Object, key: &RecoveryKey, sites: &[Site], entropy: &Entropy) -> Result<usize> {
    let shard = object.at.shard;
    for id in object.entries.keys() {
        let secret = object.open(key.pair(), *id).map_err(|refusal| {
            Error::internal(format!("an entry of the mirror's {} is {refusal}", shard.name()))
        })?;
        let Some(secret) = secret else { continue };
        for site in sites {
            if site.enter(entropy, shard, *id, &secret).await? == Entered::Other {
                return Err(other_keys(site));
            }
        }
    }
    Ok(object.entries.len())
}

fn other_keys(site: &Site) -> Error {
    Error::conflict("keys-exist").because(format!("{site:?} already holds other keys"))
}
