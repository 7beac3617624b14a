//! One site's copy of the keyring.
//!
//! Invariants:
//! * An epoch of a shard is made when its first key is entered: the wrapping key first, durably, then one write of the
//!   object with the pair and the entry. A kill between them leaves a wrapping key that the next try uses.
//! * An object is replaced only on the condition that it is still the one that was read; a race is run again. So
//!   processes and nodes that enter keys at once lose none.
//! * Where this node holds the site's root, nothing is sealed to a public key from the store unless its private half
//!   unwraps and belongs to it: who can write to the store cannot have new keys sealed to a key of their own.

use super::object::{KeyId, Object};
use crate::{
    derive::Commitment,
    envelope::{Pair, Public},
    epoch::{Epoch, Shard, ShardEpoch},
    root::Root,
    sealer::Refusal,
    secret::Secret,
    store::{KeyStore, Version, Written, blocking},
};
use kernel::{Entropy, Error, Result};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

/// Tries of a write that others keep winning; with the pauses between them about fifteen seconds.
const TRIES: u32 = 64;

/// A place that holds the keys.
pub(crate) struct Site {
    name: String,
    store: KeyStore,
    trust: Trust,
    /// Pairs that were unwrapped, by shard.
    pairs: RwLock<HashMap<Shard, Arc<(ShardEpoch, Pair)>>>,
    /// One writer a shard number within this process; others are met by the condition of the write.
    turns: Box<[Mutex<()>]>,
}

/// What a site's entries are sealed to.
#[derive(Clone)]
pub(crate) enum Trust {
    /// To the epoch, whose private half this root unwraps.
    Root(Arc<dyn Root>),
    /// To the epoch, which only nodes at the site can open.
    Elsewhere,
    /// To the recovery key, which nobody here can open: a mirror.
    Recovery(Public),
}

/// What a site holds of a key.
pub(crate) enum Found {
    Missing,
    /// It is there, sealed to what this node cannot open.
    Sealed(Commitment),
    Open(Secret),
}

/// What became of a key that was to be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The site holds it.
    Held,
    /// The site holds another key with this id.
    Other,
}

/// An object as it was read.
pub(crate) struct Stored {
    pub(crate) object: Object,
    version: Option<Version>,
}

impl Site {
    pub(crate) fn new(name: impl Into<String>, store: KeyStore, trust: Trust) -> Self {
        let turns = (0..256).map(|_| Mutex::new(())).collect();
        Self { name: name.into(), store, trust, pairs: RwLock::default(), turns }
    }

    /// Whether this node opens what lies here.
    pub(crate) fn opens(&self) -> bool {
        matches!(self.trust, Trust::Root(_))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn store(&self) -> &KeyStore {
        &self.store
    }

    pub(crate) async fn find(&self, shard: Shard, id: KeyId) -> Result<Found> {
        let Some(stored) = self.read(shard).await? else { return Ok(Found::Missing) };
        let Some(entry) = stored.object.entries.get(&id) else { return Ok(Found::Missing) };
        if !self.opens() {
            return Ok(Found::Sealed(entry.commitment));
        }
        Ok(self.open(&stored.object, id).await?.map_or(Found::Missing, Found::Open))
    }

    /// Opens one key of an object that was read here.
    pub(crate) async fn open(&self, object: &Object, id: KeyId) -> Result<Option<Secret>> {
        let pair = self.pair(object).await?;
        object.open(&pair.1, id).map_err(|refusal| self.damaged(object.at.shard, refusal))
    }

    /// Enters a key, unless the site holds one with this id.
    pub(crate) async fn enter(
        &self,
        entropy: &Entropy,
        shard: Shard,
        id: KeyId,
        key: &Secret,
    ) -> Result<Entered> {
        let commitment = shard.kind.commitment(key);
        let mut entered = Entered::Held;
        self.change(entropy, shard, |object| match object.entries.get(&id) {
            Some(entry) => {
                entered = if entry.commitment == commitment { Entered::Held } else { Entered::Other };
                Ok(false)
            }
            None => object.enter(entropy, id, key).map(|()| true),
        })
        .await?;
        Ok(entered)
    }

    /// Makes the first epoch of a shard where there is none.
    pub(crate) async fn prepare(&self, entropy: &Entropy, shard: Shard) -> Result<()> {
        match self.read(shard).await? {
            Some(_) => Ok(()),
            None => self.change(entropy, shard, |_| Ok(true)).await,
        }
    }

    /// Replaces the object by what `edit` makes of it, unless `edit` says that nothing changed. `edit` may run several
    /// times.
    async fn change(
        &self,
        entropy: &Entropy,
        shard: Shard,
        mut edit: impl FnMut(&mut Object) -> Result<bool, Refusal>,
    ) -> Result<()> {
        let _turn = self.turns[usize::from(shard.number)].lock().await;
        for attempt in 0..TRIES {
            let mut stored = match self.read(shard).await? {
                Some(stored) => stored,
                None => Stored { object: self.fresh(entropy, shard).await?, version: None },
            };
            self.check(&stored.object).await?;
            if !edit(&mut stored.object).map_err(|refusal| self.damaged(shard, refusal))? {
                return Ok(());
            }
            if self.replace(&stored).await? == Written::Done {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1 << attempt.min(8))).await;
        }
        Err(Error::unavailable(format!("others keep changing {} of key site {}", shard.name(), self.name)))
    }

    pub(crate) async fn read(&self, shard: Shard) -> Result<Option<Stored>> {
        let Some((bytes, version)) = self.store.read(&shard.name()).await? else { return Ok(None) };
        let object = Object::decode(shard, &bytes).map_err(|refusal| self.damaged(shard, refusal))?;
        Ok(Some(Stored { object, version: Some(version) }))
    }

    /// The version of what lies here and the number of its keys, for a mirror that is written anew. What cannot be read
    /// counts as no keys, and is replaced.
    pub(crate) async fn replaceable(&self, shard: Shard) -> Result<(Option<Version>, usize)> {
        let Some((bytes, version)) = self.store.read(&shard.name()).await? else { return Ok((None, 0)) };
        let Ok(object) = Object::decode(shard, &bytes) else { return Ok((Some(version), 0)) };
        self.check(&object).await?;
        Ok((Some(version), object.entries.len()))
    }

    /// Writes an object over the version that was read.
    pub(crate) async fn overwrite(&self, object: Object, version: Option<Version>) -> Result<Written> {
        self.replace(&Stored { object, version }).await
    }

    async fn replace(&self, Stored { object, version }: &Stored) -> Result<Written> {
        self.store.write(&object.at.shard.name(), object.encode(), version.as_ref()).await
    }

    /// An object without entries, as this site would begin it.
    pub(crate) async fn fresh(&self, entropy: &Entropy, shard: Shard) -> Result<Object> {
        let at = ShardEpoch { shard, epoch: Epoch::FIRST };
        match &self.trust {
            Trust::Recovery(public) => Ok(Object::new(ShardEpoch { shard, epoch: Epoch::MIRROR }, *public)),
            Trust::Elsewhere => Err(Error::unavailable(format!(
                "key site {} has no epoch yet for {}; a node of that site makes it",
                self.name,
                shard.name()
            ))),
            Trust::Root(root) => {
                let (root, entropy) = (Arc::clone(root), entropy.clone());
                blocking(move || {
                    root.ensure(at)?;
                    let pair = Pair::derive(&Secret::random(&entropy));
                    let wrap = root.wrap(at, pair.public(), &pair.private())?;
                    let mut object = Object::new(at, *pair.public());
                    object.wraps.insert(root.id()?, wrap);
                    Ok(object)
                })
                .await
            }
        }
    }

    /// That entries may be sealed to this object's public key.
    async fn check(&self, object: &Object) -> Result<()> {
        match &self.trust {
            Trust::Root(_) => self.pair(object).await.map(drop),
            Trust::Elsewhere => Ok(()),
            Trust::Recovery(public) if *public == object.public => Ok(()),
            Trust::Recovery(_) => {
                Err(Error::unavailable(format!("{self:?} is sealed to another recovery key")))
            }
        }
    }

    /// The pair of the object's epoch.
    async fn pair(&self, object: &Object) -> Result<Arc<(ShardEpoch, Pair)>> {
        let shard = object.at.shard;
        let known = self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(&shard).cloned();
        if let Some(known) = known
            && known.0 == object.at
            && *known.1.public() == object.public
        {
            return Ok(known);
        }
        let Trust::Root(root) = &self.trust else {
            return Err(Error::unavailable(format!(
                "the root of trust of key site {} is not here",
                self.name
            )));
        };
        let (root, at, public, wraps) = (Arc::clone(root), object.at, object.public, object.wraps.clone());
        let pair = blocking(move || {
            let wrap = wraps.get(&root.id()?).ok_or_else(|| {
                Error::unavailable(format!("{} was not sealed for {root:?}", at.shard.name()))
            })?;
            let private = root.unwrap(at, &public, wrap)?;
            Pair::from_private(&private).map_err(Error::internal)
        })
        .await?;
        if *pair.public() != object.public {
            return Err(self.damaged(shard, "sealed to a key that is not its own"));
        }
        let pair = Arc::new((at, pair));
        self.pairs.write().unwrap_or_else(PoisonError::into_inner).insert(shard, Arc::clone(&pair));
        Ok(pair)
    }

    fn damaged(&self, shard: Shard, refusal: Refusal) -> Error {
        Error::internal(format!("keyring {} of key site {} is {refusal}", shard.name(), self.name))
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.name, self.store)
    }
}
