//! Processes at sites: each in the namespace of its site, as an ordinary user, with a log of its own.

use crate::{
    Result,
    plan::{Plan, Site},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, chown},
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    process::Command,
    time::{Instant, sleep},
};

/// How long something may take that takes a moment.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Whom services run as. PostgreSQL refuses to be run by root, and nothing else needs to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    id: u32,
    group: u32,
}

impl User {
    /// The user `postgres`, or nobody.
    pub(crate) fn find() -> Result<Self> {
        let users = fs::read_to_string("/etc/passwd")?;
        let ids = ["postgres", "nobody"].iter().find_map(|name| {
            let mut fields =
                users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
            Some(Self { id: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        });
        ids.ok_or_else(|| "neither postgres nor nobody is a user here".into())
    }

    /// Makes a folder that is theirs alone.
    pub(crate) fn make_folder(self, path: &Path) -> Result<()> {
        fs::DirBuilder::new().mode(0o700).recursive(true).create(path)?;
        self.own(path)
    }

    /// Writes a file that is theirs alone.
    pub(crate) fn write(self, path: &Path, text: &str) -> Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        self.own(path)
    }

    /// Gives them this.
    pub(crate) fn own(self, path: &Path) -> Result<()> {
        chown(path, Some(self.id), Some(self.group))
            .map_err(|error| format!("{}: {error}", path.display()).into())
    }
}

/// A command in the namespace of a site.
pub(crate) fn at(site: Site, user: Option<User>, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/run/netns/{}", site.name));
    as_user(&mut command, user, program.as_ref());
    command
}

/// A command in the lab's own namespace, where the entry and the clients are.
pub(crate) fn at_entry(user: User, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(drop_to(user)).arg(program);
    clean(&mut command);
    command
}

fn as_user(command: &mut Command, user: Option<User>, program: &OsStr) {
    if let Some(user) = user {
        command.arg("setpriv").args(drop_to(user));
    }
    command.arg(program);
    clean(command);
}

fn drop_to(user: User) -> [String; 3] {
    [format!("--reuid={}", user.id), format!("--regid={}", user.group), "--clear-groups".to_owned()]
}

/// What a service inherits is the same wherever the lab is started.
fn clean(command: &mut Command) {
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LANG", "C.UTF-8").env("HOME", "/");
    command.stdin(Stdio::null()).current_dir("/");
}

/// Starts a service, whose output goes to `log`, and lets it run; its process.
pub(crate) fn start(mut command: Command, log: &Path) -> Result<Pid> {
    let log = File::options().create(true).append(true).open(log)?;
    let name = format!("{command:?}");
    let mut child = command
        .process_group(0)
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    tokio::spawn(async move { child.wait().await });
    pid.ok_or_else(|| format!("{name}: it ended at once").into())
}

/// Starts a service of a site.
pub(crate) fn start_at(plan: &Plan, site: Site, service: &str, command: Command) -> Result<Pid> {
    start(command, &plan.logs_of(site).join(format!("{service}.log")))
}

/// Runs a command to its end; what it printed.
pub(crate) async fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    finish(command, "").await
}

/// Runs a command to its end, with this as its input; what it printed.
pub(crate) async fn finish(mut command: Command, input: &str) -> Result<String> {
    let name = format!("{:?}", command.as_std());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input.as_bytes()).await {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
    }
    let Output { status, stdout, stderr } = child.wait_with_output().await?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).trim_end().to_owned());
    }
    Err(format!("{name}: {status}: {}", String::from_utf8_lossy(&stderr).trim_end()).into())
}

/// The processes at a site.
async fn processes(site: Site) -> Result<Vec<Pid>> {
    let listed = run("ip", &["netns", "pids", site.name]).await?;
    Ok(listed.lines().filter_map(|line| Pid::from_raw(line.trim().parse().ok()?)).collect())
}

/// SIGKILLs every process at a site, until there is none.
pub(crate) async fn kill_all(site: Site) -> Result<()> {
    kill_until_gone(site, |_| true).await
}

/// SIGKILLs every process at a site that runs the program of this name, until there is none.
pub(crate) async fn kill_named(site: Site, program: &str) -> Result<()> {
    kill_until_gone(site, |pid| {
        let path = format!("/proc/{}/comm", pid.as_raw_nonzero());
        fs::read_to_string(path).is_ok_and(|name| name.trim_end() == program)
    })
    .await
}

async fn kill_until_gone(site: Site, chosen: impl Fn(Pid) -> bool) -> Result<()> {
    let begun = Instant::now();
    loop {
        let found: Vec<_> = processes(site).await?.into_iter().filter(|pid| chosen(*pid)).collect();
        if found.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > SOON {
            return Err(format!("{}: {} processes cannot be killed", site.name, found.len()).into());
        }
        for pid in found {
            kill(pid);
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// SIGKILLs a process. That it has ended already is as good.
pub(crate) fn kill(pid: Pid) {
    let _ = kill_process(pid, Signal::KILL);
}

/// Asks again and again until the answer is there, for as long as `patience`; `what` says what is waited for.
pub(crate) async fn wait_for<T>(
    what: &str,
    patience: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if begun.elapsed() > patience {
            return Err(format!("waited {} s in vain: {what}", patience.as_secs()).into());
        }
        sleep(Duration::from_millis(200)).await;
    }
}
