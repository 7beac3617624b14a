//! The door: which account a request is for, and who sends it.

use crate::{Palisade, accounts, numbers::Proof, sessions};
use access::{Actor, Way};
use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, request::Parts};
use kernel::{AccountId, Error, Kind, TabId};
use std::convert::Infallible;
use web::{Client, Failure, extract, guard};

/// The account whose address a request came to; not found at any other host.
#[derive(Clone, Debug)]
pub struct Door {
    /// The account.
    pub account: AccountId,
    /// The host name it was asked by, in lower case.
    pub host: String,
}

impl FromRequestParts<Palisade> for Door {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, palisade: &Palisade) -> Result<Self, Failure> {
        let host = extract::host(parts).ok_or_else(Error::not_found)?;
        let account = accounts::at(palisade, &host).await?.ok_or_else(Error::not_found)?;
        guard_browser(parts, palisade, &host)?;
        Ok(Self { account, host })
    }
}

/// What changes something and comes with a cookie, or with no credentials at all, must come from a page of this very host.
/// A program with an app password has no cookie to be abused; but a browser that remembers one is no program.
fn guard_browser(parts: &Parts, palisade: &Palisade, host: &str) -> Result<(), Failure> {
    let program = web::credentials::basic(&parts.headers).is_some()
        && web::credentials::session_token(&parts.headers).is_none()
        && !guard::is_of_a_page(&parts.headers);
    if !program {
        guard::same_origin(&parts.method, &parts.headers, &palisade.address.origin(host))?;
    }
    Ok(())
}

/// The installation's own host; not found at any other. What changes something must come from its own pages.
#[derive(Clone, Debug)]
pub(crate) struct FrontDoor;

impl FromRequestParts<Palisade> for FrontDoor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, palisade: &Palisade) -> Result<Self, Failure> {
        let host = extract::host(parts)
            .filter(|host| *host == palisade.address.host)
            .ok_or_else(Error::not_found)?;
        guard::same_origin(&parts.method, &parts.headers, &palisade.address.origin(&host))?;
        Ok(Self)
    }
}

const TAB: HeaderName = HeaderName::from_static("x-tab");

/// The tab that a request says it comes from. It is a hint: what is no id is no tab.
fn tab(headers: &HeaderMap) -> Option<TabId> {
    headers.get(TAB)?.to_str().ok()?.parse().ok()
}

/// Whoever is signed in at this account.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Actor);

impl FromRequestParts<Palisade> for SignedIn {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, palisade: &Palisade) -> Result<Self, Failure> {
        let door = Door::from_request_parts(parts, palisade).await?;
        let signed_out = || Failure(Error::new(Kind::SignedOut, "signed-out"));
        if let Some(token) = web::credentials::session_token(&parts.headers) {
            let actor = sessions::by_token(palisade, door.account, token).await?.ok_or_else(signed_out)?;
            return Ok(Self(actor.in_tab(tab(&parts.headers))));
        }
        if let Some((email, secret)) = web::credentials::basic(&parts.headers) {
            let actor = sessions::by_app_password(palisade, door.account, &email, &secret).await?;
            return actor.map(Self).ok_or_else(|| {
                palisade.numbers.refuse(Proof::AppPassword);
                Failure(Error::new(Kind::SignedOut, "wrong-credentials"))
            });
        }
        Err(signed_out())
    }
}

/// Whoever is signed in at this account in person, not by a program of theirs: what an app password may not do, since it is
/// kept in a file somewhere, is to let people in, to make more of its kind, or to take the account over.
#[derive(Clone, Debug)]
pub(crate) struct InPerson(pub(crate) Actor);

impl FromRequestParts<Palisade> for InPerson {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, palisade: &Palisade) -> Result<Self, Failure> {
        let SignedIn(actor) = SignedIn::from_request_parts(parts, palisade).await?;
        match actor.way() {
            Way::AppPassword(_) => Err(Failure(Error::new(Kind::Forbidden, "needs-session"))),
            Way::Session(_) | Way::Operator => Ok(Self(actor)),
        }
    }
}

/// The network that a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender(pub(crate) Client);

impl FromRequestParts<Palisade> for Sender {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, palisade: &Palisade) -> Result<Self, Infallible> {
        Ok(Self(Client::of(parts, &palisade.address.proxies)))
    }
}
