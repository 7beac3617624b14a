//! What somebody types and has not sent is kept for them, and for nobody else.
#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::Body;
use http::{Method, header};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{HOST, Installation, PASSWORD, Person};

const DAY: Duration = Duration::from_hours(24);

async fn keep(person: &Person, form: &str, name: &str) {
    person.put(&format!("/drafts/{form}"), json!({ "fields": { "name": name } })).await.gone_through();
}

async fn forms(person: &Person) -> Vec<String> {
    let list = person.get("/drafts").await.ok();
    list["items"].as_array().unwrap().iter().map(|one| one["form"].as_str().unwrap().to_owned()).collect()
}

/// Somebody who was invited and came.
async fn joined(installation: &Installation, owner: &Person, name: &str, role: &str) -> Person {
    let draft = json!({ "email": format!("{name}@acme.example"), "role": role });
    let made = owner.post("/invitations", draft).await.created();
    let token = made["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let nobody = installation.nobody_at(&format!("acme.{HOST}"));
    let answer =
        nobody.post("/acceptances", json!({ "token": token, "name": name, "password": PASSWORD })).await;
    answer.created();
    let cookie = answer.header(&header::SET_COOKIE).unwrap().split(';').next().unwrap();
    nobody.with(header::COOKIE, cookie)
}

#[tokio::test]
async fn what_is_typed_is_there_again_after_signing_in_anew_and_gone_when_it_is_sent() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let fields =
        json!({ "name": "Fête du port", "dye": "lake", "people": ["a", "b"], "deep": { "x": [1, null] } });
    owner.put("/drafts/project.new", json!({ "fields": { "name": "F" } })).await.gone_through();
    owner.put("/drafts/project.new", json!({ "fields": fields })).await.gone_through();
    owner.delete("/session").await.gone_through();

    let mut again = installation.nobody_at(&format!("acme.{HOST}"));
    again.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    let draft = again.get("/drafts/project.new").await.ok();
    assert_eq!((&draft["form"], &draft["fields"]), (&json!("project.new"), &fields));
    let list = again.get("/drafts").await.ok();
    assert_eq!(list["items"], json!([{ "form": "project.new", "kept_at": draft["kept_at"] }]));

    for _ in 0..2 {
        again.delete("/drafts/project.new").await.gone_through();
    }
    again.get("/drafts/project.new").await.problem(404, "not-found");
    assert_eq!(forms(&again).await, Vec::<String>::new());
    let journal = again.get("/journal").await.ok();
    assert_eq!(journal["items"].as_array().unwrap().len(), 1, "nobody else hears of it");
}

#[tokio::test]
async fn a_draft_is_of_its_writer_alone() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (admin, guest) = (
        joined(&installation, &owner, "noe", "admin").await,
        joined(&installation, &owner, "gus", "guest").await,
    );
    let other = installation.account("other").await;
    for (person, name) in
        [(&owner, "mine"), (&admin, "theirs"), (&guest, "the guest's"), (&other, "elsewhere")]
    {
        keep(person, "profile", name).await;
    }
    guest.delete("/drafts/profile").await.gone_through();
    guest.get("/drafts/profile").await.problem(404, "not-found");
    for (person, name) in [(&owner, "mine"), (&admin, "theirs"), (&other, "elsewhere")] {
        assert_eq!(person.get("/drafts/profile").await.ok()["fields"]["name"], name);
        assert_eq!(forms(person).await, ["profile"]);
    }

    // No program, which is kept in a file somewhere.
    let made = owner.post("/app-passwords", json!({ "label": "rclone" })).await.created();
    let secret = format!("ines@acme.example:{}", made["secret"].as_str().unwrap());
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret);
    let program = owner.without(&header::COOKIE).with(header::AUTHORIZATION, &format!("Basic {basic}"));
    program.get("/profile").await.ok();
    for method in [Method::GET, Method::DELETE] {
        let answer = program.send(method, "/drafts/profile", Body::empty()).await;
        answer.problem(403, "needs-session");
    }
    program.put("/drafts/profile", json!({ "fields": {} })).await.problem(403, "needs-session");
    program.get("/drafts").await.problem(403, "needs-session");
}

#[tokio::test]
async fn what_is_no_draft_is_refused_and_what_was_kept_stays() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    keep(&owner, "profile", "kept").await;
    for form in ["Profile", "a_b", "a%20b", ".a", "-a", "%C3%A9", &"a".repeat(101)] {
        let path = format!("/drafts/{form}");
        assert_eq!(owner.get(&path).await.problem(422, "unknown-form")["field"], "form");
        owner.put(&path, json!({ "fields": {} })).await.problem(422, "unknown-form");
        owner.delete(&path).await.problem(422, "unknown-form");
    }
    for body in [
        json!({}),
        json!([]),
        json!({ "fields": "x" }),
        json!({ "fields": null }),
        json!({ "fields": {}, "at": 1 }),
    ] {
        owner.put("/drafts/profile", body).await.problem(400, "malformed");
    }
    let of = |letters: usize| json!({ "fields": { "name": "a".repeat(letters) } });
    let most = (64 << 10) - "{\"name\":\"\"}".len();
    let problem = owner.put("/drafts/profile", of(most + 1)).await.problem(413, "too-large");
    assert_eq!(problem["args"]["limit"], "65536");
    assert_eq!(owner.get("/drafts/profile").await.ok()["fields"]["name"], "kept");
    owner.put("/drafts/profile", of(most)).await.gone_through();
}

#[tokio::test]
async fn drafts_end_after_a_month_the_oldest_first_and_with_their_writer() {
    let installation = Installation::new().await;
    let mut owner = installation.account("acme").await;
    keep(&owner, "old", "x").await;
    installation.wait(29 * DAY);
    let signing_in = json!({ "email": "ines@acme.example", "password": PASSWORD });
    owner.sign_in(signing_in.clone()).await;
    keep(&owner, "new", "x").await;
    app::forget_expired(&installation.palisade).await.unwrap();
    assert_eq!(forms(&owner).await, ["new", "old"]);
    installation.wait(DAY);
    owner.sign_in(signing_in).await;
    owner.get("/drafts/old").await.problem(404, "not-found");
    assert_eq!(forms(&owner).await, ["new"], "before anybody swept");
    app::forget_expired(&installation.palisade).await.unwrap();
    assert_eq!(forms(&owner).await, ["new"]);

    for number in 0..205 {
        installation.wait(Duration::from_secs(1));
        keep(&owner, &format!("note.{number}"), "x").await;
    }
    let kept = forms(&owner).await;
    assert_eq!((kept.len(), kept[0].as_str(), kept[199].as_str()), (200, "note.204", "note.5"));

    let noe = joined(&installation, &owner, "noe", "member").await;
    keep(&noe, "profile", "x").await;
    let people = owner.get("/people").await.ok();
    let one = people["items"].as_array().unwrap().iter().find(|one| one["name"] == "noe").unwrap().clone();
    owner.delete(&format!("/people/{}", one["id"].as_str().unwrap())).await.gone_through();
    noe.get("/drafts").await.problem(401, "signed-out");
    assert_eq!(rows(&installation).await, 200, "theirs went with them");
}

/// How many drafts are kept, of all people.
async fn rows(installation: &Installation) -> usize {
    use db::schema::draft::dsl;
    use diesel::QueryDsl;
    let all = |tx: &mut db::SystemTx<'_>| tx.load::<String>(dsl::draft.select(dsl::form));
    installation.palisade.db.system_read(db::Reason::Check, all).await.unwrap().len()
}

#[test]
fn a_value_of_fields_is_any_json() {
    let value: Value = serde_json::from_str("{\"a\":[1,{\"b\":null}]}").unwrap();
    let fields: app::drafts::Fields = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(fields).unwrap(), value);
}
