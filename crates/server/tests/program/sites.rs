//! Several sites in the hands of their operator: keys at each, what the commands say, and what is refused at the start.

use crate::{
    http::Client,
    node::{Node, Place, eventually, files_under, folder, project},
};
use rustix::process::Signal;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    process::Output,
    thread,
    time::Duration,
};

/// A data folder, and two sites with keys beside it.
struct AtTwo(Place);

impl AtTwo {
    fn new(more: &str) -> Self {
        let place = Self(Place::new());
        place.configure(more);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.folder.path().join(name)
    }

    fn configure(&self, more: &str) {
        let site = |name: &str, rest: &str| {
            let at = |what: &str| self.path(&format!("{what}-{name}")).display().to_string();
            format!(
                "[[site]]\nname = \"{name}\"\nblobs = \"file://{}\"\nkeys = \"file://{}\"\nroot = \"{}\"\n{rest}\n",
                at("blobs"),
                at("keys"),
                at("root")
            )
        };
        let sites = [site("paris", ""), site("lyon", "")].concat();
        let config =
            format!("data = \"{}\"\n{sites}[durability]\ncopies = 2\n{more}", self.0.data().display());
        fs::write(self.path("palisade.toml"), config).unwrap();
    }

    fn config(&self) -> String {
        self.path("palisade.toml").display().to_string()
    }

    fn run(&self, words: &[&str]) -> Output {
        self.0.run(&[words, &["--config", &self.config()]].concat())
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self) -> Node {
        self.0.serve_with(&["--config", &self.config()])
    }

    fn started(&self) -> (Node, Client) {
        let node = self.serve();
        let client = self.0.sign_up(&self.0.data(), &node);
        (node, client)
    }

    fn stop(node: Node) {
        node.signal(Signal::TERM);
        assert!(node.wait(Duration::from_secs(6)).is_some_and(|status| status.success()));
    }
}

#[test]
fn keys_are_at_each_site_and_one_that_was_lost_is_filled() {
    let place = AtTwo::new("");
    let (node, client) = place.started();
    assert!(!place.0.data().join("keys").exists(), "the data folder holds none");
    let told = place.done(&["keys", "verify"]);
    assert!(told.contains("key site paris: 3 keys") && told.contains("key site lyon: 3 keys"), "{told}");
    let doctor = place.done(&["doctor"]);
    for line in
        ["keys: at 2 key sites", "keys at paris: 3 keys", "keys at lyon: 3 keys", "site lyon: takes blobs"]
    {
        assert!(doctor.contains(line), "{line} in {doctor}");
    }
    AtTwo::stop(node);
    for lost in ["keys-lyon", "root-lyon"] {
        fs::remove_dir_all(place.path(lost)).unwrap();
    }
    let node = place.serve();
    assert_eq!(node.client(&client).get("/account").unwrap().status, 200);
    let whole = || {
        let output = place.run(&["keys", "verify"]);
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("key site lyon: 3 keys")
    };
    assert!(eventually(Duration::from_secs(20), whole), "{:?}", place.run(&["keys", "verify"]));
    AtTwo::stop(node);
    // The other alone opens everything now.
    for lost in ["keys-paris", "root-paris"] {
        fs::remove_dir_all(place.path(lost)).unwrap();
    }
    let node = place.serve();
    assert_eq!(node.client(&client).get("/account").unwrap().status, 200);
    AtTwo::stop(node);
}

#[test]
fn the_operator_sees_a_site_filled_emptied_and_gone() {
    let place = AtTwo::new("");
    let (node, client) = place.started();
    let plans = folder(&client, &project(&client), "Quay");
    for number in 0..5 {
        client.upload(&plans, &format!("file-{number}"), b"content").unwrap();
    }
    let sites = || -> Value { serde_json::from_str(&place.done(&["sites", "--json"])).unwrap() };
    let is_whole = |at: usize| {
        let site = &sites()[at];
        site["state"] == "whole" && site["held"] == 5 && site["of"] == 5 && site["missing"] == 0
    };
    assert!(eventually(Duration::from_secs(20), || is_whole(0) && is_whole(1)), "{}", sites());
    assert!(place.done(&["sites"]).contains("lyon  100 %  5 of 5 blobs  whole"));

    fs::remove_dir_all(place.path("blobs-lyon")).unwrap();
    fs::create_dir(place.path("blobs-lyon")).unwrap();
    assert!(place.done(&["sites", "refill", "lyon"]).contains("5 copies"));
    assert!(eventually(Duration::from_secs(20), || is_whole(1)), "{}", sites());
    assert_eq!(files_under(&place.path("blobs-lyon")), 5);
    let unknown = place.run(&["sites", "refill", "nowhere"]);
    assert!(!unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("no such site"));
    let used = place.run(&["sites", "forget", "lyon", "--yes"]);
    assert!(
        !used.status.success() && String::from_utf8_lossy(&used.stderr).contains("take it out there first")
    );
    let unnamed = place.run(&["sites", "forget", "lyon"]);
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("nothing was done"), "{unnamed:?}");
    let doctor = place.done(&["doctor"]);
    assert!(doctor.contains("copies: 0 missing, 0 blobs at risk, 0 lost"), "{doctor}");
    AtTwo::stop(node);
}

/// A server of S3 that says of its bucket what the test says, until the test ends.
fn bucket(versioning: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let asked = lines.next().and_then(Result::ok).unwrap_or_default();
            let _head = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let body = if asked.contains("?versioning") {
                format!("<VersioningConfiguration><Status>{versioning}</Status></VersioningConfiguration>")
            } else {
                "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>".to_owned()
            };
            let status = if asked.contains("?versioning") { "200 OK" } else { "404 Not Found" };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _gone = stream.write_all([head, body].concat().as_bytes());
        }
    });
    address
}

#[test]
fn a_bucket_that_keeps_what_is_deleted_is_refused_at_the_start() {
    let place = Place::new();
    let path = place.folder.path().join("palisade.toml");
    let access = |endpoint: &str| {
        format!(
            "endpoint = \"{endpoint}\"\nallow-http = true\naccess-key = \"key\"\nsecret-key = \"secret\"\n"
        )
    };
    let blobs =
        |endpoint: &str| format!("[[site]]\nname = \"paris\"\nblobs = \"s3://blobs\"\n{}", access(endpoint));
    let keys = |endpoint: &str| {
        let folder = place.folder.path().join("blobs").display().to_string();
        format!(
            "[[site]]\nname = \"paris\"\nblobs = \"file://{folder}\"\nkeys = \"s3://keys/ring\"\n{}",
            access(endpoint)
        )
    };
    for (site, what) in
        [(blobs(&bucket("Enabled")), "site paris"), (blobs(&bucket("Suspended")), "site paris")]
    {
        fs::write(&path, format!("data = \"{}\"\n{site}", place.data().display())).unwrap();
        let output = place.run(&["serve", "--listen", "127.0.0.1:0", "--config", path.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(what) && said.contains("versioning is"), "{said}");
        let doctor = place.run(&["doctor", "--config", path.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&doctor.stdout);
        assert!(!doctor.status.success() && said.contains("lives on as an old version"), "{said}");
    }
    let fresh = place.folder.path().join("fresh");
    fs::write(&path, format!("data = \"{}\"\n{}", fresh.display(), keys(&bucket("Enabled")))).unwrap();
    let output = place.run(&["serve", "--listen", "127.0.0.1:0", "--config", path.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("keys of site paris") && said.contains("versioning is"),
        "{said}"
    );
}
