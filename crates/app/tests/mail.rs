//! Mail goes to the mail server once, later where it must, and never lies in clear.
#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use app::notifications::{self, Post, PostConfig, Waiting};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use testkit::{HOST, Installation, MailServer, PASSWORD, Person};

fn host() -> String {
    format!("acme.{HOST}")
}

/// An installation with this way to a mail server, and the owner of an account in it.
async fn with(config: PostConfig) -> (Installation, Person) {
    let installation = Installation::with_post(Post::open(config).unwrap()).await;
    let owner = installation.account("acme").await;
    (installation, owner)
}

async fn invite(owner: &Person, email: &str) -> Value {
    owner.post("/invitations", json!({ "email": email, "role": "member" })).await.created()
}

async fn waiting(installation: &Installation) -> Vec<Waiting> {
    notifications::waiting(&installation.palisade, None).await.unwrap()
}

/// The code with which the one mail that waits was not sent.
async fn unsent(installation: &Installation) -> Option<String> {
    let [waiting] = waiting(installation).await.try_into().unwrap();
    waiting.standing.unwrap().error
}

async fn kinds(owner: &Person) -> Vec<String> {
    let journal = owner.get("/journal").await.ok();
    let items = journal["items"].as_array().unwrap().iter();
    items.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

fn token(body: &str) -> &str {
    body.split_whitespace().find_map(|word| word.split_once("/invitation#")).unwrap().1
}

#[tokio::test]
async fn an_invitation_goes_by_mail_once_and_its_link_to_nobody_else() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    owner.patch("/profile", json!({ "language": "fr", "name": "Inès Moreau" })).await.ok();
    let invitation = invite(&owner, "noe@acme.example").await;
    assert_eq!(invitation["link"], json!(null), "{invitation}");
    assert_eq!(waiting(&installation).await.len(), 1);
    assert_eq!(installation.settle().await, 1);
    assert_eq!(installation.settle().await, 0);
    assert_eq!(waiting(&installation).await.len(), 0);

    let [mail] = server.mails().try_into().unwrap();
    assert_eq!(mail.to, "noe@acme.example");
    let body = mail.body();
    assert!(body.starts_with("Inès Moreau vous invite à rejoindre acme\n"), "the inviter's language: {body}");
    assert!(mail.html().contains("<html lang=\"fr\"") && mail.html().contains("<bdi>Inès Moreau</bdi>"));
    assert!(mail.html().contains(&format!("href=\"http://{}/invitation#{}\"", host(), token(&body))));
    assert!(body.contains(&format!("http://{}/invitation#", host())), "{body}");
    assert!(mail.text.contains("Auto-Submitted: auto-generated\r\n"), "{}", mail.text);
    let acceptance = json!({ "token": token(&body), "name": "Noé", "password": PASSWORD });
    installation.nobody_at(&host()).post("/acceptances", acceptance).await.created();
    assert_eq!(kinds(&owner).await, ["person-joined", "person-invited", "profile-changed", "account-opened"]);
}

#[tokio::test]
async fn a_mail_that_is_put_off_is_delivered_later() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    for (command, answer) in [
        ("", "421 too busy"),
        ("MAIL", "550 the sender is not known here"),
        ("RCPT", "450 noe@acme.example is asleep"),
        ("DATA", "451 later"),
        (".", "452 no room"),
    ] {
        server.answer(command, answer);
    }
    invite(&owner, "noe@acme.example").await;
    for _ in 0..5 {
        assert_eq!(installation.settle().await, 1);
        assert_eq!(unsent(&installation).await.as_deref(), Some("mail-unsent"));
        installation.wait(Duration::from_mins(15));
    }
    assert_eq!(installation.settle().await, 1);
    assert_eq!((server.mails().len(), waiting(&installation).await.len()), (1, 0));
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_and_the_journal_says_so() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    for (command, answer) in [("RCPT", "550 there is no such person"), (".", "554 not this")] {
        server.answer(command, answer);
        invite(&owner, "noe@acme.example").await;
        assert_eq!(installation.settle().await, 1);
        assert_eq!(waiting(&installation).await.len(), 0);
        assert_eq!(kinds(&owner).await[..2], ["mail-refused", "person-invited"]);
    }
    let journal = owner.get("/journal").await.ok();
    assert_eq!(journal["items"][0]["subject"]["name"], "noe@acme.example");
    assert_eq!(journal["items"][0]["actor"], json!(null));
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_is_down_gets_its_mail_when_it_is_back() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    let address = server.address();
    drop(server);
    invite(&owner, "noe@acme.example").await;
    assert_eq!(installation.settle().await, 1);
    assert_eq!(unsent(&installation).await.as_deref(), Some("mail-unsent"));
    assert!(installation.palisade.post.as_ref().unwrap().check(HOST).await.is_err());

    let server = MailServer::start_at(address).await;
    installation.palisade.post.as_ref().unwrap().check(HOST).await.unwrap();
    installation.wait(Duration::from_secs(5));
    assert_eq!(installation.settle().await, 1);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_goes_when_its_time_is_over() {
    let server = MailServer::start().await;
    let (installation, mut owner) = with(server.config()).await;
    drop(server);
    invite(&owner, "noe@acme.example").await;
    assert_eq!(installation.settle().await, 1);
    installation.wait(Duration::from_hours(7 * 24));
    assert_eq!(installation.settle().await, 1);
    assert_eq!(waiting(&installation).await.len(), 0);
    owner.sign_in(json!({ "email": "ines@acme.example", "password": PASSWORD })).await;
    assert_eq!(kinds(&owner).await[0], "mail-refused");
}

#[tokio::test]
async fn an_invitation_that_is_withdrawn_or_replaced_is_not_mailed_any_more() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    let withdrawn = invite(&owner, "noe@acme.example").await;
    let path = format!("/invitations/{}", withdrawn["id"].as_str().unwrap());
    owner.delete(&path).await.gone_through();
    assert_eq!(installation.settle().await, 0);
    invite(&owner, "amal@acme.example").await;
    let last = invite(&owner, "amal@acme.example").await;
    assert_eq!(installation.settle().await, 1);
    let [mail] = server.mails().try_into().unwrap();
    assert_eq!(mail.to, "amal@acme.example");
    let id = format!("Message-ID: <{}@{HOST}>\r\n", last["id"].as_str().unwrap());
    assert!(mail.text.contains(&id), "{}", mail.text);
}

#[tokio::test]
async fn a_password_that_the_server_refuses_loses_no_mail() {
    let server = MailServer::start().await;
    let user = Some(("palisade".to_owned(), "a password".to_owned()));
    let (installation, owner) = with(PostConfig { user, ..server.config() }).await;
    server.answer("AUTH", "535 not you");
    invite(&owner, "noe@acme.example").await;
    assert_eq!(installation.settle().await, 1);
    assert_eq!(unsent(&installation).await.as_deref(), Some("mail-unsent"));
    installation.wait(Duration::from_secs(5));
    assert_eq!(installation.settle().await, 1);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_goes_by_starttls_to_the_server_that_is_meant_or_not_at_all() {
    let server = MailServer::start_sealed().await;
    let (installation, owner) = with(server.config()).await;
    invite(&owner, "noe@acme.example").await;
    assert_eq!(installation.settle().await, 1);
    let [mail] = server.mails().try_into().unwrap();
    assert!(mail.sealed);

    // Nobody whom the system knows vouches for it.
    let (strange, owner) = with(PostConfig { authorities: None, ..server.config() }).await;
    invite(&owner, "noe@acme.example").await;
    assert_eq!(strange.settle().await, 1);
    assert_eq!(unsent(&strange).await.as_deref(), Some("mail-unsent"));

    // One that offers no TLS, or that somebody in between keeps from offering it.
    let clear = MailServer::start().await;
    let tls = server.config().tls;
    let (stripped, owner) = with(PostConfig { tls, ..clear.config() }).await;
    invite(&owner, "noe@acme.example").await;
    assert_eq!(stripped.settle().await, 1);
    assert_eq!(unsent(&stripped).await.as_deref(), Some("mail-unsent"));
    assert!(clear.commands().iter().all(|command| !command.contains("noe@")), "{:?}", clear.commands());

    // What waits there goes with these installations.
    for installation in [&strange, &stripped] {
        installation.wait(Duration::from_hours(7 * 24));
        assert_eq!(installation.settle().await, 1);
    }
    assert_eq!(server.mails().len() + clear.mails().len(), 1);
}

#[tokio::test]
async fn a_reset_is_mailed_to_whoever_is_here_and_leaves_nothing_of_anybody_else() {
    let server = MailServer::start().await;
    let (installation, _) = with(server.config()).await;
    let nobody = installation.nobody_at(&host());
    for email in ["nobody@acme.example", "ines@acme.example"] {
        let asked = nobody.post("/password-resets", json!({ "email": email })).await;
        assert_eq!(asked.status, 202);
    }
    assert_eq!(installation.settle().await, 1, "a job for the one alone");
    let [mail] = server.mails().try_into().unwrap();
    assert_eq!(mail.to, "ines@acme.example");
    let body = mail.body();
    let token = body.split_whitespace().find_map(|word| word.split_once("/reset#")).unwrap().1;
    let new = json!({ "token": token, "password": "another battery entirely" });
    nobody.put("/password", new).await.gone_through();
}

#[tokio::test]
async fn without_a_mail_server_the_inviter_gets_the_link_and_a_reset_waits_for_the_operator() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    assert!(invite(&owner, "noe@acme.example").await["link"].as_str().unwrap().contains("/invitation#"));
    assert_eq!(waiting(&installation).await.len(), 0, "nothing is queued for it");
    let nobody = installation.nobody_at(&host());
    nobody.post("/password-resets", json!({ "email": "ines@acme.example" })).await;
    assert_eq!(installation.settle().await, 0);
    let [shown] = waiting(&installation).await.try_into().unwrap();
    assert_eq!(shown.account.as_deref(), Some("acme"));
    assert!(notifications::show(&installation.palisade, shown.id).await.unwrap().body.contains("/reset#"));
    installation.wait(Duration::from_hours(7 * 24));
    assert_eq!(installation.settle().await, 1);
    assert_eq!(waiting(&installation).await.len(), 0, "it leads nowhere any more");
}

#[tokio::test]
async fn a_mail_speaks_the_language_of_whoever_it_is_for() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    let invited = async |draft: Value| {
        let made = owner.post("/invitations", draft).await.created();
        installation.settle().await;
        let body = server.mails().pop().unwrap().body();
        let nobody = installation.nobody_at(&host());
        let token = token(&body).to_owned();
        let found = nobody.post("/invitation-look-ups", json!({ "token": token })).await.ok();
        assert_eq!(found["language"], made["language"]);
        (made["language"].clone(), body, token)
    };
    // The inviter reads English, and may choose for somebody who does not.
    let (language, body, _) = invited(json!({ "email": "noe@acme.example", "role": "member" })).await;
    assert_eq!(language, "en");
    assert!(body.contains("invites you to"), "{body}");
    let draft = json!({ "email": "noe@acme.example", "role": "member", "language": "fr" });
    let (language, body, token) = invited(draft).await;
    assert_eq!(language, "fr");
    assert!(body.contains("vous invite à rejoindre"), "{body}");

    // Who says nothing else reads what they were invited in, and is written to so.
    let nobody = installation.nobody_at(&host());
    let acceptance = json!({ "token": token, "name": "Noé", "password": PASSWORD });
    assert_eq!(nobody.post("/acceptances", acceptance).await.created()["person"]["language"], "fr");
    nobody.post("/password-resets", json!({ "email": "noe@acme.example" })).await;
    installation.settle().await;
    let mail = server.mails().pop().unwrap();
    assert!(mail.body().contains("nouveau mot de passe"), "{}", mail.body());

    let bad = json!({ "email": "a@acme.example", "role": "member", "language": "de" });
    owner.post("/invitations", bad).await.problem(400, "malformed");
}

#[tokio::test]
async fn an_owner_who_does_not_say_it_reads_what_their_browser_asks_for() {
    let installation = Installation::new().await;
    let french = installation.nobody_at(HOST).with(http::header::ACCEPT_LANGUAGE, "fr-CH, en;q=0.5");
    for (name, said, language) in [("one", json!(null), "fr"), ("two", json!("en"), "en")] {
        let mut owner = json!({ "name": "O", "email": "o@acme.example", "password": PASSWORD });
        if said.is_string() {
            owner["language"] = said;
        }
        let draft = json!({ "name": format!("acme-{name}"), "title": "Acme", "owner": owner });
        let opened = french.post("/accounts", draft).await.created();
        let mut owner = installation.nobody_at(&format!("acme-{name}.{HOST}"));
        let session = owner.sign_in(json!({ "ticket": opened["ticket"] })).await;
        assert_eq!(session["person"]["language"], language);
    }
}

/// Whether these bytes stand in a file below this folder.
fn lies_in(folder: &Path, canary: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return lies_in(&path, canary);
        }
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(canary.len()).any(|window| window.eq_ignore_ascii_case(canary.as_bytes()))
    })
}

#[tokio::test]
async fn a_mail_lies_in_clear_nowhere_before_it_is_sent_and_after() {
    let server = MailServer::start().await;
    let (installation, owner) = with(server.config()).await;
    server.answer("RCPT", "450 canary@acme.example is asleep");
    invite(&owner, "canary@acme.example").await;
    let [shown] = waiting(&installation).await.try_into().unwrap();
    let mail = notifications::show(&installation.palisade, shown.id).await.unwrap();
    let canaries = ["canary@acme", "canary", token(&mail.body), "invites you", "<bdi>", "asleep"];
    for step in ["queued", "put off", "sent"] {
        for canary in canaries {
            assert!(!lies_in(installation.folder(), canary), "{canary}, {step}");
            let dump = installation.dump().unwrap_or_default();
            assert!(!dump.contains(canary), "{canary} in the dump of the database, {step}");
        }
        installation.settle().await;
        installation.wait(Duration::from_secs(5));
    }
    assert_eq!(server.mails().len(), 1);
    // The search would have found it.
    std::fs::write(installation.folder().join("found"), mail.body).unwrap();
    assert!(lies_in(installation.folder(), "invites you"));
}
