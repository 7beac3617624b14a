//! Every operation that the description of the API has is tried as nobody, as the owner of another account, as a guest of
//! another project, and as a member; what is refused changes nothing, what is done leaves the journal's entry that stands
//! here, and each answer is what the description says. An operation without a case fails, and a case without an operation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a person expects of an answer; a failure ends the test"
)]

mod cases;
mod schema;
mod world;

use app::description::TEXT;
use axum::body::Body;
use cases::{CASES, Case, Content, Leaves, OPEN_CASES};
use http::{HeaderName, Method, header};
use schema::conforms;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use testkit::{Answer, HOST, PICTURE, Person};
use world::{ACME, EVIL, Thing, World};

/// One operation of the description.
struct Operation {
    method: Method,
    path: String,
    described: Value,
}

fn operations(document: &Value) -> BTreeMap<String, Operation> {
    let paths = document["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, described)| {
            let operation = Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.strip_prefix("/api/v1").unwrap().to_owned(),
                described: described.clone(),
            };
            (described["operationId"].as_str().unwrap().to_owned(), operation)
        })
    });
    each.collect()
}

impl Operation {
    /// Whether `If-Match` must be given; none where it may not be.
    fn if_match(&self) -> Option<bool> {
        let mut parameters = self.described["parameters"].as_array().into_iter().flatten();
        parameters.find(|one| one["name"] == "If-Match").map(|one| one["required"] == true)
    }

    async fn send(&self, person: &Person, case: &Case, thing: &Thing, if_match: Option<&str>) -> Answer {
        let path = self
            .path
            .replace("{id}", &thing.id)
            .replace("{name}", "free-name")
            .replace("{form}", "project.new")
            + case.query;
        let person = if_match.map_or_else(|| person.clone(), |tag| person.with(header::IF_MATCH, tag));
        let json = person.with(header::CONTENT_TYPE, "application/json");
        match case.content {
            Content::Nothing => person.send(self.method.clone(), &path, Body::empty()).await,
            Content::Bytes => person.send(self.method.clone(), &path, Body::from("content")).await,
            Content::Picture => person.send(self.method.clone(), &path, Body::from(PICTURE)).await,
            Content::Json(make) => {
                json.send(self.method.clone(), &path, Body::from(make(thing).to_string())).await
            }
        }
    }

    /// Each answer is one that the description has, and looks as it says.
    fn check(&self, name: &str, document: &Value, answer: &Answer) {
        let answers = &self.described["responses"];
        let status = answer.status.as_str();
        let described =
            answers.get(status).unwrap_or_else(|| panic!("{name} does not say that it answers {status}"));
        for header in described["headers"].as_object().into_iter().flatten().map(|(header, _)| header) {
            let header: HeaderName = header.to_lowercase().parse().unwrap();
            assert!(answer.header(&header).is_some(), "{name} {status}: no {header}");
        }
        match described["content"].as_object().and_then(|content| content.iter().next()) {
            None => assert!(answer.bytes().is_empty(), "{name} {status}: a body that is not described"),
            Some((media_type, content)) => {
                assert_eq!(
                    answer.header(&header::CONTENT_TYPE),
                    Some(media_type.as_str()),
                    "{name} {status}"
                );
                if media_type.ends_with("json") {
                    let value = answer.value();
                    conforms(document, &content["schema"], &value)
                        .unwrap_or_else(|why| panic!("{name} {status}: {why}: {value}"));
                }
            }
        }
    }
}

#[test]
fn every_operation_has_a_case_and_every_case_an_operation() {
    let cases: Vec<_> = CASES.iter().chain(OPEN_CASES).map(|case| case.operation.to_owned()).collect();
    let once: BTreeSet<_> = cases.iter().cloned().collect();
    assert_eq!(once.len(), cases.len(), "a case stands twice");
    let document: Value = serde_json::from_str(&TEXT).unwrap();
    let there = operations(&document);
    assert_eq!(once, there.keys().cloned().collect());
    for (cases, open) in [(CASES, false), (OPEN_CASES, true)] {
        for case in cases {
            assert_eq!(there[case.operation].described.get("security").is_some(), open, "{}", case.operation);
        }
    }
}

#[tokio::test]
async fn whoever_is_signed_in_does_what_they_may_and_nobody_else() {
    let document: Value = serde_json::from_str(&TEXT).unwrap();
    let operations = operations(&document);
    let world = World::new().await;
    for case in CASES {
        let (name, operation) = (case.operation, &operations[case.operation]);
        let thing = world.make(case.thing).await;
        let any = operation.if_match().map(|_| "*");
        let before = world.state().await;
        let refused = async |person: &Person, status: u16| {
            let answer = operation.send(person, case, &thing, any).await;
            assert_eq!(answer.status.as_u16(), status, "{name}: {:?}", answer.bytes());
            operation.check(name, &document, &answer);
            assert_eq!(world.state().await, before, "{name} was refused, and changed something");
        };
        refused(&world.nobody, 401).await;
        refused(&world.outsider.at(ACME), 401).await;
        if operation.path.contains("{id}") {
            refused(&world.outsider, 404).await;
        }
        let mut tries = vec![(&world.guest, case.guest), (&world.member, case.member)];
        if case.member >= 400 {
            tries.push((&world.owner, 200));
        }
        for (person, status) in tries {
            if status >= 400 {
                refused(person, status).await;
                continue;
            }
            if let Some(required) = operation.if_match() {
                operation.send(person, case, &thing, Some("\"999\"")).await.problem(412, "changed");
                if required {
                    operation.send(person, case, &thing, None).await.problem(428, "needs-version");
                }
            }
            done(&world, case, operation, &document, person, &thing).await;
        }
    }
}

/// It is done, leaves its entry and no other, and is answered as the description says.
async fn done(
    world: &World,
    case: &Case,
    operation: &Operation,
    document: &Value,
    person: &Person,
    thing: &Thing,
) {
    let name = case.operation;
    let before = world.journal().await;
    let any = operation.if_match().map(|_| "*");
    let answer = operation.send(person, case, thing, any).await;
    assert!(answer.status.is_success(), "{name}: {} {:?}", answer.status, answer.bytes());
    operation.check(name, document, &answer);
    let after = world.journal().await;
    match case.leaves {
        Leaves::Entry(kind) => {
            assert_eq!(after.len(), before.len() + 1, "{name} leaves one entry");
            assert_eq!(after[0], kind, "{name}");
        }
        Leaves::Nothing(why) => assert_eq!(after, before, "{name}: {why}"),
        Leaves::InNewAccount(kind) => {
            assert_eq!(after, before, "{name}");
            assert_eq!(world.journal_of_new(&answer.value()).await, [kind], "{name}");
        }
    }
}

#[tokio::test]
async fn what_is_open_to_nobody_is_open_at_its_own_host_alone() {
    let document: Value = serde_json::from_str(&TEXT).unwrap();
    let operations = operations(&document);
    let world = World::new().await;
    for case in OPEN_CASES {
        let operation = &operations[case.operation];
        let thing = world.make(case.thing).await;
        let before = world.state().await;
        let elsewhere = operation.send(&world.nobody.at(EVIL), case, &thing, None).await;
        assert_eq!(elsewhere.status.as_u16(), case.guest, "{}: {:?}", case.operation, elsewhere.bytes());
        if case.guest >= 400 {
            operation.check(case.operation, &document, &elsewhere);
        }
        assert_eq!(world.state().await, before, "{} at another account changed something", case.operation);
        let host = if matches!(case.operation, "open_account" | "account_name") { HOST } else { ACME };
        done(&world, case, operation, &document, &world.nobody.at(host), &thing).await;
    }
}
