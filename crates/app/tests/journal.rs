//! The journal narrowed to a person, a kind, a project, a time: by the program, page after page.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Installation, PASSWORD, Person};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

/// Somebody who was invited and came, signed in, and their id.
async fn joined(installation: &Installation, owner: &Person, name: &str, draft: Value) -> (Person, String) {
    let mut draft = draft;
    draft["email"] = json!(format!("{name}@acme.example"));
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let mut person = installation.nobody_at("acme.palisade.test");
    let token = link.split_once('#').unwrap().1;
    let acceptance = json!({ "token": token, "name": name, "password": PASSWORD });
    let who = id(&person.post("/acceptances", acceptance).await.created()["person"]);
    person.sign_in(json!({ "email": format!("{name}@acme.example"), "password": PASSWORD })).await;
    (person, who)
}

#[tokio::test]
async fn one_finds_what_one_looks_for() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (mia, mia_id) = joined(&installation, &owner, "mia", json!({ "role": "member" })).await;
    let quay = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let light = id(&mia.post("/projects", json!({ "name": "Lighthouse" })).await.created());
    let file = id(&mia.upload(&format!("/projects/{quay}/files?name=a"), "a").await.created());
    owner.patch(&format!("/files/{file}"), json!({ "name": "b" })).await.ok();
    mia.upload(&format!("/projects/{light}/files?name=c"), "c").await.created();

    for (query, expected) in [
        (format!("person={mia_id}"), &["file-added", "file-added", "project-created", "person-joined"][..]),
        ("kind=files".to_owned(), &["file-added", "entry-renamed", "file-added"]),
        ("kind=projects".to_owned(), &["project-created", "project-created"]),
        ("kind=people".to_owned(), &["person-joined", "person-invited"]),
        ("kind=account".to_owned(), &["account-opened"]),
        ("kind=entry-renamed".to_owned(), &["entry-renamed"]),
        (format!("project={quay}"), &["entry-renamed", "file-added", "project-created"]),
        (format!("project={quay}&kind=files&person={mia_id}"), &["file-added"]),
        (format!("person={mia_id}&kind=account"), &[]),
        ("person=01900000-0000-7000-8000-000000000000".to_owned(), &[]),
    ] {
        let page = owner.get(&format!("/journal?{query}")).await.ok();
        assert_eq!(kinds(&page), expected, "{query}");
        assert!(page["next"].is_null());
    }
    let page = owner.get(&format!("/projects/{quay}/journal?kind=file-added")).await.ok();
    assert_eq!(kinds(&page), ["file-added"]);
}

#[tokio::test]
async fn pages_of_what_is_wanted_follow_each_other_without_a_gap() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let quay = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let mut made = Vec::new();
    for n in 0..7 {
        let draft = json!({ "parent": null, "name": format!("folder {n}") });
        made.push(id(&owner.post(&format!("/projects/{quay}/folders"), draft).await.created()));
        // Others come in between.
        let file = id(&owner.upload(&format!("/projects/{quay}/files?name={n}"), "x").await.created());
        owner.delete(&format!("/files/{file}")).await.gone_through();
    }
    made.reverse();
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("/journal?kind=folder-created&limit=3{cursor}")).await.ok();
        found.extend(page["items"].as_array().unwrap().iter().map(|entry| id(&entry["subject"])));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, made);

    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("/journal?kind=files&limit=4{cursor}")).await.ok();
        found.extend(page["items"].as_array().unwrap().iter().map(id));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found.len(), 21);
    assert!(found.is_sorted_by(|newer, older| newer > older), "the newest first, across kinds");
}

#[tokio::test]
async fn a_span_of_time_has_what_happened_in_it() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let create = async |name: &str| {
        owner.post("/projects", json!({ "name": name })).await.created();
        let page = owner.get("/journal?limit=1").await.ok();
        page["items"][0]["at"].as_str().unwrap().to_owned()
    };
    let first = create("one").await;
    installation.wait(Duration::from_hours(2));
    let second = create("two").await;
    installation.wait(Duration::from_hours(2));
    create("three").await;

    let names = async |query: &str| {
        let page = owner.get(&format!("/journal?kind=projects&{query}")).await.ok();
        let names = page["items"].as_array().unwrap().iter();
        names.map(|entry| entry["subject"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&format!("after={second}")).await, ["three", "two"]);
    assert_eq!(names(&format!("before={second}")).await, ["one"]);
    assert_eq!(names(&format!("after={first}&before={second}")).await, ["one"]);
    assert_eq!(names(&format!("after={second}&before={first}")).await, Vec::<String>::new());
    assert_eq!(names("after=2100-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(names("before=1900-01-01T00:00:00%2B01:00").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_makes_no_sense_is_said() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let quay = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    for path in ["/journal".to_owned(), format!("/projects/{quay}/journal")] {
        let problem = owner.get(&format!("{path}?kind=nonsense")).await.problem(422, "unknown-value");
        assert_eq!(problem["field"], "kind");
        owner.get(&format!("{path}?cursor=00")).await.problem(422, "invalid-cursor");
        for bad in ["person=me", "after=yesterday", "before=2026-11-23"] {
            owner.get(&format!("{path}?{bad}")).await.problem(400, "malformed");
        }
    }
    let problem = owner.get("/journal?project=01900000-0000-7000-8000-000000000000").await;
    assert_eq!(problem.problem(404, "not-found")["field"], "project");
}

#[tokio::test]
async fn a_guest_finds_nothing_of_what_they_do_not_see() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let given = id(&owner.post("/projects", json!({ "name": "Given" })).await.created());
    let hidden = id(&owner.post("/projects", json!({ "name": "Hidden" })).await.created());
    let draft = json!({ "role": "guest", "projects": [given] });
    let (guest, _) = joined(&installation, &owner, "gus", draft).await;
    let owner_id = id(&owner.get("/profile").await.ok());
    assert_eq!(kinds(&guest.get("/journal?kind=projects").await.ok()), ["project-created"]);
    assert_eq!(kinds(&guest.get(&format!("/journal?person={owner_id}")).await.ok()), ["project-created"]);
    assert_eq!(kinds(&guest.get("/journal?kind=people").await.ok()), Vec::<&str>::new());
    guest.get(&format!("/journal?project={hidden}")).await.problem(404, "not-found");
    guest.get(&format!("/projects/{hidden}/journal?kind=files")).await.problem(404, "not-found");
}
