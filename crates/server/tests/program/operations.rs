//! What an operator does: start it twice, start it where it cannot work, stop it, make mistakes.

use crate::{
    disk_full::Mount,
    http::{Client, answer},
    ledger::{Content, Ledger},
    node::{Node, Place, eventually, files_under, folder, project},
};
use rustix::process::Signal;
use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    path::Path,
    process::Output,
    thread,
    time::{Duration, Instant},
};

const MIB: usize = 1 << 20;
/// How long a node may take to stop.
const STOP: Duration = Duration::from_secs(5);

fn started(place: &Place) -> (Node, Client) {
    let node = place.serve(&place.data());
    let client = place.sign_up(&place.data(), &node);
    (node, client)
}

/// That a node did not start on this data, and says of which folder it speaks.
fn assert_refused(output: &Output, data: &Path, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let line = said.lines().last().unwrap_or_default();
    assert!(line.contains(data.to_str().unwrap()) && line.contains(words), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

fn serve(place: &Place, data: &Path) -> Output {
    place.run(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
}

#[test]
fn a_second_node_on_the_same_data_is_refused() {
    let place = Place::new();
    let (node, client) = started(&place);
    assert_refused(&serve(&place, &place.data()), &place.data(), "another palisade works on it");
    assert_eq!(node.client(&client).get("/account").unwrap().status, 200, "the first one goes on");
    // Nor does the refused one take the first one's control socket away.
    let doctor = place.run(&["doctor", "--data", place.data().to_str().unwrap()]);
    assert!(doctor.status.success(), "{doctor:?}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_said() {
    let place = Place::new();
    let file = place.folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let below = file.join("data");
    assert_refused(&serve(&place, &below), &below, "");
    assert_refused(&serve(&place, &file), &file, "");
    assert_eq!(fs::read(&file).unwrap(), b"no folder");
}

#[test]
fn a_data_folder_that_is_read_only_is_said() {
    let place = Place::new();
    let mount = Mount::new(place.data(), "size=1m,ro");
    assert_refused(&serve(&place, &mount.0), &mount.0, "Read-only");
}

#[test]
fn data_that_became_read_only_is_said_and_serves_again_once_it_is_not() {
    let place = Place::new();
    let mount = Mount::new(place.data(), "size=24m,mode=700");
    let node = place.serve(&mount.0);
    let client = place.sign_up(&mount.0, &node);
    let plans = folder(&client, &project(&client), "Kept");
    assert_eq!(client.upload(&plans, "kept", b"kept").unwrap().status, 201);
    node.signal(Signal::TERM);
    assert!(node.wait(STOP).unwrap().success());
    mount.again("ro");
    assert_refused(&serve(&place, &mount.0), &mount.0, "Read-only");
    mount.again("rw");
    let node = place.serve(&mount.0);
    assert_eq!(node.client(&client).list(&plans.files()).len(), 1);
}

#[test]
fn a_node_that_is_asked_to_stop_finishes_within_its_time_and_the_data_opens_again() {
    let place = Place::new();
    let (mut node, client) = started(&place);
    let plans = folder(&client, &project(&client), "Stopped");
    let mut ledger = Ledger::default();
    let kind = "application/octet-stream";
    for (round, signal) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
        let client = node.client(&client);
        let content = Content { seed: 7, length: 3 * MIB };
        let (name, bytes) = (format!("finished-{round}"), content.bytes());
        let mut finished = client.begin("POST", &plans.upload(&name), kind, bytes.len()).unwrap();
        finished.write_all(&bytes[..MIB]).unwrap();
        let hung = format!("hung-{round}");
        let mut hanging = client.begin("POST", &plans.upload(&hung), kind, bytes.len()).unwrap();
        hanging.write_all(&bytes[..MIB]).unwrap();
        thread::sleep(Duration::from_millis(200));

        let asked = Instant::now();
        node.signal(signal);
        thread::sleep(Duration::from_millis(200));
        // One that goes on is let through; one that hangs is not waited for.
        finished.write_all(&bytes[MIB..]).unwrap();
        let done = answer(finished).unwrap();
        assert_eq!(done.status, 201, "{done:?}");
        ledger.note(&name, content, true);
        let status = node.wait(STOP.saturating_sub(asked.elapsed())).expect("it still runs");
        assert!(status.success(), "{signal:?}: {status}");
        drop(hanging);

        node = place.serve(&place.data());
        assert_eq!(ledger.compare(&node.client(&client), &plans).whole(), round + 1);
    }
}

#[test]
fn a_node_at_rest_stops_at_once_though_connections_are_open() {
    let place = Place::new();
    let (node, _) = started(&place);
    let silent = TcpStream::connect(("127.0.0.1", node.port)).unwrap();
    let mut kept = TcpStream::connect(("127.0.0.1", node.port)).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: palisade.localhost\r\n\r\n").unwrap();
    assert!(kept.read(&mut [0; 4096]).unwrap() > 0);
    node.signal(Signal::TERM);
    let status = node.wait(Duration::from_secs(2)).expect("it waits for connections that say nothing");
    assert!(status.success(), "{status}");
    drop((silent, kept));
}

#[test]
fn an_upload_that_is_cut_leaves_nothing() {
    let place = Place::new();
    let (node, client) = started(&place);
    let plans = folder(&client, &project(&client), "Cut");
    let kind = "application/octet-stream";
    for (sent, half) in [(0, false), (1, true), (MIB, false), (MIB + 17, true)] {
        let mut stream = client.begin("POST", &plans.upload("cut"), kind, 2 * MIB).unwrap();
        stream.write_all(&vec![1; sent]).unwrap();
        if half {
            // It can still be told: no answer, or one that refuses.
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(answer(stream).map_or(true, |answer| answer.status >= 400), "{sent} bytes were taken");
        }
    }
    let blobs = place.data().join("blobs");
    assert!(client.list(&plans.files()).is_empty());
    place.move_clock(11 * 60);
    node.kill();
    let node = place.serve(&place.data());
    assert!(eventually(Duration::from_secs(5), || files_under(&blobs) == 0), "{}", files_under(&blobs));
    let client = node.client(&client);
    assert!(client.list(&plans.files()).is_empty());
    let account = client.get("/account").unwrap().json();
    assert_eq!(account["used_bytes"], 0);
    assert_eq!(client.upload(&plans, "cut", b"whole").unwrap().status, 201, "the name is free");
}

#[test]
fn wrong_usage_ends_with_2() {
    let place = Place::new();
    let wrong: [&[&str]; 7] = [
        &[],
        &["rule"],
        &["serve", "--listen", "nowhere"],
        &["serve", "--fast"],
        &["account", "create"],
        &["account", "create", "mirabel", "--owner-name", "I", "--owner-email", "i@x.example"],
        &["app-password", "create", "--account", "mirabel"],
    ];
    for arguments in wrong {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
    }
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn the_example_of_a_configuration_is_one() {
    let place = Place::new();
    let example = place.run(&["config", "example"]);
    assert!(example.status.success(), "{example:?}");
    let path = place.folder.path().join("palisade.toml");
    fs::write(&path, &example.stdout).unwrap();
    let data = place.data();
    let node = place.serve_with(&["--config", path.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    let client = place.sign_up(&data, &node);
    assert_eq!(client.get("/account").unwrap().status, 200);
}

#[test]
fn a_mistake_in_the_configuration_names_its_file_and_line() {
    let place = Place::new();
    let path = place.folder.path().join("palisade.toml");
    for (text, word) in [
        ("host = \"a.test\"\n\n[limits]\nfile-byte = 5\n", "file-byte"),
        ("host = \"a.test\"\n\n[limits]\nfile-bytes = \"5 GB\"\n", "5 GB"),
        ("host = \"a.test\"\n\n[limits]\nfile-bytes = = 5\n", "file-bytes"),
    ] {
        fs::write(&path, text).unwrap();
        let data = place.data();
        let output =
            place.run(&["serve", "--config", path.to_str().unwrap(), "--data", data.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in [path.to_str().unwrap(), "line 4", word] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!data.exists());
    }
    let missing = place.folder.path().join("missing.toml");
    let output = place.run(&["serve", "--config", missing.to_str().unwrap()]);
    assert_refused(&output, &missing, "");
}
