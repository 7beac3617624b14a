//! One part on its way to all sites at the same time.

use crate::{
    checksum::{Checksum, Summing},
    fault::{At, Fault, Faults},
    name::PartName,
    site::{Published, Site, SiteUpload},
    sites::Rules,
};
use bytes::Bytes;
use futures_util::future::join_all;
use kernel::{Error, Result};
use std::sync::Arc;

/// How many bytes are gathered before they are handed to the sites. A part smaller than this reaches a
/// directory in one step on one thread.
pub(crate) const BATCH: usize = 1 << 20;

/// One part being uploaded.
///
/// Memory: a batch of 1 MiB here, one more a directory, and 24 MiB a bucket, whatever the size of the part.
/// The sites get their bytes at the pace of the slowest that still answers.
///
/// Dropping it gives up in the background; [`Upload::abort`] waits until nothing is left.
#[must_use = "an upload that is dropped is aborted"]
#[derive(Debug)]
pub struct Upload {
    name: PartName,
    rules: Rules,
    gathered: Vec<Bytes>,
    size: usize,
    sum: Summing,
    /// The sites that are to have it.
    wanted: Vec<Arc<str>>,
    /// Empty after a failure, and while a batch is handed over: a caller that drops `write` in the middle of
    /// that has an upload with a hole, which must not end well.
    lanes: Vec<Lane>,
    faults: Vec<At>,
}

#[derive(Debug)]
struct Lane {
    site: Arc<Site>,
    upload: SiteUpload,
}

impl Upload {
    /// A site that failed a moment ago is not waited for where enough others are well: the repair brings it what it misses.
    pub(crate) fn new<'s>(sites: impl Iterator<Item = &'s Arc<Site>>, name: PartName, rules: Rules) -> Self {
        let mut sites: Vec<_> = sites.collect();
        let wanted = sites.iter().map(|site| Arc::clone(site.name())).collect();
        if sites.iter().filter(|site| !site.is_ill()).count() >= rules.copies {
            sites.retain(|site| !site.is_ill());
        }
        let lane = |site: &Arc<Site>| Lane { site: Arc::clone(site), upload: site.upload(name) };
        let lanes = sites.into_iter().map(lane).collect();
        let (gathered, faults, sum) = (Vec::new(), Vec::new(), Summing::default());
        Self { name, rules, gathered, size: 0, sum, wanted, lanes, faults }
    }

    /// The part that is being uploaded.
    pub fn name(&self) -> PartName {
        self.name
    }

    /// Appends these bytes. Returns when the sites have room for more.
    ///
    /// A future that is dropped before it is ready makes the upload fail.
    ///
    /// # Errors
    /// As soon as too few sites are left, as [`Upload::finish`]; everything is then removed.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.size += bytes.len();
        self.sum.add(&bytes);
        self.gathered.push(bytes);
        if self.size < BATCH {
            return Ok(());
        }
        self.size = 0;
        let batch = std::mem::take(&mut self.gathered);
        let lanes = std::mem::take(&mut self.lanes).into_iter().map(|mut lane| {
            let batch = batch.clone();
            async move {
                let result = lane.upload.write(&lane.site, batch).await;
                (lane, result)
            }
        });
        let mut reached = Vec::new();
        for (lane, result) in join_all(lanes).await {
            match result {
                Ok(()) => reached.push(lane),
                Err(fault) => self.note(&lane.site, fault),
            }
        }
        if !self.is_hopeless(reached.len()) {
            self.lanes = reached;
            return Ok(());
        }
        abort(reached).await;
        Err(self.fail())
    }

    /// Ends the part: it is durable at the sites in the answer, and nowhere else.
    ///
    /// # Errors
    /// `unavailable` or `storage-full` (both 503) where too few sites could be reached, `blob-exists` (409)
    /// where the name is taken at a site, `too-large` (413) beyond 80 GB in a bucket. What other sites had
    /// published is removed again.
    pub async fn finish(mut self) -> Result<Copies> {
        let last = std::mem::take(&mut self.gathered);
        let lanes = std::mem::take(&mut self.lanes).into_iter().map(|Lane { site, upload }| {
            let last = last.clone();
            async move {
                let result = upload.finish(&site, last).await;
                (site, result)
            }
        });
        let mut published = Vec::new();
        for (site, result) in join_all(lanes).await {
            match result {
                Ok(copy) => published.push((site, copy)),
                Err(fault) => self.note(&site, fault),
            }
        }
        if self.is_hopeless(published.len()) {
            join_all(published.into_iter().map(|(_, copy)| copy.take_back())).await;
            return Err(self.fail());
        }
        let short = published.len() < self.rules.copies;
        let keep = |(site, copy): (Arc<Site>, Published)| {
            copy.keep();
            Arc::clone(site.name())
        };
        let sites: Vec<Arc<str>> = published.into_iter().map(keep).collect();
        let missing = self.wanted.iter().filter(|site| !sites.contains(site)).cloned().collect();
        Ok(Copies { sites, missing, short, checksum: self.sum.end() })
    }

    /// Gives up. When it returns nothing is left at any site that answers.
    pub async fn abort(mut self) {
        abort(std::mem::take(&mut self.lanes)).await;
    }

    fn note(&mut self, site: &Site, fault: Fault) {
        let site = Arc::clone(site.name());
        tracing::warn!(%site, part = %self.name, fault = fault.line(), "an upload lost a site");
        self.faults.push(At { site, fault });
    }

    /// Whether the upload cannot succeed with so many sites. A name that is taken at one site dooms it at all.
    fn is_hopeless(&self, sites: usize) -> bool {
        sites < self.rules.needed() || self.faults.iter().any(|at| matches!(at.fault, Fault::Exists))
    }

    fn fail(&mut self) -> Error {
        let doing = format!("upload of {}", self.name);
        Faults { doing, faults: std::mem::take(&mut self.faults) }.into_upload_error()
    }
}

async fn abort(lanes: Vec<Lane>) {
    join_all(lanes.into_iter().map(|Lane { site, upload }| async move {
        if let Err(fault) = upload.abort(&site).await {
            tracing::warn!(site = %site.name(), fault = fault.line(), "an upload could not be aborted");
        }
    }))
    .await;
}

/// Where a part lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The names of the sites that have it durably.
    pub sites: Vec<Arc<str>>,
    /// Those that are to have it too, and do not.
    pub missing: Vec<Arc<str>>,
    /// The sites that have it are fewer than the rules ask for: at risk until repaired.
    pub short: bool,
    /// By which each copy is known.
    pub checksum: Checksum,
}
