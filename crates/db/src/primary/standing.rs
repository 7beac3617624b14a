//! What the primary says of itself and of its standbys.

use super::Timeline;
use kernel::{Error, Result};
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

/// What the primary said of itself and of its standbys when it was asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it is: `paris.example:5432`.
    pub host: String,
    pub(crate) timeline: Timeline,
    /// Its `synchronous_standby_names`.
    pub synchronous: String,
    /// Its `synchronous_commit`, as our sessions have it.
    pub commit: String,
    /// Who follows it.
    pub standbys: Vec<Standby>,
}

/// One that follows the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standby {
    /// What it calls itself.
    pub name: String,
    /// `streaming`, `catchup`, …; none where we may not see it.
    pub state: Option<String>,
    /// Whether commits wait for it: `sync`, `quorum`, `potential` or `async`.
    pub sync: Option<String>,
    /// Bytes of the log that it has not flushed yet.
    pub behind: u64,
    /// Milliseconds since it said something.
    pub silent_ms: u64,
}

impl Standby {
    /// Whether it streams.
    pub fn streams(&self) -> bool {
        self.state.as_deref() == Some("streaming")
    }

    /// Whether commits wait for it.
    pub fn is_synchronous(&self) -> bool {
        matches!(self.sync.as_deref(), Some("sync" | "quorum"))
    }
}

impl Standing {
    /// What [`Standing::read`] reads: a row of settings, and one for each standby.
    pub(super) const SQL: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), \
        current_setting('synchronous_standby_names'), current_setting('synchronous_commit'); \
        SELECT name, state, sync_state, behind, silent_ms FROM __standbys()";

    pub(super) fn read(host: &str, messages: &[SimpleQueryMessage]) -> Result<Self> {
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let (own, standbys): (Vec<_>, Vec<_>) =
            rows.filter(|row| row.len() >= 3).partition(|row| row.len() == 3);
        let read = || {
            let own = own.first()?;
            Some(Self {
                host: host.to_owned(),
                timeline: Timeline::read(own.get(0)?)?,
                synchronous: own.get(1)?.to_owned(),
                commit: own.get(2)?.to_owned(),
                standbys: standbys.iter().map(|row| standby(row)).collect(),
            })
        };
        read().ok_or_else(|| Error::unavailable("the primary's answer was not understood"))
    }

    /// How many servers a COMMIT waits for as it is set, the primary among them.
    pub fn demands(&self) -> usize {
        // `remote_write` waits for a standby's memory only, and `local` and `off` for none.
        if !matches!(self.commit.as_str(), "on" | "remote_apply") {
            return 1;
        }
        1 + demanded(&self.synchronous)
    }

    /// How many servers hold what is committed now, the primary among them.
    pub fn copies(&self) -> usize {
        1 + self.standbys.iter().filter(|standby| standby.streams()).count()
    }
}

fn standby(row: &SimpleQueryRow) -> Standby {
    let text = |at| row.get(at).map(ToOwned::to_owned);
    let number = |at| row.get(at).and_then(|text: &str| text.parse().ok()).unwrap_or(0);
    Standby {
        name: text(0).unwrap_or_default(),
        state: text(1),
        sync: text(2),
        behind: number(3),
        silent_ms: number(4),
    }
}

/// How many standbys `synchronous_standby_names` makes a commit wait for (PostgreSQL, section 20.6.2): `FIRST 2 (a, b, c)`,
/// `ANY 1 (*)`, `2 (a, b)`, or a list of names, which is one.
fn demanded(names: &str) -> usize {
    let names = names.trim();
    if names.is_empty() {
        return 0;
    }
    let Some((before, _)) = names.split_once('(') else { return 1 };
    before.split_whitespace().last().and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_waited_for() {
        for (names, count) in [
            ("", 0),
            ("*", 1),
            ("frankfurt", 1),
            ("frankfurt, lyon", 1),
            ("1 (*)", 1),
            ("ANY 2 (a,b,c)", 2),
            ("FIRST 1 (\"a b\")", 1),
            ("any 3(a,b,c)", 3),
        ] {
            assert_eq!(demanded(names), count, "{names}");
        }
        let standing = |commit: &str| Standing {
            host: String::new(),
            timeline: Timeline::default(),
            synchronous: "*".to_owned(),
            commit: commit.to_owned(),
            standbys: Vec::new(),
        };
        let demands: Vec<_> = ["on", "remote_apply", "remote_write", "local", "off"]
            .map(|commit| standing(commit).demands())
            .into();
        assert_eq!(demands, [2, 2, 1, 1, 1]);
    }
}
