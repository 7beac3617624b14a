//! A node as a process, and the folder it works in.

use crate::http::{Client, Folder};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

pub(crate) const EMAIL: &str = "ines@mirabel.example";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A folder for one test: the data, the clock and the log beside it.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the nodes here logged.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap()
    }

    /// Moves the clock of the nodes here forward.
    pub(crate) fn move_clock(&self, seconds: u64) {
        fs::write(self.folder.path().join("clock"), seconds.to_string()).unwrap();
    }

    /// The program, with its clock in this place.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        command.args(arguments).env("PALISADE_TEST_CLOCK", self.folder.path().join("clock"));
        command.env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().unwrap()
    }

    /// Runs a node on `data`, until it is dropped.
    pub(crate) fn serve(&self, data: &Path) -> Node {
        self.serve_with(&["--data", data.to_str().unwrap()])
    }

    pub(crate) fn serve_with(&self, arguments: &[&str]) -> Node {
        self.serve_logging("info", arguments)
    }

    /// Runs a node that logs this much.
    pub(crate) fn serve_logging(&self, level: &str, arguments: &[&str]) -> Node {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.program(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("RUST_LOG", level);
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let mut node = Node { child, port: 0, log: self.log(), _stdout: stdout };
        let port = line.trim().strip_prefix("listening on http://palisade.localhost:");
        node.port = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("it said {line:?}"));
        node
    }

    /// Opens the account `mirabel` through the node that runs on `data`, and signs in to it.
    pub(crate) fn sign_up(&self, data: &Path, node: &Node) -> Client {
        let data = data.to_str().unwrap();
        let create = ["account", "create", "mirabel", "--data", data, "--owner-name", "Inès"];
        let mut child = self
            .program(&create)
            .args(["--owner-email", EMAIL, "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        let create = ["app-password", "create", "--data", data, "--account", "mirabel"];
        let made = self.program(&create).args(["--person", EMAIL, "--label", "tests"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let secret = String::from_utf8(made.stdout).unwrap();
        Client {
            port: node.port,
            host: format!("mirabel.palisade.localhost:{}", node.port),
            proof: format!("Authorization: Basic {}", STANDARD.encode(format!("{EMAIL}:{}", secret.trim()))),
        }
    }
}

/// How many files lie under a folder.
pub(crate) fn files_under(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| if entry.file_type().unwrap().is_dir() { files_under(&entry.path()) } else { 1 })
        .sum()
}

/// Looks again and again, until it is so or the time is over; whether it is so.
pub(crate) fn eventually(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// A node that runs. Dropped, it is killed; a test that fails shows what it wrote.
pub(crate) struct Node {
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
    _stdout: BufReader<ChildStdout>,
}

impl Node {
    /// Ends it as a power cut would: SIGKILL, without a word.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it ended; none where it still runs after `limit`.
    pub(crate) fn wait(mut self, limit: Duration) -> Option<ExitStatus> {
        let mut status = None;
        eventually(limit, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status
    }

    /// Bytes of its memory that are resident now.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// Where it shows its metrics, as its log says: only its own listener does.
    pub(crate) fn metrics(&self) -> u16 {
        let mut port = None;
        eventually(Duration::from_secs(5), || {
            let log = fs::read_to_string(&self.log).unwrap();
            let line = log.lines().rfind(|line| line.contains("metrics at http://"));
            port = line.and_then(|line| line.strip_suffix("/metrics")?.rsplit(':').next()?.parse().ok());
            port.is_some()
        });
        port.unwrap()
    }

    /// The client, for this node.
    pub(crate) fn client(&self, client: &Client) -> Client {
        let host = format!("mirabel.palisade.localhost:{}", self.port);
        Client { port: self.port, host, proof: client.proof.clone() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- the node wrote:\n{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// Makes a project, and gives its id.
pub(crate) fn project(client: &Client) -> String {
    let made = client.post("/projects", &json!({ "name": "Plans" })).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Makes a folder in it.
pub(crate) fn folder(client: &Client, project: &str, name: &str) -> Folder {
    let draft = json!({ "parent": null, "name": name });
    let made = client.post(&format!("/projects/{project}/folders"), &draft).unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    Folder { project: project.to_owned(), id: made.json()["id"].as_str().unwrap().to_owned() }
}
