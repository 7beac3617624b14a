//! The last drill: a rehearsal in which sites were lost again and again, and what came of it.
//!
//! The drill is run by the operator, beside the program, and leaves a file (`[drill] report` in the configuration). Either as
//! `make lab-drill` writes it, with the figures of each fault, of which those of a lost site count for the time (other keys are
//! passed over):
//!
//! ```json
//! {"version": 1, "at": "2026-11-26T08:00:00Z", "faults": [{"fault": "kill-site", "rounds": 20,
//!  "seconds": {"median": 23.1, "worst": 23.7}, "failed": 0, "acknowledged": 5210, "lost": 0}]}
//! ```
//!
//! or, of a drill that was held otherwise, in one:
//!
//! ```json
//! {"version": 1, "at": "2026-11-26T08:00:00Z", "rounds": 30, "seconds_median": 11.2, "seconds_worst": 13.3,
//!  "acknowledged": 48211, "lost": 0}
//! ```

use kernel::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};
use utoipa::ToSchema;

/// The version of the file that is understood.
const VERSION: u32 = 1;

/// The faults that are the loss of a whole site.
const LOST_SITE: [&str; 2] = ["kill-site", "cut-site"];

/// What came of the last drill.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Drill {
    /// When it ended.
    pub at: Timestamp,
    /// How often a site was lost.
    pub rounds: u32,
    /// Seconds until the next write was acknowledged: the median of all rounds.
    pub seconds_median: f64,
    /// The worst of them.
    pub seconds_worst: f64,
    /// Writes that were acknowledged in all.
    pub acknowledged: u64,
    /// How many of them were not there afterwards.
    pub lost: u64,
}

/// The file, in either form.
#[derive(Deserialize)]
#[serde(untagged)]
enum Report {
    OfFaults {
        version: u32,
        at: Timestamp,
        faults: Vec<Fault>,
    },
    InOne {
        version: u32,
        #[serde(flatten)]
        drill: Drill,
    },
}

/// The figures of one fault.
#[derive(Deserialize)]
struct Fault {
    #[serde(rename = "fault")]
    name: String,
    rounds: u32,
    seconds: Times,
    #[serde(default)]
    failed: u64,
    acknowledged: u64,
    lost: u64,
}

/// Seconds of several rounds; none where no round has any.
#[derive(Deserialize)]
struct Times {
    median: Option<f64>,
    worst: Option<f64>,
}

impl Drill {
    /// Reads the report; none where there is no file yet.
    ///
    /// # Errors
    /// Internal, where it cannot be read, or is not understood.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::internal)?,
        };
        let (version, drill) = match serde_json::from_str(&text).map_err(Error::internal)? {
            Report::OfFaults { version, at, faults } => (version, Self::of(at, &faults)),
            Report::InOne { version, drill } => (version, drill),
        };
        if version != VERSION {
            return Err(Error::internal(format!("a drill's report of version {version}")));
        }
        Ok(Some(drill))
    }

    /// All faults together. The time is that of the loss of a site, where that was rehearsed, and of the worst way to lose
    /// it. A round after which nothing was acknowledged any more is a loss.
    fn of(at: Timestamp, faults: &[Fault]) -> Self {
        let of_site = |fault: &&Fault| LOST_SITE.contains(&fault.name.as_str());
        let any = faults.iter().any(|fault| of_site(&fault));
        let timed = || faults.iter().filter(|fault| !any || of_site(fault));
        let most = |of: fn(&Times) -> Option<f64>| {
            timed().filter_map(|fault| of(&fault.seconds)).fold(0.0, f64::max)
        };
        Self {
            at,
            rounds: timed().map(|fault| fault.rounds).sum(),
            seconds_median: most(|times| times.median),
            seconds_worst: most(|times| times.worst),
            acknowledged: faults.iter().map(|fault| fault.acknowledged).sum(),
            lost: faults.iter().map(|fault| fault.lost + fault.failed).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_one_that_is_odd_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drill.json");
        assert_eq!(Drill::read(&path).unwrap(), None);
        let report = r#"{"version": 1, "at": "2026-11-26T08:00:00Z", "rounds": 30, "seconds_median": 11.2,
            "seconds_worst": 13.3, "acknowledged": 48211, "lost": 0, "sites": 3}"#;
        fs::write(&path, report).unwrap();
        let drill = Drill::read(&path).unwrap().unwrap();
        assert_eq!((drill.rounds, drill.acknowledged, drill.lost), (30, 48211, 0));
        for odd in
            [report.replace("\"version\": 1", "\"version\": 2"), report.replace("30", "-1"), String::new()]
        {
            fs::write(&path, odd).unwrap();
            assert!(Drill::read(&path).is_err());
        }
    }

    #[test]
    fn of_a_drill_of_many_faults_the_loss_of_a_site_is_timed_and_all_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.json");
        let fault = |name: &str, worst: &str, lost: u64| {
            format!(
                r#"{{"fault": "{name}", "rounds": 10, "seconds": {{"median": 2.5, "worst": {worst}}}, "failed": 0,
                "silence": {{"median": 1, "worst": 2}}, "acknowledged": 100, "lost": {lost}}}"#
            )
        };
        let report = |faults: &[String]| {
            let faults = faults.join(",");
            format!(
                r#"{{"version": 1, "at": "2026-11-26T08:00:00Z", "form": "reference", "faults": [{faults}]}}"#
            )
        };
        fs::write(
            &path,
            report(&[fault("kill-node", "99", 0), fault("kill-site", "13.5", 0), fault("cut-site", "14", 1)]),
        )
        .unwrap();
        let drill = Drill::read(&path).unwrap().unwrap();
        assert_eq!((drill.rounds, drill.acknowledged, drill.lost), (20, 300, 1));
        assert!((drill.seconds_worst - 14.0).abs() < 1e-9 && (drill.seconds_median - 2.5).abs() < 1e-9);
        fs::write(&path, report(&[fault("kill-database", "null", 0)])).unwrap();
        assert_eq!(Drill::read(&path).unwrap().unwrap().rounds, 10);
    }
}
