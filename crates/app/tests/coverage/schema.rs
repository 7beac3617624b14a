//! Whether a value is what a schema of the description says, as far as its words go there.

use serde_json::Value;
use std::collections::BTreeSet;

/// Whether `value` is what `schema` says, with no field that it does not know.
pub(crate) fn conforms(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    matches(document, schema, value)?;
    let mut known = BTreeSet::new();
    fields(document, schema, &mut known);
    match value.as_object().and_then(|object| object.keys().find(|key| !known.contains(*key))) {
        Some(key) if !known.is_empty() => Err(format!("{key} is not described")),
        _ => Ok(()),
    }
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap_or_else(|| panic!("{path}")),
        None => schema,
    }
}

fn parts<'d>(schema: &'d Value, word: &str) -> impl Iterator<Item = &'d Value> {
    schema[word].as_array().into_iter().flatten()
}

fn fields(document: &Value, schema: &Value, known: &mut BTreeSet<String>) {
    let schema = resolve(document, schema);
    known.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    parts(schema, "allOf").chain(parts(schema, "oneOf")).for_each(|part| fields(document, part, known));
}

fn matches(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolve(document, schema);
    parts(schema, "allOf").try_for_each(|part| matches(document, part, value))?;
    if schema.get("oneOf").is_some()
        && parts(schema, "oneOf").all(|part| conforms(document, part, value).is_err())
    {
        return Err(format!("{value} is none of {}", schema["oneOf"]));
    }
    if schema.get("enum").is_some() && parts(schema, "enum").all(|word| word != value) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("a type that is not known here: {other}"),
    };
    if !types.is_empty() && !types.iter().any(|kind| is(kind)) {
        return Err(format!("{value} is no {types:?}"));
    }
    if value.is_object() {
        for name in parts(schema, "required").filter_map(Value::as_str) {
            value.get(name).ok_or_else(|| format!("{name} is missing"))?;
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(name) {
                conforms(document, field, value).map_err(|why| format!("{name}: {why}"))?;
            }
        }
    }
    value.as_array().into_iter().flatten().try_for_each(|item| conforms(document, &schema["items"], item))
}

#[test]
fn what_is_not_as_described_is_found() {
    use serde_json::json;
    let schema = json!({ "allOf": [{ "$ref": "#/one" }, { "type": "object", "required": ["b"],
        "properties": { "b": { "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["x"] }] } } }] });
    let document = json!({ "one": { "type": "object", "required": ["a"], "properties":
        { "a": { "type": "array", "items": { "type": "integer" } } } } });
    for good in [json!({ "a": [1], "b": "x" }), json!({ "a": [], "b": null })] {
        assert_eq!(conforms(&document, &schema, &good), Ok(()), "{good}");
    }
    for bad in [
        json!({ "a": [1] }),
        json!({ "a": [1], "b": "y" }),
        json!({ "a": ["1"], "b": "x" }),
        json!({ "a": [1], "b": "x", "c": 1 }),
        json!([]),
    ] {
        assert!(conforms(&document, &schema, &bad).is_err(), "{bad}");
    }
}
