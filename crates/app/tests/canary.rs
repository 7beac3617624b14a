//! What a person typed or sent lies nowhere in clear: not in the database, not among the blobs, not in a file's name.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, Method, header};
use serde_json::json;
use testkit::{Installation, PASSWORD, Person};

const CANARIES: [&str; 8] = [
    "canaryhost",
    "CanaryProject",
    "CanaryFolder",
    "CanaryFile",
    "CanaryContent",
    "canary.example",
    "Moreau",
    PASSWORD,
];

fn search(what: &[u8], place: &str) {
    for canary in CANARIES {
        let found = what.windows(canary.len()).any(|window| window.eq_ignore_ascii_case(canary.as_bytes()));
        assert!(!found, "{canary} in {place}");
    }
}

/// Leaves an upload that waits to be resumed.
async fn under_way(owner: &Person, project: &str) {
    let called = HeaderName::from_static;
    let tus = owner.with(called("tus-resumable"), "1.0.0");
    let named =
        tus.with(called("upload-metadata"), &format!("filename {}", STANDARD.encode("CanaryFile.mov")));
    let uploads = format!("/projects/{project}/uploads");
    let begun =
        named.with(called("upload-length"), "20000").send(Method::POST, &uploads, Body::empty()).await;
    let upload = begun.header(&header::LOCATION).unwrap().strip_prefix("/api/v1").unwrap();
    let sender = tus.with(header::CONTENT_TYPE, "application/offset+octet-stream");
    let sender = sender.with(called("upload-offset"), "0");
    sender.send(Method::PATCH, upload, Body::from("CanaryContent ".repeat(1000))).await.gone_through();
}

#[tokio::test]
async fn nothing_that_a_person_typed_lies_in_clear() {
    let installation = Installation::new().await;
    let owner = installation.account("canaryhost").await;
    owner.post("/invitations", json!({ "email": "noor@canary.example", "role": "admin" })).await.created();
    let forgotten = json!({ "email": "ines@canaryhost.example" });
    installation.nobody_at("canaryhost.palisade.test").post("/password-resets", forgotten).await;
    owner.post("/app-passwords", json!({ "label": "CanaryFile laptop" })).await.created();
    let draft = json!({ "fields": { "name": "CanaryProject", "CanaryFolder": true } });
    owner.put("/drafts/project.new", draft).await.gone_through();
    let once = owner.with(HeaderName::from_static("idempotency-key"), "CanaryFile 1");
    let project = once.post("/projects", json!({ "name": "CanaryProject" })).await.created();
    let project = project["id"].as_str().unwrap();
    let folder = json!({ "parent": null, "name": "CanaryFolder" });
    owner.post(&format!("/projects/{project}/folders"), folder).await.created();
    let path = format!("/projects/{project}/files?name=CanaryFile.txt");
    owner.upload(&path, "CanaryContent ".repeat(1000)).await.created();
    under_way(&owner, project).await;
    let mails = app::notifications::waiting(&installation.palisade, None).await.unwrap();
    assert_eq!(mails.len(), 1, "a mail waits, to be searched like the rest");

    let mut searched = 0;
    let mut folders = vec![installation.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            search(path.as_os_str().as_encoded_bytes(), "the names of files");
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            searched += bytes.len();
            search(&bytes, &path.to_string_lossy());
        }
    }
    assert!(searched > 14_000, "the blob was there to be searched, and the database where it is a file");
    if let Some(dump) = installation.dump() {
        assert!(
            dump.contains("project-created") && dump.contains("admin"),
            "what is not sealed is legible: {dump}"
        );
        search(dump.as_bytes(), "the dump of the database");
    }
}
