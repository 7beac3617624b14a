//! What the sites count for the operator, by site.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Which {
    site: String,
}

/// What all sites count. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    writes: Family<Which, Counter>,
    failures: Family<Which, Counter>,
}

/// What one site counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfSite {
    /// Parts that it has durably.
    pub(crate) writes: Counter,
    /// Steps that failed there, or were not answered.
    pub(crate) failures: Counter,
}

impl Numbers {
    /// Those of one site, which show from now on.
    pub(crate) fn of(&self, site: &str) -> OfSite {
        let which = Which { site: site.to_owned() };
        OfSite {
            writes: self.writes.get_or_create_owned(&which),
            failures: self.failures.get_or_create_owned(&which),
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("blob_writes", "Parts of blobs that a site has durably", self.writes.clone());
        registry.register(
            "blob_failures",
            "Steps at a site that failed or were not answered",
            self.failures.clone(),
        );
    }
}
