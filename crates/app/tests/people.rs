//! People come by invitation, change what they say of themselves, and go.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, HOST, Installation, PASSWORD, Person};

const OTHER: &str = "another battery entirely";

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap()
}

fn token(invitation: &Value) -> String {
    text(invitation, "link").split_once("/invitation#").unwrap().1.to_owned()
}

fn host(account: &str) -> String {
    format!("{account}.{HOST}")
}

fn acceptance(token: &str, name: &str) -> Value {
    json!({ "token": token, "name": name, "password": PASSWORD, "language": "fr", "time_zone": "Europe/Paris" })
}

/// The same person with the cookie that an answer set.
fn keeping(person: &Person, answer: &Answer) -> Person {
    let cookie = answer.header(&header::SET_COOKIE).unwrap().split(';').next().unwrap();
    person.with(header::COOKIE, cookie)
}

/// Somebody invited by `inviter` who has come in.
async fn joined(installation: &Installation, inviter: &Person, name: &str, role: Value) -> (Person, String) {
    let mut draft = role;
    draft["email"] = json!(format!("{name}@acme.example"));
    let invitation = inviter.post("/invitations", draft).await.created();
    let nobody = installation.nobody_at(&host("acme"));
    let answer = nobody.post("/acceptances", acceptance(&token(&invitation), name)).await;
    let id = text(&answer.created()["person"], "id").to_owned();
    (keeping(&nobody, &answer), id)
}

/// A program of somebody, with an app password of its own; and the id of that.
async fn program(installation: &Installation, person: &Person, email: &str) -> (Person, String) {
    let made = person.post("/app-passwords", json!({ "label": "rclone" })).await.created();
    let basic = STANDARD.encode(format!("{email}:{}", text(&made, "secret")));
    let program = installation.nobody_at(&host("acme")).without(&header::ORIGIN);
    (program.with(header::AUTHORIZATION, &format!("Basic {basic}")), text(&made, "id").to_owned())
}

async fn kinds(person: &Person) -> Vec<String> {
    let journal = person.get("/journal").await.ok();
    journal["items"].as_array().unwrap().iter().map(|entry| text(entry, "kind").to_owned()).collect()
}

#[tokio::test]
async fn a_profile_changes_where_nobody_changed_it_meanwhile() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let before = owner.get("/profile").await;
    let etag = before.header(&header::ETAG).unwrap().to_owned();
    assert_eq!(before.ok()["language"], "en");
    let changes = json!({ "name": "Inès M.", "language": "fr", "time_zone": "Europe/Paris" });
    let body = || axum::body::Body::from(changes.to_string());
    let sends = owner.with(header::CONTENT_TYPE, "application/json");
    sends.send(http::Method::PATCH, "/profile", body()).await.problem(428, "needs-version");
    let current = sends.with(header::IF_MATCH, &etag);
    let after = current.send(http::Method::PATCH, "/profile", body()).await.ok();
    assert_eq!((text(&after, "name"), text(&after, "language")), ("Inès M.", "fr"));
    assert_eq!((text(&after, "time_zone"), &after["revision"]), ("Europe/Paris", &json!(2)));
    current.send(http::Method::PATCH, "/profile", body()).await.problem(412, "changed");
    owner.patch("/profile", json!({ "name": " " })).await.problem(422, "name-empty");
    owner.patch("/profile", json!({ "time_zone": "Mars;" })).await.problem(422, "unknown-time-zone");
    owner.patch("/profile", json!({ "role": "guest" })).await.problem(400, "malformed");
    assert_eq!(kinds(&owner).await, ["profile-changed", "account-opened"]);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let mut elsewhere = installation.nobody_at(&host("acme"));
    let old = json!({ "email": "ines@acme.example", "password": PASSWORD });
    elsewhere.sign_in(old.clone()).await;
    let change = |current: &str, new: &str| json!({ "current": current, "new": new });
    let wrong = owner.put("/profile/password", change("not this one", OTHER)).await;
    assert_eq!(wrong.problem(422, "password-wrong")["field"], "current");
    let short = owner.put("/profile/password", change(PASSWORD, "short")).await;
    assert_eq!(short.problem(422, "password-too-short")["field"], "new");
    elsewhere.get("/session").await.ok();

    owner.put("/profile/password", change(PASSWORD, OTHER)).await.gone_through();
    elsewhere.get("/session").await.problem(401, "signed-out");
    owner.get("/session").await.ok();
    elsewhere.put("/session", old).await.problem(401, "wrong-credentials");
    elsewhere.sign_in(json!({ "email": "ines@acme.example", "password": OTHER })).await;

    for _ in 0..10 {
        owner.put("/profile/password", change("a guess", OTHER)).await.problem(422, "password-wrong");
    }
    owner.put("/profile/password", change(OTHER, PASSWORD)).await.problem(429, "too-many");
    assert_eq!(kinds(&owner).await, ["password-changed", "account-opened"]);
}

#[tokio::test]
async fn an_app_password_ends_at_once_and_only_by_its_owner() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (admin, _) = joined(&installation, &owner, "amal", json!({ "role": "admin" })).await;
    let (program, id) = program(&installation, &owner, "ines@acme.example").await;
    let listed = owner.get("/app-passwords").await.ok();
    assert_eq!(
        (text(&listed["items"][0], "label"), &listed["items"][0]["used_at"]),
        ("rclone", &Value::Null)
    );
    assert!(listed["items"][0].get("secret").is_none());
    program.get("/profile").await.ok();
    assert!(owner.get("/app-passwords").await.ok()["items"][0]["used_at"].is_string());

    assert_eq!(admin.get("/app-passwords").await.ok()["items"], json!([]));
    let path = format!("/app-passwords/{id}");
    admin.delete(&path).await.problem(404, "not-found");
    program.get("/profile").await.ok();
    owner.delete(&path).await.gone_through();
    program.get("/profile").await.problem(401, "wrong-credentials");
    owner.delete(&path).await.problem(404, "not-found");
    assert_eq!(kinds(&owner).await[..2], ["app-password-ended", "app-password-created"]);
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_once() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let draft = json!({ "email": "Noé@acme.example", "role": "member", "projects": [] });
    let first = owner.post("/invitations", draft.clone()).await.created();
    assert!(text(&first, "link").starts_with("http://acme.palisade.test/invitation#"), "{first}");
    let second = owner.post("/invitations", draft).await.created();
    let listed = owner.get("/invitations").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "the second replaced the first: {listed}");
    assert_eq!(listed["items"][0]["link"], Value::Null);

    let nobody = installation.nobody_at(&host("acme"));
    nobody.post("/invitation-look-ups", json!({ "token": token(&first) })).await.problem(404, "link-used");
    nobody.post("/invitation-look-ups", json!({ "token": "x" })).await.problem(404, "link-used");
    let shown = nobody.post("/invitation-look-ups", json!({ "token": token(&second) })).await.ok();
    let expected = json!({ "email": "Noé@acme.example", "role": "member", "account": { "title": "acme" },
        "invited_by": "Inès Moreau", "language": "en" });
    assert_eq!(shown, expected);
    let evil = installation.account("evil").await;
    evil.post("/invitation-look-ups", json!({ "token": token(&second) })).await.problem(404, "link-used");

    let mut short = acceptance(&token(&second), "Noé");
    short["password"] = json!("short");
    nobody.post("/acceptances", short).await.problem(422, "password-too-short");
    let crossed = nobody.with(header::ORIGIN, &format!("http://evil.{HOST}"));
    crossed.post("/acceptances", acceptance(&token(&second), "Noé")).await.problem(403, "other-origin");
    let accepted = nobody.post("/acceptances", acceptance(&token(&second), "Noé")).await;
    let session = accepted.created();
    assert_eq!((text(&session["person"], "role"), &session["person"]["projects"]), ("member", &Value::Null));
    assert_eq!(text(&session["person"], "language"), "fr");
    assert_eq!(text(&session["account"], "name"), "acme");
    let noe = keeping(&nobody, &accepted);
    assert_eq!(noe.get("/profile").await.ok()["email"], "Noé@acme.example");
    nobody.post("/acceptances", acceptance(&token(&second), "Noé")).await.problem(404, "link-used");
    assert_eq!(owner.get("/invitations").await.ok()["items"], json!([]));
    owner
        .post("/invitations", json!({ "email": "noé@ACME.example", "role": "guest" }))
        .await
        .problem(409, "email-taken");
    noe.get("/invitations").await.problem(403, "forbidden");
    let draft = json!({ "email": "x@acme.example", "role": "guest" });
    noe.post("/invitations", draft.clone()).await.problem(403, "forbidden");
    assert_eq!(kinds(&owner).await, ["person-joined", "person-invited", "person-invited", "account-opened"]);

    let late = owner.post("/invitations", draft.clone()).await.created();
    let withdrawn = owner.post("/invitations", json!({ "email": "y@acme.example", "role": "admin" })).await;
    owner.delete(&format!("/invitations/{}", text(&withdrawn.created(), "id"))).await.gone_through();
    let gone = token(&withdrawn.created());
    nobody.post("/acceptances", acceptance(&gone, "Y")).await.problem(404, "link-used");
    owner
        .post("/invitations", json!({ "email": "z@acme.example", "role": "owner" }))
        .await
        .problem(403, "forbidden");
    installation.wait(Duration::from_hours(7 * 24));
    nobody.post("/acceptances", acceptance(&token(&late), "X")).await.problem(404, "link-used");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_acceptances_of_one_invitation_make_one_person() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let draft = json!({ "email": "noe@acme.example", "role": "member" });
    let token = token(&owner.post("/invitations", draft).await.created());
    let tries: Vec<_> = (0..50)
        .map(|_| {
            let (nobody, token) = (installation.nobody_at(&host("acme")), token.clone());
            tokio::spawn(async move {
                loop {
                    let answer = nobody.post("/acceptances", acceptance(&token, "Noé")).await;
                    // Few passwords are hashed at once: who is told to come again does.
                    if answer.status != 503 {
                        return answer;
                    }
                }
            })
        })
        .collect();
    let mut came = 0;
    for one in tries {
        let answer = one.await.unwrap();
        if answer.status == 201 {
            came += 1;
        } else {
            answer.problem(404, "link-used");
        }
    }
    assert_eq!(came, 1);
    assert_eq!(owner.get("/people").await.ok()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn roles_and_projects_change_at_once() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = |name: &'static str| {
        let owner = owner.clone();
        async move { text(&owner.post("/projects", json!({ "name": name })).await.created(), "id").to_owned() }
    };
    let (quay, stage) = (project("Quay").await, project("Stage").await);
    let guest = json!({ "role": "guest", "projects": [quay, quay] });
    let (gus, id) = joined(&installation, &owner, "gus", guest).await;
    let (admin, admin_id) = joined(&installation, &owner, "amal", json!({ "role": "admin" })).await;
    let path = format!("/people/{id}");
    assert_eq!(owner.get(&path).await.ok()["projects"], json!([quay]));
    assert_eq!(gus.get(&path).await.ok()["id"], json!(id));
    gus.get(&format!("/people/{admin_id}")).await.problem(404, "not-found");
    gus.get("/people").await.problem(403, "forbidden");
    gus.get(&format!("/projects/{quay}")).await.ok();
    gus.get(&format!("/projects/{stage}")).await.problem(404, "not-found");

    admin.patch(&path, json!({ "projects": [stage] })).await.ok();
    gus.get(&format!("/projects/{quay}")).await.problem(404, "not-found");
    gus.get(&format!("/projects/{stage}")).await.ok();
    let unknown = admin.patch(&path, json!({ "projects": [id] })).await;
    assert_eq!(unknown.problem(422, "unknown-project")["field"], "projects");
    let both = json!({ "role": "member", "projects": [quay] });
    admin.patch(&path, both).await.problem(422, "projects-for-guests");
    gus.patch(&path, json!({ "role": "admin" })).await.problem(403, "forbidden");
    owner.patch(&path, json!({ "role": "owner" })).await.problem(403, "forbidden");
    let member = admin.patch(&path, json!({ "role": "member" })).await.ok();
    assert_eq!((text(&member, "role"), &member["projects"]), ("member", &Value::Null));
    gus.get(&format!("/projects/{quay}")).await.ok();
    let again = admin.patch(&path, json!({ "role": "guest" })).await.ok();
    assert_eq!(again["projects"], json!([]), "what was chosen before is forgotten");
    assert_eq!(gus.get("/projects").await.ok()["items"], json!([]));

    let me = format!("/people/{}", text(&owner.get("/profile").await.ok(), "id"));
    admin.patch(&me, json!({ "role": "member" })).await.problem(409, "last-owner");
    owner.patch(&me, json!({ "role": "admin" })).await.problem(409, "last-owner");
    admin.delete(&me).await.problem(409, "last-owner");
    owner.delete(&me).await.problem(409, "last-owner");

    // Whoever governs no longer has no way left to let somebody in.
    let draft = json!({ "email": "accomplice@acme.example", "role": "admin" });
    let left = token(&admin.post("/invitations", draft).await.created());
    owner.patch(&format!("/people/{admin_id}"), json!({ "role": "member" })).await.ok();
    admin.get("/invitations").await.problem(403, "forbidden");
    let nobody = installation.nobody_at(&host("acme"));
    nobody.post("/acceptances", acceptance(&left, "X")).await.problem(404, "link-used");
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_once_and_stays_a_name() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (noe, id) = joined(&installation, &owner, "noe", json!({ "role": "member" })).await;
    let (other, _) = joined(&installation, &owner, "mia", json!({ "role": "member" })).await;
    let (program, _) = program(&installation, &noe, "noe@acme.example").await;
    noe.post("/projects", json!({ "name": "Quay" })).await.created();
    program.get("/profile").await.ok();
    let path = format!("/people/{id}");
    other.delete(&path).await.problem(403, "forbidden");
    owner.delete(&path).await.gone_through();
    noe.get("/session").await.problem(401, "signed-out");
    program.get("/profile").await.problem(401, "wrong-credentials");
    owner.get(&path).await.problem(404, "not-found");
    owner.delete(&path).await.problem(404, "not-found");
    assert_eq!(owner.get("/people").await.ok()["items"].as_array().unwrap().len(), 2);
    let signing_in = json!({ "email": "noe@acme.example", "password": PASSWORD });
    noe.put("/session", signing_in).await.problem(401, "wrong-credentials");
    let journal = owner.get("/journal").await.ok();
    assert_eq!(text(&journal["items"][0], "kind"), "person-removed");
    assert_eq!(text(&journal["items"][1]["actor"], "name"), "noe", "the name stays");

    // The address is free again, for somebody new.
    let (back, new) = joined(&installation, &owner, "noe", json!({ "role": "member" })).await;
    assert_ne!(new, id);
    back.get("/session").await.ok();
    other.get("/session").await.ok();
}

async fn waiting(installation: &Installation) -> Vec<app::notifications::Waiting> {
    app::notifications::waiting(&installation.palisade, Some(&host("acme"))).await.unwrap()
}

/// The link in the newest mail that waits, and the mail.
async fn mailed(installation: &Installation) -> (String, app::notifications::Mail) {
    let last = waiting(installation).await.pop().unwrap();
    let mail = app::notifications::show(&installation.palisade, last.id).await.unwrap();
    let link = mail.body.split_whitespace().find(|word| word.contains("/reset#")).unwrap();
    assert!(link.starts_with("http://acme.palisade.test/reset#"), "{link}");
    (link.split_once('#').unwrap().1.to_owned(), mail)
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    owner.patch("/profile", json!({ "language": "fr" })).await.ok();
    let nobody = installation.nobody_at(&host("acme"));
    let ask = |email: &'static str| {
        let nobody = nobody.clone();
        async move { nobody.post("/password-resets", json!({ "email": email })).await }
    };
    let (known, unknown) = (ask("INES@acme.example").await, ask("nobody@acme.example").await);
    assert_eq!((known.status.as_u16(), known.bytes()), (202, unknown.bytes()));
    assert_eq!(unknown.status.as_u16(), 202, "equal answers");
    assert_eq!(waiting(&installation).await.len(), 1, "nobody is written to who is not here");
    let (old, mail) = mailed(&installation).await;
    assert_eq!(mail.subject, "Un nouveau mot de passe pour acme");
    ask("ines@acme.example").await;
    let (token, _) = mailed(&installation).await;
    let with = |token: &str, password: &str| json!({ "token": token, "password": password });
    nobody.put("/password", with(&old, OTHER)).await.problem(404, "link-used");
    nobody.put("/password", with("x", OTHER)).await.problem(404, "link-used");
    nobody.put("/password", with(&token, "short")).await.problem(422, "password-too-short");
    nobody.put("/password", with(&token, OTHER)).await.gone_through();
    nobody.put("/password", with(&token, PASSWORD)).await.problem(404, "link-used");
    owner.get("/session").await.problem(401, "signed-out");
    let mut again = nobody.clone();
    let wrong = json!({ "email": "ines@acme.example", "password": PASSWORD });
    again.put("/session", wrong).await.problem(401, "wrong-credentials");
    again.sign_in(json!({ "email": "ines@acme.example", "password": OTHER })).await;
    let journal = again.get("/journal").await.ok();
    assert_eq!(text(&journal["items"][0], "kind"), "password-changed");
    assert_eq!(text(&journal["items"][0]["actor"], "name"), "Inès Moreau");

    ask("ines@acme.example").await;
    let (late, _) = mailed(&installation).await;
    installation.wait(Duration::from_hours(1));
    nobody.put("/password", with(&late, PASSWORD)).await.problem(404, "link-used");
    for email in ["ines@acme.example", "nobody@acme.example"] {
        for _ in 0..5 {
            assert_eq!(ask(email).await.status, 202);
        }
        ask(email).await.problem(429, "too-many");
    }
}
