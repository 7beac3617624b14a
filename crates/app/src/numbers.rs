//! What the product counts for the operator. Nothing that tells one account or person from another.

use crate::files::held::{Figures, Standing};
use kernel::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use std::sync::Arc;

/// How somebody tried to prove who they are.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, EncodeLabelValue)]
pub(crate) enum Proof {
    Password,
    AppPassword,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByProof {
    proof: Proof,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AtSite {
    site: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Whose {
    of: String,
}

/// How it stands with the copies of all accounts, the same at each node, and what this node did for them.
#[derive(Debug, Default)]
struct Copies {
    missing: Family<AtSite, Gauge>,
    at_risk: Gauge,
    lost: Gauge,
    oldest_missing: Gauge,
    oldest_at_risk: Gauge,
    scrub_ended: Gauge,
    /// Seconds by which a clock is ahead of this machine's.
    clocks: Family<Whose, Gauge>,
    brought: Counter,
    brought_bytes: Counter,
    scrubbed: Counter,
    bad: Counter,
    mended: Counter,
}

/// What the product counts.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Bytes of content that came in.
    pub(crate) uploaded: Counter,
    /// Bytes of content that went out.
    pub(crate) downloaded: Counter,
    /// Tabs that are told what changes.
    pub(crate) tabs: Gauge,
    refused: Family<ByProof, Counter>,
    copies: Copies,
}

impl Numbers {
    /// Notes a proof that was none.
    pub(crate) fn refuse(&self, proof: Proof) {
        self.refused.get_or_create(&ByProof { proof }).inc();
    }

    /// Notes copies that were brought, and their bytes.
    pub(crate) fn brought(&self, copies: u64, bytes: u64) {
        self.copies.brought.inc_by(copies);
        self.copies.brought_bytes.inc_by(bytes);
    }

    /// Notes copies that were read back.
    pub(crate) fn scrubbed(&self, figures: &Figures) {
        self.copies.scrubbed.inc_by(figures.copies);
        self.copies.bad.inc_by(figures.bad);
        self.copies.mended.inc_by(figures.mended);
    }

    /// Notes how it stands with the copies of all accounts.
    pub(crate) fn stands<'s>(
        &self,
        sites: impl Iterator<Item = &'s Arc<str>>,
        standing: &Standing,
        now: Timestamp,
    ) {
        let (copies, signed) = (&self.copies, |count: u64| i64::try_from(count).unwrap_or(i64::MAX));
        let age = |since: Option<Timestamp>| {
            since.map_or(0, |since| i64::try_from(now.since(since).as_secs()).unwrap_or(i64::MAX))
        };
        for site in sites {
            let count =
                standing.missing.iter().find(|(name, _)| **name == **site).map_or(0, |(_, count)| *count);
            copies.missing.get_or_create(&AtSite { site: site.to_string() }).set(signed(count));
        }
        copies.at_risk.set(signed(standing.at_risk));
        copies.lost.set(signed(standing.lost));
        copies.oldest_missing.set(age(standing.oldest_missing));
        copies.oldest_at_risk.set(age(standing.oldest_at_risk));
        copies.scrub_ended.set(standing.scrubbed.map_or(0, |pass| pass.ended_at().micros() / 1_000_000));
    }

    /// Notes by how many microseconds a clock is ahead of this machine's.
    pub(crate) fn clock(&self, of: &str, ahead: i64) {
        self.copies.clocks.get_or_create(&Whose { of: of.to_owned() }).set(ahead / 1_000_000);
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        self.copies.register(registry);
        registry.register("upload_bytes", "Bytes of content that came in", self.uploaded.clone());
        registry.register("download_bytes", "Bytes of content that went out", self.downloaded.clone());
        registry.register("live_tabs", "Open sockets of tabs", self.tabs.clone());
        for proof in [Proof::Password, Proof::AppPassword] {
            drop(self.refused.get_or_create(&ByProof { proof })); // shown before the first one
        }
        let help = "Proofs of who somebody is that were refused";
        registry.register("sign_in_failures", help, self.refused.clone());
    }
}

impl Copies {
    fn register(&self, registry: &mut Registry) {
        let gauges = [
            ("blobs_at_risk", "Blobs at fewer sites than must hold them", &self.at_risk),
            ("blobs_lost", "Blobs of which no site has a good copy", &self.lost),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        let seconds = [
            (
                "copies_oldest_missing",
                "For how long the oldest missing copy is missing",
                &self.oldest_missing,
            ),
            ("blobs_oldest_at_risk", "For how long the oldest blob at risk is", &self.oldest_at_risk),
            (
                "scrub_ended",
                "When all copies were last read back, since 1970; 0 for never",
                &self.scrub_ended,
            ),
        ];
        for (name, help, gauge) in seconds {
            registry.register_with_unit(name, help, Unit::Seconds, gauge.clone());
        }
        let help = "By how much the clock of a site's bucket or of the database is ahead of this machine's";
        registry.register_with_unit("clock_ahead", help, Unit::Seconds, self.clocks.clone());
        registry.register(
            "copies_missing",
            "Copies that a site is to hold and does not",
            self.missing.clone(),
        );
        let counters = [
            ("copies_brought", "Copies that this node brought to a site", &self.brought),
            ("copies_brought_bytes", "Bytes of copies that this node brought", &self.brought_bytes),
            ("copies_read_back", "Copies that this node read back and compared", &self.scrubbed),
            ("copies_bad", "Copies that this node found gone or altered", &self.bad),
            ("copies_mended", "Bad copies that this node replaced by good ones", &self.mended),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
    }
}
