//! What the database counts for the operator.

use crate::worker::Jobs;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::Counter, gauge::ConstGauge, histogram::Histogram},
    registry::Registry,
};
use std::{fmt, sync::Arc};

/// What the database counts. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    /// Transactions that read and were asked for.
    pub(crate) reads: Counter,
    /// Transactions that write and were asked for.
    pub(crate) writes: Counter,
    /// How many transactions shared each commit.
    pub(crate) groups: Histogram,
    /// Commits of which nobody can say what became of them.
    pub(crate) unknown: Counter,
}

impl Default for Numbers {
    fn default() -> Self {
        let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        Self {
            reads: Counter::default(),
            writes: Counter::default(),
            groups: Histogram::new(sizes),
            unknown: Counter::default(),
        }
    }
}

impl Numbers {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("db_reads", "Transactions that read", self.reads.clone());
        registry.register("db_writes", "Transactions that write", self.writes.clone());
        registry.register(
            "db_commit_transactions",
            "Transactions that shared a commit; its count is that of the commits",
            self.groups.clone(),
        );
        registry.register(
            "db_unknown_outcomes",
            "Commits of which nobody can say what became of them",
            self.unknown.clone(),
        );
    }
}

/// The queues, looked at when the operator asks.
pub(crate) struct Queues(pub(crate) [(&'static str, Arc<Jobs>); 2]);

impl Collector for Queues {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Transactions that wait for a thread";
        let mut metric = encoder.encode_descriptor("db_waiting", help, None, MetricType::Gauge)?;
        for (queue, jobs) in &self.0 {
            let waiting = ConstGauge::new(i64::try_from(jobs.len()).unwrap_or(i64::MAX));
            waiting.encode(metric.encode_family(&[("queue", *queue)])?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queues")
    }
}
