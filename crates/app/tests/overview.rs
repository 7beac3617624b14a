//! What a project and a file say of themselves: what changed last, who may see it, how much is in a folder, where it is held,
//! and what whoever asks may do.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Installation, PASSWORD, Person};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

async fn project(owner: &Person, name: &str) -> String {
    id(&owner.post("/projects", json!({ "name": name })).await.created())
}

async fn folder(owner: &Person, project: &str, parent: Option<&str>, name: &str) -> String {
    let draft = json!({ "parent": parent, "name": name });
    id(&owner.post(&format!("/projects/{project}/folders"), draft).await.created())
}

async fn joined(installation: &Installation, owner: &Person, name: &str, mut draft: Value) -> Person {
    draft["email"] = json!(format!("{name}@acme.example"));
    let link = owner.post("/invitations", draft).await.created()["link"].as_str().unwrap().to_owned();
    let mut person = installation.nobody_at("acme.palisade.test");
    let token = link.split_once('#').unwrap().1;
    person
        .post("/acceptances", json!({ "token": token, "name": name, "password": PASSWORD }))
        .await
        .created();
    person.sign_in(json!({ "email": format!("{name}@acme.example"), "password": PASSWORD })).await;
    person
}

#[tokio::test]
async fn rights_are_told_truly() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let quay = project(&owner, "Quay").await;
    let member = joined(&installation, &owner, "mia", json!({ "role": "member" })).await;
    let guest = joined(&installation, &owner, "gus", json!({ "role": "guest", "projects": [quay] })).await;
    let rights = async |person: &Person| {
        let shown = person.get(&format!("/projects/{quay}")).await.ok();
        (shown["may_edit"].as_bool().unwrap(), shown["may_manage"].as_bool().unwrap())
    };
    for (person, manages) in [(&owner, true), (&member, true), (&guest, false)] {
        assert_eq!(rights(person).await, (true, manages));
    }
    // What it says is what happens.
    guest.put(&format!("/projects/{quay}/archive"), json!({})).await.problem(403, "forbidden");
    member.put(&format!("/projects/{quay}/archive"), json!({})).await.ok();
    for (person, manages) in [(&owner, true), (&member, true), (&guest, false)] {
        assert_eq!(rights(person).await, (false, manages));
    }
    guest.delete(&format!("/projects/{quay}/archive")).await.problem(403, "forbidden");
    let archived = guest.get("/projects?state=archived").await.ok();
    assert_eq!(archived["items"][0]["may_manage"], false);
    member.delete(&format!("/projects/{quay}/archive")).await.ok();
}

#[tokio::test]
async fn a_project_says_what_happened_last_in_it() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let mia = joined(&installation, &owner, "mia", json!({ "role": "member" })).await;
    let (quay, light) = (project(&owner, "Quay").await, project(&owner, "Lighthouse").await);
    mia.upload(&format!("/projects/{quay}/files?name=plan"), "plan").await.created();
    owner.patch("/profile", json!({ "language": "fr" })).await.ok();
    let page = mia.get("/projects").await.ok();
    assert_eq!(names(&page), ["Lighthouse", "Quay"]);
    let last = |place: usize| &page["items"][place]["last_change"];
    assert_eq!(
        (&last(0)["kind"], &last(0)["actor"]["name"]),
        (&json!("project-created"), &json!("Inès Moreau"))
    );
    assert_eq!((&last(1)["kind"], &last(1)["actor"]["name"]), (&json!("file-added"), &json!("mia")));
    assert_eq!((&last(1)["subject"]["name"], &last(1)["project"]["name"]), (&json!("plan"), &json!("Quay")));
    let changed = owner.patch(&format!("/projects/{light}"), json!({ "name": "Tower" })).await.ok();
    assert_eq!(changed["last_change"]["kind"], "project-changed");
}

#[tokio::test]
async fn the_latest_files_of_a_project_come_with_their_folders() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let quay = project(&owner, "Quay").await;
    let files = format!("/projects/{quay}/files");
    let plans = folder(&owner, &quay, None, "Plans").await;
    let old = folder(&owner, &quay, Some(&plans), "Old").await;
    let mut made = Vec::new();
    for (name, query) in [
        ("a", String::new()),
        ("b", format!("&parent={plans}")),
        ("c", format!("&parent={old}")),
        ("d", String::new()),
    ] {
        installation.wait(Duration::from_secs(1));
        made.push(id(&owner.upload(&format!("{files}?name={name}{query}"), "x").await.created()));
    }
    installation.wait(Duration::from_secs(1));
    owner.upload(&format!("{files}?name=a&on_conflict=version"), "longer").await.ok();
    owner.delete(&format!("/files/{}", made[3])).await.gone_through();

    let latest = format!("/projects/{quay}/latest-files");
    let page = owner.get(&latest).await.ok();
    assert_eq!(names(&page), ["a", "c", "b"]);
    let path = page["items"][1]["path"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap());
    assert_eq!(path.collect::<Vec<_>>(), ["Plans", "Old"]);
    assert_eq!((&page["items"][0]["version"], &page["items"][0]["sites"]), (&json!(2), &json!(["home"])));
    assert_eq!(names(&owner.get(&format!("{latest}?limit=2")).await.ok()), ["a", "c"]);
    assert_eq!(names(&owner.get(&format!("{latest}?limit=0")).await.ok()), ["a"], "one at least");
    owner.get(&format!("{latest}?limit=-1")).await.problem(400, "malformed");

    owner.delete(&format!("/files/{plans}")).await.gone_through();
    assert_eq!(names(&owner.get(&latest).await.ok()), ["a"]);
    let outsider = installation.account("evil").await;
    outsider.get(&latest).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_project_says_who_may_see_it_but_not_to_guests() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let (quay, other) = (project(&owner, "Quay").await, project(&owner, "Other").await);
    let member = joined(&installation, &owner, "Mia", json!({ "role": "member" })).await;
    let guest = joined(&installation, &owner, "gus", json!({ "role": "guest", "projects": [quay] })).await;
    joined(&installation, &owner, "Zoé", json!({ "role": "guest", "projects": [other] })).await;
    let page = member.get(&format!("/projects/{quay}/people")).await.ok();
    assert_eq!(names(&page), ["gus", "Inès Moreau", "Mia"]);
    let roles: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|person| person["role"].clone()).collect();
    assert_eq!(roles, ["guest", "owner", "member"]);
    assert!(page["items"][0].get("email").is_none());
    guest.get(&format!("/projects/{quay}/people")).await.problem(403, "forbidden");
    guest.get(&format!("/projects/{other}/people")).await.problem(404, "not-found");

    let gone = id(&page["items"][2]);
    owner.delete(&format!("/people/{gone}")).await.gone_through();
    assert_eq!(names(&owner.get(&format!("/projects/{quay}/people")).await.ok()), ["gus", "Inès Moreau"]);
}

#[tokio::test]
async fn a_folder_is_weighed_when_somebody_asks() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let quay = project(&owner, "Quay").await;
    let plans = folder(&owner, &quay, None, "Plans").await;
    let old = folder(&owner, &quay, Some(&plans), "Old").await;
    let upload = async |parent: &str, name: &str, content: &'static str| {
        let path = format!("/projects/{quay}/files?parent={parent}&name={name}");
        id(&owner.upload(&path, content).await.created())
    };
    let file = upload(&plans, "a", "12345").await;
    upload(&old, "b", "123").await;
    let gone = upload(&old, "c", "1").await;
    owner.delete(&format!("/files/{gone}")).await.gone_through();

    let counted = owner.get(&format!("/files/{plans}?counted=true")).await.ok();
    assert_eq!((&counted["bytes"], &counted["items"]), (&json!(8), &json!(2)));
    let shown = owner.get(&format!("/files/{plans}")).await.ok();
    assert_eq!((&shown["bytes"], &shown["items"]), (&Value::Null, &Value::Null));
    let counted = owner.get(&format!("/files/{file}?counted=true")).await.ok();
    assert_eq!((&counted["bytes"], &counted["size"]), (&Value::Null, &json!(5)));
    let empty = folder(&owner, &quay, None, "Empty").await;
    assert_eq!(owner.get(&format!("/files/{empty}?counted=true")).await.ok()["bytes"], 0);
    owner.get(&format!("/files/{plans}?counted=yes")).await.problem(400, "malformed");
}

#[tokio::test]
async fn a_file_says_where_it_is_held_and_since_when() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    let quay = project(&owner, "Quay").await;
    let path = format!("/projects/{quay}/files?name=plan");
    let uploaded = owner.upload(&path, "first").await.created();
    let file = id(&uploaded);
    let copies = format!("/files/{file}/copies");
    let page = owner.get(&copies).await.ok();
    let since = page["items"][0]["since"].clone();
    assert_eq!(
        page["items"],
        json!([{ "site": "home", "held": true, "since": uploaded["created_at"], "checked_at": null }])
    );
    installation.wait(Duration::from_hours(1));
    owner.upload(&format!("{path}&on_conflict=version"), "second").await.ok();
    assert!(owner.get(&copies).await.ok()["items"][0]["since"].as_str() > since.as_str(), "of this version");

    let plans = folder(&owner, &quay, None, "Plans").await;
    owner.get(&format!("/files/{plans}/copies")).await.problem(409, "not-a-file");
    let outsider = installation.account("evil").await;
    outsider.get(&copies).await.problem(404, "not-found");
    // One whose time nobody noted, as those from before it was.
    forget_since(&installation).await;
    let page = owner.get(&copies).await.ok();
    assert_eq!(page["items"], json!([{ "site": "home", "held": true, "since": null, "checked_at": null }]));
    let guest = joined(&installation, &owner, "gus", json!({ "role": "guest", "projects": [quay] })).await;
    assert_eq!(guest.get(&copies).await.ok(), page);
}

async fn forget_since(installation: &Installation) {
    use db::schema::blob_copy::dsl;
    use diesel::ExpressionMethods;
    let account = installation.id_of("acme").await;
    let forget = |tx: &mut db::Tx<'_>| {
        tx.execute(diesel::update(tx.of(dsl::blob_copy)).set(dsl::since.eq(None::<i64>)))
    };
    installation.palisade.db.write(account, forget).await.unwrap();
}
