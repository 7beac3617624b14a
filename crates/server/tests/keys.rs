//! The keys in the hands of the operator: the mirror, and the way back from it on a new machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what an operator expects; a failure ends the test")]

use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const EMAIL: &str = "ines@example.org";
const PASSWORD: &str = "a long walk along the quay";
const HOST: &str = "acme.palisade.localhost";
const CREATE: [&str; 8] =
    ["account", "create", "acme", "--owner-name", "Inès", "--owner-email", EMAIL, "--password-stdin"];

/// A machine with a data folder, and another machine with the mirror.
struct Machine {
    folder: TempDir,
    mirror: PathBuf,
}

/// What a command did.
struct Outcome {
    done: bool,
    out: String,
    err: String,
}

impl Machine {
    fn new(mirror: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let config = format!(
            "listen = \"127.0.0.1:0\"\ndata = '{}'\n[keys]\nmirror = '{}'\n",
            folder.path().join("data").display(),
            mirror.display()
        );
        fs::write(folder.path().join("palisade.toml"), config).unwrap();
        Self { folder, mirror: mirror.to_owned() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        command.arg("--config").arg(self.folder.path().join("palisade.toml")).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &[&str], input: &str) -> Outcome {
        let mut child = self.command(words).spawn().unwrap();
        // A command that reads nothing may be gone before it is told anything.
        let _ = writeln!(child.stdin.take().unwrap(), "{input}");
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Outcome { done: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn done(&self, words: &[&str], input: &str) -> String {
        let outcome = self.run(words, input);
        assert!(outcome.done, "{words:?}: {}{}", outcome.out, outcome.err);
        outcome.out
    }

    fn fails(&self, words: &[&str], input: &str) -> String {
        let outcome = self.run(words, input);
        assert!(!outcome.done, "{words:?}: {}", outcome.out);
        outcome.out + &outcome.err
    }

    fn recover(&self, code: &str) -> Outcome {
        self.run(&["keys", "recover", "--from", self.mirror.to_str().unwrap()], code)
    }

    fn serve(&self) -> Serving {
        let child = self.command(&["serve"]).stderr(Stdio::inherit()).spawn().unwrap();
        let mut node = Serving { child, port: 0, lines: Vec::new() };
        for line in BufReader::new(node.child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("listening on ") {
                node.port = url.rsplit(':').next().unwrap().parse().unwrap();
                return node;
            }
            node.lines.push(line);
        }
        panic!("the node did not start: {:?}", node.lines);
    }
}

/// A running node, with what it said before it listened.
struct Serving {
    child: Child,
    port: u16,
    lines: Vec<String>,
}

impl Serving {
    fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Asks in HTTP/1.0, so that an answer ends with its connection.
    fn ask(&self, method: &str, path: &str, secret: &str, media_type: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let credentials = STANDARD.encode(format!("{EMAIL}:{secret}"));
        let head = format!(
            "{method} /api/v1{path} HTTP/1.0\r\nHost: {HOST}:{}\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer[end + 4..].to_vec())
    }

    fn make(&self, path: &str, secret: &str, media_type: &str, body: &[u8]) -> String {
        let (status, answer) = self.ask("POST", path, secret, media_type, body);
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        let made: Value = serde_json::from_slice(&answer).unwrap();
        made["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Serving {
    /// A test that failed leaves no node behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies what a backup holds: all but the keys, their root, and what only lives while a node runs.
fn copy_without_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (name, kind) = (entry.file_name(), entry.file_type().unwrap());
        if kind.is_dir() && name != "keys" && name != "root" {
            copy_without_keys(&entry.path(), &to.join(name));
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

fn open_account(machine: &Machine) -> String {
    machine.done(&CREATE, PASSWORD);
    let words = ["app-password", "create", "--account", "acme", "--person", EMAIL, "--label", "test"];
    machine.done(&words, "").trim().to_owned()
}

#[test]
fn a_machine_that_is_lost_comes_back_from_its_rows_its_blobs_the_mirror_and_the_paper() {
    let elsewhere = TempDir::new().unwrap();
    let machine = Machine::new(&elsewhere.path().join("mirror"));
    let node = machine.serve();
    let code = node.lines.last().unwrap().clone();
    assert_eq!((node.lines.len(), code.len()), (3, 47), "{:?}", node.lines);
    assert!(node.lines[1].contains("stored nowhere") && node.lines[1].contains("last one counts"));

    let secret = open_account(&machine);
    let project = node.make("/projects", &secret, "application/json", br#"{"name":"Harbour"}"#);
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let path = format!("/projects/{project}/files?name=quay.bin");
    let file = node.make(&path, &secret, "application/octet-stream", &content);

    let report = machine.done(&["keys", "verify"], &code.to_lowercase());
    assert!(report.contains("lacks: 0") && report.contains("gone: 0"), "{report}");
    assert!(machine.done(&["keys", "mirror"], "").starts_with("3 keys"));
    assert!(machine.done(&["doctor"], "").contains("same disk"));
    assert!(machine.recover(&code).err.contains("another palisade works on it"));
    node.stop();
    assert!(machine.recover(&code).err.contains("there are keys already"));

    let fresh = Machine::new(&machine.mirror);
    copy_without_keys(&machine.data(), &fresh.data());
    drop(machine);
    let other = Machine::new(&elsewhere.path().join("other")).serve().lines.pop().unwrap();
    let mut slip = code.clone();
    slip.replace_range(..1, if code.starts_with('0') { "1" } else { "0" });
    for (wrong, why) in [(&other, "another recovery key"), (&slip, "slip"), (&String::new(), "too short")] {
        let outcome = fresh.recover(wrong);
        assert!(!outcome.done && outcome.err.contains("the recovery code was refused"), "{}", outcome.err);
        assert!(outcome.err.contains(why), "{}", outcome.err);
        assert!(!fresh.data().join("keys").exists() && !fresh.data().join("recovering").exists());
    }
    let outcome = fresh.recover(&code);
    assert!(outcome.done && outcome.out.starts_with("3 keys are back"), "{}{}", outcome.out, outcome.err);
    assert!(!fresh.data().join("recovering").exists());
    assert!(fresh.recover(&code).err.contains("there are keys already"));

    let node = fresh.serve();
    assert!(node.lines.is_empty(), "the code still counts, and is not shown again: {:?}", node.lines);
    let (status, back) = node.ask("GET", &format!("/files/{file}/content"), &secret, "text/plain", b"");
    assert_eq!(status, 200);
    assert!(back == content, "the file came back otherwise than it was");
    fresh.done(&["keys", "verify"], &code);
    node.stop();
}

#[test]
fn a_recovery_that_was_cut_short_goes_on() {
    let elsewhere = TempDir::new().unwrap();
    let machine = Machine::new(&elsewhere.path().join("mirror"));
    let said = machine.done(&CREATE, PASSWORD);
    let code = said.lines().nth(2).unwrap();
    let fresh = Machine::new(&machine.mirror);
    copy_without_keys(&machine.data(), &fresh.data());
    assert!(fresh.recover(code).done);

    // What a kill between two keys leaves.
    fs::remove_dir_all(fresh.data().join("keys/account")).unwrap();
    fs::write(fresh.data().join("recovering"), "").unwrap();
    assert!(fresh.recover(code).out.starts_with("3 keys are back"));
    assert!(!fresh.data().join("recovering").exists());
    fresh.done(&["keys", "verify"], code);
}

#[test]
fn a_mirror_that_lacks_keys_is_told_and_mended() {
    let elsewhere = TempDir::new().unwrap();
    let machine = Machine::new(&elsewhere.path().join("mirror"));
    let said = machine.done(&CREATE, PASSWORD);
    let code = said.lines().nth(2).unwrap();
    fs::remove_dir_all(&machine.mirror).unwrap();
    assert!(machine.fails(&["doctor"], "").contains("is away"));
    assert!(machine.fails(&["keys", "verify"], code).contains("lacks: 3"));
    machine.done(&["keys", "mirror"], "");
    machine.done(&["keys", "verify"], code);
}

#[test]
fn accounts_are_listed_by_their_names() {
    let elsewhere = TempDir::new().unwrap();
    let machine = Machine::new(&elsewhere.path().join("mirror"));
    open_account(&machine);
    let accounts: Value = serde_json::from_str(&machine.done(&["account", "list", "--json"], "")).unwrap();
    assert_eq!((accounts[0]["name"].as_str(), accounts.as_array().unwrap().len()), (Some("acme"), 1));
    assert!(accounts[0]["id"].is_string() && accounts[0]["created_at"].is_string());
    assert!(machine.done(&["account", "list"], "").contains(HOST));
}

#[test]
fn a_running_node_leaves_no_core_file() {
    let elsewhere = TempDir::new().unwrap();
    let node = Machine::new(&elsewhere.path().join("mirror"));
    let node = node.serve();
    let limits = fs::read_to_string(format!("/proc/{}/limits", node.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
    node.stop();
}
