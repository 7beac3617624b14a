//! Mail and other work for later, as an operator sees them: beside a running node, and where none runs.

use crate::{
    http::Client,
    node::{Place, eventually, folder, project},
};
use serde_json::{Value, json};
use std::{fs, process::Output, time::Duration};
use testkit::MailServer;

const SOON: Duration = Duration::from_secs(15);
const DAY: u64 = 24 * 60 * 60;

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A command on the data of this place.
fn run(place: &Place, arguments: &[&str]) -> Output {
    let data = place.data();
    place.run(&[arguments, &["--data", data.to_str().unwrap()]].concat())
}

fn kinds(client: &Client) -> Vec<Value> {
    client.list("/journal").into_iter().map(|entry| entry["kind"].clone()).collect()
}

#[test]
fn mail_that_waits_is_listed_and_shown_with_and_without_a_node() {
    let place = Place::new();
    let node = place.serve(&place.data());
    let client = place.sign_up(&place.data(), &node);
    assert_eq!(said(&run(&place, &["mail", "list"])).trim(), "");
    let asked = client.post("/password-resets", &json!({ "email": "ines@mirabel.example" })).unwrap();
    assert_eq!(asked.status, 202, "{asked:?}");

    let listed = said(&run(&place, &["mail", "list", "--account", "mirabel"]));
    assert!(listed.contains("  mirabel") && !listed.contains("ines@"), "{listed}");
    let as_json: Value = serde_json::from_str(&said(&run(&place, &["mail", "list", "--json"]))).unwrap();
    let id = as_json[0]["id"].as_str().unwrap();
    assert!(listed.starts_with(id) && as_json[0]["attempts"] == 0, "{as_json}");
    let shown = said(&run(&place, &["mail", "show", id]));
    assert!(shown.starts_with("To: ines@mirabel.example\nSubject: "), "{shown}");
    assert!(shown.contains(&format!("http://{}/reset#", client.host)), "{shown}");

    node.kill();
    let alone = said(&run(&place, &["mail", "list", "--json"]));
    assert!(alone.contains(id), "{alone}");
    assert_eq!(said(&run(&place, &["mail", "show", id])), shown);
    for unknown in [
        &["mail", "list", "--account", "nobody"][..],
        &["mail", "show", "00000000-0000-7000-8000-000000000000"],
    ] {
        assert_eq!(run(&place, unknown).status.code(), Some(1), "{unknown:?}");
    }
    assert_eq!(run(&place, &["mail", "show", "no-id"]).status.code(), Some(2));
}

#[test]
fn the_operator_gives_somebody_a_link_to_a_new_password() {
    let place = Place::new();
    let node = place.serve(&place.data());
    let client = place.sign_up(&place.data(), &node);
    let reset = ["person", "reset-link", "--account", "mirabel", "ines@mirabel.example"];
    let first = said(&run(&place, &reset));
    node.kill();
    let link = said(&run(&place, &reset));
    let node = place.serve(&place.data());
    let client = node.client(&client);
    let with = |link: &str| {
        let token = link.trim().split_once("/reset#").unwrap().1;
        let body = json!({ "token": token, "password": "another battery entirely" }).to_string();
        client.send("PUT", "/password", "application/json", body.as_bytes()).unwrap()
    };
    assert_eq!(with(&first).problem(), "link-used", "the newest alone is good");
    assert_eq!(with(&link).status, 204);
    assert_eq!(with(&link).problem(), "link-used");
    let late = said(&run(&place, &reset));
    place.move_clock(60 * 60);
    assert_eq!(with(&late).problem(), "link-used");
    let made = "reset-link-made";
    assert_eq!(kinds(&client)[..4], [made, "password-changed", made, made]);
    assert_eq!(client.list("/journal")[0]["actor"], json!(null), "nobody of the account did it");

    let unknown = ["person", "reset-link", "--account", "mirabel", "nobody@mirabel.example"];
    assert_eq!(run(&place, &unknown).status.code(), Some(1));
}

#[test]
fn a_node_sends_its_mail_by_itself_and_logs_nothing_of_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(MailServer::start_sealed());
    let place = Place::new();
    let secret = place.folder.path().join("secret");
    fs::write(&secret, "a password\n").unwrap();
    // It outlives the mail server, which takes its own along.
    let authorities = place.folder.path().join("authorities.pem");
    fs::copy(server.certificate().unwrap(), &authorities).unwrap();
    let file = place.folder.path().join("palisade.toml");
    let mail = format!(
        "[mail]\nhost = \"localhost\"\nport = {}\nfrom = \"Palisade <palisade@cloud.example>\"\nuser = \"palisade\"\n\
         password-file = {secret:?}\nauthorities = {authorities:?}\n",
        server.address().port(),
    );
    fs::write(&file, mail).unwrap();
    let (data, config) = (place.data(), file.to_str().unwrap());
    let node = place.serve_with(&["--config", config, "--data", data.to_str().unwrap()]);
    let client = place.sign_up(&data, &node);
    let owner = client.in_person();
    server.answer("RCPT", "450 canary@mirabel.example is asleep");
    server.answer("RCPT", "550 canary@mirabel.example is gone");
    for email in ["canary@mirabel.example", "canary-too@mirabel.example"] {
        let draft = json!({ "email": email, "role": "member" });
        let made = owner.post("/invitations", &draft).unwrap();
        assert_eq!((made.status, &made.json()["link"]), (201, &json!(null)));
    }
    // Of the two, one is put off and the other is refused.
    assert!(eventually(SOON, || kinds(&client)[0] == "mail-refused"), "{:?}", kinds(&client));
    assert!(eventually(SOON, || said(&run(&place, &["mail", "list"])).contains("mail-unsent after 1 tries")));
    place.move_clock(5);
    assert!(eventually(SOON, || server.mails().len() == 1), "{:?}", server.commands());
    assert!(server.mails()[0].sealed);
    assert!(eventually(SOON, || said(&run(&place, &["mail", "list"])).trim().is_empty()));

    let doctor = said(&place.run(&["doctor", "--config", config, "--data", data.to_str().unwrap()]));
    assert!(doctor.contains("mail: the mail server answers"), "{doctor}");
    drop(server);
    let doctor = place.run(&["doctor", "--config", config, "--data", data.to_str().unwrap()]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("mail: mail-unsent"), "{doctor:?}");

    let log = place.said();
    assert!(log.contains("a mail was refused for good") && log.contains("a job failed"), "{log}");
    for canary in ["canary", "asleep", "invitation#", "invites you", "a password"] {
        assert!(!log.contains(canary), "{canary}: {log}");
    }
}

#[test]
fn a_mail_server_on_another_machine_is_spoken_to_by_tls_alone() {
    let place = Place::new();
    let file = place.folder.path().join("palisade.toml");
    fs::write(&file, "[mail]\nhost = \"mail.example\"\ntls = \"none\"\nfrom = \"a@b.example\"\n").unwrap();
    let output = run(&place, &["serve", "--config", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("by TLS alone"), "{output:?}");
}

#[test]
fn a_node_empties_the_trash_when_its_time_has_come() {
    let place = Place::new();
    let node = place.serve(&place.data());
    let client = place.sign_up(&place.data(), &node);
    let plans = folder(&client, &project(&client), "Plans");
    let made = client.upload(&plans, "old", b"old").unwrap().json();
    assert_eq!(client.delete(&format!("/files/{}", made["id"].as_str().unwrap())).unwrap().status, 204);
    let trash = format!("/projects/{}/trash", plans.project);
    place.move_clock(30 * DAY - 60);
    assert_eq!(client.list(&trash).len(), 1);
    place.move_clock(30 * DAY);
    assert!(eventually(SOON, || client.list(&trash).is_empty()), "{:?}", client.list(&trash));
    assert_eq!(client.get("/account").unwrap().json()["used_bytes"], 0);
}
