//! The rows, and when each stands.

use super::Drill;
use kernel::Timestamp;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use web::credentials;

/// How old the comparison of a mirror, or a drill, may be before it is late.
const LATE: Duration = Duration::from_hours(90 * 24);
/// The least memory and passes of a password's hash (OWASP Password Storage Cheat Sheet, Argon2id).
const LEAST: (u32, u32) = (19 * 1024, 2);

/// What is promised, and what shows that it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trust {
    /// When the answer was made.
    pub at: Timestamp,
    /// One for each thing of which there is evidence.
    pub rows: Vec<Row>,
}

/// One thing that is promised, with its evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrustRow)]
pub struct Row {
    /// The promises that it belongs to: P1 to P12.
    #[schema(value_type = Vec<String>)]
    pub promises: &'static [&'static str],
    /// Whether it is kept.
    pub state: State,
    /// When that was computed.
    pub computed_at: Timestamp,
    /// What shows it.
    pub evidence: Evidence,
}

/// Whether a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TrustState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is, and that was seen.
    Standing,
    /// It may be, but nobody has looked for too long.
    Late,
    /// It is not, here or now.
    Leaning,
}

/// What shows that something is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrustEvidence)]
#[serde(tag = "id", rename_all = "kebab-case")]
pub enum Evidence {
    /// Each site wrote, read and removed a probe.
    Copies {
        /// How many sites keep files.
        sites: usize,
        /// How many of them answered the probe.
        answering: usize,
        /// At how many a file lies before it counts as stored.
        required: usize,
    },
    /// What is to be copied to another site still.
    Repair {
        /// Copies that are to be and are not.
        missing: u64,
        /// Contents at fewer sites than must have them.
        at_risk: u64,
        /// Since when the oldest of those waits; none where none does.
        #[schema(required)]
        oldest_at: Option<Timestamp>,
    },
    /// All copies were read back and compared.
    Scrub {
        /// When that was last done; none where it never was.
        #[schema(required)]
        ended_at: Option<Timestamp>,
        /// How many copies were read then.
        copies: u64,
        /// How many of them were gone or altered.
        bad: u64,
        /// How many of those were replaced by good ones.
        mended: u64,
        /// Contents of which no site has a good copy now.
        lost: u64,
        /// After so many seconds it is late.
        #[serde(skip)]
        #[schema(ignore)]
        within: u64,
    },
    /// The database committed a probe, and was asked for its settings.
    Durable {
        /// Whether a commit is on the disk before it is acknowledged.
        durable: bool,
    },
    /// Where each change of the database lies: its primary was asked who follows it, less than 4 s before.
    Replication {
        /// How many servers must hold a change before it is acknowledged.
        required: usize,
        /// For how many the database waits, as it is set.
        demanded: usize,
        /// How many hold what is committed now.
        holding: usize,
        /// Whether copies are kept below the database, by whoever runs it: declared, and not seen here.
        declared: bool,
    },
    /// Whether another place takes over where one is lost.
    Takeover {
        /// Whether there is another.
        prepared: bool,
        /// The last rehearsal; none where there was none, or its report cannot be read.
        #[schema(required)]
        drill: Option<Drill>,
    },
    /// Where the keys are a second time.
    Keys {
        /// Whether they are.
        mirror: bool,
        /// When the second place was last compared with the first and found whole; none where it never was, or was not whole
        /// the last time.
        #[schema(required)]
        verified_at: Option<Timestamp>,
    },
    /// What a password's hash (argon2id) costs whoever guesses.
    SignIn {
        /// Memory of one guess, in KiB.
        memory_kib: u32,
        /// Passes over it.
        passes: u32,
    },
    /// The one cookie, as its header says.
    Cookies {
        /// Its name.
        name: String,
        /// Whether no script can read it.
        http_only: bool,
        /// Whether it goes over an encrypted connection only.
        secure: bool,
        /// Whether it goes to the host alone that set it.
        one_host: bool,
        /// Whether the browser keeps it on disk for a time that is set.
        kept: bool,
    },
    /// The key of the account is the one to which the account is bound since it was opened.
    AccountKey {
        /// Whether it is.
        own: bool,
    },
    /// The files of the account.
    Files {
        /// How many contents are stored, older versions too.
        stored: usize,
        /// How many of them at fewer sites than they must be.
        short: usize,
        /// How many of them no site has a good copy of.
        lost: usize,
        /// Whether the account's key opened what was stored last; none where nothing is.
        #[schema(required)]
        opened: Option<bool>,
    },
}

impl Row {
    pub(super) fn new(evidence: Evidence, now: Timestamp) -> Self {
        Self { promises: evidence.promises(), state: evidence.state(now), computed_at: now, evidence }
    }
}

impl Evidence {
    /// Of the session's cookie, as it is set.
    pub(super) fn cookie() -> Self {
        let header = credentials::set_session("").unwrap_or_else(credentials::clear_session);
        let mut parts = header.to_str().unwrap_or_default().split("; ").map(str::to_ascii_lowercase);
        let name = parts.next().unwrap_or_default().trim_end_matches('=').to_owned();
        let rest: Vec<String> = parts.collect();
        let has = |word: &str| rest.iter().any(|part| part == word);
        Self::Cookies {
            http_only: has("httponly"),
            secure: has("secure"),
            // `__Host-` forbids `Domain` (RFC 6265bis, section 4.1.3.2).
            one_host: name.starts_with("__host-") && has("path=/"),
            kept: rest.iter().any(|part| part.starts_with("max-age=") || part.starts_with("expires=")),
            name: credentials::SESSION_COOKIE.to_owned(),
        }
    }

    fn promises(&self) -> &'static [&'static str] {
        match self {
            Self::Copies { .. } | Self::Repair { .. } | Self::Replication { .. } => &["P1", "P2"],
            Self::Scrub { .. } | Self::Durable { .. } => &["P2"],
            Self::Takeover { .. } => &["P1", "P3"],
            Self::Keys { .. } => &["P6", "P11"],
            Self::Files { .. } => &["P2", "P11"],
            Self::SignIn { .. } | Self::Cookies { .. } | Self::AccountKey { .. } => &["P11"],
        }
    }

    fn state(&self, now: Timestamp) -> State {
        let kept = match *self {
            Self::Copies { answering, required, .. } => required >= 2 && answering >= required,
            Self::Repair { at_risk, .. } => at_risk == 0,
            Self::Scrub { lost, .. } if lost > 0 => false,
            Self::Scrub { ended_at, within, .. } => {
                let late = Duration::from_secs(within);
                if ended_at.is_none_or(|at| now.since(at) > late) {
                    return State::Late;
                }
                true
            }
            Self::Durable { durable } => durable,
            Self::Replication { declared: true, .. } => return State::Late,
            Self::Replication { required, demanded, holding, .. } => {
                required >= 2 && demanded >= required && holding >= required
            }
            Self::Takeover { prepared, drill } => {
                let lost = drill.is_some_and(|drill| drill.lost > 0);
                if prepared && !lost && drill.is_none_or(|drill| now.since(drill.at) > LATE) {
                    return State::Late;
                }
                prepared && !lost
            }
            Self::Keys { mirror, verified_at } => {
                if mirror && verified_at.is_none_or(|at| now.since(at) > LATE) {
                    return State::Late;
                }
                mirror
            }
            Self::SignIn { memory_kib, passes } => memory_kib >= LEAST.0 && passes >= LEAST.1,
            Self::Cookies { http_only, secure, one_host, kept, .. } => {
                http_only && secure && one_host && !kept
            }
            Self::AccountKey { own } => own,
            Self::Files { short, lost, opened, .. } => short == 0 && lost == 0 && opened != Some(false),
        };
        if kept { State::Standing } else { State::Leaning }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_stands_only_on_what_was_seen() {
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        let copies = |sites, answering, required| Evidence::Copies { sites, answering, required };
        let keys = |mirror, days: Option<u64>| Evidence::Keys {
            mirror,
            verified_at: days.map(|days| now - Duration::from_hours(24 * days)),
        };
        let replication = |required, demanded, holding| Evidence::Replication {
            required,
            demanded,
            holding,
            declared: false,
        };
        let drill = |days: u64, lost| Evidence::Takeover {
            prepared: true,
            drill: Some(Drill {
                at: now - Duration::from_hours(24 * days),
                rounds: 30,
                seconds_median: 11.0,
                seconds_worst: 13.0,
                acknowledged: 1_000,
                lost,
            }),
        };
        let files = |short, opened| Evidence::Files { stored: 3, short, lost: 0, opened };
        let repair = |missing, at_risk| Evidence::Repair { missing, at_risk, oldest_at: None };
        let scrub = |days: Option<u64>, lost| Evidence::Scrub {
            ended_at: days.map(|days| now - Duration::from_hours(24 * days)),
            copies: 3,
            bad: 1,
            mended: 1,
            lost,
            within: 14 * 24 * 60 * 60,
        };
        for (evidence, state) in [
            (copies(1, 1, 1), State::Leaning),
            (copies(2, 2, 2), State::Standing),
            (copies(3, 2, 2), State::Standing),
            (copies(2, 1, 2), State::Leaning),
            (Evidence::Durable { durable: true }, State::Standing),
            (Evidence::Durable { durable: false }, State::Leaning),
            (replication(1, 1, 1), State::Leaning),
            (replication(2, 2, 2), State::Standing),
            (replication(2, 1, 2), State::Leaning),
            (replication(2, 2, 1), State::Leaning),
            (Evidence::Replication { required: 2, demanded: 1, holding: 1, declared: true }, State::Late),
            (Evidence::Takeover { prepared: false, drill: None }, State::Leaning),
            (Evidence::Takeover { prepared: true, drill: None }, State::Late),
            (drill(89, 0), State::Standing),
            (drill(91, 0), State::Late),
            (drill(1, 1), State::Leaning),
            (keys(false, None), State::Leaning),
            (keys(true, None), State::Late),
            (keys(true, Some(89)), State::Standing),
            (keys(true, Some(91)), State::Late),
            (Evidence::SignIn { memory_kib: 64 * 1024, passes: 3 }, State::Standing),
            (Evidence::SignIn { memory_kib: 64, passes: 1 }, State::Leaning),
            (repair(0, 0), State::Standing),
            (repair(7, 0), State::Standing),
            (repair(7, 7), State::Leaning),
            (scrub(None, 0), State::Late),
            (scrub(Some(13), 0), State::Standing),
            (scrub(Some(15), 0), State::Late),
            (scrub(Some(1), 1), State::Leaning),
            (files(0, Some(true)), State::Standing),
            (files(0, None), State::Standing),
            (files(1, Some(true)), State::Leaning),
            (files(0, Some(false)), State::Leaning),
            (Evidence::cookie(), State::Standing),
        ] {
            assert_eq!(evidence.state(now), state, "{evidence:?}");
        }
    }
}
