//! The keyring: every account's keys, outside the database and outside its backups.
//!
//! Were they in the database, a point-in-time restore would bring a destroyed key back. So they lie at *key sites*, in
//! 256 shards for each kind of key, an object a shard and site, where a rotation can rewrite and a destruction end
//! them. An entry is a key sealed by HPKE to the public key of its shard's epoch; the epoch's private key is wrapped by
//! the site's root of trust.
//!
//! Invariants:
//! * A key exists when `copies` sites hold it, and the mirror too where there is one. Before that nobody gets it.
//! * To make a key that a site already holds gives that key: a try that was cut short is finished by the next one.
//! * Sites are written in one order, so that of two that make the same key at once, the first site says who won.

mod filling;
mod object;
mod site;

pub use filling::{Filled, KeySiteReport};
pub(crate) use object::{KeyId, Object};
pub(crate) use site::{Entered, Found, Site, Trust};

use crate::{epoch::Shard, keys::KeyKind, secret::Secret, store::Written};
use futures_util::{StreamExt as _, TryStreamExt as _, future::join_all, stream};
use kernel::{Entropy, Error, Result};

/// Shards that are prepared at once.
const AT_ONCE: usize = 16;
/// Tries to make a key whose id others make at once.
const TRIES: usize = 8;

#[derive(Debug)]
pub(crate) struct Keyring {
    sites: Vec<Site>,
    /// Where the recovery key alone opens.
    mirror: Option<Site>,
    copies: usize,
    entropy: Entropy,
}

impl Keyring {
    pub(crate) fn new(
        sites: Vec<Site>,
        mirror: Option<Site>,
        copies: usize,
        entropy: Entropy,
    ) -> Result<Self> {
        if copies == 0 || copies > sites.len() {
            return Err(Error::internal(format!(
                "{copies} copies of each key, but {} key sites",
                sites.len()
            )));
        }
        if !sites.iter().any(Site::opens) {
            return Err(Error::internal("no key site has its root of trust here"));
        }
        Ok(Self { sites, mirror, copies, entropy })
    }

    /// The key, or none where no site holds it.
    ///
    /// # Errors
    /// Unavailable, where no site gave it and not all answered, or one holds it whose root of trust is not here: this
    /// node's site was away when it was made, and is filled by a node there.
    pub(crate) async fn find(&self, kind: KeyKind, id: KeyId) -> Result<Option<Secret>> {
        let shard = Shard::of(kind, id);
        let mut failure = None;
        for site in self.sites.iter().filter(|site| site.opens()) {
            match site.find(shard, id).await {
                Ok(Found::Open(key)) => return Ok(Some(key)),
                Ok(Found::Missing | Found::Sealed(_)) => {}
                Err(error) => {
                    tracing::warn!(%error, site = ?site, "a key site did not give a key");
                    failure = Some(error);
                }
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        for site in self.sites.iter().filter(|site| !site.opens()) {
            if let Found::Sealed(_) = site.find(shard, id).await? {
                return Err(Error::unavailable(format!("{site:?} holds a key that is not here yet")));
            }
        }
        Ok(None)
    }

    /// The key, made where no site holds it.
    ///
    /// A key of the installation is made only when all sites answer, since there can be but one of it. An account's is
    /// made with the sites there are.
    ///
    /// # Errors
    /// Unavailable, where fewer than `copies` sites hold it, or the mirror does not.
    pub(crate) async fn ensure(&self, kind: KeyKind, id: KeyId) -> Result<Secret> {
        let shard = Shard::of(kind, id);
        for _ in 0..TRIES {
            let held = self.held(shard, id).await?;
            let only = held.is_none() && kind == KeyKind::Installation;
            let key = held.unwrap_or_else(|| Secret::random(&self.entropy));
            if self.spread(shard, id, &key, only).await? == Entered::Held {
                self.reflect(shard, id, &key).await?;
                return Ok(key);
            }
        }
        Err(Error::unavailable("another node makes the same key"))
    }

    /// The key as any site holds it; none where it is to be made.
    async fn held(&self, shard: Shard, id: KeyId) -> Result<Option<Secret>> {
        let mut open = None;
        let mut commitments = Vec::new();
        let mut failure = None;
        for found in join_all(self.sites.iter().map(|site| site.find(shard, id))).await {
            match found {
                Ok(Found::Missing) => {}
                Ok(Found::Sealed(commitment)) => commitments.push(commitment),
                Ok(Found::Open(key)) => {
                    commitments.push(shard.kind.commitment(&key));
                    open = Some(key);
                }
                Err(error) => failure = Some(error),
            }
        }
        if commitments.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(Error::internal(format!(
                "key sites hold different keys with one id in {}",
                shard.name()
            )));
        }
        match (open, failure) {
            (Some(key), _) => Ok(Some(key)),
            (None, _) if !commitments.is_empty() => {
                Err(Error::unavailable("the key is only at sites whose root of trust is not here"))
            }
            (None, Some(error)) if shard.kind == KeyKind::Installation => Err(error),
            (None, _) => Ok(None),
        }
    }

    /// Enters the key at each site. A new one of which there can be `only` one is entered at none after a site that did not
    /// take it: that one may be given another by its own node, which asks the sites in the same order.
    async fn spread(&self, shard: Shard, id: KeyId, key: &Secret, only: bool) -> Result<Entered> {
        let mut held = 0;
        let mut failure = None;
        for site in &self.sites {
            match site.enter(&self.entropy, shard, id, key).await {
                Ok(Entered::Held) => held += 1,
                Ok(Entered::Other) => return Ok(Entered::Other),
                Err(error) if only => return Err(Error::unavailable(error)),
                Err(error) => {
                    tracing::warn!(%error, site = ?site, "a key site did not take a key");
                    failure = Some(error);
                }
            }
        }
        match failure {
            Some(error) if held < self.copies => Err(Error::unavailable(error)),
            _ => Ok(Entered::Held),
        }
    }

    /// Enters the key at the mirror, where there is one.
    async fn reflect(&self, shard: Shard, id: KeyId, key: &Secret) -> Result<()> {
        let Some(mirror) = &self.mirror else { return Ok(()) };
        match mirror.enter(&self.entropy, shard, id, key).await {
            Ok(Entered::Held) => Ok(()),
            Ok(Entered::Other) => Err(Error::unavailable("the key mirror holds another key with this id")),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Makes the first epoch of each shard at the sites whose root is here, so that nodes elsewhere can enter keys.
    pub(crate) async fn prepare(&self) -> Result<()> {
        for site in self.sites.iter().filter(|site| site.opens()) {
            stream::iter(Shard::all())
                .map(|shard| site.prepare(&self.entropy, shard))
                .buffer_unordered(AT_ONCE)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    /// Whether there is more than one site.
    pub(crate) fn has_several_sites(&self) -> bool {
        self.sites.len() > 1
    }

    /// The site from which a mirror is written, and the mirror.
    pub(crate) fn mirrored(&self) -> Result<(&Site, &Site)> {
        let source = self.sites.iter().find(|site| site.opens());
        source.zip(self.mirror.as_ref()).ok_or_else(|| Error::unavailable("no key mirror is configured"))
    }

    /// Writes one shard of the mirror anew, and tells how many keys it holds.
    pub(crate) async fn rewrite(&self, shard: Shard) -> Result<usize> {
        let (source, mirror) = self.mirrored()?;
        for _ in 0..TRIES {
            // The mirror's version first: a key that is entered after the source was read is entered at the mirror
            // later still, and meets this write or undoes its condition.
            let (version, mirrored) = mirror.replaceable(shard).await?;
            let Some(stored) = source.read(shard).await? else {
                // No shard ever goes away, so the mirror may hold the last copy of these.
                return if mirrored == 0 { Ok(0) } else { Err(lost(source, shard)) };
            };
            let mut object = mirror.fresh(&self.entropy, shard).await?;
            for id in stored.object.entries.keys() {
                if let Some(key) = source.open(&stored.object, *id).await? {
                    object.enter(&self.entropy, *id, &key).map_err(Error::internal)?;
                }
            }
            let keys = object.entries.len();
            if mirror.overwrite(object, version).await? == Written::Done {
                return Ok(keys);
            }
        }
        Err(Error::unavailable("others keep changing the key mirror"))
    }
}

fn lost(source: &Site, shard: Shard) -> Error {
    Error::unavailable(format!(
        "{source:?} lost {}, which the mirror still holds; recover it first",
        shard.name()
    ))
}
