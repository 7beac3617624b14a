//! A page that shows an OpenAPI document to people: plain HTML without a script, with one stylesheet of its own.

use serde_json::Value;
use std::fmt::Write;

/// Where the page expects its stylesheet.
pub const STYLE_PATH: &str = "/api/reference.css";
/// The stylesheet.
pub const STYLE: &str = include_str!("reference.css");

/// The page of a document.
pub fn page(document: &Value) -> String {
    let mut page = Html(String::with_capacity(128 * 1024));
    let title = text(&document["info"]["title"]);
    page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">");
    page.element("title", &format!("{title} API"));
    page.raw(&format!("<link rel=\"stylesheet\" href=\"{STYLE_PATH}\"></head><body>"));
    contents(&mut page, document);
    page.raw("<main>");
    page.element("h1", &format!("{title} API"));
    page.prose(text(&document["info"]["description"]));
    page.raw("<p>For programs: <a href=\"/openapi.json\">openapi.json</a></p>");
    for tag in array(&document["tags"]) {
        section(&mut page, document, tag);
    }
    page.raw("<section><h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in object(&document["components"]["schemas"]) {
        page.raw("<article class=\"schema\">");
        page.raw(&format!("<h3 id=\"schema-{}\">", escape(name)));
        page.text(name);
        page.raw("</h3>");
        page.prose(text(&schema["description"]));
        shape(&mut page, schema);
        page.raw("</article>");
    }
    page.raw("</section></main></body></html>\n");
    page.0
}

/// Each operation of a tag, with its method, address and itself.
fn operations<'d>(document: &'d Value, tag: &'d str) -> impl Iterator<Item = (&'d str, &'d str, &'d Value)> {
    object(&document["paths"]).flat_map(move |(path, item)| {
        let tagged = move |operation: &Value| array(&operation["tags"]).any(|name| name == tag);
        let methods = ["get", "post", "put", "patch", "delete"].into_iter();
        methods
            .map(move |method| (method, path, &item[method]))
            .filter(move |(_, _, operation)| tagged(operation))
    })
}

fn contents(page: &mut Html, document: &Value) {
    page.raw("<nav aria-label=\"Contents\">");
    for tag in array(&document["tags"]) {
        let name = text(&tag["name"]);
        page.raw(&format!("<h2><a href=\"#{0}\">{0}</a></h2><ul>", escape(name)));
        for (method, _, operation) in operations(document, name) {
            let id = escape(text(&operation["operationId"]));
            page.raw(&format!("<li><a href=\"#{id}\"><b class=\"{method}\">{method}</b> "));
            page.text(&text(&operation["operationId"]).replace('_', " "));
            page.raw("</a></li>");
        }
        page.raw("</ul>");
    }
    page.raw("<h2><a href=\"#schemas\">schemas</a></h2></nav>");
}

fn section(page: &mut Html, document: &Value, tag: &Value) {
    let name = text(&tag["name"]);
    page.raw(&format!("<section><h2 id=\"{0}\">{0}</h2>", escape(name)));
    page.prose(text(&tag["description"]));
    for (method, path, operation) in operations(document, name) {
        page.raw(&format!("<article><h3 id=\"{}\">", escape(text(&operation["operationId"]))));
        page.raw(&format!("<b class=\"{method}\">{method}</b> "));
        page.element("code", path);
        page.raw("</h3>");
        page.prose(text(&operation["summary"]));
        page.prose(text(&operation["description"]));
        if operation.get("security").is_some() {
            page.raw("<p class=\"note\">Nobody needs to be signed in.</p>");
        }
        parameters(page, operation);
        if let Some(body) = operation.get("requestBody") {
            page.raw("<h4>Body</h4><p>");
            content(page, &body["content"]);
            page.raw("</p>");
        }
        answers(page, operation);
        page.raw("</article>");
    }
    page.raw("</section>");
}

fn parameters(page: &mut Html, operation: &Value) {
    if array(&operation["parameters"]).next().is_none() {
        return;
    }
    page.raw("<h4>Parameters</h4><table><tbody>");
    for parameter in array(&operation["parameters"]) {
        page.raw("<tr><th scope=\"row\">");
        page.element("code", text(&parameter["name"]));
        page.raw("</th><td>");
        page.text(text(&parameter["in"]));
        page.raw(if parameter["required"] == true { ", required" } else { "" });
        page.raw("</td><td>");
        kind(page, &parameter["schema"]);
        page.raw("</td><td>");
        page.prose(text(&parameter["description"]));
        page.raw("</td></tr>");
    }
    page.raw("</tbody></table>");
}

fn answers(page: &mut Html, operation: &Value) {
    page.raw("<h4>Answers</h4><table><tbody>");
    for (status, answer) in object(&operation["responses"]) {
        page.raw("<tr><th scope=\"row\">");
        page.element("code", status);
        page.raw("</th><td>");
        page.prose(text(&answer["description"]));
        page.raw("</td><td>");
        if let Some(found) = answer.get("content") {
            content(page, found);
        }
        for (header, _) in object(&answer["headers"]) {
            page.raw(" <span class=\"note\">");
            page.text(header);
            page.raw("</span>");
        }
        page.raw("</td></tr>");
    }
    page.raw("</tbody></table>");
}

/// What a body is: JSON by its schema, anything else by its media type.
fn content(page: &mut Html, content: &Value) {
    for (media_type, body) in object(content) {
        if media_type.ends_with("json") {
            kind(page, &body["schema"]);
        } else {
            page.element("code", media_type);
        }
    }
}

/// The fields of a schema, or the words that it may be.
fn shape(page: &mut Html, schema: &Value) {
    for part in ["allOf", "oneOf"].into_iter().flat_map(|word| array(&schema[word])) {
        if part.get("$ref").is_some() {
            page.raw(if schema.get("oneOf").is_some() { "<p>One of: " } else { "<p>All of " });
            kind(page, part);
            page.raw("</p>");
        } else {
            shape(page, part);
        }
    }
    if schema.get("enum").is_some() || (schema.get("type").is_some() && schema.get("properties").is_none()) {
        page.raw("<p>");
        kind(page, schema);
        page.raw("</p>");
    }
    if object(&schema["properties"]).next().is_none() {
        return;
    }
    page.raw("<table><tbody>");
    for (name, field) in object(&schema["properties"]) {
        page.raw("<tr><th scope=\"row\">");
        page.element("code", name);
        page.raw("</th><td>");
        kind(page, field);
        let required = array(&schema["required"]).any(|required| required == name);
        page.raw(if required { "" } else { " <span class=\"note\">optional</span>" });
        page.raw("</td><td>");
        page.prose(text(&field["description"]));
        page.raw("</td></tr>");
    }
    page.raw("</tbody></table>");
}

/// A type in a few words, with a link where it has a name.
fn kind(page: &mut Html, schema: &Value) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        page.raw(&format!("<a href=\"#schema-{}\">", escape(name)));
        page.text(name);
        page.raw("</a>");
        return;
    }
    for (at, one) in ["oneOf", "allOf"].into_iter().flat_map(|word| array(&schema[word])).enumerate() {
        page.raw(if at > 0 { " or " } else { "" });
        kind(page, one);
    }
    for (at, word) in array(&schema["enum"]).enumerate() {
        page.raw(if at > 0 { ", " } else { "" });
        page.element("code", text(word));
    }
    if schema.get("enum").is_some() {
        return;
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one).to_owned(),
    };
    page.text(&types);
    if let Some(format) = schema["format"].as_str() {
        page.raw(" <span class=\"note\">");
        page.text(format);
        page.raw("</span>");
    }
    if let Some(items) = schema.get("items") {
        page.raw(" of ");
        kind(page, items);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

struct Html(String);

impl Html {
    /// Markup of this file.
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }
    fn text(&mut self, text: &str) {
        self.0.push_str(&escape(text));
    }
    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.0, "<{name}>{}</{name}>", escape(text)); // writing to a String cannot fail
    }
    /// Paragraphs and lists as comments have them: `code` and **strong**, `*` before each item.
    fn prose(&mut self, text: &str) {
        for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
            let list = block.starts_with("* ");
            self.raw(if list { "<ul>" } else { "<p>" });
            for item in block.trim_start_matches("* ").split("\n* ") {
                self.raw(if list { "<li>" } else { "" });
                self.spans(item);
                self.raw(if list { "</li>" } else { "" });
            }
            self.raw(if list { "</ul>" } else { "</p>" });
        }
    }
    fn spans(&mut self, text: &str) {
        for (at, span) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.element("code", span);
                continue;
            }
            for (at, part) in span.split("**").enumerate() {
                if at % 2 == 1 { self.element("strong", part) } else { self.text(part) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_document_says_is_shown_and_never_runs() {
        let document = json!({
            "info": { "title": "Files", "description": "One **two** `<three>`.\n\n* four\n* five" },
            "tags": [{ "name": "files", "description": "<script>" }],
            "paths": { "/files/{id}": { "get": {
                "tags": ["files"], "operationId": "file", "summary": "One file.",
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "responses": { "200": { "description": "OK", "content": { "application/json":
                    { "schema": { "$ref": "#/components/schemas/Entry" } } } } },
            } } },
            "components": { "schemas": { "Entry": {
                "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } },
            } } },
        });
        let page = page(&document);
        for shown in [
            "One <strong>two</strong> <code>&lt;three&gt;</code>.",
            "<ul><li>four</li><li>five</li></ul>",
            "<h3 id=\"file\"><b class=\"get\">get</b> <code>/files/{id}</code></h3>",
            "<a href=\"#schema-Entry\">Entry</a>",
            "<h3 id=\"schema-Entry\">Entry</h3>",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(!page.contains("<script"), "{page}");
    }
}
