//! The operator's privacy policy is at every host, for everybody, in their language where it is written in that.
#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use app::privacy::Policies;
use http::header;
use serde_json::json;
use testkit::{HOST, Installation};
use web::Language;

#[tokio::test]
async fn it_is_read_at_each_host_in_the_language_that_is_asked_for() {
    let texts =
        [(Language::English, "# Our policy\n\nLittle."), (Language::French, "# Notre politique\n\nPeu.")];
    let installation = Installation::with_policies(Policies::new(texts)).await;
    let owner = installation.account("acme").await;
    for person in [installation.nobody_at(HOST), installation.nobody_at(&format!("acme.{HOST}")), owner] {
        assert_eq!(person.get("/door").await.ok()["privacy"], json!(true));
        let english = json!({ "language": "en", "title": "Our policy", "html": "<p>Little.</p>\n" });
        let french = json!({ "language": "fr", "title": "Notre politique", "html": "<p>Peu.</p>\n" });
        let speaks = person.with(header::ACCEPT_LANGUAGE, "fr;q=0.9, en;q=0.5");
        for (answer, policy) in [
            (person.get("/privacy").await, &english),
            (person.get("/privacy?language=fr").await, &french),
            (speaks.get("/privacy").await, &french),
            (speaks.get("/privacy?language=en").await, &english),
        ] {
            assert_eq!(answer.ok()["policy"], *policy);
        }
        person.get("/privacy?language=de").await.problem(400, "malformed");
    }
    installation.nobody_at(&format!("nobody.{HOST}")).get("/privacy").await.problem(404, "not-found");
    installation.nobody_at("elsewhere.example").get("/privacy").await.problem(404, "not-found");
}

#[tokio::test]
async fn where_it_is_written_in_one_language_it_is_shown_in_that_and_where_in_none_that_is_said() {
    let one = Installation::with_policies(Policies::new([(Language::French, "Peu.")])).await;
    let policy = one.nobody_at(HOST).get("/privacy?language=en").await.ok()["policy"].clone();
    assert_eq!(policy, json!({ "language": "fr", "title": null, "html": "<p>Peu.</p>\n" }));
    let none = Installation::new().await;
    assert_eq!(none.nobody_at(HOST).get("/privacy").await.ok(), json!({ "policy": null }));
    assert_eq!(none.nobody_at(HOST).get("/door").await.ok()["privacy"], json!(false));
}
