//! The limits that an operator sets: each is kept, and said to whom it concerns.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use serde_json::json;
use std::time::Duration;
use testkit::{Installation, PASSWORD};

const HOST: &str = "acme.palisade.test";
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_body_may_be_as_large_as_the_operator_says() {
    let installation = Installation::with(|limits| limits.json_bytes = 300).await;
    let owner = installation.account("acme").await;
    owner.post("/projects", json!({ "name": "a".repeat(200) })).await.created();
    let problem = owner.post("/projects", json!({ "name": "a".repeat(300) })).await.problem(413, "too-large");
    assert_eq!(problem["args"]["limit"], "300");
    let problem = owner.patch("/profile", json!({ "name": "a".repeat(300) })).await.problem(413, "too-large");
    assert_eq!(problem["args"]["limit"], "300");
}

#[tokio::test]
async fn an_invitation_is_good_as_long_as_the_operator_says() {
    let installation = Installation::with(|limits| {
        limits.invitation = 2 * DAY;
        limits.session = 30 * DAY;
    })
    .await;
    let owner = installation.account("acme").await;
    let invite = json!({ "email": "noor@acme.example", "role": "member" });
    let made = owner.post("/invitations", invite).await.created();
    let token = made["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let nobody = installation.nobody_at(HOST);
    let look_up = json!({ "token": token });
    installation.wait(DAY);
    nobody.post("/invitation-look-ups", look_up.clone()).await.ok();
    installation.wait(DAY);
    nobody.post("/invitation-look-ups", look_up).await.problem(404, "link-used");
}

#[tokio::test]
async fn a_link_to_a_new_password_is_good_as_long_as_the_operator_says_and_its_mail_says_so() {
    for (minutes, english) in
        [(60, "within one hour;"), (10, "within 10 minutes;"), (1, "within one minute;")]
    {
        let life = Duration::from_mins(minutes);
        let installation = Installation::with(|limits| limits.reset_link = life).await;
        installation.account("acme").await;
        let nobody = installation.nobody_at(HOST);
        nobody.post("/password-resets", json!({ "email": "ines@acme.example" })).await;
        let waiting = app::notifications::waiting(&installation.palisade, Some(HOST)).await.unwrap();
        let mail = app::notifications::show(&installation.palisade, waiting[0].id).await.unwrap();
        assert!(mail.body.replace('\n', " ").contains(english), "{}", mail.body);
        let token = mail.body.split_once('#').unwrap().1.split_whitespace().next().unwrap().to_owned();
        let set = json!({ "token": token, "password": format!("{PASSWORD} again") });
        installation.wait(life);
        nobody.put("/password", set).await.problem(404, "link-used");
        let link =
            app::people::resets::link_for(&installation.palisade, HOST, "ines@acme.example").await.unwrap();
        let token = link.split_once('#').unwrap().1;
        installation.wait(life.checked_sub(Duration::from_secs(1)).unwrap());
        let set = json!({ "token": token, "password": format!("{PASSWORD} again") });
        assert_eq!(nobody.put("/password", set).await.status, 204);
        while installation.settle().await > 0 {}
    }
}
