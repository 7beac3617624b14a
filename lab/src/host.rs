//! A lab from outside: begun, asked, ended.
//!
//! A lab is held by one process, which has its folder locked and its first process as a child. Where the holder ends, however it
//! does, the kernel ends the child, and with it all that is in the lab.

use crate::{
    Result,
    control::{self, Request},
    figures::Figures,
    plan::Plan,
    tools,
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    env,
    fs::{self, DirBuilder, File},
    os::unix::{
        fs::{DirBuilderExt, MetadataExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{
    net::{TcpListener, UnixStream},
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep},
};

/// How long a lab may take until it stands, on a machine that does other work too.
const BUILT: Duration = Duration::from_mins(4);
/// How long it may take to end.
const ENDED: Duration = Duration::from_secs(20);

/// The folder of the lab of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    env::temp_dir().join(format!("palisade-lab-{name}"))
}

/// Makes the folder of a new lab. What a lab left that was killed is removed.
fn prepare(plan: &Plan) -> Result<()> {
    tools::check(plan)?;
    let folder = &plan.folder;
    if folder.exists() {
        if is_held(folder)? {
            return Err(format!("the lab at {} stands already; lab down ends it", folder.display()).into());
        }
        fs::remove_dir_all(folder)?;
    }
    DirBuilder::new().mode(0o711).create(folder)?;
    fs::create_dir(plan.logs())?;
    fs::write(folder.join("plan.json"), serde_json::to_vec_pretty(plan)?)?;
    Ok(())
}

/// Whether a process holds the lab in this folder. The folder has a name that anybody may guess, so it must be ours.
fn is_held(folder: &Path) -> Result<bool> {
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(format!("{} belongs to somebody else", folder.display()).into());
    }
    let lock = File::create(folder.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(false),
        Err(fs::TryLockError::WouldBlock) => Ok(true),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Begins a lab that stands until [`down`].
pub(crate) async fn up(plan: &Plan) -> Result<()> {
    prepare(plan)?;
    let log = File::create(plan.logs().join("holder.log"))?;
    let mut holder = Command::new(env::current_exe()?)
        .arg("hold")
        .arg(&plan.folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()?;
    let stands = wait_until_it_stands(plan, || Ok(holder.try_wait()?.is_some())).await;
    if stands.is_err() {
        let _ = holder.kill();
        let _ = holder.wait();
    }
    stands
}

/// Holds a lab until this process is asked to stop. The entry answers on loopback meanwhile.
pub(crate) async fn hold(folder: &Path) -> Result<()> {
    let plan: Plan = serde_json::from_slice(&fs::read(folder.join("plan.json"))?)?;
    let mut held = Held::begin(&plan)?;
    fs::write(folder.join("pid"), std::process::id().to_string())?;
    let listener = TcpListener::bind(("127.0.0.1", plan.port)).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = open_door(listener, folder.join("entry/door.sock")) => result,
        _ = terminate.recv() => Ok(()),
        () = held.ended() => Err("the lab ended by itself".into()),
    }
}

/// Lets connections of this machine in.
async fn open_door(listener: TcpListener, door: PathBuf) -> Result<()> {
    loop {
        let (mut outside, _) = listener.accept().await?;
        let door = door.clone();
        tokio::spawn(async move {
            let mut inside = UnixStream::connect(door).await?;
            tokio::io::copy_bidirectional(&mut outside, &mut inside).await
        });
    }
}

/// Begins a lab, has it do one thing, and ends it.
pub(crate) async fn run(plan: &Plan, request: &Request) -> Result<(Option<Figures>, bool)> {
    prepare(plan)?;
    let mut held = Held::begin(plan)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let work = async {
        wait_until_it_stands(plan, || Ok(held.child.try_wait()?.is_some())).await?;
        control::ask(&plan.folder, request).await
    };
    let result = tokio::select! {
        result = work => result,
        _ = terminate.recv() => Err("asked to stop".into()),
        _ = interrupt.recv() => Err("asked to stop".into()),
    };
    drop(held);
    match &result {
        Ok((_, true)) => fs::remove_dir_all(&plan.folder)?,
        _ => crate::say(&format!("its logs are in {}", plan.logs().display())),
    }
    result
}

/// Ends the lab in this folder, and removes what it wrote. That there is none is as good.
pub(crate) async fn down(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let begun = Instant::now();
    while is_held(folder)? {
        let pid =
            fs::read_to_string(folder.join("pid")).ok().and_then(|pid| Pid::from_raw(pid.parse().ok()?));
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        if begun.elapsed() > ENDED {
            return Err(format!("the lab at {} does not end", folder.display()).into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(fs::remove_dir_all(folder)?)
}

/// A lab that lives as long as this.
struct Held {
    child: tokio::process::Child,
    _lock: File,
}

impl Held {
    fn begin(plan: &Plan) -> Result<Self> {
        let lock = File::create(plan.folder.join("lock"))?;
        lock.try_lock()?;
        let log = File::create(plan.logs().join("keeper.log"))?;
        // The first process of the lab dies with `unshare`, and `unshare` with us.
        let child = tokio::process::Command::new("setpriv")
            .args([
                "--pdeathsig",
                "KILL",
                "unshare",
                "--mount",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
            ])
            .arg(env::current_exe()?)
            .arg("init")
            .arg(&plan.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { child, _lock: lock })
    }

    async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }
}

/// Waits until the lab answers, and prints meanwhile how far it is.
async fn wait_until_it_stands(plan: &Plan, mut ended: impl FnMut() -> Result<bool>) -> Result<()> {
    let log = plan.logs().join("keeper.log");
    let (begun, mut shown) = (Instant::now(), 0);
    loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        if let Some((lines, _)) = text[shown..].rsplit_once('\n') {
            crate::say(lines);
            shown += lines.len() + 1;
        }
        if control::socket(&plan.folder).exists() {
            return Ok(());
        }
        if ended()? {
            return Err(
                format!("the lab did not come to stand: {}", fs::read_to_string(&log)?.trim_end()).into()
            );
        }
        if begun.elapsed() > BUILT {
            return Err(format!("the lab does not come to stand: see {}", plan.logs().display()).into());
        }
        sleep(Duration::from_millis(200)).await;
    }
}
