//! What the database counts for the operator.

use crate::{
    primary::{Primary, Standing},
    worker::Jobs,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::Counter, gauge::ConstGauge, histogram::Histogram},
    registry::{Registry, Unit},
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
    /// Commits whose answer was lost and that were looked into.
    pub(crate) repeated: Counter,
    /// Commits that were acknowledged though fewer hold them than should.
    pub(crate) short: Counter,
    /// How often another primary was found than before.
    pub(crate) takeovers: Counter,
}

impl Default for Numbers {
    fn default() -> Self {
        let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        Self {
            reads: Counter::default(),
            writes: Counter::default(),
            groups: Histogram::new(sizes),
            unknown: Counter::default(),
            repeated: Counter::default(),
            short: Counter::default(),
            takeovers: Counter::default(),
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
        registry.register(
            "db_repeated_commits",
            "Commits without an answer, which were looked into",
            self.repeated.clone(),
        );
        let help = "Commits that were acknowledged though fewer servers hold them than should";
        registry.register("db_short_commits", help, self.short.clone());
        registry.register("db_takeovers", "Primaries that took over from another", self.takeovers.clone());
    }
}

/// The primary, looked at when the operator asks.
pub(crate) struct OfPrimary(pub(crate) Primary);

impl Collector for OfPrimary {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let primary = &self.0;
        let required = i64::try_from(primary.replication().copies).unwrap_or(i64::MAX);
        let standing = primary.standing();
        let count = |count: Option<usize>| count.and_then(|count| i64::try_from(count).ok()).unwrap_or(0);
        let gauges = [
            ("db_copies_required", "Servers that must hold a commit", required),
            (
                "db_copies_demanded",
                "Servers that PostgreSQL waits for before it acknowledges a commit, the primary among them",
                count(standing.as_ref().map(Standing::demands)),
            ),
            (
                "db_copies",
                "Servers that hold what is committed: the primary and the standbys that stream",
                count(standing.as_ref().map(Standing::copies)),
            ),
            ("db_leads", "Whether this node does what one node does for all", i64::from(primary.leads())),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        let silence = ConstGauge::new(primary.silence().as_secs_f64());
        let help = "Since the primary was asked what it answered last";
        let unit = Some(&Unit::Seconds);
        silence.encode(encoder.encode_descriptor("db_primary_silence", help, unit, MetricType::Gauge)?)?;
        let help = "Bytes of the log that a standby has not flushed yet";
        let mut behind =
            encoder.encode_descriptor("db_standby_behind", help, Some(&Unit::Bytes), MetricType::Gauge)?;
        for standby in standing.iter().flat_map(|standing| &standing.standbys) {
            let labels =
                [("name", standby.name.as_str()), ("sync", standby.sync.as_deref().unwrap_or("unknown"))];
            let gauge = ConstGauge::new(i64::try_from(standby.behind).unwrap_or(i64::MAX));
            gauge.encode(behind.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for OfPrimary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfPrimary")
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
