//! What is sent again under the same idempotency key happens once.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use http::{HeaderName, header};
use serde_json::json;
use std::time::Duration;
use testkit::{Installation, Person};

fn once(person: &Person, key: &str) -> Person {
    person.with(HeaderName::from_static("idempotency-key"), key)
}

#[tokio::test]
async fn a_create_that_is_sent_again_is_answered_again_and_done_once() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let sent = once(&owner, "7f3c");
    let first = sent.post("/projects", json!({ "name": "Quay" })).await;
    let again = sent.post("/projects", json!({ "name": "Quay" })).await;
    assert_eq!(first.created(), again.created());
    assert_eq!(first.header(&header::ETAG).unwrap(), again.header(&header::ETAG).unwrap());
    assert_eq!(owner.get("/projects").await.ok()["items"].as_array().unwrap().len(), 1);
    let journal = owner.get("/journal").await.ok();
    let created =
        journal["items"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "project-created");
    assert_eq!(created.count(), 1);

    sent.post("/projects", json!({ "name": "Pier" })).await.problem(409, "other-request");
    once(&owner, "").post("/projects", json!({ "name": "Pier" })).await.problem(422, "unknown-value");
    once(&owner, "7f3d").post("/projects", json!({ "name": "Quay" })).await.problem(409, "name-taken");
    // What failed may be tried again under its key.
    let project = first.created()["id"].as_str().unwrap().to_owned();
    owner.patch(&format!("/projects/{project}"), json!({ "name": "Mole" })).await.ok();
    once(&owner, "7f3d").post("/projects", json!({ "name": "Quay" })).await.created();
}

#[tokio::test]
async fn an_upload_a_folder_a_copy_and_secrets_are_answered_again() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = owner.post("/projects", json!({ "name": "Quay" })).await.created();
    let project = project["id"].as_str().unwrap();
    let files = format!("/projects/{project}/files?name=plan.txt");
    let sent = once(&owner, "u");
    let file = sent.upload(&files, "one").await.created();
    assert_eq!(sent.upload(&files, "one").await.created(), file);
    let version = once(&owner, "v").with(header::IF_MATCH, &format!("\"{}\"", file["revision"]));
    let content = format!("/files/{}/content", file["id"].as_str().unwrap());
    let put = || version.send(http::Method::PUT, &content, axum::body::Body::from("two"));
    let second = put().await.ok();
    assert_eq!((put().await.ok(), second["version"].as_u64()), (second, Some(2)));

    for (path, body) in [
        (format!("/projects/{project}/folders"), json!({ "parent": null, "name": "Plans" })),
        (format!("/files/{}/copies", file["id"].as_str().unwrap()), json!({ "name": "copy.txt" })),
        ("/invitations".to_owned(), json!({ "email": "noor@acme.example", "role": "member" })),
        ("/app-passwords".to_owned(), json!({ "label": "laptop" })),
    ] {
        let sent = once(&owner, &path);
        let made = sent.post(&path, body.clone()).await.created();
        assert_eq!(sent.post(&path, body).await.created(), made, "{path}");
    }
    assert_eq!(
        owner.get(&format!("/projects/{project}/files")).await.ok()["items"].as_array().unwrap().len(),
        3
    );
}

/// A change whose answer was lost: what is sent again is answered again, though its revision is not the present one any more.
#[tokio::test]
async fn a_change_that_is_sent_again_is_answered_again() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = owner.post("/projects", json!({ "name": "Quay" })).await.created();
    let at = |thing: &serde_json::Value| format!("/projects/{}", thing["id"].as_str().unwrap());
    let file = owner.upload(&format!("{}/files?name=plan.txt", at(&project)), "one").await.created();
    let file_path = format!("/files/{}", file["id"].as_str().unwrap());
    let account = owner.get("/account").await.ok();
    let profile = owner.get("/profile").await.ok();
    for (key, path, revision, change) in [
        ("a", at(&project), &project["revision"], json!({ "name": "Pier" })),
        ("b", file_path, &file["revision"], json!({ "name": "sketch.txt" })),
        ("c", "/account".to_owned(), &account["revision"], json!({ "title": "Mirabel" })),
        ("d", "/profile".to_owned(), &profile["revision"], json!({ "name": "Inès" })),
    ] {
        let sent = once(&owner, key).with(http::header::IF_MATCH, &format!("\"{revision}\""));
        let first = sent.patch(&path, change.clone()).await;
        let again = sent.patch(&path, change.clone()).await;
        assert_eq!(first.ok(), again.ok(), "{path}");
        assert_eq!(first.header(&header::ETAG), again.header(&header::ETAG), "{path}");
        let other = once(&owner, &format!("{key}2")).with(http::header::IF_MATCH, &format!("\"{revision}\""));
        other.patch(&path, change).await.problem(412, "changed");
    }
}

#[tokio::test]
async fn many_at_once_make_one() {
    let installation = Installation::new().await;
    let owner = once(&installation.account("acme").await, "at once");
    let tries = (0..8).map(|_| {
        let owner = owner.clone();
        tokio::spawn(async move { owner.post("/projects", json!({ "name": "Quay" })).await.created() })
    });
    let mut made = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        made.push(one.await.unwrap());
    }
    assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
}

#[tokio::test]
async fn a_key_is_its_own_persons_and_is_forgotten_after_a_day() {
    let installation = Installation::new().await;
    let acme = once(&installation.account("acme").await, "k");
    let other = once(&installation.account("other").await, "k");
    let quay = acme.post("/projects", json!({ "name": "Quay" })).await.created();
    assert_ne!(other.post("/projects", json!({ "name": "Quay" })).await.created()["id"], quay["id"]);
    installation.wait(Duration::from_hours(11));
    app::receipts::forget_old(&installation.palisade).await.unwrap();
    assert_eq!(acme.post("/projects", json!({ "name": "Quay" })).await.created(), quay);
    installation.wait(Duration::from_hours(14));
    app::receipts::forget_old(&installation.palisade).await.unwrap();
    let mut back = acme.without(&header::COOKIE);
    back.sign_in(json!({ "email": "ines@acme.example", "password": testkit::PASSWORD })).await;
    back.post("/projects", json!({ "name": "Quay" })).await.problem(409, "name-taken");
}
