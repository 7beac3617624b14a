//! The picture of a person: made small and clean, shown to whoever sees the person, and gone with them.
#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::{Body, Bytes};
use http::{Method, header};
use serde_json::{Value, json};
use testkit::{Answer, HOST, Installation, PASSWORD, PICTURE, Person};

async fn put(person: &Person, picture: impl Into<Bytes>) -> Answer {
    person.send(Method::PUT, "/profile/picture", Body::from(picture.into())).await
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap().to_owned()
}

/// Somebody who was invited and came, and their id.
async fn joined(installation: &Installation, owner: &Person, name: &str, draft: Value) -> (Person, String) {
    let mut draft = draft;
    draft["email"] = json!(format!("{name}@acme.example"));
    let made = owner.post("/invitations", draft).await.created();
    let token = text(&made, "link").split_once('#').unwrap().1.to_owned();
    let nobody = installation.nobody_at(&format!("acme.{HOST}"));
    let answer =
        nobody.post("/acceptances", json!({ "token": token, "name": name, "password": PASSWORD })).await;
    let id = text(&answer.created()["person"], "id");
    let cookie = answer.header(&header::SET_COOKIE).unwrap().split(';').next().unwrap();
    (nobody.with(header::COOKIE, cookie), id)
}

#[tokio::test]
async fn a_picture_is_shown_wherever_its_person_is_and_kept_by_browsers_under_its_id() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let before = owner.get("/profile").await.ok();
    assert_eq!(before["picture"], json!(null));
    let given = put(&owner, PICTURE).await;
    let profile = given.ok();
    assert_eq!(given.header(&header::ETAG), owner.get("/profile").await.header(&header::ETAG));
    assert_ne!(profile["revision"], before["revision"]);
    let (id, picture) = (text(&profile, "id"), text(&profile, "picture"));
    let shown = owner.get("/journal").await.ok()["items"][0]["actor"].clone();
    assert_eq!(shown["picture"], json!(picture), "beside what they did");
    assert_eq!(owner.get("/session").await.ok()["person"]["picture"], json!(picture));
    assert_eq!(owner.get("/people").await.ok()["items"][0]["picture"], json!(picture));

    let path = format!("/people/{id}/picture?v={picture}");
    let answer = owner.get(&path).await;
    let tag = answer.header(&header::ETAG).unwrap().to_owned();
    assert_eq!(tag, format!("\"{picture}\""));
    assert_eq!(answer.header(&header::CONTENT_TYPE), Some("image/jpeg"));
    assert_eq!(answer.header(&header::CACHE_CONTROL), Some("private, max-age=3600"));
    assert_eq!(answer.header(&header::VARY), Some("Cookie, Authorization"));
    assert!(answer.bytes().starts_with(b"\xff\xd8\xff"), "a JPEG, whatever was sent");
    let known = owner.with(header::IF_NONE_MATCH, &tag).get(&path).await;
    assert_eq!((known.status.as_u16(), known.bytes().len()), (304, 0));

    let other = text(&put(&owner, PICTURE).await.ok(), "picture");
    assert_ne!(other, picture);
    assert_eq!(owner.with(header::IF_NONE_MATCH, &tag).get(&path).await.status, 200);
    let taken = owner.delete("/profile/picture").await.ok();
    assert_eq!(taken["picture"], json!(null));
    assert_eq!(owner.delete("/profile/picture").await.ok()["revision"], taken["revision"], "there was none");
    owner.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn only_whoever_sees_the_person_sees_their_picture() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let outsider = installation.account("other").await;
    let project = text(&owner.post("/projects", json!({ "name": "Quay" })).await.created(), "id");
    let (member, member_id) = joined(&installation, &owner, "mia", json!({ "role": "member" })).await;
    let draft = json!({ "role": "guest", "projects": [project] });
    let (guest, guest_id) = joined(&installation, &owner, "gus", draft).await;
    for person in [&member, &guest] {
        put(person, PICTURE).await.ok();
    }
    let of = |id: &str| format!("/people/{id}/picture");
    member.get(&of(&guest_id)).await.bytes();
    assert_eq!(member.get(&of(&guest_id)).await.status, 200);
    assert_eq!(guest.get(&of(&guest_id)).await.status, 200);
    guest.get(&of(&member_id)).await.problem(404, "not-found");
    outsider.get(&of(&member_id)).await.problem(404, "not-found");
    outsider.at(&format!("acme.{HOST}")).get(&of(&member_id)).await.problem(401, "signed-out");
    installation.nobody_at(&format!("acme.{HOST}")).get(&of(&member_id)).await.problem(401, "signed-out");

    // A guest is told the names of others beside what they did, and not that there is a picture which they may not see.
    member.upload(&format!("/projects/{project}/files?name=plan"), "x").await.created();
    guest.upload(&format!("/projects/{project}/files?name=mine"), "x").await.created();
    let files = format!("/projects/{project}/files");
    let by = |list: Value, name: &str| {
        let items = list["items"].as_array().unwrap().clone();
        items.iter().find(|entry| entry["name"] == name).unwrap()["changed_by"]["picture"].clone()
    };
    assert_eq!(by(guest.get(&files).await.ok(), "plan"), json!(null));
    assert!(by(guest.get(&files).await.ok(), "mine").is_string());
    assert!(by(member.get(&files).await.ok(), "mine").is_string());
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_the_one_before_stays() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let picture = put(&owner, PICTURE).await.ok()["picture"].clone();
    let before = owner.get("/journal").await.ok();
    for (sent, status, code) in [
        (Bytes::new(), 422, "picture-type"),
        (Bytes::from("<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"), 422, "picture-type"),
        (Bytes::from("GIF89a"), 422, "picture-type"),
        (Bytes::from_static(&PICTURE[..30]), 422, "picture-unreadable"),
        (Bytes::from(vec![0; (5 << 20) + 1]), 413, "too-large"),
    ] {
        let problem = put(&owner, sent).await.problem(status, code);
        if status == 422 {
            assert_eq!(problem["field"], "picture");
        } else {
            assert_eq!(problem["args"]["limit"], "5242880");
        }
        assert_eq!(owner.get("/profile").await.ok()["picture"], picture);
    }
    // Larger than what is read whole elsewhere is well here: it is no picture, and not too large.
    put(&owner, vec![0; 5 << 20]).await.problem(422, "picture-type");
    assert_eq!(owner.get("/journal").await.ok(), before);
    let broken = futures_util::stream::iter([Ok(Bytes::from("half")), Err(std::io::Error::other("gone"))]);
    let cut = owner.send(Method::PUT, "/profile/picture", Body::from_stream(broken)).await;
    cut.problem(400, "cut-off");
}

#[tokio::test]
async fn a_picture_lies_sealed_and_goes_with_its_person() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (member, id) = joined(&installation, &owner, "mia", json!({ "role": "member" })).await;
    put(&member, PICTURE).await.ok();
    assert!(owner.get(&format!("/people/{id}/picture")).await.bytes().starts_with(b"\xff\xd8\xff"));
    let rows = contents(&installation).await;
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].windows(4).any(|window| window == b"JFIF"), "it opens with the account's key alone");
    owner.delete(&format!("/people/{id}")).await.gone_through();
    assert!(contents(&installation).await.is_empty());
    owner.get(&format!("/people/{id}/picture")).await.problem(404, "not-found");
    let journal = owner.get("/journal").await.ok();
    assert_eq!(journal["items"][1]["actor"]["picture"], json!(null), "the name stays alone");
}

/// What is kept of all pictures.
async fn contents(installation: &Installation) -> Vec<Vec<u8>> {
    use db::schema::picture::dsl;
    use diesel::QueryDsl;
    let all = |tx: &mut db::SystemTx<'_>| tx.load::<Vec<u8>>(dsl::picture.select(dsl::content));
    installation.palisade.db.system_read(db::Reason::Check, all).await.unwrap()
}
