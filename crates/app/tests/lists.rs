//! Lists and the trash, where something happens meanwhile; ranges of another version; names that are taken.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use http::header;
use serde_json::{Value, json};
use testkit::{Installation, PASSWORD, Person};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn project(owner: &Person, name: &str) -> String {
    id(&owner.post("/projects", json!({ "name": name })).await.created())
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended_whatever_became_of_its_last_entry() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let files = format!("/projects/{}/files", project(&owner, "Quay").await);
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(id(&owner.upload(&format!("{files}?name={name}"), name.repeat(3)).await.created()));
    }
    let page = owner.get(&format!("{files}?limit=2")).await.ok();
    assert_eq!(names(&page), ["a", "b"]);
    let next = page["next"].as_str().unwrap();
    let rest = format!("{files}?limit=9&cursor={next}");
    owner.patch(&format!("/files/{}", ids[1]), json!({ "name": "z" })).await.ok();
    assert_eq!(names(&owner.get(&rest).await.ok()), ["c", "d", "e", "z"]);
    owner.delete(&format!("/files/{}", ids[1])).await.gone_through();
    assert_eq!(names(&owner.get(&rest).await.ok()), ["c", "d", "e"]);

    let page = owner.get(&format!("{files}?limit=2&sort=changed&order=desc")).await.ok();
    assert_eq!(names(&page), ["e", "d"]);
    let next = page["next"].as_str().unwrap();
    let rest = owner.get(&format!("{files}?sort=changed&order=desc&cursor={next}")).await.ok();
    assert_eq!(names(&rest), ["c", "a"]);
    owner.get(&format!("{files}?cursor={next}")).await.problem(422, "invalid-cursor");
}

#[tokio::test]
async fn a_folder_that_goes_for_good_leaves_what_was_in_the_trash_before_it() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let draft = json!({ "parent": null, "name": "Plans" });
    let folder = id(&owner.post(&format!("/projects/{project}/folders"), draft).await.created());
    let path = format!("/projects/{project}/files?parent={folder}");
    let precious = id(&owner.upload(&format!("{path}&name=precious"), "precious").await.created());
    owner.upload(&format!("{path}&name=other"), "other").await.created();
    owner.delete(&format!("/files/{precious}")).await.gone_through();
    owner.delete(&format!("/files/{folder}")).await.gone_through();
    owner.delete(&format!("/trash/{folder}")).await.gone_through();

    let trash = owner.get(&format!("/projects/{project}/trash")).await.ok();
    assert_eq!(names(&trash), ["precious"]);
    assert_eq!(owner.get("/account").await.ok()["used_bytes"], 8);
    let back = owner.put(&format!("/trash/{precious}/restoration"), json!({})).await.ok();
    assert_eq!((back["name"].as_str(), &back["parent"]), (Some("precious"), &Value::Null));
    assert_eq!(owner.get(&format!("/files/{precious}/content")).await.bytes(), "precious");
}

#[tokio::test]
async fn a_download_that_goes_on_gets_the_rest_of_its_own_version_or_all_of_another() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let files = format!("/projects/{}/files", project(&owner, "Quay").await);
    let file = id(&owner.upload(&format!("{files}?name=a"), "0123456789").await.created());
    let content = format!("/files/{file}/content");
    let first = owner.get(&content).await.header(&header::ETAG).unwrap().to_owned();
    let rest = owner.with(header::RANGE, "bytes=5-").with(header::IF_RANGE, &first);
    let answer = rest.get(&content).await;
    assert_eq!((answer.status.as_u16(), answer.bytes()), (206, "56789".into()));
    owner.upload(&format!("{files}?name=a&on_conflict=version"), "abcdefghij").await.ok();
    let answer = rest.get(&content).await;
    assert_eq!((answer.status.as_u16(), answer.bytes()), (200, "abcdefghij".into()));
}

#[tokio::test]
async fn a_long_name_comes_back_beside_its_like() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let files = format!("/projects/{}/files", project(&owner, "Quay").await);
    let name = format!("{}.txt", "n".repeat(251));
    let file = id(&owner.upload(&format!("{files}?name={name}"), "first").await.created());
    owner.delete(&format!("/files/{file}")).await.gone_through();
    owner.upload(&format!("{files}?name={name}"), "second").await.created();
    let back = owner.put(&format!("/trash/{file}/restoration"), json!({})).await.ok();
    assert_eq!(back["name"], format!("{} (2).txt", "n".repeat(247)));
}

#[tokio::test]
async fn a_copy_has_a_limit() {
    let installation = Installation::with(|limits| limits.copied_entries = 3).await;
    let owner = installation.account("acme").await;
    let project = project(&owner, "Quay").await;
    let draft = json!({ "parent": null, "name": "Plans" });
    let folder = id(&owner.post(&format!("/projects/{project}/folders"), draft).await.created());
    for name in ["a", "b"] {
        owner.upload(&format!("/projects/{project}/files?parent={folder}&name={name}"), name).await.created();
    }
    let copies = format!("/files/{folder}/copies");
    owner.post(&copies, json!({ "parent": null })).await.created();
    owner.upload(&format!("/projects/{project}/files?parent={folder}&name=c"), "c").await.created();
    owner.post(&copies, json!({ "parent": null })).await.problem(409, "too-many-entries");
}

/// Else the names that are taken would tell of projects that a guest does not see.
#[tokio::test]
async fn a_guest_renames_no_project() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (shown, _) = (project(&owner, "Alpha").await, project(&owner, "Layoffs 2027").await);
    let draft = json!({ "email": "noe@acme.example", "role": "guest", "projects": [shown] });
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let mut guest = installation.nobody_at("acme.palisade.test");
    let token = link.split_once('#').unwrap().1;
    guest
        .post("/acceptances", json!({ "token": token, "name": "Noé", "password": PASSWORD }))
        .await
        .created();
    guest.sign_in(json!({ "email": "noe@acme.example", "password": PASSWORD })).await;
    guest
        .patch(&format!("/projects/{shown}"), json!({ "name": "Layoffs 2027" }))
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn uploads_under_one_key_at_once_are_one_upload() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let files = format!("/projects/{}/files", project(&owner, "Quay").await);
    let same = owner.with("idempotency-key".parse().unwrap(), "once");
    for round in 0..5 {
        let (same, path) = (
            same.with("idempotency-key".parse().unwrap(), &format!("once {round}")),
            format!("{files}?name={round}"),
        );
        let sent: Vec<_> = (0..10)
            .map(|_| {
                let (same, path) = (same.clone(), path.clone());
                tokio::spawn(async move { id(&same.upload(&path, "content").await.created()) })
            })
            .collect();
        let mut made = Vec::new();
        for answer in sent {
            made.push(answer.await.unwrap());
        }
        made.dedup();
        assert_eq!(made.len(), 1);
    }
    assert_eq!(names(&owner.get(&files).await.ok()).len(), 5);
}

#[tokio::test]
async fn sessions_that_have_expired_are_forgotten() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let account = installation.id_of("acme").await;
    let count = async || {
        use db::schema::session::dsl;
        use diesel::QueryDsl;
        installation.palisade.db.read(account, |tx| tx.get::<i64>(tx.of(dsl::session).count())).await.unwrap()
    };
    app::forget_expired(&installation.palisade).await.unwrap();
    assert_eq!(count().await, 1);
    owner.get("/profile").await.ok();
    installation.wait(std::time::Duration::from_hours(13));
    app::forget_expired(&installation.palisade).await.unwrap();
    assert_eq!(count().await, 0);
}
