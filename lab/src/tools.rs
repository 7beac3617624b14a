//! What a lab needs of the machine: root, programs of Debian, Patroni's environment, and the program that is drilled.

use crate::{Result, plan::Plan, services::postgres};
use std::{
    env,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The programs by name, each with the package that has it.
const PROGRAMS: [(&str, &str); 11] = [
    ("etcd", "etcd-server"),
    ("etcdctl", "etcd-client"),
    ("haproxy", "haproxy"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("openssl", "openssl"),
    ("setpriv", "util-linux"),
    ("ss", "iproute2"),
    ("timeout", "coreutils"),
    ("unshare", "util-linux"),
];

/// Says what is missing.
pub(crate) fn check(plan: &Plan) -> Result<()> {
    let mut missing: Vec<String> = PROGRAMS
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(program, package)| format!("{program} (apt-get install {package})"))
        .collect();
    missing.extend(postgres::programs().err().map(|error| error.to_string()));
    if !plan.python.join("bin/python").exists() {
        missing.push(format!("Patroni at {}", plan.python.display()));
    }
    let program = plan.program.display();
    if !missing.is_empty() {
        return Err(format!("the lab lacks {}. `.ci/packages lab` installs it.", missing.join(", ")).into());
    }
    if !plan.program.is_file() {
        return Err(format!("the lab lacks the program {program}: cargo build -p server").into());
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    let places = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from);
    env::split_paths(&places).chain(system).any(|place| place.join(program).is_file())
}

/// Makes sure that this process is root, who alone may make namespaces: where it is not, it becomes so by sudo.
///
/// # Errors
/// Where there is no sudo, or it would ask for a password. Does not return where it worked.
pub(crate) fn become_root() -> Result<()> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let error = Command::new("sudo")
        .arg("-n")
        .arg("--preserve-env=PALISADE_LAB_PYTHON,TMPDIR")
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .exec();
    Err(format!("the lab makes network namespaces, which only root may; sudo: {error}").into())
}

/// The program `palisade` that was built beside this one.
pub(crate) fn program() -> Result<PathBuf> {
    Ok(beside(&env::current_exe()?, "palisade"))
}

/// Patroni's environment: where `.ci/packages` has put it.
pub(crate) fn python() -> Result<PathBuf> {
    match env::var_os("PALISADE_LAB_PYTHON") {
        Some(place) => Ok(place.into()),
        None => Ok(beside(env::current_exe()?.parent().unwrap_or(Path::new("/")), "lab-python")),
    }
}

fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}
