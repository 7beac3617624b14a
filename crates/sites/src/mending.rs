//! Copies read back and compared, and brought from one site to another.
//!
//! Invariants: what is brought is published only after all of it was compared, so no bad copy ever spreads; a copy is
//! replaced only where it was read to its end and is another than it should be; memory does not grow with the part.

use crate::{
    checksum::{Checksum, Summing},
    fault::{At, Fault, Faults, Outcome},
    name::PartName,
    pace::Pace,
    site::{Published, Site},
    upload::BATCH,
};
use bytes::Bytes;
use futures_util::StreamExt;
use kernel::Error;
use std::sync::Arc;

/// What a copy is found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What it should be.
    Good,
    /// The site answers, and has no such object.
    Missing,
    /// It is there, and is not what it should be.
    Altered,
    /// The site did not answer: why, in a sentence for operators.
    Away(String),
}

/// A part that a site has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// How many bytes travelled: none where the site had it already.
    pub bytes: u64,
    /// The sites that were asked for it, and had no good one.
    pub doubted: Vec<Arc<str>>,
}

/// Why a part was not brought.
#[derive(Debug)]
pub enum Setback {
    /// The site that it was for does not take it now.
    Away(Error),
    /// No site gave it now, and not all answered.
    NoSource(Error),
    /// Every site answered, and none has what it should be. Nothing was changed anywhere.
    Lost,
}

/// How one site did as a source.
enum Poured {
    /// It was published, or was there.
    Done(u64),
    /// The source had nothing good.
    Bad,
    /// The source did not answer.
    Silent(Fault),
}

/// Reads a copy back and compares it.
pub(crate) async fn verify(site: &Site, name: PartName, checksum: Checksum, pace: &Pace) -> Verdict {
    // One byte more than there should be, so that a longer one is seen.
    let mut bytes = site.read(name, 0..checksum.bytes + 1);
    let mut sum = Summing::default();
    loop {
        match site.step(next(&mut bytes)).await {
            Ok(Some(bytes)) => {
                sum.add(&bytes);
                pace.take(bytes.len() as u64).await;
            }
            Ok(None) if sum.end() == checksum => return Verdict::Good,
            Ok(None) | Err(Fault::Short(_)) => return Verdict::Altered,
            Err(Fault::Missing) => return Verdict::Missing,
            Err(fault) => return Verdict::Away(fault.line()),
        }
    }
}

async fn next(
    bytes: &mut (impl futures_util::Stream<Item = Outcome<Bytes>> + Unpin),
) -> Outcome<Option<Bytes>> {
    bytes.next().await.transpose()
}

/// Brings a part to a site, from the first of the others that has a good one. What lies there under the name and is
/// something else is replaced.
pub(crate) async fn bring(
    sources: Vec<Arc<Site>>,
    target: &Arc<Site>,
    name: PartName,
    checksum: Checksum,
    pace: &Pace,
) -> Result<Brought, Setback> {
    let (mut doubted, mut away) = (Vec::new(), Vec::new());
    for source in sources {
        match pour(&source, target, name, checksum, pace).await {
            Ok(Poured::Done(bytes)) => return Ok(Brought { bytes, doubted }),
            Ok(Poured::Bad) => doubted.push(Arc::clone(source.name())),
            Ok(Poured::Silent(fault)) => away.push(At { site: Arc::clone(source.name()), fault }),
            Err(fault) => return Err(Setback::Away(error(name, vec![at(target, fault)]))),
        }
    }
    if !away.is_empty() {
        return Err(Setback::NoSource(error(name, away)));
    }
    // It may be that the site has the only good one, as where its row was lost.
    match verify(target, name, checksum, pace).await {
        Verdict::Good => Ok(Brought { bytes: 0, doubted }),
        Verdict::Missing | Verdict::Altered => Err(Setback::Lost),
        Verdict::Away(why) => Err(Setback::Away(Error::unavailable(why))),
    }
}

fn at(site: &Site, fault: Fault) -> At {
    At { site: Arc::clone(site.name()), fault }
}

fn error(name: PartName, faults: Vec<At>) -> Error {
    Error::unavailable(Faults { doing: format!("bringing {name}"), faults })
}

/// From one site to the other. An error is the target's.
async fn pour(
    source: &Arc<Site>,
    target: &Arc<Site>,
    name: PartName,
    checksum: Checksum,
    pace: &Pace,
) -> Outcome<Poured> {
    match send(source, target, name, checksum, pace).await {
        // What a try before left, or what was altered.
        Err(Fault::Exists) => match verify(target, name, checksum, pace).await {
            Verdict::Good => return Ok(Poured::Done(0)),
            Verdict::Away(why) => return Err(Fault::Broken(why.into())),
            Verdict::Missing | Verdict::Altered => {}
        },
        outcome => return outcome,
    }
    // Before something is taken away there must be something better to put there.
    match verify(source, name, checksum, pace).await {
        Verdict::Good => target.remove(name).await?,
        Verdict::Missing | Verdict::Altered => return Ok(Poured::Bad),
        Verdict::Away(why) => return Ok(Poured::Silent(Fault::Broken(why.into()))),
    }
    send(source, target, name, checksum, pace).await
}

async fn send(
    source: &Arc<Site>,
    target: &Arc<Site>,
    name: PartName,
    checksum: Checksum,
    pace: &Pace,
) -> Outcome<Poured> {
    let mut bytes = source.read(name, 0..checksum.bytes + 1);
    let mut upload = target.upload(name);
    let (mut sum, mut batch, mut size) = (Summing::default(), Vec::new(), 0);
    let poured = loop {
        match source.step(next(&mut bytes)).await {
            Ok(Some(bytes)) => {
                sum.add(&bytes);
                size += bytes.len();
                pace.take(bytes.len() as u64).await;
                batch.push(bytes);
                if size >= BATCH {
                    size = 0;
                    if let Err(fault) = upload.write(target, std::mem::take(&mut batch)).await {
                        break Err(fault);
                    }
                }
            }
            Ok(None) if sum.end() == checksum => {
                return upload
                    .finish(target, batch)
                    .await
                    .map(Published::keep)
                    .map(|()| Poured::Done(checksum.bytes));
            }
            Ok(None) | Err(Fault::Missing | Fault::Short(_)) => break Ok(Poured::Bad),
            Err(fault) => break Ok(Poured::Silent(fault)),
        }
    };
    if let Err(fault) = upload.abort(target).await {
        tracing::warn!(site = %target.name(), part = %name, fault = fault.line(), "a copy could not be aborted");
    }
    poured
}
