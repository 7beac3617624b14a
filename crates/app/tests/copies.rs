//! Copies share what they hold, and live on their own.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use serde_json::{Value, json};
use testkit::{Installation, Person};

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

async fn project(owner: &Person, name: &str) -> String {
    id(&owner.post("/projects", json!({ "name": name })).await.created()).to_owned()
}

async fn folder(owner: &Person, project: &str, parent: Option<&str>, name: &str) -> String {
    let draft = json!({ "parent": parent, "name": name });
    id(&owner.post(&format!("/projects/{project}/folders"), draft).await.created()).to_owned()
}

async fn file(owner: &Person, project: &str, parent: &str, name: &str, content: &'static str) -> String {
    let path = format!("/projects/{project}/files?parent={parent}&name={name}");
    id(&owner.upload(&path, content).await.created()).to_owned()
}

async fn listed(owner: &Person, project: &str, parent: &str) -> Vec<(String, String)> {
    let list = owner.get(&format!("/projects/{project}/files?parent={parent}")).await.ok();
    let pair = |entry: &Value| (entry["name"].as_str().unwrap().to_owned(), id(entry).to_owned());
    list["items"].as_array().unwrap().iter().map(pair).collect()
}

async fn used(owner: &Person) -> u64 {
    owner.get("/account").await.ok()["used_bytes"].as_u64().unwrap()
}

#[tokio::test]
async fn a_folder_is_copied_whole_and_each_lives_on_its_own() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (quay, stage) = (project(&owner, "Quay").await, project(&owner, "Stage").await);
    let outer = folder(&owner, &quay, None, "outer").await;
    let inner = folder(&owner, &quay, Some(&outer), "inner").await;
    let deep = file(&owner, &quay, &inner, "deep.txt", "old").await;
    let near = file(&owner, &quay, &outer, "near.txt", "nearby").await;
    let gone = file(&owner, &quay, &outer, "gone.txt", "gone").await;
    owner.delete(&format!("/files/{gone}")).await.gone_through();
    let again = format!("/projects/{quay}/files?parent={inner}&name=deep.txt&on_conflict=version");
    owner.upload(&again, "newer").await.ok();
    assert_eq!(used(&owner).await, 3 + 5 + 6 + 4);

    let copies = format!("/files/{outer}/copies");
    let copy = owner.post(&copies, json!({ "parent": null })).await.created();
    assert_eq!((copy["name"].as_str(), copy["items"].as_i64()), (Some("outer (2)"), Some(2)));
    assert_eq!(used(&owner).await, 18 + 5 + 6, "the older version and what lies in the trash stay behind");
    let other =
        owner.post(&copies, json!({ "project": stage, "parent": null, "name": "Plans" })).await.created();
    assert_eq!((other["name"].as_str(), other["project"].as_str()), (Some("Plans"), Some(stage.as_str())));
    let top = listed(&owner, &stage, id(&other)).await;
    assert_eq!((top[0].0.as_str(), top[1].0.as_str(), top.len()), ("inner", "near.txt", 2));
    let below = listed(&owner, &stage, &top[0].1).await;
    assert_eq!(below[0].0, "deep.txt");
    let content = |id: &str| format!("/files/{id}/content");
    assert_eq!(owner.get(&content(&below[0].1)).await.bytes(), "newer");
    let versions = owner.get(&format!("/files/{}/versions", below[0].1)).await.ok();
    assert_eq!(
        (versions["items"].as_array().unwrap().len(), &versions["items"][0]["number"]),
        (1, &json!(1))
    );
    let journal = owner.get(&format!("/projects/{stage}/journal")).await.ok();
    assert_eq!(
        (&journal["items"][0]["kind"], &journal["items"][0]["subject"]["name"]),
        (&json!("entry-copied"), &json!("Plans"))
    );

    // The original goes for good: the copies keep the shared content.
    owner.delete(&format!("/files/{outer}")).await.gone_through();
    owner.delete(&format!("/projects/{quay}/trash")).await.gone_through();
    owner.get(&content(&deep)).await.problem(404, "not-found");
    owner.get(&content(&near)).await.problem(404, "not-found");
    installation.collect().await;
    assert_eq!(owner.get(&content(&below[0].1)).await.bytes(), "newer");
    assert_eq!(owner.get(&content(&top[1].1)).await.bytes(), "nearby");
    assert_eq!(used(&owner).await, 2 * (5 + 6));
    for (project, top) in [(&quay, id(&copy)), (&stage, id(&other))] {
        owner.delete(&format!("/files/{top}")).await.gone_through();
        owner.delete(&format!("/projects/{project}/trash")).await.gone_through();
    }
    assert_eq!(used(&owner).await, 0);
    installation.collect().await;
    assert_eq!(files_under(&installation.folder().join("blobs")), 0);
}

/// How many files lie under a folder.
fn files_under(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_under(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn a_copy_that_cannot_be_is_refused_clearly() {
    let installation = Installation::with(|limits| {
        limits.account_bytes = 10;
        limits.depth = 3;
    })
    .await;
    let owner = installation.account("acme").await;
    let quay = project(&owner, "Quay").await;
    let outer = folder(&owner, &quay, None, "outer").await;
    let inner = folder(&owner, &quay, Some(&outer), "inner").await;
    let file = file(&owner, &quay, &inner, "a.txt", "content").await;
    let copies = format!("/files/{outer}/copies");
    owner.post(&copies, json!({ "parent": inner })).await.problem(409, "into-itself");
    owner.post(&copies, json!({ "parent": outer })).await.problem(409, "into-itself");
    owner.post(&copies, json!({ "parent": null, "name": "outer" })).await.problem(409, "name-taken");
    owner
        .post(&copies, json!({ "parent": null, "name": "a/b" }))
        .await
        .problem(422, "name-forbidden-character");
    owner.post(&copies, json!({ "parent": file })).await.problem(409, "not-a-folder");
    let full = owner.post(&copies, json!({ "parent": null })).await.problem(507, "over-quota");
    assert_eq!(full["args"]["free"], "3");
    let first = folder(&owner, &quay, None, "first").await;
    let second = folder(&owner, &quay, Some(&first), "second").await;
    owner.post(&copies, json!({ "parent": second })).await.problem(409, "too-deep");
    let evil = installation.account("evil").await;
    let theirs = project(&evil, "Theirs").await;
    evil.post(&copies, json!({ "project": theirs, "parent": null })).await.problem(404, "not-found");
    owner.post(&copies, json!({ "project": theirs, "parent": null })).await.problem(404, "not-found");
    owner.put(&format!("/projects/{quay}/archive"), json!({})).await.ok();
    owner.post(&copies, json!({ "parent": null })).await.problem(409, "archived");
    assert_eq!(owner.get("/account").await.ok()["used_bytes"], 7, "nothing of it stays");
}
