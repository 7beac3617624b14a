//! Passwords as they are stored, changed, and looked at in turn.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use base64::{Engine, engine::general_purpose::STANDARD};
use db::{Reason, SystemTx, schema::person::dsl};
use diesel::{ExpressionMethods, QueryDsl};
use http::header;
use kernel::PersonId;
use serde_json::{Value, json};
use testkit::{Installation, PASSWORD, Person};
use tokio::task::JoinSet;
use vault::Place;

const HOST: &str = "acme.palisade.test";
const OTHER: &str = "another battery entirely";
const SOMEBODY: [u8; 4] = [198, 51, 100, 1];

fn proof(password: &str) -> Value {
    json!({ "email": "ines@acme.example", "password": password })
}

/// The hash that is stored of the one person who is there, and its place.
async fn stored(installation: &Installation) -> (PersonId, String) {
    let load = |tx: &mut SystemTx<'_>| tx.load(dsl::person.select((dsl::id, dsl::password)));
    let rows: Vec<(PersonId, Vec<u8>)> =
        installation.palisade.db.system_read(Reason::Count, load).await.unwrap();
    assert_eq!(rows.len(), 1);
    let (id, sealed) = &rows[0];
    let key = installation.palisade.vault.account_key(installation.id_of("acme").await).await.unwrap();
    let hash = key.open(Place::new("person", "password", *id), sealed).unwrap();
    (*id, String::from_utf8(hash).unwrap())
}

#[tokio::test]
async fn a_hash_that_costs_less_than_hashes_do_now_is_renewed_when_its_person_comes() {
    let installation = Installation::new().await;
    installation.account("acme").await;
    let (id, now) = stored(&installation).await;
    assert!(now.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{now}");
    let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(32, 1, 1, None).unwrap());
    let old = old.hash_password_with_salt(PASSWORD.as_bytes(), &[1; 16]).unwrap().to_string();
    let key = installation.palisade.vault.account_key(installation.id_of("acme").await).await.unwrap();
    let sealed = key.seal(Place::new("person", "password", id), old.as_bytes());
    let put = move |tx: &mut SystemTx<'_>| {
        let change = diesel::update(dsl::person.filter(dsl::id.eq(id)));
        tx.execute(change.set(dsl::password.eq(sealed.clone()))).map(drop)
    };
    installation.palisade.db.system_write(Reason::Count, put).await.unwrap();

    let mut owner = installation.nobody_at(HOST);
    owner.put("/session", proof("not hers at all")).await.problem(401, "wrong-credentials");
    assert_eq!(stored(&installation).await.1, old, "a wrong one renews nothing");
    owner.sign_in(proof(PASSWORD)).await;
    let renewed = stored(&installation).await.1;
    assert!(renewed.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{renewed}");
    owner.sign_in(proof(PASSWORD)).await;
    assert_eq!(stored(&installation).await.1, renewed, "once");
}

/// A program of the owner, with an app password of its own.
async fn program(installation: &Installation, owner: &Person) -> Person {
    let made = owner.post("/app-passwords", json!({ "label": "rclone" })).await.created();
    let basic = STANDARD.encode(format!("ines@acme.example:{}", made["secret"].as_str().unwrap()));
    let program = installation.nobody_at(HOST).without(&header::ORIGIN);
    program.without(&"sec-fetch-site".parse().unwrap()).with(header::AUTHORIZATION, &format!("Basic {basic}"))
}

#[tokio::test]
async fn with_a_new_password_app_passwords_end_where_that_is_asked_for() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let program = program(&installation, &owner).await;
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    owner.put("/profile/password", change(PASSWORD, OTHER)).await.gone_through();
    program.get("/projects").await.ok();
    let mut ends = change(OTHER, PASSWORD);
    ends["end_app_passwords"] = json!(true);
    owner.put("/profile/password", ends).await.gone_through();
    program.get("/projects").await.problem(401, "wrong-credentials");
    assert_eq!(owner.get("/app-passwords").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn with_a_reset_app_passwords_end_where_that_is_asked_for() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let program = program(&installation, &owner).await;
    let nobody = installation.nobody_at(HOST);
    for (ends, password) in [(false, OTHER), (true, PASSWORD)] {
        program.get("/projects").await.ok();
        let link = app::people::resets::link_for(&installation.palisade, HOST, "ines@acme.example").await;
        let token = link.unwrap().split_once('#').unwrap().1.to_owned();
        let new = json!({ "token": token, "password": password, "end_app_passwords": ends });
        nobody.put("/password", new).await.gone_through();
    }
    program.get("/projects").await.problem(401, "wrong-credentials");
}

#[tokio::test]
async fn whoever_stole_a_session_keeps_nobody_from_changing_the_password() {
    let installation = Installation::new().await;
    let thief = installation.account("acme").await;
    let guess = json!({ "current": "not hers at all", "new": OTHER });
    for _ in 0..10 {
        thief.put("/profile/password", guess.clone()).await.problem(422, "password-wrong");
    }
    thief.put("/profile/password", guess).await.problem(429, "too-many");
    let mut owner = installation.nobody_at(HOST);
    owner.sign_in(proof(PASSWORD)).await;
    let change = json!({ "current": PASSWORD, "new": OTHER });
    owner.put("/profile/password", change).await.gone_through();
    thief.get("/profile").await.problem(401, "signed-out");
}

/// Many networks at once at one account: who was here lately is let in, and so is everybody at other accounts.
#[tokio::test]
async fn a_crowd_keeps_nobody_out_who_was_here_and_no_other_account() {
    let installation = Installation::with(|limits| limits.password.passes = 2_000).await;
    installation.account("acme").await;
    installation.account("quay").await;
    let mut owner = installation.nobody_at(HOST).from_address(SOMEBODY);
    owner.sign_in(proof(PASSWORD)).await;
    let mut crowd: JoinSet<_> = (0..40)
        .map(|number| {
            let stranger = installation.nobody_at(HOST).from_address([203, 0, 113, number]);
            async move { stranger.put("/session", proof("a guess of many")).await }
        })
        .collect();
    let refused = crowd.join_next().await.unwrap().unwrap();
    assert!(refused.header(&header::RETRY_AFTER).is_some());
    refused.problem(503, "busy");
    owner.sign_in(proof(PASSWORD)).await;
    assert!(crowd.len() > 8, "most of them still wait");
    let mut elsewhere = installation.nobody_at("quay.palisade.test").from_address([203, 0, 113, 99]);
    elsewhere.sign_in(json!({ "email": "ines@quay.example", "password": PASSWORD })).await;
    let looked_at = crowd.join_all().await.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 32);
}
