//! Bad input, a table each: every line has its status and code, and after it nothing is other than before.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::{Body, Bytes};
use http::{HeaderName, Method, header};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{HOST, Installation, PASSWORD, Person};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// An account with a project, a folder in a folder, and a file of ten bytes.
struct Acme {
    installation: Installation,
    owner: Person,
    project: String,
    outer: String,
    inner: String,
    file: String,
}

impl Acme {
    async fn new() -> Self {
        let installation = Installation::with(|limits| limits.account_bytes = 100_000).await;
        let owner = installation.account("acme").await;
        let project = id(&owner.post("/projects", json!({ "name": "Quay" })).await.created());
        let folders = format!("/projects/{project}/folders");
        let outer = id(&owner.post(&folders, json!({ "name": "outer" })).await.created());
        let inner = id(&owner.post(&folders, json!({ "name": "inner", "parent": outer })).await.created());
        let upload = format!("/projects/{project}/files?name=plan");
        let file = id(&owner.upload(&upload, "0123456789").await.created());
        Self { installation, owner, project, outer, inner, file }
    }

    /// What the account and the installation hold.
    async fn state(&self) -> Value {
        let mut state = Vec::new();
        for path in ["/journal", "/account", "/profile", "/people", "/invitations", "/projects"] {
            state.push(self.owner.get(path).await.ok());
        }
        for of in [String::new(), format!("?parent={}", self.outer)] {
            state.push(self.owner.get(&format!("/projects/{}/files{of}", self.project)).await.ok());
        }
        let accounts = app::accounts::list(&self.installation.palisade).await.unwrap().len();
        json!([state, accounts])
    }

    async fn refused(&self, answer: testkit::Answer, before: &Value, status: u16, code: &str) -> Value {
        let problem = answer.problem(status, code);
        assert_eq!(self.state().await, *before, "{code} changed something");
        problem
    }
}

fn sign_up(name: &str, email: &str, password: &str) -> Value {
    let owner = json!({ "name": "Inès Moreau", "email": email, "password": password });
    json!({ "name": name, "title": "A group", "owner": owner })
}

#[tokio::test]
async fn sign_ups() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let front = acme.installation.nobody_at(HOST);
    let good = "ines@free.example";
    let (longest, longer) = ("a".repeat(63), "a".repeat(64));
    let (long_local, long_address) =
        (format!("{}@b.example", "a".repeat(65)), format!("a@{}.example", "b".repeat(250)));
    let too_long = "x".repeat(257);
    for (name, email, password, status, code) in [
        ("", good, PASSWORD, 422, "account-name-invalid"),
        ("ab", good, PASSWORD, 422, "account-name-invalid"),
        (longer.as_str(), good, PASSWORD, 422, "account-name-invalid"),
        ("аcme", good, PASSWORD, 422, "account-name-invalid"), // a Cyrillic а
        ("ａｃｍｅ", good, PASSWORD, 422, "account-name-invalid"), // full width
        ("acmé", good, PASSWORD, 422, "account-name-invalid"),
        ("xn--cme-7cd", good, PASSWORD, 422, "account-name-invalid"),
        ("-acme", good, PASSWORD, 422, "account-name-invalid"),
        ("acme-", good, PASSWORD, 422, "account-name-invalid"),
        ("ac me", good, PASSWORD, 422, "account-name-invalid"),
        ("acme.evil", good, PASSWORD, 422, "account-name-invalid"),
        ("ac\0me", good, PASSWORD, 422, "account-name-invalid"),
        ("../acme", good, PASSWORD, 422, "account-name-invalid"),
        ("www", good, PASSWORD, 422, "account-name-reserved"),
        ("ADMIN", good, PASSWORD, 422, "account-name-reserved"),
        ("acme", good, PASSWORD, 409, "account-name-taken"),
        ("ACME", good, PASSWORD, 409, "account-name-taken"),
        ("free", "", PASSWORD, 422, "email-invalid"),
        ("free", "ines", PASSWORD, 422, "email-invalid"),
        ("free", "ines@", PASSWORD, 422, "email-invalid"),
        ("free", "@free.example", PASSWORD, 422, "email-invalid"),
        ("free", "i nes@free.example", PASSWORD, 422, "email-invalid"),
        ("free", "ines@free..example", PASSWORD, 422, "email-invalid"),
        ("free", "ines@free.example\r\nBcc: x@evil.example", PASSWORD, 422, "email-invalid"),
        ("free", "<ines@free.example>", PASSWORD, 422, "email-invalid"),
        ("free", &long_local, PASSWORD, 422, "email-invalid"),
        ("free", &long_address, PASSWORD, 422, "email-invalid"),
        ("free", good, "", 422, "password-too-short"),
        ("free", good, "elevenchars", 422, "password-too-short"),
        ("free", good, &too_long, 422, "password-too-long"),
        ("free", good, "password1234", 422, "password-common"),
        ("free", good, "aaaaaaaaaaaaaaaaaaaaaaaa", 422, "password-common"),
        ("free", good, "Moreau-Inès-free", 422, "password-personal"),
    ] {
        let answer = front.post("/accounts", sign_up(name, email, password)).await;
        acme.refused(answer, &before, status, code).await;
    }
    front.post("/accounts", sign_up(&longest, good, PASSWORD)).await.created();
}

#[tokio::test]
async fn names_of_files_and_folders() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let (longest, longer) = ("a".repeat(255), "a".repeat(256));
    let composed = "e\u{301}".repeat(127); // 254 bytes in NFC
    for (name, code) in [
        ("", "name-empty"),
        ("   ", "name-empty"),
        ("\u{200b}", "name-empty"),
        ("\u{ad}\u{2060}\u{feff}\u{200e} \u{200f}", "name-empty"),
        ("\u{200d}\u{200c}", "name-empty"),
        (".", "name-reserved"),
        ("..", "name-reserved"),
        ("....", "name-reserved"),
        ("plan ", "name-reserved"),
        ("plan\u{a0}", "name-reserved"),
        ("a/b", "name-forbidden-character"),
        ("../plan", "name-forbidden-character"),
        ("a\0b", "name-forbidden-character"),
        ("a\nb", "name-forbidden-character"),
        ("a\u{7f}b", "name-forbidden-character"),
        ("a\u{85}b", "name-forbidden-character"),
        ("photo\u{202e}gpj.exe", "name-forbidden-character"),
        ("photo\u{2067}gpj.exe", "name-forbidden-character"),
        ("pl\u{200b}an", "name-forbidden-character"),
        ("plan\u{200f}", "name-forbidden-character"),
        ("\u{feff}plan", "name-forbidden-character"),
        ("pl\u{ad}an\u{2060}", "name-forbidden-character"),
        (&longer, "name-too-long"),
    ] {
        let encoded: String = name.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        let path = format!("/projects/{}/files?name={encoded}", acme.project);
        acme.refused(acme.owner.upload(&path, "x").await, &before, 422, code).await;
        let folder =
            acme.owner.post(&format!("/projects/{}/folders", acme.project), json!({ "name": name })).await;
        assert_eq!(acme.refused(folder, &before, 422, code).await["field"], "name");
        let file = format!("/files/{}", acme.file);
        acme.refused(acme.owner.patch(&file, json!({ "name": name })).await, &before, 422, code).await;
        let copy = acme.owner.post(&format!("{file}/copies"), json!({ "name": name })).await;
        acme.refused(copy, &before, 422, code).await;
    }
    for good in [
        longest.as_str(),
        &composed,
        ".env",
        "..a",
        "con",
        "日本語",
        "שלום",
        "می\u{200c}خواهم",
        "👩\u{200d}👧",
        "a\\b",
    ] {
        let folders = format!("/projects/{}/folders", acme.project);
        assert_eq!(acme.owner.post(&folders, json!({ "name": good })).await.created()["name"], good);
    }
}

#[tokio::test]
async fn names_of_people_groups_and_projects_that_are_not_seen() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let tag = acme.owner.get("/account").await.header(&header::ETAG).unwrap().to_owned();
    let project = format!("/projects/{}", acme.project);
    let revision = acme.owner.get(&project).await.header(&header::ETAG).unwrap().to_owned();
    for (name, code) in [
        ("\u{200b}", "name-empty"),
        ("\u{2060}\u{200d}\u{3164}", "name-empty"),
        ("Quay\u{200e}", "name-forbidden-character"),
        ("Qu\u{ad}ay", "name-forbidden-character"),
    ] {
        let profile = acme.owner.patch("/profile", json!({ "name": name })).await;
        acme.refused(profile, &before, 422, code).await;
        let account = acme.owner.with(header::IF_MATCH, &tag);
        let title = account.patch("/account", json!({ "title": name })).await;
        acme.refused(title, &before, 422, code).await;
        let made = acme.owner.post("/projects", json!({ "name": name })).await;
        acme.refused(made, &before, 422, code).await;
        let project_as_read = acme.owner.with(header::IF_MATCH, &revision);
        let renamed = project_as_read.patch(&project, json!({ "name": name })).await;
        acme.refused(renamed, &before, 422, code).await;
    }
    acme.owner.patch("/profile", json!({ "name": "سارا می\u{200c}خواهد" })).await.ok();
}

#[tokio::test]
async fn a_path_or_a_query_that_is_no_text_is_a_problem() {
    let acme = Acme::new().await;
    let front = acme.installation.nobody_at(HOST);
    for path in ["/account-names/%FF", "/account-names/a%C3"] {
        front.get(path).await.problem(400, "malformed");
    }
    acme.owner.get("/files/%FF").await.problem(404, "not-found");
    acme.owner.get(&format!("/projects/{}/files?sort=%FF", acme.project)).await.problem(400, "malformed");
}

#[tokio::test]
async fn whoever_is_signed_out_is_told_how_to_sign_in() {
    let acme = Acme::new().await;
    let page = acme.owner.without(&header::COOKIE);
    let challenge = |answer: testkit::Answer| {
        assert_eq!(answer.status, 401);
        answer.header(&header::WWW_AUTHENTICATE).unwrap().to_owned()
    };
    let french = page.with(header::ACCEPT_LANGUAGE, "fr; q=0.9");
    let answer = french.get("/profile").await;
    assert_eq!(answer.header(&header::CONTENT_LANGUAGE), Some("fr"));
    assert_eq!(challenge(answer), "Session realm=\"Palisade\"");
    let wrong = json!({ "email": "ines@acme.example", "password": "not hers at all" });
    assert!(challenge(page.put("/session", wrong).await).starts_with("Session "));
    let program = page.without(&header::ORIGIN).without(&HeaderName::from_static("sec-fetch-site"));
    let basic = "Basic realm=\"Palisade\", charset=\"UTF-8\"";
    assert_eq!(challenge(program.get("/profile").await), basic);
    let refused = program.with(header::AUTHORIZATION, "Basic YUBiLmM6eDp5");
    assert_eq!(challenge(refused.get("/profile").await), basic);
    assert_eq!(acme.owner.get("/profile").await.header(&header::WWW_AUTHENTICATE), None);
}

#[tokio::test]
async fn folders_into_themselves_and_what_is_no_folder() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let outer = format!("/files/{}", acme.outer);
    let nowhere = "01890000-0000-7000-8000-000000000000";
    for (parent, status, code) in [
        (acme.outer.as_str(), 409, "into-itself"),
        (&acme.inner, 409, "into-itself"),
        (&acme.file, 409, "not-a-folder"),
        (nowhere, 404, "not-found"),
    ] {
        let answer = acme.owner.patch(&outer, json!({ "parent": parent })).await;
        acme.refused(answer, &before, status, code).await;
    }
}

#[tokio::test]
async fn ranges() {
    let acme = Acme::new().await;
    let content = format!("/files/{}/content", acme.file);
    for outside in ["bytes=10-", "bytes=11-12", "bytes=-0", "bytes=99999999999999999999-"] {
        let answer = acme.owner.with(header::RANGE, outside).get(&content).await;
        if outside.len() > 20 {
            assert_eq!(answer.bytes(), "0123456789", "no number: ignored");
            continue;
        }
        answer.problem(416, "bad-range");
        assert_eq!(answer.header(&header::CONTENT_RANGE), Some("bytes */10"), "{outside}");
        assert_eq!(answer.header(&header::CONTENT_DISPOSITION), None);
    }
    for ignored in ["bytes=4-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes", "bytes=--1"] {
        let answer = acme.owner.with(header::RANGE, ignored).get(&content).await;
        assert_eq!((answer.status.as_u16(), answer.bytes()), (200, Bytes::from("0123456789")), "{ignored}");
    }
}

#[tokio::test]
async fn json_that_is_none_or_another() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(1 << 20));
    let deep = "[".repeat(10_000);
    for (body, media_type, status, code) in [
        ("", "application/json", 400, "malformed"),
        ("{", "application/json", 400, "malformed"),
        ("[]", "application/json", 400, "malformed"),
        ("null", "application/json", 400, "malformed"),
        ("{}", "application/json", 400, "malformed"),
        ("{\"name\":7}", "application/json", 400, "malformed"),
        ("{\"name\":null}", "application/json", 400, "malformed"),
        ("{\"name\":\"a\",\"name\":\"b\"}", "application/json", 400, "malformed"),
        ("{\"name\":\"a\",\"owner\":true}", "application/json", 400, "malformed"),
        ("{\"name\":\"a\",\"dye\":\"beige\"}", "application/json", 400, "malformed"),
        ("{\"name\":\"\\ud800\"}", "application/json", 400, "malformed"),
        (deep.as_str(), "application/json", 400, "malformed"),
        (large.as_str(), "application/json", 413, "too-large"),
        ("{\"name\":\"a\"}", "text/plain", 415, "bad-type"),
        ("name=a", "application/x-www-form-urlencoded", 415, "bad-type"),
    ] {
        let sends = acme.owner.with(header::CONTENT_TYPE, media_type);
        let answer = sends.send(Method::POST, "/projects", Body::from(body.to_owned())).await;
        let problem = acme.refused(answer, &before, status, code).await;
        assert!(problem["title"].as_str().unwrap().ends_with('.'), "{problem}");
        let bytes = sends.send(Method::POST, "/projects", Body::from(&b"{\"name\":\"\xff\"}"[..])).await;
        assert!(bytes.status.is_client_error(), "bytes that are no UTF-8");
    }
    let no_type = acme.owner.send(Method::POST, "/projects", Body::from("{\"name\":\"a\"}")).await;
    acme.refused(no_type, &before, 415, "bad-type").await;
}

#[tokio::test]
async fn ids_cursors_and_queries() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let nowhere = "01890000-0000-7000-8000-000000000000";
    let files = format!("/projects/{}/files", acme.project);
    for (path, status, code) in [
        ("/projects/7".to_owned(), 404, "not-found"),
        (format!("/projects/{nowhere}"), 404, "not-found"),
        (format!("/projects/{}", acme.file), 404, "not-found"),
        (format!("/files/{}", acme.project), 404, "not-found"),
        ("/files/..%2f..%2fetc".to_owned(), 404, "not-found"),
        ("/files/%00".to_owned(), 404, "not-found"),
        (format!("{files}?parent=7"), 400, "malformed"),
        (format!("{files}?parent={nowhere}"), 404, "not-found"),
        (format!("{files}?parent={}", acme.file), 409, "not-a-folder"),
        (format!("{files}?sort=colour"), 400, "malformed"),
        (format!("{files}?limit=-1"), 400, "malformed"),
        (format!("{files}?limit=many"), 400, "malformed"),
        (format!("{files}?cursor=zz"), 422, "invalid-cursor"),
        (format!("{files}?cursor=00"), 422, "invalid-cursor"),
        (format!("{files}?cursor={}", "0".repeat(32)), 422, "invalid-cursor"),
        ("/journal?cursor=zz".to_owned(), 422, "invalid-cursor"),
        ("/journal?cursor=00".to_owned(), 422, "invalid-cursor"),
        ("/projects?state=lost".to_owned(), 400, "malformed"),
        (format!("/files/{}/content?version=7", acme.file), 400, "malformed"),
        (format!("/files/{}/content?version={nowhere}", acme.file), 404, "not-found"),
        ("/nothing".to_owned(), 404, "not-found"),
    ] {
        let answer = acme.owner.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {:?}", answer.bytes());
        acme.refused(answer, &before, status, code).await;
    }
    acme.refused(acme.owner.upload(&files, "x").await, &before, 400, "malformed").await;
    let put = acme.owner.put("/projects", json!({})).await;
    acme.refused(put, &before, 405, "bad-method").await;
}

/// A body without a length, in pieces.
fn pieces(count: usize, size: usize) -> Body {
    let piece = Bytes::from(vec![7; size]);
    Body::from_stream(futures_util::stream::iter(
        (0..count).map(move |_| Ok::<_, std::io::Error>(piece.clone())),
    ))
}

#[tokio::test]
async fn uploads_that_lie_or_do_not_fit() {
    let acme = Acme::new().await;
    let before = acme.state().await;
    let path = format!("/projects/{}/files?name=new", acme.project);
    let said = |length: &str| acme.owner.with(header::CONTENT_LENGTH, length);
    for length in ["20", "5"] {
        let answer = said(length).send(Method::POST, &path, pieces(2, 5)).await;
        let problem = acme.refused(answer, &before, 400, "wrong-length").await;
        assert_eq!((&problem["args"]["got"], &problem["args"]["expected"]), (&json!("10"), &json!(length)));
    }
    let answer = said("60000000000000").send(Method::POST, &path, Body::empty()).await;
    acme.refused(answer, &before, 413, "too-large").await;
    let told = said("200000").send(Method::POST, &path, pieces(20, 10_000)).await;
    acme.refused(told, &before, 507, "over-quota").await;
    let untold = acme.owner.send(Method::POST, &path, pieces(20, 10_000)).await;
    assert_eq!(acme.refused(untold, &before, 507, "over-quota").await["args"]["free"], "99990");
    let broken = futures_util::stream::iter([Ok(Bytes::from("half")), Err(std::io::Error::other("gone"))]);
    let cut = acme.owner.send(Method::POST, &path, Body::from_stream(broken)).await;
    acme.refused(cut, &before, 400, "cut-off").await;
    let broken = futures_util::stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("gone"))]);
    let json = acme.owner.with(header::CONTENT_TYPE, "application/json");
    let cut = json.send(Method::POST, "/projects", Body::from_stream(broken)).await;
    acme.refused(cut, &before, 400, "cut-off").await;
    acme.installation.wait(Duration::from_hours(48));
    acme.installation.collect().await;
}

#[tokio::test]
async fn too_many_invitations_and_too_many_who_hold_one() {
    let acme = Acme::new().await;
    let limited = |answer: testkit::Answer| {
        let problem = answer.problem(429, "too-many");
        let seconds = answer.header(&header::RETRY_AFTER).unwrap().to_owned();
        assert_eq!(problem["args"]["seconds"], json!(seconds));
        seconds.parse::<u64>().unwrap()
    };
    let draft = json!({ "email": "noe@acme.example", "role": "member" });
    let mut last = Value::Null;
    for _ in 0..100 {
        last = acme.owner.post("/invitations", draft.clone()).await.created();
    }
    let before = acme.state().await;
    let wait = limited(acme.owner.post("/invitations", draft.clone()).await);
    assert!((3_500..=3_600).contains(&wait), "{wait}");

    let token = last["link"].as_str().unwrap().split_once('#').unwrap().1;
    let nobody = acme.installation.nobody_at("acme.palisade.test");
    for _ in 0..60 {
        let weak = json!({ "token": token, "name": "Noé", "password": "password1234" });
        nobody.post("/acceptances", weak).await.problem(422, "password-common");
        nobody.post("/invitation-look-ups", json!({ "token": "x" })).await.problem(404, "link-used");
    }
    assert!(limited(nobody.post("/invitation-look-ups", json!({ "token": token })).await) <= 60);
    let good = json!({ "token": token, "name": "Noé", "password": PASSWORD });
    assert!(limited(nobody.post("/acceptances", good.clone()).await) <= 60);
    assert_eq!(acme.state().await, before);

    acme.installation.wait(Duration::from_mins(1));
    nobody.post("/invitation-look-ups", json!({ "token": token })).await.ok();
    nobody.post("/acceptances", good).await.created();
    acme.installation.wait(Duration::from_mins(59));
    let other = json!({ "email": "mia@acme.example", "role": "member" });
    acme.owner.post("/invitations", other).await.created();
}
