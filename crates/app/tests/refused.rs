//! An upload that is refused leaves nothing behind, not even for the collector; and folders stay as shallow as they must.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::Body;
use bytes::Bytes;
use db::schema::upload_intent;
use diesel::QueryDsl;
use futures_util::{StreamExt, stream};
use http::{Method, header};
use kernel::BlobId;
use serde_json::{Value, json};
use std::{fs, io, path::Path, time::Duration};
use testkit::{Installation, Person};

const MIB: usize = 1 << 20;

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

async fn project(owner: &Person) -> String {
    id(&owner.post("/projects", json!({ "name": "Quay" })).await.created()).to_owned()
}

async fn folder(owner: &Person, project: &str, parent: Option<&str>, name: &str) -> String {
    let draft = json!({ "parent": parent, "name": name });
    id(&owner.post(&format!("/projects/{project}/folders"), draft).await.created()).to_owned()
}

/// How many files lie at the site, staged ones too.
fn blobs(installation: &Installation) -> usize {
    fn count(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
        entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    count(&installation.folder().join("blobs"))
}

/// The intents of uploads that are under way, or that nobody gave up.
async fn intents(installation: &Installation) -> usize {
    let all = upload_intent::table.select(upload_intent::id);
    let load = move |tx: &mut db::SystemTx<'_>| tx.load::<BlobId>(all);
    installation.palisade.db.system_read(db::Reason::Count, load).await.unwrap().len()
}

/// A body of a few MiB, so that some of it has reached the disk, whose last piece is `end`.
fn long(end: io::Result<Bytes>) -> Body {
    let pieces = (0..3).map(|_| Ok(Bytes::from(vec![7; MIB])));
    Body::from_stream(stream::iter(pieces.chain([end])))
}

#[tokio::test]
async fn an_upload_that_is_refused_frees_its_blob_before_it_is_told() {
    let installation = Installation::with(|limits| {
        limits.account_bytes = 8 * MIB as u64;
        limits.file_bytes = 6 * MIB as u64;
    })
    .await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let path = format!("/projects/{project}/files?name=a");
    let send = async |body| owner.send(Method::POST, &path, body).await;

    let cut = long(Err(io::Error::other("the cable")));
    send(cut).await.problem(400, "cut-off");
    assert_eq!(blobs(&installation), 0, "cut");
    let short = owner.with(header::CONTENT_LENGTH, "5000000");
    short.send(Method::POST, &path, long(Ok(Bytes::new()))).await.problem(400, "wrong-length");
    assert_eq!(blobs(&installation), 0, "wrong length");
    send(long(Ok(Bytes::from(vec![7; 4 * MIB])))).await.problem(413, "too-large");
    assert_eq!(blobs(&installation), 0, "too large");

    owner.upload(&path, vec![1; 5 * MIB]).await.created();
    let other = format!("/projects/{project}/files?name=b");
    let over = long(Ok(Bytes::from_static(b"!")));
    owner.send(Method::POST, &other, over).await.problem(507, "over-quota");
    assert_eq!(blobs(&installation), 1, "over quota");
    assert_eq!(intents(&installation).await, 0, "nothing waits for the collector either");
    assert_eq!(owner.get("/account").await.ok()["used_bytes"], 5 * MIB);
}

#[tokio::test]
async fn a_name_that_is_taken_while_the_bytes_come_frees_the_blob() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let path = format!("/projects/{project}/files?name=a");
    let (other, quick) = (owner.clone(), path.clone());
    let late = stream::once(async move {
        other.upload(&quick, "first").await.created();
        io::Result::Ok(Bytes::from_static(b"second"))
    });
    owner.send(Method::POST, &path, Body::from_stream(late)).await.problem(409, "name-taken");
    assert_eq!(blobs(&installation), 1, "that of the first alone");
    assert_eq!(intents(&installation).await, 0);
}

/// A client that goes away does not always end the body with an error: the request may just be dropped.
#[tokio::test]
async fn an_upload_that_is_dropped_frees_its_blob() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let path = format!("/projects/{}/files?name=a", project(&owner).await);
    let endless = stream::iter((0..3).map(|_| io::Result::Ok(Bytes::from(vec![7; MIB]))));
    let (told, reached) = tokio::sync::oneshot::channel();
    let end = stream::once(async move {
        told.send(()).unwrap();
        std::future::pending().await
    });
    let body = Body::from_stream(endless.chain(end));
    let sending = tokio::spawn(async move { owner.send(Method::POST, &path, body).await });
    reached.await.unwrap();
    assert_eq!(intents(&installation).await, 1);
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    // The intent goes last.
    let gone = async {
        while intents(&installation).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
    assert_eq!(blobs(&installation), 0);
}

#[tokio::test]
async fn a_folder_is_not_moved_deeper_than_folders_may_be_nested() {
    let installation = Installation::with(|limits| limits.depth = 3).await;
    let owner = installation.account("acme").await;
    let project = project(&owner).await;
    let first = folder(&owner, &project, None, "first").await;
    let second = folder(&owner, &project, Some(&first), "second").await;
    let outer = folder(&owner, &project, None, "outer").await;
    let inner = folder(&owner, &project, Some(&outer), "inner").await;
    let change = async |what: &str, parent: &str| {
        owner.patch(&format!("/files/{what}"), json!({ "parent": parent })).await
    };

    let refused = change(&outer, &second).await.problem(409, "too-deep");
    assert_eq!((refused["field"].as_str(), refused["args"]["limit"].as_str()), (Some("parent"), Some("3")));
    change(&outer, &first).await.ok();
    owner.patch(&format!("/files/{outer}"), json!({ "parent": null })).await.ok();
    // What is in the trash below it may come back, so it counts; a file never does.
    owner.delete(&format!("/files/{inner}")).await.gone_through();
    change(&outer, &second).await.problem(409, "too-deep");
    owner.delete(&format!("/trash/{inner}")).await.gone_through();
    let file = format!("/projects/{project}/files?name=a&parent={outer}");
    let file = owner.upload(&file, "a").await.created();
    change(&outer, &second).await.ok();
    assert_eq!(owner.get(&format!("/files/{}", id(&file))).await.ok()["path"].as_array().unwrap().len(), 3);
    // A rename is no move, however deep it lies.
    owner.patch(&format!("/files/{outer}"), json!({ "name": "renamed" })).await.ok();
}
