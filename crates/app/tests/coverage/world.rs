//! The people of the tests, and the things that they work on.

use axum::body::Body;
use http::{Method, header};
use serde_json::{Value, json};
use testkit::{HOST, Installation, PASSWORD, PICTURE, Person};

pub(crate) const ACME: &str = "acme.palisade.test";
pub(crate) const EVIL: &str = "evil.palisade.test";

/// What a case works on; made anew for it.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    Nothing,
    Project,
    ArchivedProject,
    /// A project with something in its trash.
    Trash,
    /// A file with two versions; `secret` is the first.
    File,
    Trashed,
    /// Somebody who is here.
    Somebody,
    /// An invitation; `secret` is its link's.
    Invitation,
    /// The member and the guest, who both have a picture.
    Pictured,
    /// The member's.
    Draft,
    /// The member's.
    AppPassword,
    /// A link that resets somebody's password; `secret` is the link's.
    Reset,
}

#[derive(Default)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) secret: String,
}

pub(crate) struct World {
    installation: Installation,
    pub(crate) nobody: Person,
    /// The owner of another account.
    pub(crate) outsider: Person,
    /// Of a project in which nothing happens.
    pub(crate) guest: Person,
    pub(crate) member: Person,
    pub(crate) owner: Person,
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

impl World {
    pub(crate) async fn new() -> Self {
        let installation = Installation::new().await;
        let (owner, outsider) = (installation.account("acme").await, installation.account("evil").await);
        let nobody = installation.nobody_at(ACME);
        let given = text(&owner.post("/projects", json!({ "name": "Given" })).await.created(), "id");
        let guest = json!({ "email": "gus@acme.example", "role": "guest", "projects": [given] });
        let (guest, _) = joined(&owner, &nobody, guest).await;
        let (member, _) =
            joined(&owner, &nobody, json!({ "email": "mia@acme.example", "role": "member" })).await;
        Self { installation, nobody, outsider, guest, member, owner }
    }

    pub(crate) async fn make(&self, what: Make) -> Thing {
        let name = format!("thing {}", self.journal().await.len());
        match what {
            Make::Nothing => Thing::default(),
            Make::Project => self.project(&name).await,
            Make::ArchivedProject => {
                let project = self.project(&name).await;
                self.owner.put(&format!("/projects/{}/archive", project.id), json!({})).await.ok();
                project
            }
            Make::Trash => {
                let project = self.project(&name).await;
                self.trashed(&project).await;
                project
            }
            Make::File => self.file(&self.project(&name).await).await,
            Make::Trashed => self.trashed(&self.project(&name).await).await,
            Make::Somebody => {
                let draft =
                    json!({ "email": format!("{}@acme.example", name.replace(' ', "-")), "role": "member" });
                Thing { id: joined(&self.owner, &self.nobody, draft).await.1, ..Thing::default() }
            }
            Make::Invitation => {
                let draft = json!({ "email": "later@acme.example", "role": "member" });
                let made = self.owner.post("/invitations", draft).await.created();
                Thing { id: text(&made, "id"), secret: token(&text(&made, "link")) }
            }
            Make::Pictured => {
                for person in [&self.guest, &self.member] {
                    person.send(Method::PUT, "/profile/picture", Body::from(PICTURE)).await.ok();
                }
                Thing { id: text(&self.member.get("/profile").await.ok(), "id"), ..Thing::default() }
            }
            Make::Draft => {
                let fields = json!({ "fields": { "name": "Quay" } });
                self.member.put("/drafts/project.new", fields).await.gone_through();
                Thing::default()
            }
            Make::AppPassword => {
                let made = self.member.post("/app-passwords", json!({ "label": "rclone" })).await.created();
                Thing { id: text(&made, "id"), ..Thing::default() }
            }
            Make::Reset => {
                self.nobody.post("/password-resets", json!({ "email": "mia@acme.example" })).await;
                let waiting =
                    app::notifications::waiting(&self.installation.palisade, Some(ACME)).await.unwrap();
                let mail = app::notifications::show(&self.installation.palisade, waiting.last().unwrap().id)
                    .await
                    .unwrap();
                let body = &mail.body;
                let link = body.split_whitespace().find(|word| word.contains("/reset#")).unwrap();
                Thing { secret: token(link), ..Thing::default() }
            }
        }
    }

    async fn project(&self, name: &str) -> Thing {
        let made = self.owner.post("/projects", json!({ "name": name })).await.created();
        Thing { id: text(&made, "id"), ..Thing::default() }
    }

    async fn file(&self, project: &Thing) -> Thing {
        let path = format!("/projects/{}/files?name=plan&on_conflict=version", project.id);
        let id = text(&self.owner.upload(&path, "first").await.created(), "id");
        self.owner.upload(&path, "second").await.ok();
        let versions = self.owner.get(&format!("/files/{id}/versions")).await.ok();
        Thing { secret: text(&versions["items"][1], "id"), id }
    }

    async fn trashed(&self, project: &Thing) -> Thing {
        let file = self.file(project).await;
        self.owner.delete(&format!("/files/{}", file.id)).await.gone_through();
        file
    }

    /// The kinds of the journal's entries, newest first.
    pub(crate) async fn journal(&self) -> Vec<String> {
        kinds(&self.owner).await
    }

    /// The same of an account that was just opened.
    pub(crate) async fn journal_of_new(&self, opened: &Value) -> Vec<String> {
        let mut owner = self.installation.nobody_at(&format!("{}.{HOST}", text(opened, "name")));
        owner.sign_in(json!({ "ticket": opened["ticket"] })).await;
        kinds(&owner).await
    }

    /// What the account holds, as its owner sees it.
    pub(crate) async fn state(&self) -> Value {
        let mut state = Vec::new();
        for path in
            ["/account", "/people", "/invitations", "/projects", "/projects?state=archived", "/app-passwords"]
        {
            state.push(self.owner.get(path).await.ok());
        }
        for project in state[3]["items"].as_array().unwrap().clone() {
            for part in ["files", "trash"] {
                state.push(self.owner.get(&format!("/projects/{}/{part}", text(&project, "id"))).await.ok());
            }
        }
        state.push(self.member.get("/app-passwords").await.ok());
        json!([state, self.journal().await])
    }
}

async fn kinds(person: &Person) -> Vec<String> {
    let mut kinds = Vec::new();
    let mut path = "/journal?limit=200".to_owned();
    loop {
        let page = person.get(&path).await.ok();
        kinds.extend(page["items"].as_array().unwrap().iter().map(|entry| text(entry, "kind")));
        let Some(next) = page["next"].as_str() else { return kinds };
        path = format!("/journal?limit=200&cursor={next}");
    }
}

/// What follows the `#` of a link.
fn token(link: &str) -> String {
    link.split_once('#').unwrap().1.to_owned()
}

/// Somebody who was invited and came, and their id.
async fn joined(owner: &Person, nobody: &Person, draft: Value) -> (Person, String) {
    let link = text(&owner.post("/invitations", draft).await.created(), "link");
    let acceptance = json!({ "token": token(&link), "name": "Somebody", "password": PASSWORD });
    let answer = nobody.post("/acceptances", acceptance).await;
    let id = text(&answer.created()["person"], "id");
    let cookie = answer.header(&header::SET_COOKIE).unwrap().split(';').next().unwrap();
    (nobody.with(header::COOKIE, cookie), id)
}
