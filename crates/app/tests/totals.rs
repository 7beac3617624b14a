//! What a project says of its content is what is in it, after every way to change it.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use http::header;
use serde_json::{Value, json};
use testkit::{Installation, Person};

/// Counts the live files below a folder and their bytes, as somebody who looks into each.
async fn counted(owner: &Person, project: &str) -> (u64, u64) {
    let (mut files, mut bytes, mut folders) = (0, 0, vec![None]);
    while let Some(folder) = folders.pop() {
        let of = folder.map(|folder: String| format!("?parent={folder}")).unwrap_or_default();
        let page = owner.get(&format!("/projects/{project}/files{of}")).await.ok();
        assert!(page["next"].is_null());
        for entry in page["items"].as_array().unwrap() {
            match entry["kind"].as_str().unwrap() {
                "file" => (files, bytes) = (files + 1, bytes + entry["size"].as_u64().unwrap()),
                _ => folders.push(Some(id(entry))),
            }
        }
    }
    (files, bytes)
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Fails where the project says something else than is in it.
async fn expect(owner: &Person, project: &str, expected: (u64, u64)) {
    let shown = owner.get(&format!("/projects/{project}")).await.ok();
    let said = (shown["files"].as_u64().unwrap(), shown["bytes"].as_u64().unwrap());
    assert_eq!(said, expected);
    assert_eq!(counted(owner, project).await, expected);
}

#[tokio::test]
async fn a_project_knows_how_much_is_in_it() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let other = id(&owner.post("/projects", json!({ "name": "Lighthouse" })).await.created());
    let files = format!("/projects/{project}/files");
    let folder = async |parent: Option<&str>, name: &str| {
        let draft = json!({ "parent": parent, "name": name });
        id(&owner.post(&format!("/projects/{project}/folders"), draft).await.created())
    };
    expect(&owner, &project, (0, 0)).await;

    let plans = folder(None, "Plans").await;
    let old = folder(Some(&plans), "Old").await;
    let first = id(&owner.upload(&format!("{files}?name=a&parent={plans}"), "12345").await.created());
    let second = id(&owner.upload(&format!("{files}?name=b&parent={old}"), "123").await.created());
    expect(&owner, &project, (2, 8)).await;

    owner.upload(&format!("{files}?name=a&parent={plans}&on_conflict=version"), "1").await.ok();
    expect(&owner, &project, (2, 4)).await;
    let versions = owner.get(&format!("/files/{first}/versions")).await.ok();
    let version = id(&versions["items"][1]);
    let any = owner.with(header::IF_MATCH, "*");
    any.put(&format!("/files/{first}/current-version"), json!({ "version": version })).await.ok();
    expect(&owner, &project, (2, 8)).await;

    // A file goes before its folder does: each comes back with what went with it.
    owner.delete(&format!("/files/{second}")).await.gone_through();
    expect(&owner, &project, (1, 5)).await;
    owner.delete(&format!("/files/{plans}")).await.gone_through();
    expect(&owner, &project, (0, 0)).await;
    owner.put(&format!("/trash/{plans}/restoration"), json!({})).await.ok();
    expect(&owner, &project, (1, 5)).await;
    owner.put(&format!("/trash/{second}/restoration"), json!({})).await.ok();
    expect(&owner, &project, (2, 8)).await;

    let to = json!({ "project": other, "parent": null });
    owner.post(&format!("/files/{plans}/copies"), to).await.created();
    expect(&owner, &other, (2, 8)).await;
    owner.post(&format!("/files/{first}/copies"), json!({ "parent": null })).await.created();
    expect(&owner, &project, (3, 13)).await;
    owner.patch(&format!("/files/{first}"), json!({ "parent": null, "name": "moved" })).await.ok();
    expect(&owner, &project, (3, 13)).await;

    owner.delete(&format!("/files/{first}")).await.gone_through();
    owner.delete(&format!("/trash/{first}")).await.gone_through();
    owner.delete(&format!("/files/{plans}")).await.gone_through();
    owner.delete(&format!("/projects/{project}/trash")).await.gone_through();
    expect(&owner, &project, (1, 5)).await;
    expect(&owner, &other, (2, 8)).await;
}
