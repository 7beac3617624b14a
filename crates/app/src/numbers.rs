//! What the product counts for the operator. Nothing that tells one account or person from another.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

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
}

impl Numbers {
    /// Notes a proof that was none.
    pub(crate) fn refuse(&self, proof: Proof) {
        self.refused.get_or_create(&ByProof { proof }).inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
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
