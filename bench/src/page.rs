//! The first page, as a browser asks for it.

use crate::{
    Result,
    client::Server,
    figure::{Table, Target},
};
use serde_json::Value;
use std::process::Command;

/// Counts what a browser fetches until the sign-in page stands. `bench/page.mjs` drives it.
pub(crate) fn measure(account: &Server, table: &mut Table) -> Result<()> {
    let answer = Command::new("node")
        .args(["../bench/page.mjs", &format!("http://{}/", account.host)])
        .current_dir("ui")
        .output()
        .map_err(|error| format!("node: {error}"))?;
    if !answer.status.success() {
        return Err(format!("page.mjs: {}", String::from_utf8_lossy(&answer.stderr)).into());
    }
    let seen: Value = serde_json::from_slice(&answer.stdout)?;
    let figure = |name: &str| seen[name].as_f64().ok_or_else(|| format!("page.mjs said no {name}"));
    table.alone("first page, as it travels", "kB", figure("bytes")? / 1e3, &[Target::Most(100.0)]);
    table.alone("first page, requests", "", figure("requests")?, &[Target::Most(6.0)]);
    table.alone("first page, largest paint", "s", figure("largestPaint")?, &[Target::Most(0.5)]);
    Ok(())
}
