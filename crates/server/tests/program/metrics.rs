//! Metrics: at the operator's listener alone, moving with what happens, and telling nobody from another.

use crate::{
    http::{Answer, Client, answer},
    node::{Node, Place, folder, project},
};
use serde_json::json;
use std::{io::Write, net::TcpStream};

const CONTENT: usize = 300_000;

fn fetch(port: u16, host: &str, path: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    answer(stream).unwrap()
}

/// The value of the one metric whose line begins so.
fn value(text: &str, start: &str) -> u64 {
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with(start)).collect();
    assert_eq!(lines.len(), 1, "{start}: {lines:?} of\n{text}");
    lines[0].rsplit(' ').next().unwrap().parse().unwrap()
}

fn started(place: &Place) -> (Node, Client) {
    let data = place.data();
    let node = place.serve_with(&["--data", data.to_str().unwrap(), "--metrics", "127.0.0.1:0"]);
    let client = place.sign_up(&data, &node);
    (node, client)
}

#[test]
fn metrics_move_with_what_happens_and_name_nobody() {
    let place = Place::new();
    let (node, client) = started(&place);
    let metrics = || String::from_utf8(fetch(node.metrics(), "localhost", "/metrics").body).unwrap();
    let before = metrics();
    assert!(before.ends_with("# EOF\n") && before.matches("# EOF").count() == 1, "{before}");
    assert_eq!(value(&before, "palisade_upload_bytes_total"), 0);
    assert_eq!(value(&before, "palisade_sign_in_failures_total{proof=\"Password\"}"), 0);

    let project = project(&client);
    let plans = folder(&client, &project, "Quay");
    let file = client.upload(&plans, "plan", &vec![7; CONTENT]).unwrap().json();
    let content = format!("/files/{}/content", file["id"].as_str().unwrap());
    assert_eq!(client.get(&content).unwrap().body.len(), CONTENT);
    let wrong =
        Client { proof: "Authorization: Basic aW5lc0B4LmV4YW1wbGU6bm8=".to_owned(), ..client.clone() };
    assert_eq!(wrong.get("/account").unwrap().status, 401);
    assert_eq!(client.get("/nowhere").unwrap().status, 404);
    let guess = json!({ "email": "ines@mirabel.example", "password": "not this one" }).to_string();
    assert_eq!(client.send("PUT", "/session", "application/json", guess.as_bytes()).unwrap().status, 401);

    let after = metrics();
    assert_eq!(value(&after, "palisade_upload_bytes_total"), CONTENT as u64);
    assert_eq!(value(&after, "palisade_download_bytes_total"), CONTENT as u64);
    assert_eq!(value(&after, "palisade_blob_writes_total{site=\"home\"}"), 1);
    assert_eq!(value(&after, "palisade_blob_failures_total{site=\"home\"}"), 0);
    assert_eq!(value(&after, "palisade_sign_in_failures_total{proof=\"AppPassword\"}"), 1);
    assert_eq!(value(&after, "palisade_sign_in_failures_total{proof=\"Password\"}"), 1);
    let upload = "palisade_http_request_seconds_count{method=\"POST\",route=\"/api/v1/projects/{id}/files\",status=\"2xx\"}";
    assert_eq!(value(&after, upload), 1);
    for moved in
        ["palisade_db_reads_total", "palisade_db_writes_total", "palisade_db_commit_transactions_count"]
    {
        assert!(value(&after, moved) > value(&before, moved), "{moved}");
    }
    assert_eq!(value(&after, "palisade_db_waiting{queue=\"write\"}"), 0);
    assert!(value(&after, "process_resident_memory_bytes") > 1_000_000);
    assert!(value(&after, "process_open_fds") > 5);
    assert!(value(&after, "process_start_time_seconds") > 1_700_000_000);
    assert!(
        after.contains(concat!("palisade_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1")),
        "{after}"
    );
    // What an address says may hold is not a label: neither account, person, id nor path.
    let id = file["id"].as_str().unwrap();
    for name in ["mirabel", "ines", "Quay", "plan", "nowhere", "127.0.0.1", &project, id] {
        assert!(!after.contains(name), "{name}: {after}");
    }
}

#[test]
fn metrics_are_shown_at_the_operators_listener_alone() {
    let place = Place::new();
    let (node, client) = started(&place);
    for host in ["palisade.localhost", &client.host] {
        let shown = fetch(node.port, host, "/metrics");
        assert!(!String::from_utf8_lossy(&shown.body).contains("palisade_"), "{host}: {shown:?}");
    }
    assert_eq!(client.get("/metrics").unwrap().status, 404);
    // And nothing else is shown there.
    for path in ["/", "/api/v1/door", "/healthz", "/metrics/"] {
        assert_eq!(fetch(node.metrics(), &client.host, path).status, 404, "{path}");
    }
}
