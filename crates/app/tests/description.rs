//! The description of the API is true, whole, and the one that the interface's types were made from.

#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

use app::description::TEXT;
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};
use testkit::{HOST, Installation};

fn document() -> Value {
    serde_json::from_str(&TEXT).unwrap()
}

/// Each `$ref` within a value.
fn refs(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|field| refs(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
        _ => {}
    }
}

#[test]
fn the_types_of_the_interface_are_made_from_this_document() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/openapi.json");
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(kept.trim_end() == TEXT.trim_end(), "ui/openapi.json is out of date: make types");
}

#[test]
fn every_name_in_it_leads_somewhere_and_every_schema_is_used() {
    let document = document();
    let mut named = BTreeSet::new();
    refs(&document, &mut named);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let there: BTreeSet<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(named, there);
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let mut names = BTreeSet::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(names.insert(name), "{method} {path}: the name is taken");
        }
    }
    assert!(names.len() > 40, "{names:?}");
}

#[tokio::test]
async fn it_is_read_at_every_host_by_programs_and_people() {
    let installation = Installation::new().await;
    installation.account("acme").await;
    for host in [HOST, "acme.palisade.test", "nobody.palisade.test"] {
        let nobody = installation.nobody_at(host);
        assert_eq!(nobody.get_page("/openapi.json").await.ok(), document());
        let page = nobody.get_page("/api").await;
        let text = String::from_utf8(page.bytes().to_vec()).unwrap();
        assert!(text.contains(
            "<h3 id=\"upload\"><b class=\"post\">post</b> <code>/api/v1/projects/{id}/files</code></h3>"
        ));
        for inline in ["<script", "<style", " style=", "//fonts", "http://"] {
            assert!(!text.contains(inline), "{inline}");
        }
        let policy = page.header(&http::header::CONTENT_SECURITY_POLICY).unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        let style = nobody.get_page("/api/reference.css").await;
        assert_eq!(style.header(&http::header::CONTENT_TYPE), Some("text/css; charset=utf-8"));
        assert!(!style.bytes().is_empty());
    }
}
