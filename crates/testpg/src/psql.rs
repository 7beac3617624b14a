//! Running SQL with the client that comes with the server: no crate is needed, and it is no bottleneck.

use std::{io, path::Path, process::Command};

/// Runs SQL as the superuser, each statement by itself; the rows, a line each, columns parted by `|`.
pub(crate) fn run(
    program: &Path,
    port: u16,
    password: &str,
    database: &str,
    sql: &str,
) -> io::Result<String> {
    let output = Command::new(program)
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .args(["--host=127.0.0.1", "--username=postgres", "--no-password"])
        .arg(format!("--port={port}"))
        .arg(format!("--dbname={database}"))
        .args(sql.split(";\n").map(|statement| format!("--command={statement}")))
        .env("PGPASSWORD", password)
        .env("PGCONNECT_TIMEOUT", "10")
        .output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("psql: {}", reason.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
