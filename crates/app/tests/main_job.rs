//! The main job: a group signs up, makes a project, puts its files in, and gets them back.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{HOST, Installation, PASSWORD, Person};

async fn project(owner: &Person) -> String {
    let project = owner.post("/projects", json!({ "name": "Harbour Festival" })).await.created();
    project["id"].as_str().unwrap().to_owned()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_group_signs_up_and_gets_its_files_back() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let folder = owner
        .post(&format!("/projects/{project}/folders"), json!({ "parent": null, "name": "Plans" }))
        .await
        .created();
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let path = format!("/projects/{project}/files?parent={}&name=quay%20%C3%A9.bin", id(&folder));
    let file = owner.upload(&path, content.clone()).await.created();
    assert_eq!((file["name"].as_str(), file["size"].as_u64()), (Some("quay é.bin"), Some(1_200_000)));
    assert_eq!((file["version"].as_u64(), &file["sites"]), (Some(1), &json!(["home"])));

    let back = owner.get(&format!("/files/{}/content", id(&file))).await;
    assert_eq!(back.status, 200);
    assert_eq!(back.bytes(), content);
    let part = owner
        .with(http::header::RANGE, "bytes=65530-131080")
        .get(&format!("/files/{}/content", id(&file)))
        .await;
    assert_eq!(part.status, 206);
    assert_eq!(part.bytes(), content[65_530..=131_080]);
    assert_eq!(part.header(&http::header::CONTENT_RANGE), Some("bytes 65530-131080/1200000"));
    let etag = back.header(&http::header::ETAG).unwrap();
    let again =
        owner.with(http::header::IF_NONE_MATCH, etag).get(&format!("/files/{}/content", id(&file))).await;
    assert_eq!(again.status, 304);

    owner.upload(&path, "second").await.problem(409, "name-taken");
    let second = owner.upload(&format!("{path}&on_conflict=version"), "second").await.ok();
    assert_eq!(second["version"], 2);
    let versions = owner.get(&format!("/files/{}/versions", id(&file))).await.ok();
    let first = versions["items"][1]["id"].as_str().unwrap();
    let old = owner.get(&format!("/files/{}/content?version={first}", id(&file))).await;
    assert_eq!(old.bytes(), content);
    let restored = owner
        .with(http::header::IF_MATCH, "*")
        .put(&format!("/files/{}/current-version", id(&file)), json!({ "version": first }))
        .await
        .ok();
    assert_eq!((restored["version"].as_u64(), restored["size"].as_u64()), (Some(3), Some(1_200_000)));

    let journal = owner.get(&format!("/projects/{project}/journal")).await.ok();
    let kinds: Vec<_> =
        journal["items"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["version-restored", "version-added", "file-added", "folder-created", "project-created"]
    );
    assert_eq!(journal["items"][2]["subject"]["name"], "quay é.bin");
    assert_eq!(journal["items"][2]["actor"]["name"], "Inès Moreau");
}

#[tokio::test]
async fn the_trash_keeps_a_whole_folder_and_gives_it_back() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let files = format!("/projects/{project}/files");
    let folder = owner
        .post(&format!("/projects/{project}/folders"), json!({ "parent": null, "name": "Plans" }))
        .await
        .created();
    let file = owner.upload(&format!("{files}?name=a.txt&parent={}", id(&folder)), "content").await.created();
    owner.delete(&format!("/files/{}", id(&folder))).await.gone_through();
    owner.get(&format!("/files/{}", id(&file))).await.problem(404, "not-found");
    assert_eq!(owner.get(&files).await.ok()["items"], json!([]));
    let trash = owner.get(&format!("/projects/{project}/trash")).await.ok();
    assert_eq!(trash["items"].as_array().unwrap().len(), 1, "what came along is not listed: {trash}");

    assert_eq!(trash["items"][0]["trashed_by"]["name"], "Inès Moreau");
    assert!(trash["items"][0]["erased_at"].as_str() > trash["items"][0]["trashed_at"].as_str());

    // The name is taken meanwhile: the folder comes back under another.
    owner
        .post(&format!("/projects/{project}/folders"), json!({ "parent": null, "name": "Plans" }))
        .await
        .created();
    let back = owner.put(&format!("/trash/{}/restoration", id(&folder)), json!({})).await.ok();
    assert_eq!(back["name"], "Plans (2)");
    assert_eq!(owner.get(&format!("/files/{}/content", id(&file))).await.bytes(), "content");

    // A file whose folder went after it: it is restored to the root, and a trash that is emptied is empty.
    owner.delete(&format!("/files/{}", id(&file))).await.gone_through();
    let trash = owner.get(&format!("/projects/{project}/trash")).await.ok();
    assert_eq!(trash["items"][0]["path"][0]["name"], "Plans (2)");
    owner.put(&format!("/trash/{}/restoration", id(&file)), json!({})).await.ok();
    let other = owner.upload(&format!("{files}?name=other"), "other").await.created();
    owner.delete(&format!("/files/{}", id(&other))).await.gone_through();
    owner.delete(&format!("/projects/{project}/trash")).await.gone_through();
    assert_eq!(owner.get(&format!("/projects/{project}/trash")).await.ok()["items"], json!([]));
    installation.collect().await;
    assert_eq!(blobs(&installation).len(), 1);

    // Deleted for good, the room is free again and the collector removes the blob.
    owner.delete(&format!("/files/{}", id(&folder))).await.gone_through();
    owner.delete(&format!("/trash/{}", id(&folder))).await.gone_through();
    assert_eq!(owner.get("/account").await.ok()["used_bytes"], 0);
    installation.collect().await;
    assert!(blobs(&installation).is_empty());
}

fn blobs(installation: &Installation) -> Vec<std::path::PathBuf> {
    fn walk(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&installation.folder().join("blobs"), &mut found);
    found
}

#[tokio::test]
async fn folders_move_but_never_into_themselves() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let folders = format!("/projects/{project}/folders");
    let outer = owner.post(&folders, json!({ "parent": null, "name": "outer" })).await.created();
    let inner = owner.post(&folders, json!({ "parent": id(&outer), "name": "inner" })).await.created();
    let change = format!("/files/{}", id(&outer));
    owner.patch(&change, json!({ "parent": id(&inner) })).await.problem(409, "into-itself");
    owner.patch(&change, json!({ "parent": id(&outer) })).await.problem(409, "into-itself");
    let moved =
        owner.patch(&format!("/files/{}", id(&inner)), json!({ "parent": null, "name": "free" })).await.ok();
    assert_eq!((moved["name"].as_str(), moved["parent"].as_str()), (Some("free"), None));
    owner.without(&http::header::IF_MATCH).put(&change, json!({})).await.problem(405, "bad-method");
    let stale = owner.with(http::header::IF_MATCH, "\"99\"");
    let body = axum::body::Body::from("{\"name\":\"x\"}");
    let stale = stale
        .with(http::header::CONTENT_TYPE, "application/json")
        .send(http::Method::PATCH, &change, body)
        .await;
    stale.problem(412, "changed");
}

#[tokio::test]
async fn a_full_account_refuses_clearly_and_keeps_nothing_of_it() {
    let installation = Installation::with(|limits| limits.account_bytes = 1000).await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    owner.upload(&format!("/projects/{project}/files?name=a"), vec![1; 600]).await.created();
    let refused = owner
        .upload(&format!("/projects/{project}/files?name=b"), vec![1; 600])
        .await
        .problem(507, "over-quota");
    assert_eq!(refused["args"]["free"], "400");
    let listed = owner.get(&format!("/projects/{project}/files")).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_account_sees_nothing_and_another_site_changes_nothing() {
    let installation = Installation::new().await;
    let (acme, evil) = (installation.account("acme").await, installation.account("evil").await);
    let project = project(&acme).await;
    let file = acme.upload(&format!("/projects/{project}/files?name=a"), "secret").await.created();
    for path in [
        format!("/projects/{project}"),
        format!("/files/{}", id(&file)),
        format!("/files/{}/content", id(&file)),
    ] {
        evil.get(&path).await.problem(404, "not-found");
        evil.at(&format!("acme.{HOST}")).get(&path).await.problem(401, "signed-out");
        installation.nobody_at(&format!("acme.{HOST}")).get(&path).await.problem(401, "signed-out");
        acme.get(&path).await;
    }
    let crossed = acme.with(http::header::ORIGIN, &format!("http://evil.{HOST}"));
    crossed.post("/projects", json!({ "name": "x" })).await.problem(403, "other-origin");
    acme.without(&http::header::ORIGIN)
        .post("/projects", json!({ "name": "x" }))
        .await
        .problem(403, "other-origin");
    let french =
        acme.with(http::header::ACCEPT_LANGUAGE, "fr").get("/projects/none").await.problem(404, "not-found");
    assert_eq!(french["title"], "Il n’y a rien ici, ou ce n’est pas pour vous.");
}

#[tokio::test]
async fn people_sign_in_and_out_and_programs_use_app_passwords() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let mut again = installation.nobody_at(&format!("acme.{HOST}"));
    let wrong = json!({ "email": "ines@acme.example", "password": "not this one at all" });
    let unknown = json!({ "email": "nobody@acme.example", "password": PASSWORD });
    let first = again.put("/session", wrong.clone()).await.problem(401, "wrong-credentials");
    assert_eq!(
        again.put("/session", unknown).await.problem(401, "wrong-credentials"),
        first,
        "equal answers"
    );
    again.sign_in(json!({ "email": "INES@acme.example", "password": PASSWORD })).await;
    assert_eq!(again.get("/session").await.ok()["person"]["role"], "owner");
    again.delete("/session").await.gone_through();
    again.get("/session").await.problem(401, "signed-out");

    let secret = owner.post("/app-passwords", json!({ "label": "rclone" })).await.created()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let basic = base64(&format!("ines@acme.example:{secret}"));
    let program = installation.nobody_at(&format!("acme.{HOST}")).without(&http::header::ORIGIN);
    let program = program.without(&"sec-fetch-site".parse().unwrap());
    let program = program.with(http::header::AUTHORIZATION, &format!("Basic {basic}"));
    program.post("/projects", json!({ "name": "From a program" })).await.created();

    for _ in 0..9 {
        again.put("/session", wrong.clone()).await.problem(401, "wrong-credentials");
    }
    again.put("/session", wrong.clone()).await.problem(401, "wrong-credentials");
    let limited = again.put("/session", wrong).await;
    limited.problem(429, "too-many");
    assert!(limited.header(&http::header::RETRY_AFTER).is_some());
    installation.wait(std::time::Duration::from_mins(15));
    again.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    installation.wait(std::time::Duration::from_hours(12));
    again.get("/session").await.problem(401, "signed-out");
}

fn base64(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}

#[tokio::test]
async fn the_trash_empties_itself_after_its_time() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let files = format!("/projects/{project}/files");
    let trash = format!("/projects/{project}/trash");
    let first = owner.upload(&format!("{files}?name=first"), "content").await.created();
    let second = owner.upload(&format!("{files}?name=second"), "content").await.created();
    let back = owner.upload(&format!("{files}?name=back"), "content").await.created();
    for file in [&first, &back] {
        owner.delete(&format!("/files/{}", id(file))).await.gone_through();
    }
    owner.put(&format!("/trash/{}/restoration", id(&back)), json!({})).await.ok();
    let day = Duration::from_hours(24);
    installation.wait(10 * day);
    let mut owner = installation.nobody_at(&format!("acme.{HOST}"));
    owner.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    owner.delete(&format!("/files/{}", id(&second))).await.gone_through();
    assert_eq!(installation.settle().await, 0, "nothing is due");

    installation.wait(20 * day);
    assert_eq!(installation.settle().await, 2);
    owner.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    let left = owner.get(&trash).await.ok();
    assert_eq!(left["items"][0]["name"], "second");
    assert_eq!(left["items"].as_array().unwrap().len(), 1, "{left}");
    installation.wait(10 * day);
    assert_eq!(installation.settle().await, 1);
    owner.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    assert_eq!(owner.get(&trash).await.ok()["items"], json!([]));
    assert_eq!(owner.get(&files).await.ok()["items"][0]["name"], "back");
    assert_eq!(owner.get("/account").await.ok()["used_bytes"], 7);
    installation.collect().await;
    assert_eq!(blobs(&installation).len(), 1);
}
