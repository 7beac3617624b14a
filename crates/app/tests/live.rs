//! Who looks at something hears that it changed, through a real socket: at once, only what is for them, and as long as they may.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a person expects of an answer; a failure ends the test"
)]

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, header};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};
use testkit::{Installation, PASSWORD, Person, Socket, serve};

const TAB: HeaderName = HeaderName::from_static("x-tab");
/// Within so long whoever was removed hears nothing more.
const FELT: Duration = Duration::from_secs(5);

/// An open tab, which has been told to read.
async fn tab(person: &Person, node: SocketAddr) -> Socket {
    let mut tab = person.socket(node).await.unwrap();
    assert_eq!(tab.next().await, json!({ "v": 1, "kind": "resync" }));
    tab
}

/// The one change that is told next.
async fn change(tab: &mut Socket) -> Value {
    let said = tab.next().await;
    let [change] = &said["changes"].as_array().unwrap_or_else(|| panic!("{said}"))[..] else {
        panic!("{said}")
    };
    assert_eq!(said["kind"], "changed");
    change.clone()
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Somebody who was invited as this and came.
async fn joined(installation: &Installation, owner: &Person, draft: Value) -> (Person, String) {
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let token = link.split_once('#').unwrap().1.to_owned();
    let nobody = installation.nobody_at("acme.palisade.test");
    let acceptance = json!({ "token": token, "name": "Camille", "password": PASSWORD });
    let answer = nobody.post("/acceptances", acceptance).await;
    let person = id(&answer.created()["person"]);
    let cookie = answer.header(&header::SET_COOKIE).unwrap().split(';').next().unwrap();
    (nobody.with(header::COOKIE, cookie), person)
}

async fn member(installation: &Installation, owner: &Person) -> (Person, String) {
    joined(installation, owner, json!({ "email": "camille@acme.example", "role": "member" })).await
}

async fn project(person: &Person, name: &str) -> String {
    id(&person.post("/projects", json!({ "name": name })).await.created())
}

async fn folder(person: &Person, project: &str, name: &str) -> String {
    let draft = json!({ "parent": null, "name": name });
    id(&person.post(&format!("/projects/{project}/folders"), draft).await.created())
}

#[tokio::test]
async fn two_people_see_each_others_change() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (camille, camilles_id) = member(&installation, &owner).await;
    let elsewhere = installation.account("evil").await;
    let node = serve(&installation.palisade).await;
    let mut hers = tab(&owner, node).await;
    let mut others = tab(&elsewhere, node).await;

    let own = "11111111-2222-4333-8444-555555555555";
    let project = project(&camille.with(TAB, own), "Harbour").await;
    let told = change(&mut hers).await;
    assert_eq!(
        told,
        json!({ "topics": ["projects", "journal"], "project": project, "ids": [project], "by": camilles_id })
    );

    let mut his = tab(&camille, node).await;
    let file = owner.upload(&format!("/projects/{project}/files?name=plan"), "content").await.created();
    for tab in [&mut his, &mut hers] {
        let told = change(tab).await;
        assert_eq!(told["topics"], json!(["files", "journal"]));
        assert_eq!((&told["folders"], &told["ids"]), (&json!([project]), &json!([file["id"]])));
    }

    // One's own other tabs are told in which of them it was; nobody else is.
    folder(&camille.with(TAB, own), &project, "Plans").await;
    assert_eq!(change(&mut his).await["tab"], own);
    assert_eq!(change(&mut hers).await.get("tab"), None);
    folder(&camille.with(TAB, "no id"), &project, "Letters").await;
    assert_eq!(change(&mut his).await.get("tab"), None, "what is no id is no tab");

    assert_eq!(
        others.all_within(Duration::from_millis(300)).await,
        [] as [Value; 0],
        "another account hears nothing"
    );
}

#[tokio::test]
async fn a_guest_hears_of_their_projects_alone_as_they_are_now() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (open, closed) = (project(&owner, "Open").await, project(&owner, "Closed").await);
    let draft = json!({ "email": "gus@acme.example", "role": "guest", "projects": [open] });
    let (guest, guests_id) = joined(&installation, &owner, draft).await;
    let node = serve(&installation.palisade).await;
    let mut tab = tab(&guest, node).await;

    // Each comes with the one behind it: what is not for the guest is not among what they hear.
    folder(&owner, &closed, "Unseen").await;
    folder(&owner, &open, "Seen").await;
    assert_eq!(change(&mut tab).await["project"], open);

    let give = async |projects: Value| {
        owner.patch(&format!("/people/{guests_id}"), json!({ "projects": projects })).await.ok();
    };
    give(json!([closed])).await;
    let told = change(&mut tab).await;
    assert_eq!((&told["topics"], &told["ids"]), (&json!(["people"]), &json!([guests_id])));
    folder(&owner, &open, "Unseen now").await;
    folder(&owner, &closed, "Seen now").await;
    assert_eq!(change(&mut tab).await["project"], closed);

    owner.post("/invitations", json!({ "email": "new@acme.example", "role": "member" })).await.created();
    owner.patch("/account", json!({ "title": "Other" })).await.ok();
    assert_eq!(change(&mut tab).await["topics"], json!(["account"]), "nor of who else is invited");
}

#[tokio::test]
async fn a_socket_ends_with_what_it_was_opened_with() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (camille, camilles_id) = member(&installation, &owner).await;
    let secret = camille.post("/app-passwords", json!({ "label": "sync" })).await.created();
    let basic = STANDARD.encode(format!("camille@acme.example:{}", secret["secret"].as_str().unwrap()));
    let program =
        installation.nobody_at("acme.palisade.test").with(header::AUTHORIZATION, &format!("Basic {basic}"));
    let program = program.without(&header::ORIGIN).without(&HeaderName::from_static("sec-fetch-site"));
    let node = serve(&installation.palisade).await;

    let mut synced = tab(&program, node).await;
    camille.delete(&format!("/app-passwords/{}", id(&secret))).await.gone_through();
    let mut away = installation.nobody_at("acme.palisade.test");
    away.sign_in(json!({ "email": "camille@acme.example", "password": PASSWORD })).await;
    let mut left = tab(&away, node).await;
    away.delete("/session").await.gone_through();
    let mut removed = tab(&camille, node).await;
    owner.with(header::IF_MATCH, "*").delete(&format!("/people/{camilles_id}")).await.gone_through();
    let begun = Instant::now();
    for tab in [&mut synced, &mut left, &mut removed] {
        assert_eq!(tab.closed().await.0, 1008);
    }
    assert!(begun.elapsed() < FELT, "{:?}", begun.elapsed());
    assert_eq!(camille.socket(node).await.unwrap_err().status, 401);
}

#[tokio::test]
async fn a_page_of_another_origin_and_whoever_is_not_signed_in_open_none() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let elsewhere = installation.account("evil").await;
    let node = serve(&installation.palisade).await;
    for (origin, site) in [
        ("http://evil.palisade.test", "same-site"),
        ("http://evil.palisade.test", "same-origin"),
        ("http://acme.palisade.test", "same-site"),
        ("null", "cross-site"),
    ] {
        let page = owner.with(header::ORIGIN, origin).with(HeaderName::from_static("sec-fetch-site"), site);
        page.socket(node).await.unwrap_err().problem(403, "other-origin");
    }
    owner.without(&header::ORIGIN).socket(node).await.unwrap_err().problem(403, "other-origin");
    let nobody = installation.nobody_at("acme.palisade.test");
    nobody.socket(node).await.unwrap_err().problem(401, "signed-out");
    elsewhere.at("acme.palisade.test").socket(node).await.unwrap_err().problem(401, "signed-out");
    owner.get("/live").await.problem(400, "not-a-socket");
}

#[tokio::test]
async fn one_person_has_so_many_tabs() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (camille, _) = member(&installation, &owner).await;
    let node = serve(&installation.palisade).await;
    let mut tabs = Vec::new();
    let refused = loop {
        assert!(tabs.len() < 100, "there is an end to it");
        match owner.socket(node).await {
            Ok(tab) => tabs.push(tab),
            Err(answer) => break answer,
        }
    };
    refused.problem(503, "busy");
    tab(&camille, node).await;
}

#[tokio::test]
async fn a_burst_is_few_messages() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (camille, _) = member(&installation, &owner).await;
    let project = project(&owner, "Harbour").await;
    let node = serve(&installation.palisade).await;
    let mut tab = tab(&camille, node).await;
    let begun = Instant::now();
    for number in 0..100 {
        let name = format!("/projects/{project}/files?name={number}");
        owner.upload(&name, "content").await.created();
    }
    let moments = usize::try_from(begun.elapsed().as_millis()).unwrap() / 100 + 2;
    let mut told = tab.all_within(Duration::from_secs(1)).await;
    told.retain(|said| said["kind"] == "changed");
    assert!((1..=moments).contains(&told.len()), "{} messages in {moments} moments", told.len());
    let folders: BTreeSet<_> = told.iter().map(|said| said["changes"][0]["folders"].to_string()).collect();
    assert_eq!(folders, [json!([project]).to_string()].into());
}

#[tokio::test]
async fn nothing_that_was_typed_is_told() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let node = serve(&installation.palisade).await;
    let mut tab = tab(&owner, node).await;
    let project = project(&owner, "CanaryProject").await;
    let plan =
        owner.upload(&format!("/projects/{project}/files?name=CanaryFile"), "CanaryContent").await.created();
    let file = format!("/files/{}", id(&plan));
    owner.patch(&file, json!({ "name": "CanaryName" })).await.ok();
    owner.with(header::IF_MATCH, "*").delete(&file).await.gone_through();
    owner.post("/invitations", json!({ "email": "canary@acme.example", "role": "admin" })).await.created();
    owner.patch("/account", json!({ "title": "CanaryTitle" })).await.ok();
    owner.patch("/profile", json!({ "name": "Canary Moreau" })).await.ok();
    owner.post("/app-passwords", json!({ "label": "Canary laptop" })).await.created();
    let told = tab.all_within(Duration::from_millis(800)).await;
    let text = json!(told).to_string();
    for topic in ["projects", "files", "trash", "invitations", "account", "people", "journal"] {
        assert!(text.contains(&format!("\"{topic}\"")), "{topic} was told of: {text}");
    }
    assert!(!text.to_lowercase().contains("canary") && !text.contains("Moreau"), "{text}");
}

#[tokio::test]
async fn what_time_takes_from_the_trash_is_told_too() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Harbour").await;
    let plan = owner.upload(&format!("/projects/{project}/files?name=plan"), "content").await.created();
    owner.with(header::IF_MATCH, "*").delete(&format!("/files/{}", id(&plan))).await.gone_through();
    let node = serve(&installation.palisade).await;
    installation.wait(Duration::from_hours(31 * 24));
    let mut later = installation.nobody_at("acme.palisade.test");
    later.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    let mut tab = tab(&later, node).await;
    installation.settle().await;
    let told = change(&mut tab).await;
    assert_eq!((&told["topics"], &told["project"]), (&json!(["trash", "journal"]), &json!(project)));
}

#[tokio::test]
async fn the_node_says_so_when_it_stops() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let node = serve(&installation.palisade).await;
    let (mut one, mut other) = (tab(&owner, node).await, tab(&owner, node).await);
    let begun = Instant::now();
    let stop = app::live::close(&installation.palisade);
    let ((), one, other) = tokio::join!(stop, one.closed(), other.closed());
    assert_eq!((one.0, other.0), (1012, 1012));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let late = owner.socket(node).await.unwrap().closed().await;
    assert_eq!(late.0, 1012, "none stays open from then on");
}

#[tokio::test]
async fn nodes_of_one_installation_hear_each_other() {
    let installation = Installation::new().await;
    let Some(second) = installation.another_node().await else { return }; // SQLite has one node
    let owner = installation.account("acme").await;
    let (camille, camilles_id) = member(&installation, &owner).await;
    let nodes = [serve(&installation.palisade).await, serve(&second).await];
    let (mut hers, mut his) = (tab(&owner, nodes[0]).await, tab(&camille.through(&second), nodes[1]).await);
    // When both nodes have begun to listen, each says so to the other.
    for tab in [&mut hers, &mut his] {
        while tab.all_within(Duration::from_millis(500)).await.iter().any(|said| said["kind"] != "resync") {}
    }
    let project = project(&camille.through(&second), "Harbour").await;
    for tab in [&mut hers, &mut his] {
        assert_eq!(change(tab).await["project"], project);
    }
    owner.patch(&format!("/people/{camilles_id}"), json!({ "role": "guest" })).await.ok();
    assert_eq!(
        change(&mut his).await["topics"],
        json!(["people"]),
        "they are a guest at the other node at once"
    );
    camille.through(&second).get(&format!("/projects/{project}")).await.problem(404, "not-found");
    second.db.close().await;
}
