//! What stands behind the database: how many must hold a change, and when it was last rehearsed to lose a site.

use super::{Drill, Evidence};
use db::Db;
use kernel::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use std::{fmt, path::PathBuf};

/// What the operator says of what stands behind the database.
#[derive(Clone, Debug)]
pub struct Resilience {
    /// How many servers must hold a change before it is acknowledged.
    pub copies: usize,
    /// Whether copies are kept below the database, by whoever runs it, where nobody can see them.
    pub declared: bool,
    /// Where a drill leaves its report.
    pub report: Option<PathBuf>,
}

impl Default for Resilience {
    fn default() -> Self {
        Self { copies: 1, declared: false, report: None }
    }
}

impl Resilience {
    /// What the primary said last.
    pub(super) fn replication(&self, db: &Db) -> Evidence {
        let standing = db.standing().map(|(standing, _)| standing);
        let (demanded, holding) = standing.map_or((1, 1), |standing| (standing.demands(), standing.copies()));
        Evidence::Replication { required: self.copies, demanded, holding, declared: self.declared }
    }

    /// What the last drill left.
    pub(super) fn takeover(&self, now: Timestamp) -> Evidence {
        let drill = self.drill().filter(|drill| drill.at <= now);
        Evidence::Takeover { prepared: self.copies > 1 || self.declared, drill }
    }

    /// The last drill. What cannot be read is as good as none, and is said to the operator.
    fn drill(&self) -> Option<Drill> {
        let path = self.report.as_deref()?;
        Drill::read(path).unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "the report of the last drill is not read");
            None
        })
    }

    /// Shows the operator when the last drill was.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(self.clone()));
    }
}

impl Collector for Resilience {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(drill) = self.drill() else { return Ok(()) };
        #[expect(clippy::cast_precision_loss, reason = "a metric is a number of 53 bits")]
        let gauges = [
            ("drill_end", "When the last drill ended", Some(Unit::Seconds), drill.at.micros() as f64 / 1e6),
            (
                "drill_worst",
                "Until the next write was acknowledged",
                Some(Unit::Seconds),
                drill.seconds_worst,
            ),
            ("drill_lost", "Acknowledged writes that were lost", None, drill.lost as f64),
        ];
        for (name, help, unit, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?)?;
        }
        Ok(())
    }
}
