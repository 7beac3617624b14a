//! The API described: the OpenAPI document, made of the same values as the router, so that no route is without its entry.
//! Served at `/openapi.json`, and for people at `/api`.
//!
//! A route says what is its own: its answers, and the problems that only it has. What follows from its shape is added here:
//! what names a version may be outdated, what has a body may be malformed.

use crate::{Palisade, accounts, drafts, files, journal, people, privacy, projects, sessions};
use axum::{Router, response::IntoResponse, routing::get};
use http::{HeaderName, StatusCode, header};
use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
        PathItem, Ref, RefOr, Required, ResponseBuilder, Schema,
        path::Operation,
        schema::ArrayItems,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};
use utoipa_axum::router::OpenApiRouter;
use web::{Problem, credentials, reference};

/// Where every route is.
pub(crate) const PREFIX: &str = "/api/v1";
/// The media type of what people upload.
const BYTES: &str = "application/octet-stream";
/// The two ways to prove who sends a request.
const PROOFS: [&str; 2] = ["session", "app-password"];

/// The rooms with their routes, and what each is about.
fn rooms() -> [(&'static str, &'static str, OpenApiRouter<Palisade>); 8] {
    [
        ("accounts", "What is at a host, and the opening of accounts.", accounts::routes()),
        ("people", "The members and guests of an account, and how they come in.", people::routes()),
        ("sessions", "How people and their programs prove who they are.", sessions::routes()),
        ("projects", "Where people work.", projects::routes()),
        ("files", "Files, folders, versions and the trash.", files::routes()),
        ("journal", "Who did what, when.", journal::routes()),
        ("drafts", "What one is typing and has not sent.", drafts::routes()),
        ("privacy", "What the operator says of how they treat what is entrusted to them.", privacy::routes()),
    ]
}

/// All routes below [`PREFIX`].
pub(crate) fn routes() -> Router<Palisade> {
    rooms().into_iter().fold(Router::new(), |all, (_, _, room)| all.merge(room))
}

/// The document.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Palisade")
        .version("1")
        .description(Some(include_str!("description.md")))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let cookie = ApiKeyValue::with_description(credentials::SESSION_COOKIE, "Set by `PUT /session`.");
    let basic = Http::builder()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("E-mail address and app password (RFC 7617)."))
        .build();
    let components = ComponentsBuilder::new()
        .schema(Problem::name(), Problem::schema())
        .security_scheme(PROOFS[0], SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
        .security_scheme(PROOFS[1], SecurityScheme::Http(basic));
    let mut whole = OpenApiBuilder::new()
        .info(info)
        .components(Some(components.build()))
        .security(Some(PROOFS.map(|proof| SecurityRequirement::new::<_, _, &str>(proof, []))))
        .tags(Some(
            rooms().map(|(name, about, _)| TagBuilder::new().name(name).description(Some(about)).build()),
        ))
        .build();
    for (name, _, room) in rooms() {
        let mut described = room.into_openapi();
        for operation in described.paths.paths.values_mut().flat_map(operations) {
            operation.tags = Some(vec![name.to_owned()]);
            complete(operation);
        }
        whole = whole.nest(PREFIX, described);
    }
    whole.components.iter_mut().for_each(|components| name_items(&mut components.schemas));
    whole
}

/// The method and the address of each operation whose body is bytes.
pub(crate) fn uploads() -> HashSet<(&'static str, String)> {
    let takes_bytes = |operation: &Option<Operation>| {
        let body = operation.as_ref().and_then(|operation| operation.request_body.as_ref());
        matches!(body, Some(RefOr::T(body)) if body.content.contains_key(BYTES))
    };
    let paths = document().paths.paths;
    let methods = paths.iter().flat_map(|(path, item)| {
        let methods = [("PUT", &item.put), ("POST", &item.post), ("PATCH", &item.patch)];
        methods.into_iter().map(move |(method, operation)| (method, path, operation))
    });
    let uploads = methods.filter(|(.., operation)| takes_bytes(operation));
    uploads.map(|(method, path, _)| (method, path.clone())).collect()
}

/// A page says what its items are by their name, which utoipa writes out instead.
fn name_items(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    for (name, page) in schemas {
        let (Some(item), RefOr::T(Schema::Object(page))) = (name.strip_prefix("Page_"), page) else {
            continue;
        };
        if let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items") {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete].into_iter().flatten()
}

/// Adds the problems that follow from the shape of an operation, and the words that its answers lack.
fn complete(operation: &mut Operation) {
    let parameter = |name: &str| {
        operation.parameters.iter().flatten().find_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.name == name => Some(parameter.required == Required::True),
            _ => None,
        })
    };
    let signed_in = operation.security.is_none();
    let json = matches!(&operation.request_body, Some(RefOr::T(body)) if body.content.contains_key("application/json"));
    let if_match = parameter("If-Match");
    let bytes = matches!(&operation.request_body, Some(RefOr::T(body)) if body.content.contains_key(BYTES));
    let follow = [
        (json, 400, "`malformed`"),
        (signed_in, 401, "`signed-out`, `wrong-credentials`"),
        (!signed_in || parameter("id").is_some(), 404, "`not-found`"),
        (json || bytes, 408, "`cut-off`: nothing came for a minute"),
        (if_match.is_some(), 412, "`changed`"),
        (json, 413, "`too-large`"),
        (json, 415, "`bad-type`"),
        (json, 422, "The field that breaks a rule is named."),
        (if_match == Some(true), 428, "`needs-version`"),
        (bytes, 503, "`busy`: too many uploads at once"),
    ];
    let follow =
        follow.into_iter().filter(|(so, ..)| *so).map(|(_, status, what)| (status.to_string(), what));
    for (status, what) in follow.chain([("default".to_owned(), "Any other problem.")]) {
        let answers = &mut operation.responses.responses;
        answers.entry(status).or_insert_with(|| ResponseBuilder::new().description(what).build().into());
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.get_mut(BYTES).map(bare);
    }
    for (status, answer) in &mut operation.responses.responses {
        let RefOr::T(answer) = answer else { continue };
        answer
            .content
            .iter_mut()
            .filter(|(kind, _)| !kind.ends_with("json"))
            .for_each(|(_, content)| bare(content));
        let code = status.parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        if answer.description.is_empty() {
            answer.description = code.and_then(|code| code.canonical_reason()).unwrap_or(status).to_owned();
        }
        if code.is_none_or(|code| code.is_client_error() || code.is_server_error()) {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
            answer.content.insert("application/problem+json".to_owned(), problem.build().into());
        }
    }
}

/// Bytes have no schema (OpenAPI 3.1, section 4.8.14.3).
fn bare(content: &mut RefOr<Content>) {
    if let RefOr::T(bytes) = content {
        bytes.schema = None;
    }
}

/// The document as it is served and printed.
pub static TEXT: LazyLock<String> = LazyLock::new(|| document().to_pretty_json().unwrap_or_default());
static PAGE: LazyLock<String> =
    LazyLock::new(|| reference::page(&serde_json::to_value(document()).unwrap_or_default()));

/// The document and the page, at every host: they are the same for everybody.
pub(crate) fn pages() -> Router<Palisade> {
    fn page(media_type: &'static str, text: &'static str) -> impl IntoResponse {
        const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";
        let headers: [(HeaderName, &str); 3] = [
            (header::CONTENT_TYPE, media_type),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (headers, text)
    }
    Router::new()
        .route("/openapi.json", get(async || page("application/json", &TEXT)))
        .route("/api", get(async || page("text/html; charset=utf-8", &PAGE)))
        .route(reference::STYLE_PATH, get(async || page("text/css; charset=utf-8", reference::STYLE)))
}
