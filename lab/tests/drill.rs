//! A drill in a lab of its own, with the program as it was built: the leading site killed, the leading site cut off, each brought
//! back. With `PALISADE_LONG=1` as often as the figures are taken from, in both forms, and with every other fault.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails where it does not find what it expects, and shows its figures"
)]

use std::{
    env,
    process::{Command, Output},
};

/// Runs a drill in a lab of its own. Its exit says whether nothing was lost, and every client was told the truth.
fn drill(options: &[&str]) {
    let lab = Command::new(env!("CARGO_BIN_EXE_lab")).arg("run").args(options).output().unwrap();
    let Output { status, stdout, stderr } = lab;
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{stdout}\n{stderr}");
    println!("{stdout}");
}

#[test]
fn nothing_is_lost_where_the_leading_site_is_killed_or_cut_off() {
    if env::var_os("PALISADE_LONG").is_none() {
        return drill(&["--nodes", "1", "--fault", "kill-site", "--fault", "cut-site"]);
    }
    let others = ["kill-node", "kill-database", "slow-site", "fill-disk", "cut-third"];
    for form in ["reference", "economy"] {
        let figures = format!("{}/drill-{form}.json", env!("CARGO_TARGET_TMPDIR"));
        let mut options =
            vec!["--form", form, "--json", &figures, "--fault", "kill-site=20", "--fault", "cut-site=10"];
        options.extend(others.iter().flat_map(|fault| ["--fault", fault]));
        drill(&options);
    }
}
