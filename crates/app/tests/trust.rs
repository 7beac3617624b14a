//! What the trust page says is so, and says it to nobody whom it does not concern.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use http::header;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{HOST, Installation, PASSWORD, Person};

async fn rows(person: &Person) -> Vec<Value> {
    person.get("/trust").await.ok()["rows"].as_array().unwrap().clone()
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["evidence"]["id"].as_str().unwrap()).collect()
}

fn row<'r>(rows: &'r [Value], id: &str) -> &'r Value {
    rows.iter().find(|row| row["evidence"]["id"] == id).unwrap()
}

const OF_INSTALLATION: [&str; 8] =
    ["copies", "scrub", "durable", "replication", "takeover", "keys", "sign-in", "cookies"];

#[tokio::test]
async fn one_site_says_that_it_is_one() {
    let installation = Installation::new().await;
    let rows = rows(&installation.nobody_at(HOST)).await;
    assert_eq!(ids(&rows), OF_INSTALLATION);
    let copies = row(&rows, "copies");
    assert_eq!(copies["evidence"], json!({ "id": "copies", "sites": 1, "answering": 1, "required": 1 }));
    assert_eq!((&copies["state"], &copies["promises"]), (&json!("leaning"), &json!(["P1", "P2"])));
    let replication = row(&rows, "replication");
    let one = json!({ "id": "replication", "required": 1, "demanded": 1, "holding": 1, "declared": false });
    assert_eq!((&replication["evidence"], &replication["state"]), (&one, &json!("leaning")));
    let takeover = row(&rows, "takeover");
    assert_eq!(takeover["evidence"], json!({ "id": "takeover", "prepared": false, "drill": null }));
    assert_eq!((&takeover["state"], &takeover["promises"]), (&json!("leaning"), &json!(["P1", "P3"])));
    // The PostgreSQL of the tests is quick, and keeps nothing through a power cut.
    let durable = installation.palisade.db.check().await.unwrap().durable;
    assert_eq!(row(&rows, "durable")["evidence"]["durable"], durable);
    assert_eq!(row(&rows, "durable")["state"], if durable { "standing" } else { "leaning" });
    assert_eq!(row(&rows, "keys")["evidence"], json!({ "id": "keys", "mirror": false, "verified_at": null }));
    assert_eq!(row(&rows, "keys")["state"], "leaning");
    // The tests' own passwords are cheap, and that is said.
    assert_eq!(row(&rows, "sign-in")["evidence"]["memory_kib"], 64);
    assert_eq!(row(&rows, "sign-in")["state"], "leaning");
    assert_eq!(row(&rows, "cookies")["state"], "standing");
    installation.nobody_at("nowhere.palisade.test").get("/trust").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_stranger_is_told_nothing_of_an_account() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = owner.post("/projects", json!({ "name": "Quay" })).await.created()["id"].clone();
    let upload = format!("/projects/{}/files?name=a", project.as_str().unwrap());
    owner.upload(&upload, "a").await.created();
    let stranger = installation.nobody_at("acme.palisade.test");
    let expected = [&OF_INSTALLATION[..], &["account-key"]].concat();
    assert_eq!(ids(&rows(&stranger).await), expected);
    let text = stranger.get("/trust").await.ok().to_string();
    for secret in ["SQLite", "PostgreSQL", "Quay", "acme", "home", installation.folder().to_str().unwrap()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // Nor to somebody of another account, nor to whoever has an old cookie.
    let other = installation.account("evil").await;
    assert_eq!(ids(&rows(&other.at("acme.palisade.test")).await), expected);
    let old = stranger.with(header::COOKIE, "__Host-session=bm90aGluZw");
    assert_eq!(ids(&rows(&old).await), expected);

    let draft = json!({ "email": "gus@acme.example", "role": "guest", "projects": [project] });
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let mut guest = stranger.clone();
    let token = link.split_once('#').unwrap().1;
    guest
        .post("/acceptances", json!({ "token": token, "name": "Gus", "password": PASSWORD }))
        .await
        .created();
    guest.sign_in(json!({ "email": "gus@acme.example", "password": PASSWORD })).await;
    assert_eq!(ids(&rows(&guest).await), expected, "a guest does not see all files");
}

#[tokio::test]
async fn a_group_is_told_where_its_files_are() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let files = async || row(&rows(&owner).await, "files").clone();
    assert_eq!(
        files().await["evidence"],
        json!({ "id": "files", "stored": 0, "short": 0, "lost": 0, "opened": null })
    );
    let project = owner.post("/projects", json!({ "name": "Quay" })).await.created();
    let upload = format!("/projects/{}/files?name=a&on_conflict=version", project["id"].as_str().unwrap());
    owner.upload(&upload, "a").await.created();
    owner.upload(&upload, "b").await.ok();
    let standing = files().await;
    assert_eq!(
        standing["evidence"],
        json!({ "id": "files", "stored": 2, "short": 0, "lost": 0, "opened": true })
    );
    assert_eq!(standing["state"], "standing");
    put_at_risk(&installation).await;
    let leaning = files().await;
    assert_eq!((&leaning["evidence"]["short"], &leaning["state"]), (&json!(1), &json!("leaning")));
}

async fn put_at_risk(installation: &Installation) {
    use db::schema::blob::dsl;
    use diesel::{ExpressionMethods, QueryDsl};
    let account = installation.id_of("acme").await;
    let mark = |tx: &mut db::Tx<'_>| {
        let one: Vec<u8> = tx.get(tx.of(dsl::blob).select(dsl::id).limit(1))?;
        let since = Some(tx.now());
        tx.execute(diesel::update(tx.of(dsl::blob).filter(dsl::id.eq(one))).set(dsl::at_risk_since.eq(since)))
    };
    installation.palisade.db.write(account, mark).await.unwrap();
}

/// However many strangers ask, the sites and the database are looked at once a minute.
#[tokio::test]
async fn what_was_seen_is_good_for_a_minute_and_says_when_that_was() {
    let installation = Installation::new().await;
    let stranger = installation.nobody_at(HOST);
    let seen = async || row(&rows(&stranger).await, "copies")["computed_at"].as_str().unwrap().to_owned();
    let first = seen().await;
    installation.wait(Duration::from_secs(50));
    assert_eq!(seen().await, first);
    installation.wait(Duration::from_secs(11));
    assert_ne!(seen().await, first);
}
