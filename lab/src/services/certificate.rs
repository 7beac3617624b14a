//! One certificate for the databases of all sites, which vouches for itself.

use crate::{
    Result,
    plan::{Plan, inside},
    process::{User, run},
};
use std::path::PathBuf;

/// The certificate, and for the nodes the authority that vouches for it.
pub(crate) fn certificate() -> PathBuf {
    inside::folder().join("database.crt")
}

/// Its key.
pub(crate) fn key() -> PathBuf {
    inside::folder().join("database.key")
}

/// Makes both.
pub(crate) async fn make(plan: &Plan, user: User) -> Result<()> {
    let names: Vec<_> = plan.data_sites().map(|site| format!("DNS:{}", site.host())).collect();
    let names = format!("subjectAltName={}", names.join(","));
    let (to, key_to) = (certificate().display().to_string(), key().display().to_string());
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let about = ["-days", "30", "-subj", "/CN=palisade lab", "-addext", &names];
    let own = ["-addext", "basicConstraints=critical,CA:FALSE", "-out", &to, "-keyout", &key_to];
    run("openssl", &[&new[..], &about, &own].concat()).await?;
    user.own(key().as_path())
}
