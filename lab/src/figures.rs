//! The figures of a drill: as a table for whoever ran it, and as a file for whoever shows them.
//!
//! The file is JSON, where `--json` says; `[drill] report` in a node's configuration shows it on the Trust page. Its form has a number, `version`, which grows with
//! each change that a reader must know of; a reader refuses a higher one. Version 1:
//!
//! ```json
//! {
//!   "version": 1,
//!   "at": "2026-01-31T12:00:00Z",            // when the drill began
//!   "form": "reference",                     // "reference": three data sites; "economy": two and a witness
//!   "copies": 2, "when_short": "refuse",     // as [durability] of the nodes
//!   "nodes": 2,                              // of each data site
//!   "lease": { "ttl": 20, "loop_wait": 1, "retry_timeout": 3 },
//!   "faults": [{
//!     "fault": "kill-site",                  // the names of `lab drill --fault`
//!     "rounds": 20,
//!     "seconds": { "median": 23.1, "worst": 23.7 },   // from the fault to the answer to the first write that was sent after it
//!     "silence": { "median": 23.1, "worst": 23.7 },   // the longest time without any acknowledgement
//!     "failed": 0,                           // rounds in which no write was acknowledged any more; not in the times
//!     "acknowledged": 5210,                  // items that were acknowledged, before, during and after the fault
//!     "lost": 0,                             // of these, those that could not be read back byte by byte from what was left
//!     "errors": { "unavailable": 90, "connection": 12, "silence": 4, "other": 0 },  // as clients saw them
//!     "back": { "median": 4.0, "worst": 6.1 },        // seconds from the end of the fault until every process was back at its work
//!     "copies_brought_back": 120,            // objects that the site lacked then, and got without anybody's doing
//!     "copies_missing": 0                    // what any site lacked still after that, as the program counts
//!   }]
//! }
//! ```

use crate::{
    clients::Errors,
    faults::Fault,
    plan::{Form, Lease, Plan},
};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The version of the form.
const VERSION: u32 = 1;

/// All figures of a drill.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    version: u32,
    at: Timestamp,
    form: Form,
    copies: usize,
    when_short: String,
    nodes: u16,
    lease: Lease,
    faults: Vec<OfFault>,
}

/// The figures of all rounds of a fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfFault {
    fault: Fault,
    rounds: usize,
    seconds: Times,
    silence: Times,
    failed: usize,
    acknowledged: usize,
    lost: usize,
    errors: Errors,
    back: Times,
    copies_missing: usize,
    copies_brought_back: usize,
}

/// Seconds of several rounds; nothing where no round has any.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Times {
    median: Option<f64>,
    worst: Option<f64>,
}

impl Times {
    fn of(seconds: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = seconds.collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match (sorted.get(middle), sorted.len() % 2) {
            (Some(upper), 0) => Some(f64::midpoint(sorted[middle - 1], *upper)),
            (upper, _) => upper.copied(),
        };
        Self { median: median.map(hundredths), worst: sorted.last().copied().map(hundredths) }
    }
}

fn hundredths(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}

/// What one round showed.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) fault: Fault,
    /// From the fault to the answer to the first write that was sent after it; none where none came.
    pub(crate) seconds: Option<f64>,
    /// The longest time without any acknowledgement.
    pub(crate) silence: f64,
    /// From the end of the fault until every process was back at its work.
    pub(crate) back: f64,
    pub(crate) acknowledged: usize,
    pub(crate) lost: usize,
    pub(crate) errors: Errors,
    pub(crate) copies_missing: usize,
    pub(crate) copies_brought_back: usize,
}

impl Round {
    /// In a line.
    pub(crate) fn line(&self) -> String {
        let Self { seconds, silence, back, acknowledged, lost, errors, .. } = self;
        format!(
            "next write after {}, silence {silence:.2} s, {acknowledged} acknowledged, {lost} lost, \
             errors 503/connection/silence/other {}/{}/{}/{}, whole after {back:.2} s, {} copies brought back, {} missing",
            shown(*seconds),
            errors.unavailable,
            errors.connection,
            errors.silence,
            errors.other,
            self.copies_brought_back,
            self.copies_missing,
        )
    }
}

fn shown(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.2} s"))
}

impl Figures {
    /// The figures of these rounds.
    pub(crate) fn of(plan: &Plan, at: Timestamp, rounds: &[Round]) -> Self {
        let faults = Fault::ALL.into_iter().filter_map(|fault| {
            let rounds: Vec<_> = rounds.iter().filter(|round| round.fault == fault).collect();
            (!rounds.is_empty()).then(|| OfFault::of(fault, &rounds))
        });
        Self {
            version: VERSION,
            at,
            form: plan.form,
            copies: 2,
            when_short: plan.when_short().to_owned(),
            nodes: plan.nodes,
            lease: plan.lease,
            faults: faults.collect(),
        }
    }

    /// Whether nothing was lost, every client was told the truth, and work always went on.
    pub(crate) fn are_good(&self) -> bool {
        self.faults.iter().all(|fault| {
            fault.lost == 0 && fault.failed == 0 && fault.errors.other == 0 && fault.copies_missing == 0
        })
    }

    /// As a table.
    pub(crate) fn table(&self) -> String {
        let head = [
            "fault",
            "rounds",
            "next write",
            "silence",
            "failed",
            "acked",
            "lost",
            "503",
            "conn",
            "silent",
            "other",
            "whole again",
            "copies back",
            "missing",
        ];
        let pair = |times: Times| match (times.median, times.worst) {
            (Some(median), Some(worst)) => format!("{median:.2} / {worst:.2} s"),
            _ => "-".to_owned(),
        };
        let mut lines = vec![head.map(str::to_owned)];
        for fault in &self.faults {
            let OfFault { errors, .. } = fault;
            let name = serde_json::to_value(fault.fault).ok();
            lines.push([
                name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned(),
                fault.rounds.to_string(),
                pair(fault.seconds),
                pair(fault.silence),
                fault.failed.to_string(),
                fault.acknowledged.to_string(),
                fault.lost.to_string(),
                errors.unavailable.to_string(),
                errors.connection.to_string(),
                errors.silence.to_string(),
                errors.other.to_string(),
                pair(fault.back),
                fault.copies_brought_back.to_string(),
                fault.copies_missing.to_string(),
            ]);
        }
        let mut widths = [0; 14];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.chars().count().max(*width);
            }
        }
        let Lease { ttl, loop_wait, retry_timeout } = self.lease;
        let mut text = format!(
            "{:?}, {} nodes a site, ttl {ttl} / loop_wait {loop_wait} / retry_timeout {retry_timeout} s; times as median / worst\n",
            self.form, self.nodes
        );
        for line in lines {
            for (cell, width) in line.iter().zip(widths) {
                let _ = write!(text, "{cell}{}  ", " ".repeat(width - cell.chars().count())); // a String takes all
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }
}

impl OfFault {
    fn of(fault: Fault, rounds: &[&Round]) -> Self {
        let mut errors = Errors::default();
        for round in rounds {
            errors += round.errors;
        }
        let sum = |count: fn(&Round) -> usize| rounds.iter().map(|round| count(round)).sum();
        Self {
            fault,
            rounds: rounds.len(),
            seconds: Times::of(rounds.iter().filter_map(|round| round.seconds)),
            silence: Times::of(rounds.iter().map(|round| round.silence)),
            failed: rounds.iter().filter(|round| round.seconds.is_none()).count(),
            acknowledged: sum(|round| round.acknowledged),
            lost: sum(|round| round.lost),
            errors,
            back: Times::of(rounds.iter().map(|round| round.back)),
            copies_missing: sum(|round| round.copies_missing),
            copies_brought_back: sum(|round| round.copies_brought_back),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn plan() -> Plan {
        Plan {
            form: Form::Economy,
            nodes: 1,
            lease: Lease::SUPPORTED,
            port: 0,
            folder: PathBuf::new(),
            program: PathBuf::new(),
            python: PathBuf::new(),
            deploy: PathBuf::new(),
        }
    }

    fn round(seconds: Option<f64>, lost: usize) -> Round {
        Round {
            fault: Fault::KillSite,
            seconds,
            silence: 1.0,
            back: 2.0,
            acknowledged: 10,
            lost,
            errors: Errors { unavailable: 1, ..Errors::default() },
            copies_missing: 0,
            copies_brought_back: 3,
        }
    }

    #[test]
    fn rounds_are_summed_and_a_loss_or_a_round_without_end_is_not_good() {
        let at = Timestamp::from_micros(0);
        let of = |rounds: &[Round]| Figures::of(&plan(), at, rounds);
        let good = of(&[round(Some(3.0), 0), round(Some(1.0), 0), round(Some(2.0), 0)]);
        assert!(good.are_good());
        let value = serde_json::to_value(&good).unwrap();
        assert_eq!(value["version"], 1);
        assert_eq!(value["faults"][0]["seconds"], serde_json::json!({ "median": 2.0, "worst": 3.0 }));
        assert_eq!(value["faults"][0]["errors"]["unavailable"], 3);
        assert!(good.table().contains("kill-site"));
        assert!(!of(&[round(Some(1.0), 1)]).are_good());
        assert!(!of(&[round(None, 0)]).are_good());
    }
}
