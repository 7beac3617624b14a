//! Whether PostgreSQL is set up for several sites, and what to do where it is not.

use super::{Primary, Replication, Standing};
use crate::{address::Address, tx::SystemTx};
use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{Bool, Nullable, Text},
};
use kernel::Result;
use std::collections::BTreeMap;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What: `primary`, `hosts`, `replication`, `settings`, `roles`.
    pub what: &'static str,
    /// Whether nothing needs to be done.
    pub well: bool,
    /// How it is, and what to do.
    pub says: String,
}

impl Finding {
    fn new(what: &'static str, well: bool, says: impl Into<String>) -> Self {
        Self { what, well, says: says.into() }
    }
}

/// How PostgreSQL is set.
pub(crate) struct Settings {
    values: BTreeMap<String, String>,
    sees_standbys: bool,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    setting: String,
}

#[derive(QueryableByName)]
struct Sees {
    #[diesel(sql_type = Nullable<Bool>)]
    sees: Option<bool>,
}

/// What a setting must be, in PostgreSQL's own units, and how that is written.
struct Demand {
    name: &'static str,
    fits: fn(&str) -> bool,
    write: &'static str,
}

/// What a takeover in seconds rests on (measured with the lab; docs/decisions/0027). Those of the receiver matter as soon as this
/// one follows another.
const DEMANDS: [Demand; 8] = [
    Demand { name: "fsync", fits: is_on, write: "on" },
    Demand { name: "full_page_writes", fits: is_on, write: "on" },
    Demand { name: "wal_sender_timeout", fits: |value| within(value, 1, 5_000), write: "3s" },
    Demand { name: "wal_receiver_timeout", fits: |value| within(value, 1, 5_000), write: "3s" },
    Demand { name: "wal_receiver_status_interval", fits: |value| within(value, 1, 2), write: "1s" },
    Demand { name: "wal_retrieve_retry_interval", fits: |value| within(value, 1, 1_000), write: "500ms" },
    Demand { name: "tcp_user_timeout", fits: |value| within(value, 1, 5_000), write: "2s" },
    Demand { name: "tcp_keepalives_idle", fits: |value| within(value, 1, 5), write: "1" },
];

fn is_on(value: &str) -> bool {
    value == "on"
}

fn within(value: &str, least: i64, most: i64) -> bool {
    value.parse().is_ok_and(|value: i64| (least..=most).contains(&value))
}

impl Settings {
    pub(crate) fn read(tx: &mut SystemTx<'_>) -> Result<Self> {
        tx.run(|conn| {
            let settings: Vec<Setting> = sql_query("SELECT name, setting FROM pg_settings").load(conn)?;
            let Sees { sees } = sql_query(
                "SELECT pg_has_role(proowner, 'pg_read_all_stats', 'USAGE') AS sees FROM pg_proc WHERE proname = '__standbys'",
            )
            .get_result(conn)?;
            let values = settings.into_iter().map(|Setting { name, setting }| (name, setting)).collect();
            Ok(Self { values, sees_standbys: sees == Some(true) })
        })
    }

    fn is_on(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value == "on")
    }
}

/// Looks at everything.
pub(crate) async fn examine(primary: &Primary, app: &Address, settings: Result<Settings>) -> Vec<Finding> {
    let mut findings = vec![found(primary), hosts(app).await];
    match settings {
        Ok(settings) => {
            let replication = primary.replication();
            findings.extend(replicated(primary.standing().as_ref(), &settings, replication));
            if replication.copies > 1 {
                findings.push(set(&settings));
            }
        }
        Err(error) => findings.push(Finding::new("settings", false, error.to_string())),
    }
    findings
}

fn found(primary: &Primary) -> Finding {
    let silence = primary.silence().as_secs_f64();
    match primary.standing() {
        Some(standing) if primary.answers() => {
            Finding::new("primary", true, format!("at {}, answered {silence:.1} s ago", standing.host))
        }
        _ => Finding::new(
            "primary",
            false,
            format!(
                "no answer for {silence:.1} s: see whether PostgreSQL runs, who is its leader (patronictl list), and \
                 whether its standby follows"
            ),
        ),
    }
}

async fn hosts(app: &Address) -> Finding {
    let tried = app.try_each().await;
    let count = tried.len();
    let failed: Vec<_> =
        tried.into_iter().filter_map(|(name, result)| Some(format!("{name} ({})", result.err()?))).collect();
    let says = if failed.is_empty() {
        format!("all {count} answer")
    } else {
        format!("of {count}, not reached: {}", failed.join(", "))
    };
    Finding::new("hosts", failed.is_empty(), says)
}

/// Whether a commit is where it must be.
fn replicated(standing: Option<&Standing>, settings: &Settings, asked: Replication) -> Option<Finding> {
    let Replication { copies, strict } = asked;
    let standing = standing?;
    let bad = |says: String| Some(Finding::new("replication", false, says));
    if copies < 2 {
        let says = match standing.standbys.len() {
            0 => "one server holds each change".to_owned(),
            count => format!("{count} follow, and nothing waits for them: durability.copies is 1"),
        };
        return Some(Finding::new("replication", true, says));
    }
    if !settings.sees_standbys {
        return bad(
            "it is not seen who follows the primary: as a superuser, GRANT pg_read_all_stats TO the owner \
                    of the tables"
                .to_owned(),
        );
    }
    let (demands, names) = (standing.demands(), &standing.synchronous);
    if demands == 1 && !matches!(standing.commit.as_str(), "on" | "remote_apply") {
        return bad(format!(
            "synchronous_commit is {}: a commit is acknowledged before a standby has it. Set it to on",
            standing.commit
        ));
    }
    if demands < copies {
        let what_to_do = if strict {
            "set Patroni's synchronous_mode and synchronous_mode_strict to true"
        } else {
            "set Patroni's synchronous_mode to true, and see why no standby follows"
        };
        return bad(format!(
            "{copies} servers must hold a commit, and PostgreSQL waits for {demands} (synchronous_standby_names = \
             '{names}'): {what_to_do}, and synchronous_node_count to {}",
            copies - 1
        ));
    }
    if demands > copies {
        return bad(format!(
            "PostgreSQL waits for {demands} servers, and durability.copies is {copies}: make \
             synchronous_node_count {}, or raise copies",
            copies - 1
        ));
    }
    let synchronous: Vec<_> =
        standing.standbys.iter().filter(|it| it.streams() && it.is_synchronous()).collect();
    if synchronous.len() + 1 < copies {
        return bad(format!("commits wait for a standby that does not stream: {}", follow(standing)));
    }
    Some(Finding::new("replication", true, format!("a commit is at {demands} servers: {}", follow(standing))))
}

fn follow(standing: &Standing) -> String {
    let all = standing.standbys.iter().map(|standby| {
        let (state, sync) = (standby.state.as_deref(), standby.sync.as_deref());
        let words = [state.unwrap_or("unknown"), sync.unwrap_or("unknown")].join(", ");
        format!("{} ({words}, {} bytes behind)", standby.name, standby.behind)
    });
    let all: Vec<_> = all.collect();
    if all.is_empty() { "nobody follows".to_owned() } else { all.join(", ") }
}

fn set(settings: &Settings) -> Finding {
    let mut wrong: Vec<String> = DEMANDS
        .iter()
        .filter(|demand| !settings.values.get(demand.name).is_some_and(|value| (demand.fits)(value)))
        .map(|demand| format!("{} = {}", demand.name, demand.write))
        .collect();
    if !settings.is_on("wal_log_hints") && !settings.is_on("data_checksums") {
        wrong.push("wal_log_hints = on".to_owned());
    }
    if wrong.is_empty() {
        return Finding::new("settings", true, "a lost server is noticed within seconds");
    }
    let says = format!(
        "a loss is noticed late, or an old primary does not come back by itself. Set {}",
        wrong.join(", ")
    );
    Finding::new("settings", false, says)
}
