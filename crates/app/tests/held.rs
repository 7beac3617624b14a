//! Requests whose body takes its time: what they may do is decided when they do it.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{Method, header};
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use testkit::{Answer, Installation, PASSWORD, Person};
use tokio::{
    sync::mpsc::{self, UnboundedSender},
    task::JoinHandle,
};
use tower_http::timeout::TimeoutBody;

/// A request under way: its body goes on as the test says, and ends when this is dropped.
struct Held {
    body: UnboundedSender<Bytes>,
    answer: JoinHandle<Answer>,
}

impl Held {
    fn begin(person: &Person, method: Method, path: &str) -> Self {
        let (body, mut pieces) = mpsc::unbounded_channel();
        let stream = futures_util::stream::poll_fn(move |context| pieces.poll_recv(context));
        let body_of = Body::from_stream(stream.map(Ok::<Bytes, Infallible>));
        let (person, path) = (person.clone(), path.to_owned());
        let answer = tokio::spawn(async move { person.send(method, &path, body_of).await });
        Self { body, answer }
    }

    fn send(&self, piece: &'static str) {
        self.body.send(Bytes::from_static(piece.as_bytes())).unwrap();
    }

    async fn finish(self) -> Answer {
        drop(self.body);
        self.answer.await.unwrap()
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Somebody who accepted an invitation of the owner, with their id.
async fn join(installation: &Installation, owner: &Person, draft: Value) -> (Person, String) {
    let invitation = owner.post("/invitations", draft).await.created();
    let token = invitation["link"].as_str().unwrap().split_once('#').unwrap().1;
    let mut person = installation.nobody_at("acme.palisade.test");
    let acceptance = json!({ "token": token, "name": "Noé Petit", "password": PASSWORD });
    let answer = person.post("/acceptances", acceptance).await;
    person =
        person.with(header::COOKIE, answer.header(&header::SET_COOKIE).unwrap().split(';').next().unwrap());
    let profile = person.get("/profile").await.ok();
    (person, id(&profile))
}

/// Waits until the upload has reserved room for what has come, so that it is under way.
async fn under_way(installation: &Installation) {
    let account = installation.id_of("acme").await;
    loop {
        let intents = installation.palisade.db.read(account, |tx| {
            use db::schema::upload_intent::dsl;
            use diesel::{ExpressionMethods, QueryDsl};
            tx.get::<i64>(tx.of(dsl::upload_intent).filter(dsl::bytes.gt(0)).count())
        });
        if intents.await.unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_was_removed_meanwhile_invites_nobody() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (admin, admin_id) =
        join(&installation, &owner, json!({ "email": "noe@acme.example", "role": "admin" })).await;
    let admin = admin.with(header::CONTENT_TYPE, "application/json");
    let held = Held::begin(&admin, Method::POST, "/invitations");
    held.send(r#"{"email": "back@acme.example", "role": "admin""#);
    tokio::task::yield_now().await;
    owner.delete(&format!("/people/{admin_id}")).await.gone_through();
    held.send("}");
    held.finish().await.problem(401, "signed-out");
    assert_eq!(owner.get("/invitations").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn who_was_removed_meanwhile_uploads_nothing() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let draft = json!({ "email": "noe@acme.example", "role": "guest", "projects": [project] });
    let (guest, guest_id) = join(&installation, &owner, draft).await;
    let files = format!("/projects/{project}/files");
    let held = Held::begin(&guest, Method::POST, &format!("{files}?name=late"));
    held.send("something");
    under_way(&installation).await;
    owner.delete(&format!("/people/{guest_id}")).await.gone_through();
    held.finish().await.problem(401, "signed-out");
    assert_eq!(owner.get(&files).await.ok()["items"], json!([]));
    installation.wait(Duration::from_mins(11));
    installation.collect().await;
}

#[tokio::test]
async fn who_lost_a_project_meanwhile_does_not_reach_it() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let (member, member_id) =
        join(&installation, &owner, json!({ "email": "noe@acme.example", "role": "member" })).await;
    let files = format!("/projects/{project}/files");
    let held = Held::begin(&member, Method::POST, &format!("{files}?name=late"));
    held.send("something");
    under_way(&installation).await;
    owner.patch(&format!("/people/{member_id}"), json!({ "role": "guest", "projects": [] })).await.ok();
    held.finish().await.problem(404, "not-found");
    assert_eq!(owner.get(&files).await.ok()["items"], json!([]));
}

/// The collector has taken the upload's intent and forgotten it before the last bytes came.
#[tokio::test]
async fn an_upload_that_slept_too_long_leaves_nothing() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let held = Held::begin(&owner, Method::POST, &format!("/projects/{project}/files?name=slow"));
    held.send("something");
    under_way(&installation).await;
    installation.wait(Duration::from_mins(11));
    installation.collect().await;
    held.finish().await.problem(503, "unavailable");
    let left: Vec<_> = walk(&installation.folder().join("blobs"));
    assert!(left.is_empty(), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn uploads_at_once_have_the_room_that_there_is() {
    let installation = Installation::with(|limits| limits.account_bytes = 10).await;
    let owner = installation.account("acme").await;
    let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let files = format!("/projects/{project}/files");
    let held = Held::begin(&owner, Method::POST, &format!("{files}?name=first"));
    held.send("123456");
    under_way(&installation).await;
    owner.upload(&format!("{files}?name=second"), "1234567890").await.problem(507, "over-quota");
    held.send("78901");
    held.finish().await.problem(507, "over-quota");
    owner.upload(&format!("{files}?name=third"), "1234567890").await.created();
}

/// Waits until so many of these were refused because there are too many, and gives the others.
async fn refused(held: Vec<Held>, count: usize) -> Vec<Held> {
    let all = async {
        while held.iter().filter(|one| one.answer.is_finished()).count() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
    let (refused, under_way): (Vec<_>, Vec<_>) = held.into_iter().partition(|one| one.answer.is_finished());
    assert_eq!(refused.len(), count);
    for one in refused {
        let answer = one.finish().await;
        assert!(answer.header(&header::RETRY_AFTER).is_some());
        answer.problem(503, "busy");
    }
    under_way
}

/// Uploads hold memory for as long as their clients take.
#[tokio::test]
async fn of_one_account_and_of_one_network_so_many_uploads_are_under_way() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let other = installation.account("quay").await;
    let path = async |person: &Person| {
        let project = id(&person.post("/projects", json!({ "name": "Quay" })).await.created());
        format!("/projects/{project}/files?name=plan&on_conflict=version")
    };
    let (mine, theirs) = (path(&owner).await, path(&other).await);
    let from = |person: &Person, number: u8| person.from_address([203, 0, 113, number]);
    let begin =
        |person: &Person, number: u8, path: &str| Held::begin(&from(person, number), Method::POST, path);

    let of_one_account = (0..70).map(|number| begin(&owner, number, &mine)).collect();
    let under_way = refused(of_one_account, 6).await;
    let nobody = installation.nobody_at("acme.palisade.test");
    nobody.upload(&mine, "whose").await.problem(401, "signed-out");
    owner.get("/projects").await.ok();
    from(&other, 1).upload(&theirs, "elsewhere").await.created();
    for upload in under_way {
        assert!(upload.finish().await.status.is_success());
    }

    let both = [(&owner, &mine), (&other, &theirs)];
    let of_one_network =
        both.into_iter().flat_map(|(person, path)| (0..40).map(|_| begin(person, 1, path))).collect();
    let under_way = refused(of_one_network, 16).await;
    from(&owner, 2).upload(&mine, "from another").await.ok();
    for upload in under_way {
        assert!(upload.finish().await.status.is_success());
    }
}

#[tokio::test]
async fn an_upload_of_which_nothing_comes_is_told_so() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
    let silent = Body::from_stream(futures_util::stream::pending::<Result<Bytes, Infallible>>());
    let silent = Body::new(TimeoutBody::new(Duration::from_millis(50), silent));
    let answer = owner.send(Method::POST, &format!("/projects/{project}/files?name=plan"), silent).await;
    assert_eq!(answer.problem(408, "cut-off")["status"], 408);
    assert_eq!(owner.get(&format!("/projects/{project}/files")).await.ok()["items"], json!([]));
}
