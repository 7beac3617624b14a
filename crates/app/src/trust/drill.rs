//! The last drill: a rehearsal in which the leading site was lost again and again, and what came of it.
//!
//! The drill is run by the operator, beside the program, and leaves a small file (`lab/`; `[drill] report` in the
//! configuration):
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

#[derive(Deserialize)]
struct Report {
    version: u32,
    #[serde(flatten)]
    drill: Drill,
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
        let Report { version, drill } = serde_json::from_str(&text).map_err(Error::internal)?;
        if version != VERSION {
            return Err(Error::internal(format!("a drill's report of version {version}")));
        }
        Ok(Some(drill))
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
}
