//! `/door`, `/account-names`, `/accounts` and `/account`.

use super::{NewAccount, View};
use crate::{Door, Palisade, SignedIn, door::FrontDoor};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, request::Parts};
use kernel::{Error, Kind};
use serde::Serialize;
use web::{Failure, JsonBody, extract};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new()
        .route("/door", get(door))
        .route("/account-names/{name}", get(name))
        .route("/accounts", post(open))
        .route("/account", get(show))
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum DoorView {
    Installation {
        host: String,
        scheme: String,
        port: Option<u16>,
        sign_up: bool,
        sites: Vec<String>,
        copies: usize,
    },
    Account {
        title: String,
        address: String,
        sites: Vec<String>,
        copies: usize,
    },
}

async fn door(State(palisade): State<Palisade>, parts: Parts) -> Result<JsonBody<DoorView>, Failure> {
    let host = extract::host(&parts).ok_or_else(Error::not_found)?;
    let sites = palisade.sites.names().map(ToString::to_string).collect();
    let copies = palisade.sites.copies();
    if host == palisade.address.host {
        let crate::Address { scheme, host, port } = palisade.address.clone();
        let sign_up = palisade.limits.sign_up;
        return Ok(JsonBody(DoorView::Installation { host, scheme, port, sign_up, sites, copies }));
    }
    let account = super::at(&palisade, &host).await?.ok_or_else(Error::not_found)?;
    let View { title, address, .. } = super::view(&palisade, &Door { account, host }).await?;
    Ok(JsonBody(DoorView::Account { title, address, sites, copies }))
}

#[derive(Serialize)]
struct NameView {
    name: String,
    available: bool,
    reason: Option<&'static str>,
    address: String,
}

async fn name(
    State(palisade): State<Palisade>,
    _: FrontDoor,
    Path(name): Path<String>,
) -> Result<JsonBody<NameView>, Failure> {
    let reason = match super::available(&palisade, &name).await {
        Ok(_) => None,
        Err(error) if matches!(error.kind(), Kind::Invalid | Kind::Conflict) => {
            Some(error.code().trim_start_matches("account-name-"))
        }
        Err(error) => return Err(Failure(error)),
    };
    let address = palisade.address.origin(&palisade.address.host_of(&name.to_ascii_lowercase()));
    Ok(JsonBody(NameView { name, available: reason.is_none(), reason, address }))
}

#[derive(Serialize)]
struct OpenedView {
    name: String,
    title: String,
    address: String,
    ticket: String,
}

async fn open(
    State(palisade): State<Palisade>,
    _: FrontDoor,
    JsonBody(draft): JsonBody<NewAccount>,
) -> Result<Response, Failure> {
    if !palisade.limits.sign_up {
        return Err(Failure(Error::new(Kind::Forbidden, "sign-up-closed")));
    }
    palisade.sign_ups.take((), palisade.source.now())?;
    let title = draft.title.clone();
    let opened = super::open(&palisade, draft).await?;
    let name = opened.name.as_str().to_owned();
    let view = OpenedView { name, title, address: opened.address, ticket: opened.ticket.text() };
    Ok((StatusCode::CREATED, JsonBody(view)).into_response())
}

#[derive(Serialize)]
struct AccountView {
    #[serde(flatten)]
    view: View,
    used_bytes: u64,
    quota_bytes: u64,
    trash_days: u64,
    max_file_bytes: u64,
}

async fn show(
    State(palisade): State<Palisade>,
    door: Door,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<AccountView>, Failure> {
    let view = super::view(&palisade, &door).await?;
    let (used_bytes, quota_bytes) = palisade.read(&actor, super::usage).await?;
    let trash_days = palisade.limits.trash.as_secs() / (24 * 60 * 60);
    let max_file_bytes = palisade.limits.file_bytes;
    Ok(JsonBody(AccountView { view, used_bytes, quota_bytes, trash_days, max_file_bytes }))
}
