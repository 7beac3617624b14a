//! Many entries at once: each has an outcome, and what was done can be taken back exactly.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use http::header;
use serde_json::{Value, json};
use testkit::{Installation, PASSWORD, Person};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn project(owner: &Person, name: &str) -> String {
    id(&owner.post("/projects", json!({ "name": name })).await.created())
}

async fn folder(owner: &Person, project: &str, parent: Option<&str>, name: &str) -> Value {
    let draft = json!({ "parent": parent, "name": name });
    owner.post(&format!("/projects/{project}/folders"), draft).await.created()
}

async fn file(owner: &Person, project: &str, name: &str) -> Value {
    owner.upload(&format!("/projects/{project}/files?name={name}"), name.to_owned()).await.created()
}

/// What names an entry in a batch.
fn meant(entry: &Value) -> Value {
    json!({ "id": entry["id"], "revision": entry["revision"] })
}

fn all_meant<'v>(entries: impl IntoIterator<Item = &'v Value>) -> Value {
    json!({ "entries": entries.into_iter().map(meant).collect::<Vec<_>>() })
}

fn moved(entry: &Value, parent: Option<&str>) -> Value {
    json!({ "id": entry["id"], "revision": entry["revision"], "parent": parent })
}

/// What became of each: its name, or the code of its refusal.
fn outcomes(answer: &Value) -> Vec<String> {
    let outcome = |item: &Value| match item["problem"]["type"].as_str() {
        Some(code) => code.trim_start_matches("urn:palisade:problem:").to_owned(),
        None => item["entry"]["name"].as_str().unwrap().to_owned(),
    };
    answer["items"].as_array().unwrap().iter().map(outcome).collect()
}

async fn names(owner: &Person, project: &str, parent: Option<&str>) -> Vec<String> {
    let of = parent.map(|parent| format!("?parent={parent}")).unwrap_or_default();
    let page = owner.get(&format!("/projects/{project}/files{of}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_selection_is_moved_and_comes_back_as_it_was() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let moves = format!("/projects/{project}/moves");
    let plans = id(&folder(&owner, &project, None, "Plans").await);
    let mut files = Vec::new();
    for name in ["a", "b", "c"] {
        files.push(file(&owner, &project, name).await);
    }
    // Somebody has a file of this name there already: this one gets another on the way.
    let taken = file(&owner, &project, "b2").await;
    let draft = json!({ "entries": [
        moved(&files[0], Some(&plans)),
        { "id": files[1]["id"], "revision": files[1]["revision"], "parent": plans, "name": "b (2)" },
        moved(&files[2], Some(&plans)),
        moved(&taken, None),
    ] });
    let answer = owner.post(&moves, draft).await.ok();
    assert_eq!(outcomes(&answer), ["a", "b (2)", "c", "b2"]);
    assert_eq!(names(&owner, &project, Some(&plans)).await, ["a", "b (2)", "c"]);
    let journal = owner.get(&format!("/projects/{project}/journal?kind=entry-moved")).await.ok();
    assert_eq!(journal["items"].as_array().unwrap().len(), 3, "one entry each");

    let back: Vec<Value> = answer["items"].as_array().unwrap()[..3]
        .iter()
        .zip(["a", "b", "c"])
        .map(|(item, name)| {
            let mut back = moved(&item["entry"], None);
            back["name"] = json!(name);
            back
        })
        .collect();
    let answer = owner.post(&moves, json!({ "entries": back })).await.ok();
    assert_eq!(outcomes(&answer), ["a", "b", "c"]);
    assert_eq!(names(&owner, &project, None).await, ["Plans", "a", "b", "b2", "c"]);
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_stays_as_they_left_it_and_keeps_no_other_away() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let mut files = Vec::new();
    for name in ["a", "b", "c"] {
        files.push(file(&owner, &project, name).await);
    }
    owner.patch(&format!("/files/{}", id(&files[1])), json!({ "name": "theirs" })).await.ok();
    let french = owner.with(header::ACCEPT_LANGUAGE, "fr");
    let trash = format!("/projects/{project}/trash");
    let answer = french.post(&trash, all_meant(&files)).await.ok();
    assert_eq!(outcomes(&answer), ["a", "changed", "c"]);
    let problem = &answer["items"][1]["problem"];
    assert_eq!(problem["status"], 412);
    assert!(problem["title"].as_str().unwrap().contains("modifié"), "{problem}");
    assert_eq!(names(&owner, &project, None).await, ["theirs"]);
    let shown = owner.get(&format!("/projects/{project}")).await.ok();
    assert_eq!((&shown["files"], &shown["bytes"]), (&json!(1), &json!(1)));

    // One of the two is taken back by somebody else first: the undo takes back the other.
    let done: Vec<&Value> = [0, 2].iter().map(|place| &answer["items"][*place]["entry"]).collect();
    owner.put(&format!("/trash/{}/restoration", id(&files[2])), json!({})).await.ok();
    let restorations = format!("/projects/{project}/restorations");
    let answer = owner.post(&restorations, all_meant(done)).await.ok();
    assert_eq!(outcomes(&answer), ["a", "not-found"]);
    assert_eq!(names(&owner, &project, None).await, ["a", "c", "theirs"]);
    let shown = owner.get(&format!("/projects/{project}")).await.ok();
    assert_eq!((&shown["files"], &shown["bytes"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn a_refused_entry_has_changed_nothing() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let elsewhere = self::project(&owner, "Lighthouse").await;
    let moves = format!("/projects/{project}/moves");
    let plans = folder(&owner, &project, None, "Plans").await;
    let inner = folder(&owner, &project, Some(&id(&plans)), "Inner").await;
    let (a, b) = (file(&owner, &project, "a").await, file(&owner, &project, "b").await);
    let foreign = file(&owner, &elsewhere, "foreign").await;
    let before = owner.get("/journal").await.ok();
    let named =
        |entry: &Value, name: &str| json!({ "id": entry["id"], "revision": entry["revision"], "name": name });
    let draft = json!({ "entries": [
        moved(&plans, Some(&id(&inner))),
        moved(&foreign, Some(&id(&plans))),
        moved(&a, Some(&id(&b))),
        moved(&a, Some(&id(&foreign))),
        named(&a, "b"),
        named(&a, "a/b"),
        { "id": a["id"], "revision": 99, "name": "c" },
        { "id": "01900000-0000-7000-8000-000000000000", "revision": 1, "name": "c" },
    ] });
    let answer = owner.post(&moves, draft).await.ok();
    let refusals = [
        "into-itself",
        "not-found",
        "not-a-folder",
        "not-a-folder",
        "name-taken",
        "name-forbidden-character",
        "changed",
        "not-found",
    ];
    assert_eq!(outcomes(&answer), refusals);
    assert!(answer["items"].as_array().unwrap().iter().all(|item| item["entry"].is_null()));
    assert_eq!(owner.get("/journal").await.ok(), before);
    assert_eq!(names(&owner, &project, None).await, ["Plans", "a", "b"]);

    // The second of two for one entry is meant for what it no longer is.
    let answer = owner.post(&moves, json!({ "entries": [named(&a, "c"), named(&a, "d")] })).await.ok();
    assert_eq!(outcomes(&answer), ["c", "changed"]);
    let nothing = owner.post(&moves, json!({ "entries": [] })).await.ok();
    assert_eq!(nothing["items"], json!([]));
}

#[tokio::test]
async fn a_batch_has_its_size_and_its_form() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let one = meant(&file(&owner, &project, "a").await);
    for path in ["moves", "trash", "restorations"] {
        let path = format!("/projects/{project}/{path}");
        let many = json!({ "entries": vec![one.clone(); 1_001] });
        let problem = owner.post(&path, many).await.problem(422, "too-many-at-once");
        assert_eq!((&problem["field"], &problem["args"]["limit"]), (&json!("entries"), &json!("1000")));
        for bad in [
            json!({}),
            json!({ "entries": [{ "id": one["id"] }] }),
            json!({ "entries": [{ "id": "nobody", "revision": 1 }] }),
            json!({ "entries": [{ "id": one["id"], "revision": 1, "whither": null }] }),
        ] {
            owner.post(&path, bad).await.problem(400, "malformed");
        }
    }
    assert_eq!(names(&owner, &project, None).await, ["a"]);
    owner.put(&format!("/projects/{project}/archive"), json!({})).await.ok();
    owner
        .post(&format!("/projects/{project}/trash"), json!({ "entries": [one] }))
        .await
        .problem(409, "archived");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_happens_once() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let plans = id(&folder(&owner, &project, None, "Plans").await);
    let a = file(&owner, &project, "a").await;
    let once = owner.with("idempotency-key".parse().unwrap(), "once");
    let (path, draft) =
        (format!("/projects/{project}/moves"), json!({ "entries": [moved(&a, Some(&plans))] }));
    let first = once.post(&path, draft.clone()).await.ok();
    assert_eq!(outcomes(&first), ["a"]);
    assert_eq!(once.post(&path, draft).await.ok(), first);
    let journal = owner.get("/journal?kind=entry-moved").await.ok();
    assert_eq!(journal["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_guest_works_in_batches_where_they_were_let_in_and_nowhere_else() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (given, hidden) = (project(&owner, "Given").await, project(&owner, "Hidden").await);
    let (a, secret) = (file(&owner, &given, "a").await, file(&owner, &hidden, "secret").await);
    let draft = json!({ "email": "gus@acme.example", "role": "guest", "projects": [given] });
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let mut guest = installation.nobody_at("acme.palisade.test");
    let token = link.split_once('#').unwrap().1;
    guest
        .post("/acceptances", json!({ "token": token, "name": "Gus", "password": PASSWORD }))
        .await
        .created();
    guest.sign_in(json!({ "email": "gus@acme.example", "password": PASSWORD })).await;

    let trash = |project: &str| format!("/projects/{project}/trash");
    guest.post(&trash(&hidden), all_meant([&secret])).await.problem(404, "not-found");
    let answer = guest.post(&trash(&given), all_meant([&secret, &a])).await.ok();
    assert_eq!(outcomes(&answer), ["not-found", "a"]);
    assert_eq!(names(&owner, &hidden, None).await, ["secret"]);
}

#[tokio::test]
async fn a_thousand_are_moved_at_once() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let plans = id(&folder(&owner, &project, None, "Plans").await);
    let mut folders = Vec::new();
    for n in 0..1_000 {
        folders.push(folder(&owner, &project, None, &format!("f{n}")).await);
    }
    let entries: Vec<Value> = folders.iter().map(|one| moved(one, Some(&plans))).collect();
    let answer = owner.post(&format!("/projects/{project}/moves"), json!({ "entries": entries })).await.ok();
    assert!(answer["items"].as_array().unwrap().iter().all(|item| item["problem"].is_null()));
    assert_eq!(names(&owner, &project, None).await, ["Plans"]);
    let trashed: Vec<&Value> =
        answer["items"].as_array().unwrap().iter().map(|item| &item["entry"]).collect();
    let answer = owner.post(&format!("/projects/{project}/trash"), all_meant(trashed)).await.ok();
    assert!(answer["items"].as_array().unwrap().iter().all(|item| item["problem"].is_null()));
    assert!(names(&owner, &project, Some(&plans)).await.is_empty());
}
