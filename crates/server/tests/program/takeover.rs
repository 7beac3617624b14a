//! A node whose database is at two sites: what it says while the primary is silent, and over a takeover.

use crate::{
    http::{Answer, Client, answer},
    live::Socket,
    node::{Node, Place, eventually, project},
};
use serde_json::json;
use std::{fs, io::Write, net::TcpStream, path::PathBuf, thread, time::Duration};
use testpg::Pair;

/// Longer than the node believes in a primary that is silent.
const SOON: Duration = Duration::from_secs(10);

/// A node at two sites, and its databases.
struct Sites {
    place: Place,
    pair: Pair,
    node: Node,
    client: Client,
}

fn start(when_short: &str) -> Sites {
    let (place, pair) = (Place::new(), Pair::start().unwrap());
    let ports = [pair.port(0), pair.port(1)];
    let [app, system, owner] =
        [testpg::APP, testpg::SYSTEM, testpg::OWNER].map(|role| pair.url(role, &ports));
    let folder = place.folder.path().display();
    let text = format!(
        "data = \"{folder}/data\"\nhere = \"paris\"\nmetrics = \"127.0.0.1:0\"\n\
         [database]\nurl = \"{app}\"\nsystem-url = \"{system}\"\nowner-url = \"{owner}\"\n\
         [[site]]\nname = \"paris\"\nblobs = \"file://{folder}/paris\"\n\
         [[site]]\nname = \"lyon\"\nblobs = \"file://{folder}/lyon\"\n\
         [durability]\ncopies = 2\nwhen-short = \"{when_short}\"\n\
         [drill]\nreport = \"{folder}/drill.json\"\n"
    );
    let config = place.folder.path().join("palisade.toml");
    fs::write(&config, text).unwrap();
    let node = place.serve_with(&["--config", config.to_str().unwrap()]);
    let client = place.sign_up(&place.data(), &node);
    let sites = Sites { place, pair, node, client };
    assert!(eventually(SOON, || sites.fetch("/readyz").status == 200), "{:?}", sites.fetch("/readyz"));
    sites
}

impl Sites {
    /// What is not of the API.
    fn fetch(&self, path: &str) -> Answer {
        fetch(self.node.port, path)
    }

    fn metric(&self, name: &str) -> f64 {
        let text = String::from_utf8(fetch(self.node.metrics(), "/metrics").body).unwrap();
        let line =
            text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
            .unwrap_or_else(|| panic!("{name} in {text}"))
    }

    /// What the doctor says of the database, and whether all of it is well.
    fn doctor(&self) -> (String, bool) {
        let config: PathBuf = self.place.folder.path().join("palisade.toml");
        let doctor = self.place.run(&["doctor", "--config", config.to_str().unwrap()]);
        let said = String::from_utf8(doctor.stdout).unwrap();
        let lines = said.lines().filter(|line| line.starts_with("database")).collect::<Vec<_>>();
        (lines.join("\n"), doctor.status.success())
    }

    /// The evidence of a row of the trust page.
    fn trust(&self, id: &str) -> serde_json::Value {
        let rows = self.client.get("/trust").unwrap().json()["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["evidence"]["id"] == id).unwrap()
    }
}

fn fetch(port: u16, path: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    answer(stream).unwrap()
}

#[test]
fn while_the_primary_is_silent_nothing_is_said_but_that() {
    let sites = start("refuse");
    let project = project(&sites.client);
    let mut socket = Socket::open(&sites.client);
    let drill = json!({ "version": 1, "at": "2026-01-02T03:04:05Z", "rounds": 30, "seconds_median": 11.2,
        "seconds_worst": 13.3, "acknowledged": 48_211, "lost": 0 });
    fs::write(sites.place.folder.path().join("drill.json"), drill.to_string()).unwrap();
    let replication = sites.trust("replication");
    assert_eq!((&replication["state"], &replication["promises"]), (&json!("standing"), &json!(["P1", "P2"])));
    assert_eq!(replication["evidence"]["holding"], 2);
    assert_eq!(sites.trust("takeover")["evidence"]["drill"]["acknowledged"], 48_211);
    assert!((sites.metric("palisade_drill_end_seconds") - 1_767_323_045.0).abs() < 0.5);
    assert_eq!((sites.metric("palisade_db_copies"), sites.metric("palisade_db_copies_demanded")), (2.0, 2.0));
    assert!((sites.metric("palisade_db_leads") - 1.0).abs() < 0.5);

    sites.pair.freeze(1);
    let waiting = {
        let client = sites.client.clone();
        thread::spawn(move || client.post("/projects", &json!({ "name": "Made meanwhile" })).unwrap())
    };
    let (kind, payload) = loop {
        let frame = socket.frame();
        if frame.0 != 1 {
            break frame;
        }
    };
    assert_eq!((kind, &payload[..2]), (8, &1013_u16.to_be_bytes()[..]));
    assert_eq!(sites.fetch("/readyz").status, 503);
    assert_eq!(sites.fetch("/healthz").status, 200);
    assert!(sites.metric("palisade_db_primary_silence_seconds") >= 4.0);
    for path in ["/account", &format!("/projects/{project}"), "/door"] {
        let refused = sites.client.saying("Accept-Language: fr").get(path).unwrap();
        assert_eq!((refused.status, refused.problem()), (503, "database-away".to_owned()), "{path}");
        assert!(refused.header("retry-after").is_some());
        assert!(String::from_utf8_lossy(&refused.body).contains("prend la relève"), "{refused:?}");
    }
    assert!(!waiting.is_finished(), "what became of it is not known yet");
    sites.pair.thaw(1);
    assert_eq!(waiting.join().unwrap().status, 201, "it was not refused, and is told when it is known");
    assert!(eventually(SOON, || sites.fetch("/readyz").status == 200));
    assert_eq!(sites.client.list("/projects").len(), 2);
    Socket::open(&sites.client);
}

#[test]
fn over_a_takeover_each_write_is_done_once_and_marked_where_one_site_holds_it() {
    let mut sites = start("continue");
    let (said, _) = sites.doctor();
    for part in ["primary: at 127.0.0.1:", "hosts: all 2 answer", "replication: a commit is at 2 servers"] {
        assert!(said.contains(part), "{said}");
    }
    let wrong = "Set fsync = on, full_page_writes = on, tcp_user_timeout = 2s, tcp_keepalives_idle = 1";
    assert!(said.ends_with(wrong), "what is right is left out: {said}");
    let posted = sites.client.post("/projects", &json!({ "name": "Before" })).unwrap();
    assert_eq!((posted.status, posted.header("x-durability")), (201, None));
    // Without a key, as a client does that knows of nothing.
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let client = sites.client.clone();
            thread::spawn(move || {
                let make = |number| {
                    let name = json!({ "name": format!("{writer}-{number}") });
                    (name["name"].as_str().unwrap().to_owned(), client.post("/projects", &name).unwrap())
                };
                (0..60).map(make).collect::<Vec<_>>()
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    sites.pair.kill(0).unwrap();
    sites.pair.promote(1).unwrap();
    let answers: Vec<_> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    let there: Vec<String> = sites
        .client
        .list("/projects")
        .iter()
        .map(|project| project["name"].as_str().unwrap().to_owned())
        .collect();
    for (name, answer) in &answers {
        assert_eq!(
            there.iter().filter(|it| *it == name).count(),
            usize::from(answer.status == 201),
            "{name}"
        );
        assert!(answer.status == 201 || answer.problem() == "database-away", "{name}: {answer:?}");
    }
    let (name, last) = answers.last().unwrap();
    assert_eq!((last.status, last.header("x-durability")), (201, Some("at-risk")), "{name}: {last:?}");
    assert_eq!(sites.client.get("/account").unwrap().header("x-durability"), None);
    assert!(eventually(SOON, || sites.metric("palisade_db_takeovers_total") >= 1.0));
    assert!(sites.metric("palisade_db_short_commits_total") > 0.0);
    let (said, well) = sites.doctor();
    assert!(!well && said.contains("2 servers must hold a commit, and PostgreSQL waits for 1"), "{said}");
    assert!(said.contains("hosts: of 2, not reached"), "{said}");
}
