//! `/door`, `/account-names`, `/accounts` and `/account`.

use super::{Account, Changes, NewAccount, SameName, View};
use crate::{Door, Palisade, Sender, SignedIn, Tx, door::FrontDoor, receipts::Answer};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header, request::Parts};
use kernel::{Error, Kind};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{Attempt, Create, Etag, Failure, IfMatch, JsonBody, PathWord, Speaks, extract};

pub(crate) fn routes() -> OpenApiRouter<Palisade> {
    OpenApiRouter::default()
        .routes(routes!(door))
        .routes(routes!(name))
        .routes(routes!(open))
        .routes(routes!(show, change))
}

/// What is at a host.
#[derive(Serialize, ToSchema)]
#[schema(as = Door)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum DoorView {
    /// The installation itself.
    Installation {
        /// Its host name; accounts are below it.
        host: String,
        /// `http` or `https`.
        scheme: String,
        /// The port, where it is not the scheme's own.
        #[schema(required)]
        port: Option<u16>,
        /// Whether anybody may open an account.
        sign_up: bool,
        /// The sites that keep files.
        sites: Vec<String>,
        /// At how many of them a file lies before it counts as stored.
        copies: usize,
        /// Whether the operator has written a privacy policy.
        privacy: bool,
    },
    /// An account.
    Account {
        /// What the group calls itself.
        title: String,
        /// Where it is.
        address: String,
        /// The sites that keep files.
        sites: Vec<String>,
        /// At how many of them a file lies before it counts as stored.
        copies: usize,
        /// Whether the operator has written a privacy policy.
        privacy: bool,
    },
}

/// What is at this host: the installation, or an account.
#[utoipa::path(
    get, path = "/door", operation_id = "door",
    security(()),
    responses((status = 200, body = DoorView)),
)]
async fn door(State(palisade): State<Palisade>, parts: Parts) -> Result<JsonBody<DoorView>, Failure> {
    let host = extract::host(&parts).ok_or_else(Error::not_found)?;
    let sites = palisade.sites.names().map(ToString::to_string).collect();
    let (copies, privacy) = (palisade.sites.copies(), !palisade.policies.is_empty());
    if host == palisade.address.host {
        let crate::Address { scheme, host, port, .. } = palisade.address.clone();
        let sign_up = palisade.limits.sign_up;
        return Ok(JsonBody(DoorView::Installation { host, scheme, port, sign_up, sites, copies, privacy }));
    }
    let account = super::at(&palisade, &host).await?.ok_or_else(Error::not_found)?;
    let View { title, address, .. } = super::view(&palisade, &Door { account, host }).await?;
    Ok(JsonBody(DoorView::Account { title, address, sites, copies, privacy }))
}

/// Whether a name may become an address.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountName)]
struct NameView {
    /// The name.
    name: String,
    /// Whether it may.
    available: bool,
    /// Why not.
    #[schema(required, value_type = Option<Refusal>)]
    reason: Option<&'static str>,
    /// The address that it would become.
    address: String,
}

/// Why a name may not become an address.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "the description's words for the codes of the errors")]
enum Refusal {
    Invalid,
    Reserved,
    Taken,
}

/// Whether a name may become an account's address. At the installation's host.
#[utoipa::path(
    get, path = "/account-names/{name}", operation_id = "account_name",
    security(()),
    params(("name" = String, Path, description = "The name to try.")),
    responses((status = 200, body = NameView)),
)]
async fn name(
    State(palisade): State<Palisade>,
    _: FrontDoor,
    PathWord(name): PathWord,
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

/// An account that was just opened.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenedAccount)]
struct OpenedView {
    /// Its name.
    name: String,
    /// What the group calls itself.
    title: String,
    /// Where it is.
    address: String,
    /// With this the owner signs in there, once and soon.
    ticket: String,
}

/// Opens an account with its owner, who signs in at its address with the ticket. At the installation's host.
#[utoipa::path(
    post, path = "/accounts", operation_id = "open_account",
    security(()),
    request_body = NewAccount,
    responses(
        (status = 201, body = OpenedView),
        (status = 403, description = "`sign-up-closed`"),
        (status = 409, description = "`account-name-taken`"),
        (status = 429, description = "`too-many`"),
    ),
)]
async fn open(
    State(palisade): State<Palisade>,
    _: FrontDoor,
    Sender(client): Sender,
    Speaks(spoken): Speaks,
    JsonBody(draft): JsonBody<NewAccount>,
) -> Result<Response, Failure> {
    if !palisade.limits.sign_up {
        return Err(Failure(Error::new(Kind::Forbidden, "sign-up-closed")));
    }
    let draft = NewAccount { owner: draft.owner.speaking(spoken), ..draft };
    let title = draft.title.clone();
    let opened = super::open(&palisade, client, draft).await?;
    let name = opened.name.as_str().to_owned();
    let view = OpenedView { name, title, address: opened.address, ticket: opened.ticket.text() };
    Ok((StatusCode::CREATED, JsonBody(view)).into_response())
}

/// An account as its people see it.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountView {
    #[serde(flatten)]
    view: View,
    /// What becomes of a file whose name is taken.
    new_version_on_same_name: SameName,
    /// What it stores.
    used_bytes: u64,
    /// What it may store.
    quota_bytes: u64,
    /// How long the trash keeps what is put into it.
    trash_days: u64,
    /// The largest file.
    max_file_bytes: u64,
    /// Counts the changes of title and settings.
    revision: i64,
}

fn view(
    palisade: &Palisade,
    door: &Door,
    account: Account,
    (used_bytes, quota_bytes): (u64, u64),
) -> AccountView {
    AccountView {
        new_version_on_same_name: account.settings.new_version_on_same_name,
        used_bytes,
        quota_bytes,
        trash_days: palisade.limits.trash.as_secs() / (24 * 60 * 60),
        max_file_bytes: palisade.limits.file_bytes,
        revision: account.revision,
        view: super::view_of(palisade, door, account.title),
    }
}

/// The account of this host: its name, settings, limits and what it stores.
#[utoipa::path(
    get, path = "/account", operation_id = "account",
    responses((status = 200, body = AccountView, headers(("ETag")))),
)]
async fn show(
    State(palisade): State<Palisade>,
    door: Door,
    SignedIn(actor): SignedIn,
) -> Result<Response, Failure> {
    let read = |tx: &mut Tx<'_, '_>| Ok((super::load(tx)?, super::usage(tx)?));
    let (account, usage) = palisade.read(&actor, read).await?;
    let etag =
        Etag::of(account.revision).header().ok_or_else(|| Error::internal("a revision that is no header"))?;
    Ok(([(header::ETAG, etag)], JsonBody(view(&palisade, &door, account, usage))).into_response())
}

/// Changes the account's title and settings. For owner and admins.
#[utoipa::path(
    patch, path = "/account", operation_id = "change_account",
    params(IfMatch, Attempt),
    request_body = Changes,
    responses(
        (status = 200, body = AccountView, headers(("ETag"))),
        (status = 403, description = "`forbidden`"),
    ),
)]
async fn change(
    State(palisade): State<Palisade>,
    door: Door,
    SignedIn(actor): SignedIn,
    if_match: IfMatch,
    Create { draft: changes, attempt }: Create<Changes>,
) -> Result<Answer, Failure> {
    let house = palisade.clone();
    let change = move |tx: &mut Tx<'_, '_>| {
        let account = super::load(tx)?;
        if_match.allows(account.revision)?;
        super::change(tx, &account, &changes)?.try_map(|account| {
            let (revision, usage) = (account.revision, super::usage(tx)?);
            Ok(Answer::changed(&view(&house, &door, account, usage))?.at(revision))
        })
    };
    Ok(palisade.create(&actor, attempt, change).await?)
}
