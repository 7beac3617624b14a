//! What runs at a site, a module each: how it is set, started and asked.
//!
//! Settings come from `deploy/`; what differs here (folders, passwords, ports of several nodes) is filled into its places.

pub(crate) mod certificate;
pub(crate) mod entry;
pub(crate) mod etcd;
pub(crate) mod node;
pub(crate) mod patroni;
pub(crate) mod postgres;
pub(crate) mod store;
