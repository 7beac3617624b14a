//! A download that goes from site to site until one has served it.

use crate::{
    fault::{At, Fault, Faults, Outcome},
    name::PartName,
    site::{SHORT, Site},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream, stream::BoxStream};
use kernel::Result;
use std::{fmt, ops::Range, sync::Arc, time::Duration};

/// How many times each site is asked for the same byte: first for a second, so that a reader comes quickly to
/// a site that answers; then, where none did, with all patience.
const ROUNDS: usize = 2;

/// One download: how far it came and where it reads.
pub struct Reading {
    name: PartName,
    /// The nearest first. One that failed goes to the end.
    sites: Vec<Arc<Site>>,
    /// What is still to come.
    range: Range<u64>,
    open: Option<BoxStream<'static, Outcome<Bytes>>>,
    /// The failures since the last byte.
    faults: Vec<At>,
    /// The sites that answered, and did not have what they should.
    doubted: Vec<Arc<str>>,
}

impl Reading {
    pub(crate) fn new(
        sites: &[Arc<Site>],
        name: PartName,
        range: Range<u64>,
        distrusted: &[Arc<str>],
    ) -> Self {
        let trusted = sites.iter().filter(|site| !distrusted.contains(site.name()));
        let mut sites: Vec<_> = trusted.cloned().collect();
        sites.sort_by_key(|site| site.is_ill()); // stable: the nearest of those that answer
        Self { name, sites, range, open: None, faults: Vec::new(), doubted: Vec::new() }
    }

    /// The download as a stream, after its first bytes are there.
    pub(crate) async fn begin(mut self) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let first = self.next().await?;
        let rest = stream::try_unfold(self, |mut reading| async move {
            let bytes = reading.next().await?;
            Ok(bytes.map(|bytes| (bytes, reading)))
        });
        Ok(stream::iter(first.map(Ok)).chain(rest))
    }

    /// The next bytes from the first site that has them; none at the end of the range.
    ///
    /// # Errors
    /// As [`Sites::read`](crate::Sites::read).
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        while !self.range.is_empty() {
            match self.ask().await {
                Ok(bytes) => {
                    self.range.start += bytes.len() as u64;
                    self.faults.clear();
                    return Ok(Some(bytes));
                }
                Err(fault) => self.go_on(fault)?,
            }
        }
        Ok(None)
    }

    /// The site that the last bytes came from.
    pub fn site(&self) -> Option<&Arc<str>> {
        self.sites.first().map(|site| site.name())
    }

    /// The sites that answered so far that they do not have the part, or only the beginning of it.
    pub fn doubted(&self) -> &[Arc<str>] {
        &self.doubted
    }

    /// Some bytes from the site at the head of the list.
    async fn ask(&mut self) -> Outcome<Bytes> {
        let Some(site) = self.sites.first() else { return Err(Fault::Missing) };
        let patience = self.patience(site);
        let open = self.open.get_or_insert_with(|| site.read(self.name, self.range.clone()));
        let mut bytes = site
            .within(patience, async {
                loop {
                    match open.next().await {
                        Some(Ok(bytes)) if bytes.is_empty() => {}
                        Some(result) => return result,
                        None => return Err(Fault::Short(self.range.start)),
                    }
                }
            })
            .await?;
        let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        bytes.truncate(left);
        Ok(bytes)
    }

    fn patience(&self, site: &Site) -> Duration {
        let first_round = self.faults.len() < self.sites.len();
        if first_round && self.sites.len() > 1 { site.patience().min(SHORT) } else { site.patience() }
    }

    /// Notes why the site failed and turns to the next, unless all have failed.
    fn go_on(&mut self, fault: Fault) -> Result<()> {
        self.open = None;
        let gone = |fault: &Fault| matches!(fault, Fault::Missing | Fault::Short(_));
        if let Some(site) = self.sites.first() {
            let (name, at) = (site.name(), self.range.start);
            tracing::warn!(site = %name, part = %self.name, at, fault = fault.line(), "a read goes on");
            if gone(&fault) && !self.doubted.contains(name) {
                self.doubted.push(Arc::clone(name));
            }
            self.faults.push(At { site: Arc::clone(name), fault });
        }
        let asked = self.faults.len();
        let all_gone = asked == self.sites.len() && self.faults.iter().all(|at| gone(&at.fault));
        if all_gone || asked == self.sites.len() * ROUNDS {
            let doing = format!("read of {}", self.name);
            return Err(Faults { doing, faults: std::mem::take(&mut self.faults) }.into_read_error());
        }
        self.sites.rotate_left(1);
        Ok(())
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reading({} {:?})", self.name, self.range)
    }
}
