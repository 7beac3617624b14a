//! Several sites: what people see when one is lost, slow to come back, altered, added or taken out. Nothing that was
//! acknowledged is ever missing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what a person expects of an answer; a failure ends the test, and figures are shown"
)]

use app::files::held::{self, SiteState};
use axum::body::{Body, Bytes};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, Method, header};
use serde_json::{Value, json};
use std::{fs, time::Duration};
use testkit::{AtSites, Installation, Person};

const TWO: [&str; 2] = ["paris", "lyon"];
const THREE: [&str; 3] = ["paris", "lyon", "lille"];
const MIB: usize = 1 << 20;

struct Acme {
    installation: Installation,
    owner: Person,
    files: String,
}

impl Acme {
    async fn at(sites: &AtSites) -> Self {
        let installation = Installation::at(sites).await;
        let owner = installation.account("acme").await;
        // A program of the owner: no session outlives the weeks between two readings of all copies.
        let made = owner.post("/app-passwords", json!({ "label": "tests" })).await.created();
        let basic = STANDARD.encode(format!("ines@acme.example:{}", made["secret"].as_str().unwrap()));
        let owner = owner.without(&header::COOKIE).with(header::AUTHORIZATION, &format!("Basic {basic}"));
        let project = owner.post("/projects", json!({ "name": "Quay" })).await.created();
        let files = format!("/projects/{}/files", project["id"].as_str().unwrap());
        Self { installation, owner, files }
    }

    async fn restart_at(&mut self, sites: &AtSites) {
        self.installation.restart_at(sites).await;
        self.owner = self.owner.through(&self.installation.palisade);
    }

    async fn upload(&self, name: &str, content: impl Into<Bytes>) -> Value {
        self.owner.upload(&format!("{}?name={name}", self.files), content).await.created()
    }

    async fn content(&self, file: &Value) -> Bytes {
        self.owner.get(&format!("/files/{}/content", file["id"].as_str().unwrap())).await.bytes()
    }

    async fn file(&self, file: &Value) -> Value {
        self.owner.get(&format!("/files/{}", file["id"].as_str().unwrap())).await.ok()
    }

    /// The sites of a file's copies, and whether each holds it.
    async fn copies(&self, file: &Value) -> Vec<(String, bool)> {
        let copies = self.owner.get(&format!("/files/{}/copies", file["id"].as_str().unwrap())).await.ok();
        let copy =
            |copy: &Value| (copy["site"].as_str().unwrap().to_owned(), copy["held"].as_bool().unwrap());
        copies["items"].as_array().unwrap().iter().map(copy).collect()
    }

    async fn evidence(&self, id: &str) -> Value {
        let rows = self.owner.get("/trust").await.ok();
        let row = rows["rows"].as_array().unwrap().iter().find(|row| row["evidence"]["id"] == id).cloned();
        row.unwrap_or_else(|| panic!("no {id} in {rows}"))
    }

    async fn states(&self) -> Vec<(String, SiteState, u64, u64)> {
        let all = held::overview(&self.installation.palisade).await.unwrap();
        all.into_iter().map(|site| (site.site, site.state, site.held, site.missing)).collect()
    }
}

fn content(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect::<Vec<_>>().into()
}

fn sites(file: &Value) -> Vec<&str> {
    let mut sites: Vec<_> =
        file["sites"].as_array().unwrap().iter().map(|site| site.as_str().unwrap()).collect();
    sites.sort_unstable();
    sites
}

#[tokio::test]
async fn with_a_site_lost_uploads_wait_where_that_was_chosen_and_nothing_is_left_of_them() {
    let acme = Acme::at(&AtSites::new(&TWO, 2)).await;
    let before = acme.upload("before", "x").await;
    assert_eq!((sites(&before), &before["at_risk"]), (vec!["lyon", "paris"], &json!(false)));
    acme.installation.cut_off("lyon");
    let refused = acme.owner.upload(&format!("{}?name=during", acme.files), "y").await;
    assert!(refused.header(&header::RETRY_AFTER).is_some());
    refused.problem(503, "unavailable");
    assert_eq!(acme.content(&before).await, "x", "what is there is read from the other");
    acme.installation.bring_back("lyon").await;
    acme.upload("during", "y").await;
    acme.installation.wait(Duration::from_mins(11));
    acme.installation.collect().await;
    assert_eq!(acme.installation.objects_at("paris").len(), 2);
    assert_eq!(acme.installation.objects_at("lyon").len(), 2);
}

#[tokio::test]
async fn with_a_site_lost_uploads_go_on_where_that_was_chosen_and_are_repaired() {
    let acme = Acme::at(&AtSites::new(&TWO, 2).going_on()).await;
    let before = acme.upload("before", "x").await;
    acme.installation.cut_off("paris");
    let small = acme.upload("small", "y").await;
    let large = acme.upload("large", content(5 * MIB)).await;
    for file in [&small, &large, &acme.file(&large).await] {
        assert_eq!((sites(file), &file["at_risk"]), (vec!["lyon"], &json!(true)));
    }
    assert_eq!(acme.copies(&large).await, [("paris".to_owned(), false), ("lyon".to_owned(), true)]);
    let listed = acme.owner.get(&acme.files).await.ok();
    let risky = listed["items"].as_array().unwrap().iter().filter(|file| file["at_risk"] == true).count();
    assert_eq!(risky, 2);
    assert_eq!(acme.evidence("repair").await["state"], "leaning");
    assert_eq!(acme.evidence("files").await["evidence"]["short"], 2);
    assert_eq!(acme.installation.repair().await.copies, 0, "nobody can bring anything there now");
    assert_eq!(acme.content(&before).await, "x");

    acme.installation.bring_back("paris").await;
    let repaired = acme.installation.repair().await;
    assert_eq!(repaired.copies, 2);
    assert!(repaired.bytes > 5 * MIB as u64, "{repaired:?}");
    assert_eq!(acme.installation.repair().await.copies, 0, "once");
    let file = acme.file(&large).await;
    assert_eq!((sites(&file), &file["at_risk"]), (vec!["lyon", "paris"], &json!(false)));
    acme.installation.wait(Duration::from_mins(2));
    let repair = acme.evidence("repair").await;
    assert_eq!(
        (&repair["state"], &repair["evidence"]["at_risk"], &repair["evidence"]["oldest_at"]),
        (&json!("standing"), &json!(0), &Value::Null)
    );
    // What was acknowledged by lyon alone is read from paris alone.
    acme.installation.cut_off("lyon");
    assert_eq!(acme.content(&small).await, "y");
    assert!(acme.content(&large).await == content(5 * MIB));
}

#[tokio::test]
async fn what_is_altered_at_one_site_is_read_from_another_in_the_middle_of_a_download_and_mended() {
    let acme = Acme::at(&AtSites::new(&TWO, 2)).await;
    let expected = content(3 * MIB + 7);
    let file = acme.upload("plan", expected.clone()).await;
    let near = &acme.installation.objects_at("paris")[0];
    let whole = fs::read(near).unwrap();
    for at in [50, whole.len() / 2, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        fs::write(near, &altered).unwrap();
        assert!(acme.content(&file).await == expected, "byte {at}");
        assert_eq!(held::mend_doubted(&acme.installation.palisade).await.unwrap(), 1);
        assert!(fs::read(near).unwrap() == whole, "mended, since somebody met it");
    }
    fs::write(near, &whole[..whole.len() / 2]).unwrap();
    let path = format!("/files/{}/content", file["id"].as_str().unwrap());
    let last = acme.owner.with(header::RANGE, "bytes=-100").get(&path).await;
    assert!(last.bytes() == expected[expected.len() - 100..], "a range beyond the end of the short one");
    fs::remove_file(near).unwrap();
    assert!(acme.content(&file).await == expected, "gone altogether");
    assert_eq!(held::mend_doubted(&acme.installation.palisade).await.unwrap(), 1);
    // Altered at both: the reader is told by an end that is none, and nothing is thrown away.
    for site in TWO {
        let path = &acme.installation.objects_at(site)[0];
        let mut altered = whole.clone();
        altered[whole.len() - 1] ^= 1;
        fs::write(path, altered).unwrap();
    }
    let answer = acme.owner.get(&path).await;
    assert!(
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| answer.bytes())).is_err(),
        "no whole body"
    );
}

#[tokio::test]
async fn the_scrub_finds_what_was_altered_and_deleted_behind_our_back_and_mends_it() {
    let acme = Acme::at(&AtSites::new(&THREE, 2)).await;
    let mut files = Vec::new();
    for number in 0..6 {
        let content = content(1_000 + number);
        files.push((acme.upload(&format!("file-{number}"), content.clone()).await, content));
    }
    assert_eq!(acme.evidence("scrub").await["state"], "late", "it never was");
    let whole = acme.installation.scrub().await;
    assert_eq!((whole.copies, whole.bad, whole.mended, whole.lost), (18, 0, 0, 0));
    let objects = acme.installation.objects_at("lyon");
    fs::remove_file(&objects[0]).unwrap();
    let mut altered = fs::read(&objects[1]).unwrap();
    altered[500] ^= 0x10;
    fs::write(&objects[1], altered).unwrap();
    fs::write(&objects[2], "").unwrap();
    let lille = &acme.installation.objects_at("lille")[3];
    let longer = [&fs::read(lille).unwrap()[..], b"more"].concat();
    fs::write(lille, longer).unwrap();

    let found = acme.installation.scrub().await;
    assert_eq!((found.copies, found.bad, found.mended, found.lost), (18, 4, 4, 0));
    assert_eq!(acme.installation.scrub().await.bad, 0);
    acme.installation.wait(Duration::from_mins(2));
    let scrub = acme.evidence("scrub").await;
    assert_eq!((&scrub["state"], &scrub["evidence"]["copies"]), (&json!("standing"), &json!(18)));
    // The one that was mended is as good as the others.
    acme.installation.cut_off("paris");
    acme.installation.cut_off("lille");
    for (file, content) in &files {
        assert!(acme.content(file).await == *content);
    }
    let checked = acme.owner.get(&format!("/files/{}/copies", files[0].0["id"].as_str().unwrap())).await.ok();
    assert!(
        checked["items"].as_array().unwrap().iter().all(|copy| copy["checked_at"].is_string()),
        "{checked}"
    );
}

#[tokio::test]
async fn what_is_bad_everywhere_is_told_loudly_and_never_deleted() {
    let acme = Acme::at(&AtSites::new(&TWO, 2)).await;
    let file = acme.upload("plan", content(1_000)).await;
    acme.upload("other", "x").await;
    let bad: Vec<_> = TWO.map(|site| acme.installation.objects_at(site)[0].clone()).into();
    let whole = fs::read(&bad[0]).unwrap();
    for path in &bad {
        fs::write(path, [&whole[..100], b"something else"].concat()).unwrap();
    }
    for _ in 0..2 {
        let found = acme.installation.scrub().await;
        assert_eq!((found.copies, found.bad, found.mended, found.lost), (4, 2, 0, 1));
        acme.installation.repair().await;
        assert!(bad.iter().all(|path| fs::read(path).unwrap().ends_with(b"something else")));
    }
    acme.installation.wait(Duration::from_mins(2));
    assert_eq!(acme.evidence("scrub").await["state"], "leaning");
    assert_eq!(acme.evidence("files").await["evidence"]["lost"], 1);
    // Somebody brings one back from a backup.
    fs::write(&bad[1], whole).unwrap();
    let found = acme.installation.scrub().await;
    assert_eq!((found.bad, found.mended, found.lost), (1, 1, 0));
    assert_eq!(acme.content(&file).await, content(1_000));
    assert_eq!(acme.evidence("files").await["evidence"]["lost"], 0);
}

/// A disk that is not mounted looks as if everything was gone.
#[tokio::test]
async fn a_site_at_which_everything_seems_gone_is_left_alone_until_the_operator_says_that_it_was_emptied() {
    let acme = Acme::at(&AtSites::new(&TWO, 2)).await;
    for number in 0..20 {
        acme.upload(&format!("file-{number}"), "x").await;
    }
    let lyon = acme.installation.blobs_at("lyon");
    let away = lyon.with_extension("unmounted");
    fs::rename(&lyon, &away).unwrap();
    fs::create_dir(&lyon).unwrap();
    let found = acme.installation.scrub().await;
    assert_eq!((found.copies, found.bad, found.mended, found.skipped), (20, 0, 0, 20));
    assert_eq!(acme.installation.objects_at("lyon").len(), 0);
    assert_eq!(held::refill(&acme.installation.palisade, "lyon").await.unwrap(), 20);
    assert_eq!(acme.installation.repair().await.copies, 20);
    assert_eq!(acme.installation.scrub().await.bad, 0);
    assert_eq!(acme.installation.objects_at("lyon").len(), 20);
    let unknown = held::refill(&acme.installation.palisade, "nowhere").await.unwrap_err();
    assert_eq!(unknown.code(), "site-unknown");
}

#[tokio::test]
async fn a_site_is_added_filled_and_counted_and_another_taken_out() {
    let mut acme = Acme::at(&AtSites::new(&["home"], 1)).await;
    let mut files = Vec::new();
    for number in 0..10 {
        files.push(acme.upload(&format!("file-{number}"), content(100 + number)).await);
    }
    assert_eq!(acme.file(&files[0]).await["at_risk"], false);
    acme.installation.repair().await;
    assert_eq!(acme.states().await, [("home".to_owned(), SiteState::Whole, 10, 0)]);

    acme.restart_at(&AtSites::new(&["home", "paris"], 2)).await;
    assert_eq!(
        acme.states().await[1],
        ("paris".to_owned(), SiteState::Filling, 0, 0),
        "nobody has counted yet"
    );
    let during = acme.upload("during", "x").await;
    acme.installation.cut_off("paris");
    acme.installation.repair().await;
    assert_eq!(acme.states().await[1], ("paris".to_owned(), SiteState::Filling, 1, 10));
    assert_eq!(acme.file(&files[0]).await["at_risk"], true, "one copy is too few now");
    acme.installation.bring_back("paris").await;
    assert_eq!(acme.installation.repair().await.copies, 10);
    assert_eq!(acme.states().await[1], ("paris".to_owned(), SiteState::Whole, 11, 0));
    assert_eq!(acme.file(&files[0]).await["at_risk"], false);

    // A third, and the first goes.
    acme.restart_at(&AtSites::new(&["paris", "lyon"], 2).leaving("home")).await;
    acme.installation.cut_off("lyon");
    acme.installation.repair().await;
    assert_eq!(acme.states().await[2], ("home".to_owned(), SiteState::Leaving, 11, 0), "it is needed still");
    acme.installation.bring_back("lyon").await;
    assert_eq!(acme.installation.repair().await.copies, 11);
    assert_eq!(acme.states().await[2], ("home".to_owned(), SiteState::MayGo, 11, 0));
    assert_eq!(sites(&acme.upload("later", "y").await), ["lyon", "paris"], "it is given nothing more");
    assert_eq!(held::forget(&acme.installation.palisade, "home").await.unwrap_err().code(), "site-in-use");

    acme.restart_at(&AtSites::new(&["paris", "lyon"], 2)).await;
    acme.installation.repair().await;
    assert_eq!(acme.states().await[2], ("home".to_owned(), SiteState::Gone, 11, 0));
    fs::remove_dir_all(acme.installation.blobs_at("home")).unwrap();
    assert_eq!(held::forget(&acme.installation.palisade, "home").await.unwrap(), 11);
    assert_eq!(acme.states().await.len(), 2);
    for (number, file) in files.iter().enumerate() {
        assert_eq!(acme.content(file).await, content(100 + number));
        assert_eq!(sites(&acme.file(file).await), ["lyon", "paris"]);
    }
    assert_eq!(acme.content(&during).await, "x");
}

#[tokio::test]
async fn what_is_deleted_while_a_site_is_away_is_deleted_there_when_it_is_back() {
    let acme = Acme::at(&AtSites::new(&TWO, 1)).await;
    let file = acme.upload("plan", content(100)).await;
    let kept = acme.upload("kept", "x").await;
    acme.installation.cut_off("lyon");
    let missing = acme.upload("missing", "y").await;
    for gone in [&file, &missing] {
        acme.owner.delete(&format!("/files/{}", gone["id"].as_str().unwrap())).await.gone_through();
    }
    acme.owner.delete(&acme.files.replace("/files", "/trash")).await.gone_through();
    acme.installation.collect().await;
    assert_eq!(acme.installation.objects_at("paris").len(), 1, "at the other it is gone at once");
    acme.installation.wait(Duration::from_mins(2));
    acme.installation.collect().await;
    acme.installation.bring_back("lyon").await;
    assert_eq!(acme.installation.objects_at("lyon").len(), 2, "what it missed is there still");
    acme.installation.collect().await;
    assert_eq!(acme.installation.objects_at("lyon").len(), 1);
    acme.installation.repair().await;
    assert_eq!(acme.installation.objects_at("lyon").len(), 1, "and nothing is brought of what is gone");
    assert_eq!(acme.content(&kept).await, "x");
}

/// Versions of the program from before knew no checksums.
#[tokio::test]
async fn what_was_stored_before_there_were_checksums_is_opened_once_by_its_key() {
    let acme = Acme::at(&AtSites::new(&TWO, 1)).await;
    acme.installation.cut_off("lyon");
    let file = acme.upload("old", content(200_000)).await;
    acme.upload("older", "x").await;
    acme.installation.bring_back("lyon").await;
    let account = acme.installation.id_of("acme").await;
    let forget = |tx: &mut db::Tx<'_>| {
        use db::schema::blob::dsl;
        use diesel::ExpressionMethods;
        tx.execute(diesel::update(tx.of(dsl::blob)).set(dsl::parts.eq(None::<Vec<u8>>)))
    };
    assert_eq!(acme.installation.palisade.db.write(account, forget).await.unwrap(), 2);
    assert_eq!(acme.installation.repair().await.copies, 2);
    acme.installation.palisade.db.write(account, forget).await.unwrap();
    let near = &acme.installation.objects_at("paris")[0];
    let mut altered = fs::read(near).unwrap();
    altered[150_000] ^= 1;
    fs::write(near, altered).unwrap();
    let found = acme.installation.scrub().await;
    assert_eq!(
        (found.copies, found.bad, found.mended),
        (4, 1, 1),
        "the far one opens, and tells that the near one is bad"
    );
    acme.installation.cut_off("lyon");
    assert!(acme.content(&file).await == content(200_000));
    let left = acme.installation.palisade.db.read(account, |tx| {
        use db::schema::blob::dsl;
        use diesel::{ExpressionMethods, QueryDsl};
        tx.get::<i64>(tx.of(dsl::blob).filter(dsl::parts.is_null()).count())
    });
    assert_eq!(left.await.unwrap(), 0);
}

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");

#[tokio::test]
async fn an_upload_goes_on_while_one_site_after_the_other_is_lost() {
    let acme = Acme::at(&AtSites::new(&THREE, 2)).await;
    let tus = acme.owner.with(RESUMABLE, "1.0.0");
    let expected = content(5 * MIB);
    let address = format!("{}?name=film", acme.files.replace("/files", "/uploads"));
    let begun =
        tus.with(LENGTH, &expected.len().to_string()).send(Method::POST, &address, Body::empty()).await;
    let upload = begun.header(&header::LOCATION).unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let send = async |from: usize, to: usize| {
        let tus = tus.with(header::CONTENT_TYPE, "application/offset+octet-stream");
        let body = Body::from(expected.slice(from..to));
        tus.with(OFFSET, &from.to_string()).send(Method::PATCH, &upload, body).await
    };
    let mut at = 0;
    for lost in ["lille", "paris", "lyon"] {
        acme.installation.cut_off(lost);
        let answer = send(at, at + MIB).await;
        assert_eq!(answer.status.as_u16(), 204, "{lost} is lost: {:?}", answer.bytes());
        at += MIB;
        acme.installation.bring_back(lost).await;
    }
    // Two of three: too few, and nothing that was told is forgotten.
    acme.installation.cut_off("paris");
    acme.installation.cut_off("lille");
    send(at, at + MIB).await.problem(503, "unavailable");
    acme.installation.bring_back("lille").await;
    let rest = send(at, expected.len()).await;
    assert_eq!(rest.status.as_u16(), 204, "{:?}", rest.bytes());
    acme.installation.bring_back("paris").await;
    let list = acme.owner.get(&acme.files).await.ok();
    let file = &list["items"][0];
    assert_eq!(file["at_risk"], false);
    assert!(sites(file).len() >= 2, "{file}");
    acme.installation.settle().await;
    acme.installation.repair().await;
    let file = acme.file(file).await;
    assert_eq!(sites(&file).len(), 3);
    for lost in THREE {
        acme.installation.cut_off(lost);
        assert!(acme.content(&file).await == expected, "without {lost}");
        acme.installation.bring_back(lost).await;
    }
    assert_eq!(acme.installation.scrub().await.bad, 0);
}

/// How many copies the repair of each of two nodes brought, both at once.
#[tokio::test]
async fn two_nodes_bring_each_copy_once() {
    let acme = Acme::at(&AtSites::new(&TWO, 2).going_on()).await;
    let Some(other) = acme.installation.another_node().await else { return }; // SQLite has one node
    acme.installation.cut_off("lyon");
    for number in 0..40 {
        acme.upload(&format!("file-{number}"), content(1_000)).await;
    }
    acme.installation.bring_back("lyon").await;
    let (one, two) = tokio::join!(held::repair(&acme.installation.palisade), held::repair(&other));
    assert_eq!(one.unwrap().copies + two.unwrap().copies, 40);
    assert_eq!(acme.installation.objects_at("lyon").len(), 40);
    other.db.close().await;
}

#[tokio::test]
async fn while_a_node_that_was_killed_has_the_lead_others_wait_until_its_lease_is_over() {
    let acme = Acme::at(&AtSites::new(&TWO, 1)).await;
    acme.installation.repair().await; // the census
    acme.installation.cut_off("lyon");
    acme.upload("plan", "x").await;
    acme.installation.bring_back("lyon").await;
    assert_eq!(acme.installation.repair().await.copies, 1);
    acme.installation.cut_off("lyon");
    acme.upload("other", "y").await;
    acme.installation.bring_back("lyon").await;
    let kill = |tx: &mut db::SystemTx<'_>| {
        use db::schema::site_duty::dsl;
        use diesel::ExpressionMethods;
        let until = tx.now() + Duration::from_mins(1);
        let node = kernel::NodeId::from_bytes([7; 16]);
        tx.execute(diesel::update(dsl::site_duty).set((dsl::holder.eq(node), dsl::held_until.eq(until))))
    };
    acme.installation.palisade.db.system_write(db::Reason::TendCopies, kill).await.unwrap();
    assert_eq!(acme.installation.repair().await.copies, 0);
    acme.installation.wait(Duration::from_secs(61));
    assert_eq!(acme.installation.repair().await.copies, 1);
}

/// The figures of bringing a lost site back. With `PALISADE_LONG=1` as many files as the release is measured by.
#[tokio::test]
async fn a_lost_site_is_brought_back_and_the_other_may_go_then() {
    let count = if std::env::var_os("PALISADE_LONG").is_some() { 10_000 } else { 200 };
    let acme = Acme::at(&AtSites::new(&TWO, 2)).await;
    let mut files = Vec::new();
    for number in 0..count {
        files.push(acme.upload(&format!("file-{number}"), content(10_240 + number % 97)).await);
    }
    fs::remove_dir_all(acme.installation.blobs_at("lyon")).unwrap();
    fs::create_dir(acme.installation.blobs_at("lyon")).unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(held::refill(&acme.installation.palisade, "lyon").await.unwrap(), count as u64);
    let repaired = acme.installation.repair().await;
    assert_eq!(repaired.copies, count as u64);
    println!("{count} files, {} bytes: brought back in {:?}", repaired.bytes, begun.elapsed());
    acme.installation.cut_off("paris");
    for (number, file) in files.iter().enumerate() {
        assert!(acme.content(file).await == content(10_240 + number % 97), "file {number}");
    }
}
