//! All sites of an installation, as one store.

use crate::{
    bucket::{Examined, Unfinished},
    checksum::Checksum,
    config::{Config, WhenShort},
    fault::{At, Faults, Outcome},
    mending::{self, Brought, Setback, Verdict},
    name::PartName,
    numbers::Numbers,
    pace::Pace,
    reading::Reading,
    site::{Listed, SHORT, Site, SiteHealth},
    upload::Upload,
};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, future::join_all};
use kernel::{AccountId, BlobId, Error, Result, Source};
use prometheus_client::registry::Registry;
use std::{ops::Range, sync::Arc, time::Duration};

/// What an upload must reach, and how long a site is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many sites must have a part before it is acknowledged.
    pub copies: usize,
    /// What happens where fewer are reachable.
    pub when_short: WhenShort,
    /// How long one step at a site may take: a batch written, a piece of 8 MiB sent, a part synced.
    pub patience: Duration,
}

impl Rules {
    /// The patience that suits sites in one part of the world: 10 s.
    pub const PATIENCE: Duration = Duration::from_secs(10);

    /// The fewest sites with which an upload succeeds.
    pub(crate) fn needed(&self) -> usize {
        match self.when_short {
            WhenShort::Refuse => self.copies,
            WhenShort::Continue => 1,
        }
    }
}

/// The sites of an installation. Clones share them.
#[derive(Clone, Debug)]
pub struct Sites {
    /// The nearest first; those that are being taken out last.
    all: Arc<[Arc<Site>]>,
    rules: Rules,
    numbers: Numbers,
}

impl Sites {
    /// Opens the sites that the configuration names. Directories are made where they are missing; buckets are
    /// not asked yet: [`Sites::check`] does.
    ///
    /// # Errors
    /// An [`kernel::Kind::Invalid`] that names the site and what is wrong with it.
    pub fn open(config: &Config) -> Result<Self> {
        let mut sites =
            config.sites.iter().map(|site| site.open(config.patience)).collect::<Result<Vec<_>>>()?;
        if let Some(here) = &config.here {
            let Some(at) = config.sites.iter().position(|site| site.name == *here) else {
                return Err(Error::invalid("site-unknown", "here").with("site", here));
            };
            sites[..=at].rotate_right(1);
        }
        let rules = Rules { copies: config.copies, when_short: config.when_short, patience: config.patience };
        Self::new(sites, rules)
    }

    /// These sites, the nearest first.
    ///
    /// # Errors
    /// `sites-missing` without a site, `site-twice` where two have one name or one directory, `copies-invalid`
    /// where the rules ask for no copy or for more than there are sites.
    pub fn new(sites: Vec<Site>, rules: Rules) -> Result<Self> {
        if sites.is_empty() {
            return Err(Error::invalid("sites-missing", "site"));
        }
        for (at, site) in sites.iter().enumerate() {
            let same = |other: &&Site| {
                other.name() == site.name() || other.root().is_some_and(|root| Some(root) == site.root())
            };
            if let Some(other) = sites[..at].iter().find(same) {
                return Err(Error::invalid("site-twice", "site")
                    .with("site", site.name())
                    .with("other", other.name()));
            }
        }
        let staying = sites.iter().filter(|site| !site.is_leaving()).count();
        if rules.copies == 0 || rules.copies > staying {
            return Err(Error::invalid("copies-invalid", "copies")
                .with("copies", rules.copies)
                .with("sites", staying));
        }
        let mut sites = sites;
        sites.sort_by_key(Site::is_leaving); // stable
        // Where every site is needed, haste would only make a slow one fail.
        let again = if staying > rules.needed() { rules.patience.min(SHORT) } else { rules.patience };
        let numbers = Numbers::default();
        let ready = |site: Site| {
            let counted = numbers.of(site.name());
            Arc::new(site.with_patience(rules.patience, again).counted(counted))
        };
        Ok(Self { all: sites.into_iter().map(ready).collect(), rules, numbers })
    }

    /// Shows the operator what is counted here.
    pub fn register(&self, registry: &mut Registry) {
        self.numbers.register(registry);
    }

    /// The names of the sites that are to have every part, the nearest first.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.staying().map(|site| site.name())
    }

    /// The names of the sites that are being taken out.
    pub fn leaving(&self) -> impl Iterator<Item = &Arc<str>> {
        self.all.iter().filter(|site| site.is_leaving()).map(|site| site.name())
    }

    fn staying(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.all.iter().filter(|site| !site.is_leaving())
    }

    fn find(&self, name: &str) -> Result<&Arc<Site>> {
        let found = self.all.iter().find(|site| **site.name() == *name);
        found.ok_or_else(|| Error::invalid("site-unknown", "site").with("site", name))
    }

    /// Whether a site fell silent or failed a moment ago, so that work which can wait leaves it alone.
    pub fn is_ill(&self, site: &str) -> bool {
        self.find(site).is_ok_and(|site| site.is_ill())
    }

    /// How many sites must have a part before it is acknowledged.
    pub fn copies(&self) -> usize {
        self.rules.copies
    }

    /// Begins the upload of a part. The name must be new: a part that is sent again takes the next number.
    pub fn upload(&self, name: PartName) -> Upload {
        Upload::new(self.staying(), name, self.rules)
    }

    /// The bytes of a part in `range`, which must lie within it. They come from the nearest site that answers;
    /// where it fails or stays silent for a second the next one goes on at the byte that was reached.
    ///
    /// The first bytes are there when this returns.
    ///
    /// # Errors
    /// Here and in the stream: `blob-missing` (500) where every site says that it has no such part, or that it
    /// ends before the range does; `unavailable` (503) where some did not answer.
    pub async fn read(
        &self,
        name: PartName,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        self.reading(name, range, &[]).begin().await
    }

    /// The same, passing over the sites whose copy turned out to be none.
    pub fn reading(&self, name: PartName, range: Range<u64>, distrusted: &[Arc<str>]) -> Reading {
        Reading::new(&self.all, name, range, distrusted)
    }

    /// How many sites must have a part for it to be acknowledged now: fewer than [`copies`](Self::copies) where uploads go on
    /// while a site is away.
    pub fn needed(&self) -> usize {
        self.rules.needed()
    }

    /// Removes one part at all sites, if it is there, and what uploads of it left behind: one that was sent and is not wanted.
    ///
    /// # Errors
    /// `unavailable` where a site failed; the others are done, and it may be repeated.
    pub async fn remove(&self, name: PartName) -> Result<()> {
        let removals = self.all.iter().map(|site| async move { (site, site.remove(name).await) });
        gather(format!("removal of {name}"), join_all(removals).await)
    }

    /// Removes all parts of these blobs at all sites, and what uploads of them left behind; that nothing is
    /// there is as good. Give many at once: a directory is read once for all.
    ///
    /// # Errors
    /// `unavailable` where a site failed; the others are done, and it may be repeated.
    pub async fn delete(&self, account: AccountId, blobs: &[BlobId]) -> Result<()> {
        let deletions = self.all.iter().map(|site| async move { (site, site.delete(account, blobs).await) });
        gather(format!("deletion of {} blobs", blobs.len()), join_all(deletions).await)
    }

    /// The same, and where it has to be repeated: the sites that failed. Why is logged.
    pub async fn delete_where_possible(&self, account: AccountId, blobs: &[BlobId]) -> Vec<Arc<str>> {
        let deletions = self.all.iter().map(|site| async move { (site, site.delete(account, blobs).await) });
        let failed = |(site, result): (&Arc<Site>, Outcome<()>)| {
            let fault = result.err()?;
            tracing::warn!(site = %site.name(), fault = fault.line(), "what it holds is deleted there later");
            Some(Arc::clone(site.name()))
        };
        join_all(deletions).await.into_iter().filter_map(failed).collect()
    }

    /// Removes all parts of these blobs at one site.
    ///
    /// # Errors
    /// `site-unknown`; `unavailable`.
    pub async fn delete_at(&self, site: &str, account: AccountId, blobs: &[BlobId]) -> Result<()> {
        let site = self.find(site)?;
        let result = site.delete(account, blobs).await;
        gather(format!("deletion of {} blobs", blobs.len()), vec![(site, result)])
    }

    /// Reads a copy back and compares it.
    ///
    /// # Errors
    /// `site-unknown`.
    pub async fn verify(
        &self,
        site: &str,
        name: PartName,
        checksum: Checksum,
        pace: &Pace,
    ) -> Result<Verdict> {
        Ok(mending::verify(self.find(site)?, name, checksum, pace).await)
    }

    /// Brings a part to a site from the nearest other that has a good one. Where the site has it already nothing travels;
    /// where it has something else under the name, that is replaced.
    ///
    /// # Errors
    /// Why it is not there now, and that nobody has it.
    pub async fn bring(
        &self,
        site: &str,
        name: PartName,
        checksum: Checksum,
        pace: &Pace,
    ) -> Result<Brought, Setback> {
        let target = self.find(site).map_err(Setback::Away)?;
        let others = self.all.iter().filter(|source| !Arc::ptr_eq(source, target));
        let mut sources: Vec<_> = others.cloned().collect();
        sources.sort_by_key(|site| site.is_ill());
        mending::bring(sources, target, name, checksum, pace).await
    }

    /// What each bucket says of itself beyond its objects: whether it keeps what was deleted, and what time it is there.
    /// An error says why a site does not answer.
    pub async fn examine(&self) -> Vec<(Arc<str>, Result<Examined, String>)> {
        let look = |site: &Arc<Site>| {
            let site = Arc::clone(site);
            async move { (Arc::clone(site.name()), site.examine().await.map_err(|fault| fault.line())) }
        };
        join_all(self.all.iter().map(look)).await
    }

    /// The uploads into a bucket that were begun and not completed.
    ///
    /// # Errors
    /// `site-unknown`, `unavailable`.
    pub async fn unfinished(&self, site: &str) -> Result<Vec<Unfinished>> {
        let site = self.find(site)?;
        let fault = |fault| {
            let faults = vec![At { site: Arc::clone(site.name()), fault }];
            Error::unavailable(Faults { doing: "list of unfinished uploads".to_owned(), faults })
        };
        site.unfinished().await.map_err(fault)
    }

    /// Gives one of them up.
    ///
    /// # Errors
    /// `site-unknown`, `unavailable`.
    pub async fn abandon(&self, site: &str, upload: &Unfinished) -> Result<()> {
        let site = self.find(site)?;
        gather(format!("an unfinished upload of {}", upload.name), vec![(site, site.abandon(upload).await)])
    }

    /// What a site holds for an account, in no order.
    ///
    /// # Errors
    /// `site-unknown`; in the stream `unavailable`.
    pub fn list(
        &self,
        site: &str,
        account: AccountId,
    ) -> Result<impl Stream<Item = Result<Listed>> + Send + use<>> {
        let site = self.find(site)?;
        let name = Arc::clone(site.name());
        Ok(site.list(account).map_err(move |fault| {
            let faults = vec![At { site: Arc::clone(&name), fault }];
            Error::unavailable(Faults { doing: format!("list of {account}"), faults })
        }))
    }

    /// Writes, reads and removes a probe at every site that is to have every part.
    pub async fn check(&self, source: &Source) -> Vec<SiteHealth> {
        join_all(self.staying().map(|site| site.check(source.id()))).await
    }

    /// Whether an upload would be accepted by sites that are in this health.
    pub fn suffice(&self, health: &[SiteHealth]) -> bool {
        health.iter().filter(|site| site.is_well()).count() >= self.rules.needed()
    }
}

/// Done where all sites did it.
fn gather(doing: String, results: Vec<(&Arc<Site>, Outcome<()>)>) -> Result<()> {
    let fault = |(site, result): (&Arc<Site>, Outcome<()>)| {
        Some(At { site: Arc::clone(site.name()), fault: result.err()? })
    };
    let faults: Vec<_> = results.into_iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::unavailable(Faults { doing, faults })) }
}
