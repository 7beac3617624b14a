//! How many uploads are under way at once. Each holds memory, and files at the sites, for as long as its client takes.

use crate::{Palisade, Sender, SignedIn, description};
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use kernel::{AccountId, Result};
use std::{collections::HashSet, sync::LazyLock};
use web::{
    Client, Failure,
    places::{Place, Places},
};

/// How many of one account, and how many from one network.
const OF_ONE: usize = 64;
/// How many at this node.
const ALL: usize = 512;

/// The places of uploads.
#[derive(Debug)]
pub(crate) struct Uploads {
    accounts: Places<AccountId>,
    clients: Places<Client>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { accounts: Places::new(OF_ONE, ALL), clients: Places::new(OF_ONE, ALL) }
    }
}

impl Uploads {
    fn enter(&self, account: AccountId, client: Client) -> Result<(Place<AccountId>, Place<Client>)> {
        Ok((self.accounts.enter(account)?, self.clients.enter(client)?))
    }
}

/// The routes that take bytes: those which the description says so of, so that none is forgotten.
static ROUTES: LazyLock<HashSet<(&'static str, String)>> = LazyLock::new(description::uploads);

/// Layer: an upload has a place until it is answered. Only whoever is signed in takes one.
pub(crate) async fn admit(
    State(palisade): State<Palisade>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let is_upload = |(method, path): &(&str, String)| {
        *method == request.method().as_str() && route.as_ref().is_some_and(|route| route == path)
    };
    if !ROUTES.iter().any(is_upload) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let SignedIn(actor) = SignedIn::from_request_parts(&mut parts, &palisade).await?;
    let Ok(Sender(client)) = Sender::from_request_parts(&mut parts, &palisade).await;
    let _place = palisade.uploads.enter(actor.account(), client)?;
    Ok(next.run(Request::from_parts(parts, body)).await)
}
