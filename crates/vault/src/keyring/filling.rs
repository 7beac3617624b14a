//! Key sites compared with each other, and filled with what they lack.
//!
//! A key can be read only where its site's root of trust is, and entered anywhere. So a node fills every *other* site from its
//! own; what its own site lacks, it can only count, and wait for a node elsewhere. Until then whoever asks for such a key is
//! told that it is not available, never that it is not there.
//!
//! Nothing is taken away here. Whoever destroys keys must see to it that no site which was away fills them in again.

use super::{Entered, KeyId, Keyring, Object, Site};
use crate::{derive::Commitment, epoch::Shard};
use futures_util::{StreamExt as _, TryStreamExt as _, future::join_all, stream};
use kernel::{Error, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

/// Shards that are compared at once.
const AT_ONCE: usize = 16;

/// What came of filling the key sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Keys that were entered at a site which lacked them.
    pub entered: usize,
    /// Keys that other sites hold and this node's own does not: a node there enters them.
    pub behind: usize,
    /// The sites that did not answer, and were not compared.
    pub away: Vec<String>,
}

/// How it stands with one key site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySiteReport {
    /// Its name.
    pub site: String,
    /// Whether its root of trust is here, so that its keys were opened.
    pub here: bool,
    /// Keys that it holds.
    pub keys: usize,
    /// Keys that another site holds and it does not.
    pub lacking: usize,
    /// Keys that do not open, or are another than a site holds under the same id.
    pub wrong: usize,
    /// Why it could not be read, where it could not.
    pub fault: Option<String>,
}

/// A shard as each site holds it; none where the site has not begun it or does not answer.
type Held = Vec<Option<Object>>;

impl Keyring {
    /// Enters at each site what it lacks, as far as this node can open it.
    pub(crate) async fn fill(&self) -> Result<Filled> {
        let away = Mutex::new(BTreeSet::new());
        let filled = stream::iter(Shard::all())
            .map(|shard| self.fill_shard(shard, &away))
            .buffer_unordered(AT_ONCE)
            .try_fold((0, 0), async |(entered, behind), (more, further)| {
                Ok((entered + more, behind + further))
            });
        let (entered, behind) = filled.await?;
        let away = away.into_inner().unwrap_or_else(PoisonError::into_inner);
        let away = away.into_iter().map(|site| self.sites[site].name().to_owned()).collect();
        Ok(Filled { entered, behind, away })
    }

    async fn fill_shard(&self, shard: Shard, away: &Mutex<BTreeSet<usize>>) -> Result<(usize, usize)> {
        let held = self.read_shard(shard, away).await;
        let (mut entered, mut behind) = (0, 0);
        for (id, commitment) in ids(&held) {
            let openers = self.sites.iter().zip(&held).filter(|(site, _)| site.opens());
            let mut key = None;
            for (site, object) in openers {
                if let Some(object) = object.as_ref().filter(|object| object.entries.contains_key(&id)) {
                    key = site.open(object, id).await?;
                }
            }
            for (at, site) in self.sites.iter().enumerate() {
                let lacks = match &held[at] {
                    Some(object) => !object.entries.contains_key(&id),
                    None => !is_away(away, at),
                };
                match &key {
                    _ if !lacks => {}
                    None => behind += usize::from(site.opens()),
                    Some(key) => match site.enter(&self.entropy, shard, id, key).await {
                        Ok(Entered::Held) => entered += 1,
                        Ok(Entered::Other) => return Err(conflict(shard)),
                        Err(error) => {
                            tracing::warn!(%error, site = ?site, "a key site is filled later");
                            set_away(away, at);
                        }
                    },
                }
            }
            let same =
                |object: &Object| object.entries.get(&id).is_none_or(|entry| entry.commitment == commitment);
            if !held.iter().flatten().all(same) {
                return Err(conflict(shard));
            }
        }
        Ok((entered, behind))
    }

    /// The shard at each site. One that does not answer is not asked again in this pass.
    async fn read_shard(&self, shard: Shard, away: &Mutex<BTreeSet<usize>>) -> Held {
        let read = async |at: usize, site: &Site| {
            if is_away(away, at) {
                return None;
            }
            match site.read(shard).await {
                Ok(stored) => stored.map(|stored| stored.object),
                Err(error) => {
                    tracing::warn!(%error, site = ?site, "a key site is compared later");
                    set_away(away, at);
                    None
                }
            }
        };
        join_all(self.sites.iter().enumerate().map(|(at, site)| read(at, site))).await
    }

    /// Reads every site, opens what can be opened here, and compares.
    pub(crate) async fn examine(&self) -> Vec<KeySiteReport> {
        let mut reports: Vec<KeySiteReport> = self
            .sites
            .iter()
            .map(|site| KeySiteReport {
                site: site.name().to_owned(),
                here: site.opens(),
                ..KeySiteReport::default()
            })
            .collect();
        for shard in Shard::all() {
            let read = self.sites.iter().zip(&reports).map(async |(site, report)| match &report.fault {
                Some(_) => Ok(None),
                None => site.read(shard).await.map(|stored| stored.map(|stored| stored.object)),
            });
            let mut held: Held = Vec::new();
            for (at, read) in join_all(read).await.into_iter().enumerate() {
                held.push(read.unwrap_or_else(|error| {
                    reports[at].fault = Some(error.to_string());
                    None
                }));
            }
            let ids = ids(&held);
            for ((site, report), object) in self.sites.iter().zip(&mut reports).zip(&held) {
                if report.fault.is_some() {
                    continue;
                }
                for (id, commitment) in &ids {
                    match object.as_ref().and_then(|object| Some((object, object.entries.get(id)?))) {
                        None => report.lacking += 1,
                        Some((_, entry)) if entry.commitment != *commitment => report.wrong += 1,
                        Some((object, _))
                            if site.opens() && !matches!(site.open(object, *id).await, Ok(Some(_))) =>
                        {
                            report.wrong += 1;
                        }
                        Some(_) => report.keys += 1,
                    }
                }
            }
        }
        reports
    }
}

/// All keys that some site holds, with what they commit to at the first that does.
fn ids(held: &Held) -> BTreeMap<KeyId, Commitment> {
    let mut ids = BTreeMap::new();
    for (id, entry) in held.iter().flatten().flat_map(|object| &object.entries) {
        ids.entry(*id).or_insert(entry.commitment);
    }
    ids
}

fn conflict(shard: Shard) -> Error {
    Error::internal(format!("key sites hold different keys with one id in {}", shard.name()))
}

fn is_away(away: &Mutex<BTreeSet<usize>>, site: usize) -> bool {
    away.lock().unwrap_or_else(PoisonError::into_inner).contains(&site)
}

fn set_away(away: &Mutex<BTreeSet<usize>>, site: usize) {
    away.lock().unwrap_or_else(PoisonError::into_inner).insert(site);
}
