//! PostgreSQL, as its superuser asks it. A standby is judged by what its leader says of it, never by what it says of itself:
//! "running, lag 0" was seen of standbys that had lost their leader's place in the log.

use crate::{
    Result,
    lab::Lab,
    plan::Site,
    process::{at_entry, finish, wait_for},
};
use std::{fs, path::PathBuf, time::Duration};

/// How long PostgreSQL may take to be made, or copied, and to follow.
const STANDING: Duration = Duration::from_secs(90);

/// Where PostgreSQL's programs are: the newest that Debian has put there.
pub(crate) fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.max_by_key(|version| version.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    let programs = newest.map(|version| version.path().join("bin"));
    programs
        .filter(|programs| programs.join("postgres").is_file())
        .ok_or_else(|| "PostgreSQL is not installed: apt-get install postgresql".into())
}

/// Asks the database of a site, as the superuser; the rows, a line each, columns parted by `|`.
pub(crate) async fn ask(lab: &Lab, site: Site, sql: &str) -> Result<String> {
    run(lab, site, "postgres", &[], sql).await
}

async fn run(lab: &Lab, site: Site, database: &str, variables: &[String], sql: &str) -> Result<String> {
    let to =
        format!("host={} user=postgres dbname={database} sslmode=require connect_timeout=2", site.host());
    let mut command = at_entry(lab.user, "timeout");
    command.arg("5").arg(programs()?.join("psql")).args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", &to]);
    command.env("PGPASSWORD", &lab.secrets.superuser);
    for variable in variables {
        command.args(["-v", variable]);
    }
    finish(command, sql).await
}

/// The site that leads: one whose database takes writes. `but` is not asked.
pub(crate) async fn leader(lab: &Lab, but: Option<Site>) -> Option<Site> {
    let asked = lab.plan.data_sites().filter(|site| Some(*site) != but);
    let answers = asked.map(async |site| (site, ask(lab, site, "SELECT pg_is_in_recovery()").await));
    let answers = futures_util::future::join_all(answers).await;
    answers
        .into_iter()
        .find(|(_, answer)| answer.as_ref().is_ok_and(|answer| answer == "f"))
        .map(|(site, _)| site)
}

/// The standbys that follow the leader, with whether a commit waits for them.
pub(crate) async fn standbys(lab: &Lab, leader: Site) -> Vec<(Site, bool)> {
    let sql = "SELECT application_name, sync_state FROM pg_stat_replication WHERE state = 'streaming'";
    let rows = ask(lab, leader, sql).await.unwrap_or_default();
    let row = |line: &str| {
        let (name, state) = line.split_once('|')?;
        let site = lab.plan.sites().into_iter().find(|site| site.name == name)?;
        Some((site, matches!(state, "sync" | "quorum")))
    };
    rows.lines().filter_map(row).collect()
}

/// Waits until a leader is there and all other data sites follow it, one of them synchronously; the leader.
pub(crate) async fn wait(lab: &Lab) -> Result<Site> {
    let expected = lab.plan.data_sites().count() - 1;
    let whole = async || {
        let leader = leader(lab, None).await?;
        let standbys = standbys(lab, leader).await;
        (standbys.len() == expected && standbys.iter().any(|(_, waits)| *waits)).then_some(leader)
    };
    wait_for("a database that leads and others that follow", STANDING, whole).await
}

/// Makes the roles and the database of the installation.
pub(crate) async fn make_database(lab: &Lab, leader: Site) -> Result<()> {
    let sql = fs::read_to_string(lab.deploy("postgresql/roles.sql"))?;
    let secrets = &lab.secrets;
    let variables = [("owner", &secrets.owner), ("app", &secrets.app), ("system", &secrets.system)];
    let variables = variables.map(|(role, password)| format!("{role}_password={password}"));
    run(lab, leader, "postgres", &variables, &sql).await.map(drop)
}
