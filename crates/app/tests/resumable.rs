//! Uploads that are resumed, over tus 1.0.0: whatever breaks, what was told as received is there, and nothing comes twice.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use axum::body::{Body, Bytes};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, Method, header};
use serde_json::{Value, json};
use std::{convert::Infallible, io, time::Duration};
use testkit::{Answer, Installation, Person};
use tokio::sync::mpsc;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const MIB: usize = 1 << 20;

struct Acme {
    installation: Installation,
    owner: Person,
    project: String,
}

impl Acme {
    async fn new() -> Self {
        Self::of(Installation::new().await).await
    }

    async fn of(installation: Installation) -> Self {
        let owner = installation.account("acme").await;
        let project = owner.post("/projects", json!({ "name": "Quay" })).await.created();
        Self { installation, owner, project: project["id"].as_str().unwrap().to_owned() }
    }

    fn uploads(&self) -> String {
        format!("/projects/{}/uploads", self.project)
    }

    /// Begins an upload of so many bytes, and gives its path.
    async fn begin(&self, name: &str, length: usize) -> String {
        path(&begin(&self.owner, &format!("{}?name={name}", self.uploads()), length).await)
    }

    async fn used(&self) -> i64 {
        self.owner.get("/account").await.ok()["used_bytes"].as_i64().unwrap()
    }

    async fn files(&self) -> Vec<String> {
        let page = self.owner.get(&format!("/projects/{}/files", self.project)).await.ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Whoever speaks tus.
fn tus(person: &Person) -> Person {
    person.with(RESUMABLE, "1.0.0")
}

async fn begin(person: &Person, path: &str, length: usize) -> Answer {
    tus(person).with(LENGTH, &length.to_string()).send(Method::POST, path, Body::empty()).await
}

/// The path of an upload, as it was told.
fn path(created: &Answer) -> String {
    assert_eq!(created.status.as_u16(), 201, "{:?}", created.bytes());
    created.header(&header::LOCATION).unwrap().strip_prefix("/api/v1").unwrap().to_owned()
}

async fn send(person: &Person, upload: &str, offset: usize, body: impl Into<Body>) -> Answer {
    let person = tus(person).with(header::CONTENT_TYPE, "application/offset+octet-stream");
    person.with(OFFSET, &offset.to_string()).send(Method::PATCH, upload, body.into()).await
}

async fn offset(person: &Person, upload: &str) -> usize {
    let state = tus(person).send(Method::HEAD, upload, Body::empty()).await;
    assert_eq!(state.status.as_u16(), 200);
    number(&state)
}

fn number(answer: &Answer) -> usize {
    answer.header(&OFFSET).unwrap().parse().unwrap()
}

/// The path of the file that an upload has become.
fn file(answer: &Answer) -> String {
    answer.header(&header::CONTENT_LOCATION).unwrap().strip_prefix("/api/v1").unwrap().to_owned()
}

/// Bytes that are all different at a distance.
fn content(length: usize) -> Bytes {
    (0..length.div_ceil(8) as u64).flat_map(u64::to_be_bytes).take(length).collect::<Vec<_>>().into()
}

/// A body that breaks off after these bytes.
fn broken(bytes: Bytes) -> Body {
    let chunks = [Ok(bytes), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    Body::from_stream(futures_util::stream::iter(chunks))
}

#[tokio::test]
async fn an_upload_that_broke_off_goes_on_where_it_was() {
    let acme = Acme::new().await;
    let whole = content(40 * MIB + 7);
    let metadata = format!("filename {}", STANDARD.encode("plan é.mov"));
    let created = begin(&acme.owner.with(METADATA, &metadata), &acme.uploads(), whole.len()).await;
    assert_eq!(created.header(&RESUMABLE), Some("1.0.0"));
    let upload = path(&created);
    assert_eq!(offset(&acme.owner, &upload).await, 0);

    // Two parts and a bit: all of it is kept, since the request broke off and not the server.
    let cut = 33 * MIB + 12_345;
    send(&acme.owner, &upload, 0, broken(whole.slice(..cut))).await.problem(400, "cut-off");
    assert_eq!(offset(&acme.owner, &upload).await, cut);
    assert!(acme.files().await.is_empty(), "a file is there when it is whole");

    send(&acme.owner, &upload, 0, whole.clone()).await.problem(409, "wrong-offset");
    send(&acme.owner, &upload, cut + 1, whole.slice(cut + 1..)).await.problem(409, "wrong-offset");
    let done = send(&acme.owner, &upload, cut, whole.slice(cut..)).await;
    done.gone_through();
    assert_eq!(number(&done), whole.len());
    assert_eq!(acme.files().await, ["plan é.mov"]);
    assert!(acme.owner.get(&format!("{}/content", file(&done))).await.bytes() == whole);
    let range = acme.owner.with(header::RANGE, "bytes=16777210-16777225");
    let part = range.get(&format!("{}/content", file(&done))).await;
    assert_eq!(part.bytes(), whole.slice(16_777_210..16_777_226), "across the seam of two parts");
    assert_eq!(acme.used().await, i64::try_from(whole.len()).unwrap());

    // Whoever missed the last answer finds that it is done.
    let state = tus(&acme.owner).send(Method::HEAD, &upload, Body::empty()).await;
    assert_eq!((number(&state), file(&state)), (whole.len(), file(&done)));
    let again = send(&acme.owner, &upload, whole.len(), Body::empty()).await;
    again.gone_through();
    assert_eq!(file(&again), file(&done));
    acme.installation.settle().await;
}

#[tokio::test]
async fn the_later_of_two_prevails_and_what_the_other_brought_is_deleted() {
    let acme = Acme::new().await;
    let whole = content(20 * MIB);
    let upload = acme.begin("plan", whole.len()).await;

    // The first is in the middle of a part, and nobody knows that its client is gone.
    let (sender, receiver) = mpsc::channel::<Result<Bytes, Infallible>>(1);
    sender.send(Ok(whole.slice(..MIB))).await.unwrap();
    let stream = futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    let (owner, at) = (acme.owner.clone(), upload.clone());
    let first = tokio::spawn(async move { send(&owner, &at, 0, Body::from_stream(stream)).await });
    sender.send(Ok(whole.slice(MIB..2 * MIB))).await.unwrap(); // so that the first chunk was taken

    send(&acme.owner, &upload, 0, broken(whole.slice(..3 * MIB))).await.problem(400, "cut-off");
    assert_eq!(offset(&acme.owner, &upload).await, 3 * MIB);
    drop(sender);
    first.await.unwrap().problem(409, "upload-taken-over");
    assert_eq!(offset(&acme.owner, &upload).await, 3 * MIB);

    let done = send(&acme.owner, &upload, 3 * MIB, whole.slice(3 * MIB..)).await;
    assert!(acme.owner.get(&format!("{}/content", file(&done))).await.bytes() == whole);
    acme.installation.settle().await;
    assert_eq!(parts(&acme.installation), 3, "of those that count: 3, 16 and 1 MiB");
}

/// How many objects there are at the sites.
fn parts(installation: &Installation) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    count(&installation.folder().join("blobs"))
}

#[tokio::test]
async fn what_is_empty_is_whole_at_once() {
    let acme = Acme::new().await;
    let created = begin(&acme.owner, &format!("{}?name=empty", acme.uploads()), 0).await;
    assert_eq!(number(&created), 0);
    assert_eq!(acme.files().await, ["empty"]);
    assert_eq!(acme.owner.get(&format!("{}/content", file(&created))).await.bytes(), "");
    assert_eq!(offset(&acme.owner, &path(&created)).await, 0);
}

#[tokio::test]
async fn an_upload_waits_for_its_own_person_and_is_found_again() {
    let acme = Acme::new().await;
    let metadata =
        format!("filename {},modified {}", STANDARD.encode("Film.mov"), STANDARD.encode("1764115200000"));
    let upload = path(&begin(&acme.owner.with(METADATA, &metadata), &acme.uploads(), MIB).await);
    send(&acme.owner, &upload, 0, broken(content(MIB / 2))).await.problem(400, "cut-off");
    let state = tus(&acme.owner).send(Method::HEAD, &upload, Body::empty()).await;
    assert_eq!(state.header(&METADATA), Some(metadata.as_str()));
    let waiting = acme.owner.get(&acme.uploads()).await.ok();
    let found = &waiting["items"][0];
    assert_eq!(
        (found["name"].as_str(), &found["modified"], &found["received"], &found["length"], &found["parent"]),
        (Some("Film.mov"), &json!(1_764_115_200_000_i64), &json!(MIB / 2), &json!(MIB), &Value::Null)
    );
    assert_eq!(format!("/uploads/{}", found["id"].as_str().unwrap()), upload);

    let outsider = acme.installation.account("evil").await;
    for stranger in [&outsider, &acme.installation.account("third").await] {
        let state = tus(stranger).send(Method::HEAD, &upload, Body::empty()).await;
        assert_eq!(state.status.as_u16(), 404);
        send(stranger, &upload, MIB / 2, "x").await.problem(404, "not-found");
    }

    tus(&acme.owner).send(Method::DELETE, &upload, Body::empty()).await.gone_through();
    assert_eq!(tus(&acme.owner).send(Method::HEAD, &upload, Body::empty()).await.status.as_u16(), 404);
    assert_eq!(acme.owner.get(&acme.uploads()).await.ok()["items"], json!([]));
    assert_eq!(parts(&acme.installation), 0, "what was given up is deleted at once");
}

#[tokio::test]
async fn what_nobody_resumes_expires_and_frees_its_room() {
    let acme = Acme::of(Installation::with(|limits| limits.account_bytes = 3 << 20).await).await;
    let upload = acme.begin("plan", 2 * MIB).await;
    send(&acme.owner, &upload, 0, broken(content(MIB))).await.problem(400, "cut-off");
    begin(&acme.owner, &format!("{}?name=b", acme.uploads()), 2 * MIB).await.problem(507, "over-quota");
    acme.installation.wait(Duration::from_hours(23));
    acme.installation.collect().await;
    let mut owner = acme.installation.nobody_at("acme.palisade.test");
    owner.sign_in(json!({ "email": "ines@acme.example", "password": testkit::PASSWORD })).await;
    assert_eq!(offset(&owner, &upload).await, MIB);

    acme.installation.wait(Duration::from_hours(2));
    let state = tus(&owner).send(Method::HEAD, &upload, Body::empty()).await;
    assert_eq!(state.status.as_u16(), 404);
    send(&owner, &upload, MIB, "x").await.problem(404, "not-found");
    acme.installation.collect().await;
    assert_eq!(parts(&acme.installation), 0);
    path(&begin(&owner, &format!("{}?name=b", acme.uploads()), 2 * MIB).await);
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_gets_a_number_and_a_version_is_one() {
    let acme = Acme::new().await;
    let (first, second) = (acme.begin("plan", 3).await, acme.begin("plan", 5).await);
    send(&acme.owner, &first, 0, "one").await.gone_through();
    send(&acme.owner, &second, 0, "other").await.gone_through();
    assert_eq!(acme.files().await, ["plan", "plan (2)"]);
    let taken = begin(&acme.owner, &format!("{}?name=plan", acme.uploads()), 3).await;
    taken.problem(409, "name-taken");
    let version = format!("{}?name=plan&on_conflict=version", acme.uploads());
    let upload = path(&begin(&acme.owner, &version, 7).await);
    let done = send(&acme.owner, &upload, 0, "version").await;
    assert_eq!(acme.owner.get(&file(&done)).await.ok()["version"], 2);
    assert_eq!(acme.files().await, ["plan", "plan (2)"]);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_lost() {
    let acme = Acme::of(Installation::with(|limits| limits.file_bytes = 8 << 20).await).await;
    let named = format!("{}?name=plan", acme.uploads());
    begin(&acme.owner, &named, 9 * MIB).await.problem(413, "too-large");
    begin(&acme.owner, &acme.uploads(), 1).await.problem(422, "name-empty");
    begin(&acme.owner, &format!("{}?name=a/b", acme.uploads()), 1)
        .await
        .problem(422, "name-forbidden-character");
    let unknown = acme.owner.with(LENGTH, "1").send(Method::POST, &named, Body::empty()).await;
    unknown.problem(412, "tus-version");
    assert_eq!(unknown.header(&HeaderName::from_static("tus-version")), Some("1.0.0"));
    tus(&acme.owner).send(Method::POST, &named, Body::empty()).await.problem(422, "unknown-value");
    let odd = acme.owner.with(METADATA, "filename ###");
    begin(&odd, &named, 1).await.problem(422, "unknown-value");

    let upload = acme.begin("plan", 4).await;
    send(&acme.owner, &upload, 0, "ab").await.gone_through();
    send(&acme.owner, &upload, 2, "cdefg").await.problem(413, "too-large");
    let unsaid = Body::from_stream(futures_util::stream::iter([Ok::<_, Infallible>("cdefg")]));
    send(&acme.owner, &upload, 2, unsaid).await.problem(413, "too-large");
    let typed = tus(&acme.owner).with(OFFSET, "2");
    typed.send(Method::PATCH, &upload, Body::from("cd")).await.problem(415, "bad-type");
    assert_eq!(offset(&acme.owner, &upload).await, 2);

    // The project is archived, and comes back.
    acme.owner.put(&format!("/projects/{}/archive", acme.project), json!({})).await.ok();
    send(&acme.owner, &upload, 2, "cd").await.problem(409, "archived");
    acme.owner.delete(&format!("/projects/{}/archive", acme.project)).await.ok();
    let done = send(&acme.owner, &upload, 2, "cd").await;
    assert_eq!(acme.owner.get(&format!("{}/content", file(&done))).await.bytes(), "abcd");
    acme.installation.settle().await;
}
