//! Rate limits: who tries too often is slowed down, and nobody else.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{HOST, Installation, PASSWORD, Person};

const STRANGER: [u8; 4] = [203, 0, 113, 7];
const SOMEBODY: [u8; 4] = [198, 51, 100, 1];

fn proof(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// Somebody at the account's address, from elsewhere.
fn stranger(installation: &Installation) -> Person {
    installation.nobody_at("acme.palisade.test").from_address(STRANGER)
}

#[tokio::test]
async fn wrong_passwords_of_a_stranger_keep_nobody_out_but_the_stranger() {
    let installation = Installation::new().await;
    installation.account("acme").await;
    let stranger = stranger(&installation);
    for _ in 0..10 {
        stranger
            .put("/session", proof("ines@acme.example", "a wrong password"))
            .await
            .problem(401, "wrong-credentials");
    }
    let limited = stranger.put("/session", proof("ines@acme.example", PASSWORD)).await;
    assert!(limited.header(&header::RETRY_AFTER).is_some());
    limited.problem(429, "too-many");
    let mut owner = installation.nobody_at("acme.palisade.test").from_address(SOMEBODY);
    owner.sign_in(proof("ines@acme.example", PASSWORD)).await;
}

#[tokio::test]
async fn whoever_tries_many_addresses_is_limited_too() {
    let installation = Installation::new().await;
    installation.account("acme").await;
    let stranger = stranger(&installation);
    for number in 0..100 {
        let guess = proof(&format!("somebody{number}@acme.example"), "password of many");
        stranger.put("/session", guess).await.problem(401, "wrong-credentials");
    }
    stranger
        .put("/session", proof("another@acme.example", "password of many"))
        .await
        .problem(429, "too-many");
    let mut owner = installation.nobody_at("acme.palisade.test").from_address(SOMEBODY);
    owner.sign_in(proof("ines@acme.example", PASSWORD)).await;
}

#[tokio::test]
async fn a_good_password_counts_nothing() {
    let installation = Installation::new().await;
    installation.account("acme").await;
    for _ in 0..101 {
        stranger(&installation).sign_in(proof("ines@acme.example", PASSWORD)).await;
    }
}

#[tokio::test]
async fn links_that_do_not_exist_spoil_no_good_one() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let draft = json!({ "email": "noe@acme.example", "role": "member" });
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let token = link.split_once('#').unwrap().1;
    let stranger = stranger(&installation);
    for _ in 0..60 {
        let guess = json!({ "token": "A".repeat(43) });
        stranger.post("/invitation-look-ups", guess).await.problem(404, "link-used");
    }
    stranger.post("/invitation-look-ups", json!({ "token": token })).await.problem(429, "too-many");
    let invited = installation.nobody_at("acme.palisade.test").from_address(SOMEBODY);
    for _ in 0..61 {
        invited.post("/invitation-look-ups", json!({ "token": token })).await.ok();
    }
    let acceptance = json!({ "token": token, "name": "Noé Petit", "password": PASSWORD });
    invited.post("/acceptances", acceptance).await.created();
}

#[tokio::test]
async fn resets_that_others_ask_for_neither_flood_nor_keep_out() {
    let installation = Installation::new().await;
    installation.account("acme").await;
    let asked = json!({ "email": "ines@acme.example" });
    for number in 0..4 {
        let stranger = installation.nobody_at("acme.palisade.test").from_address([203, 0, 113, number]);
        for _ in 0..5 {
            assert_eq!(stranger.post("/password-resets", asked.clone()).await.status, 202);
        }
        stranger.post("/password-resets", asked.clone()).await.problem(429, "too-many");
    }
    let owner = installation.nobody_at("acme.palisade.test").from_address(SOMEBODY);
    assert_eq!(owner.post("/password-resets", asked.clone()).await.status, 202);
    let waiting = app::notifications::waiting(&installation.palisade, None).await.unwrap();
    assert_eq!(waiting.len(), 10, "no more mails an hour");
}

#[tokio::test]
async fn sign_ups_are_counted_by_whoever_makes_them_and_only_where_they_could_be() {
    let installation = Installation::new().await;
    let from = |address| installation.nobody_at(HOST).from_address(address);
    let draft = |name: &str, email: &str| {
        let owner = json!({ "name": "N", "email": email, "password": PASSWORD });
        json!({ "name": name, "title": "T", "owner": owner })
    };
    for _ in 0..40 {
        from(STRANGER).post("/accounts", draft("acme", "no address")).await.problem(422, "email-invalid");
    }
    for number in 0..30 {
        from(STRANGER).post("/accounts", draft(&format!("acme{number}"), "n@acme.example")).await.created();
    }
    from(STRANGER).post("/accounts", draft("acme", "n@acme.example")).await.problem(429, "too-many");
    from(SOMEBODY).post("/accounts", draft("acme", "n@acme.example")).await.created();
}

/// What many open from many networks at once is no group; the operator opens what they like.
#[tokio::test]
async fn of_everybody_together_there_are_so_many_sign_ups_an_hour() {
    let installation = Installation::with(|limits| limits.sign_ups_per_hour = 3).await;
    let draft = |number: u8, password: &str| {
        let owner = json!({ "name": "N", "email": "n@acme.example", "password": password });
        json!({ "name": format!("acme{number}"), "title": "T", "owner": owner })
    };
    let from = |number: u8| installation.nobody_at(HOST).from_address([203, 0, 113, number]);
    for number in 0..40 {
        let weak = from(number).post("/accounts", draft(number, "password1234")).await;
        weak.problem(422, "password-common");
    }
    for number in 0..3 {
        from(number).post("/accounts", draft(number, PASSWORD)).await.created();
    }
    let limited = from(3).post("/accounts", draft(3, PASSWORD)).await;
    assert!(limited.header(&header::RETRY_AFTER).is_some());
    limited.problem(429, "too-many");
    for number in 10..45 {
        installation.nobody_at(HOST).post("/accounts", draft(number, PASSWORD)).await.created();
    }
    installation.wait(Duration::from_hours(1));
    from(3).post("/accounts", draft(3, PASSWORD)).await.created();
}

#[tokio::test]
async fn tries_to_sign_in_are_as_many_as_the_operator_says() {
    let installation = Installation::with(|limits| {
        limits.sign_in_tries = 2;
        limits.sign_in_window = Duration::from_mins(5);
    })
    .await;
    installation.account("acme").await;
    let mut stranger = stranger(&installation);
    for _ in 0..2 {
        let wrong = proof("ines@acme.example", "a wrong password");
        stranger.put("/session", wrong).await.problem(401, "wrong-credentials");
    }
    let right = proof("ines@acme.example", PASSWORD);
    stranger.put("/session", right.clone()).await.problem(429, "too-many");
    installation.wait(Duration::from_mins(5));
    stranger.sign_in(right).await;
}

/// An app password is kept in a file somewhere: whoever reads that must not take the account over.
#[tokio::test]
async fn a_program_lets_nobody_in_and_makes_no_more_of_its_kind() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let secret = owner.post("/app-passwords", json!({ "label": "rclone" })).await.created();
    let basic = format!("ines@acme.example:{}", secret["secret"].as_str().unwrap());
    let program = installation.nobody_at("acme.palisade.test").without(&header::ORIGIN);
    let program = program.without(&"sec-fetch-site".parse().unwrap());
    let program = program.with(header::AUTHORIZATION, &format!("Basic {}", STANDARD.encode(basic)));
    program.get("/projects").await.ok();
    program.post("/app-passwords", json!({ "label": "another" })).await.problem(403, "needs-session");
    let draft = json!({ "email": "noe@acme.example", "role": "admin" });
    program.post("/invitations", draft).await.problem(403, "needs-session");
    let change = json!({ "current": PASSWORD, "new": "another battery entirely" });
    program.put("/profile/password", change).await.problem(403, "needs-session");
    // A browser that remembers it is no program.
    let page = program.with("sec-fetch-site".parse().unwrap(), "cross-site");
    page.post("/projects", json!({ "name": "Quay" })).await.problem(403, "other-origin");
    program.post("/projects", json!({ "name": "Quay" })).await.created();
}
