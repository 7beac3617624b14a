//! A job, and when it runs again.

use kernel::{AccountId, Error, Id, JobId, Noun, PersonId, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How long a job that failed waits before it runs again; twice as long after each failure more.
const SOON: Duration = Duration::from_secs(5);
/// How long it waits at most.
const LATE: Duration = Duration::from_mins(15);

/// What a job is about: ids under their names. It is stored in clear, and can hold nothing else.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Payload {
    version: u8,
    ids: BTreeMap<String, String>,
}

impl Default for Payload {
    fn default() -> Self {
        Self { version: Self::VERSION, ids: BTreeMap::new() }
    }
}

impl Payload {
    const VERSION: u8 = 1;

    pub(crate) fn read(text: &str) -> Result<Self> {
        let payload: Self = serde_json::from_str(text).map_err(Error::internal)?;
        if payload.version == Self::VERSION {
            Ok(payload)
        } else {
            Err(Error::internal(format!("a payload of version {}", payload.version)))
        }
    }

    /// The id under this name.
    pub fn id<N: Noun>(&self, name: &'static str) -> Result<Id<N>> {
        let text = self.ids.get(name).ok_or_else(|| Error::internal(format!("a payload without {name}")))?;
        text.parse().map_err(Error::internal)
    }
}

/// A job to be enqueued.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(crate) kind: &'static str,
    pub(crate) id: Option<JobId>,
    pub(crate) actor: Option<PersonId>,
    pub(crate) payload: Payload,
    pub(crate) run_at: Option<Timestamp>,
}

impl Draft {
    /// A job of this kind, due at once.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, id: None, actor: None, payload: Payload::default(), run_at: None }
    }
    /// About this.
    #[must_use]
    pub fn about<N: Noun>(mut self, name: &'static str, id: Id<N>) -> Self {
        self.payload.ids.insert(name.to_owned(), id.to_string());
        self
    }
    /// Under this id, where it must be found again or be there once.
    #[must_use]
    pub fn named(mut self, id: JobId) -> Self {
        self.id = Some(id);
        self
    }
    /// Which follows what this person did.
    #[must_use]
    pub fn by(mut self, person: PersonId) -> Self {
        self.actor = Some(person);
        self
    }
    /// Due then.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.run_at = Some(time);
        self
    }
}

/// A job that runs.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// In which account.
    pub account: AccountId,
    /// What it does.
    pub kind: String,
    /// Who did what it follows, where that was a person.
    pub actor: Option<PersonId>,
    /// What it is about, as it is stored.
    pub(crate) payload: String,
    /// Which run this is, counted from 1. It is also the number of the claim: only its holder ends the run.
    pub attempts: i64,
    /// Until when it is claimed.
    pub(crate) until: Timestamp,
}

impl Job {
    /// What it is about.
    pub fn payload(&self) -> Result<Payload> {
        Payload::read(&self.payload)
    }
}

/// How it stands with a job that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// How often it ran.
    pub attempts: i64,
    /// When it is due.
    pub run_at: Timestamp,
    /// The code of its last error.
    pub error: Option<String>,
}

/// How long a job waits after this many runs: doubled each time, and between half and all of that by the dice, so that
/// those who failed together do not come back together.
pub(crate) fn wait(attempts: i64, dice: u32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    let most = SOON.saturating_mul(1 << doublings).min(LATE);
    most / 2 + (most / 2).mul_f64(f64::from(dice) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::noun;

    #[test]
    fn a_job_waits_longer_each_time_up_to_a_limit_and_never_the_same() {
        for (attempts, least, most) in [(1, 2500, 5000), (2, 5000, 10_000), (5, 40_000, 80_000)] {
            assert_eq!(wait(attempts, 0).as_millis(), least);
            assert_eq!(wait(attempts, u32::MAX).as_millis(), most);
        }
        for attempts in [9, 60, i64::MAX] {
            assert_eq!(wait(attempts, u32::MAX), LATE);
        }
    }

    #[test]
    fn a_payload_reads_back_and_one_of_a_newer_version_does_not() {
        let draft = Draft::new("test").about("job", JobId::from_bytes([7; 16]));
        let text = serde_json::to_string(&draft.payload).unwrap();
        assert_eq!(text, r#"{"version":1,"ids":{"job":"07070707-0707-0707-0707-070707070707"}}"#);
        let payload = Payload::read(&text).unwrap();
        assert_eq!(payload.id::<noun::Job>("job").unwrap(), JobId::from_bytes([7; 16]));
        assert!(payload.id::<noun::Job>("mail").is_err());
        assert!(Payload::read(r#"{"version":2,"ids":{}}"#).is_err());
    }
}
