//! `/people` and `/profile`.

use super::Person;
use crate::{Palisade, SignedIn};
use axum::{Router, extract::State, routing::get};
use kernel::Page;
use web::{Failure, JsonBody};

pub(crate) fn routes() -> Router<Palisade> {
    Router::new().route("/people", get(list)).route("/profile", get(profile))
}

async fn list(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Page<Person>>, Failure> {
    let people = palisade.read(&actor, super::list).await?;
    Ok(JsonBody(Page::whole(people)))
}

async fn profile(
    State(palisade): State<Palisade>,
    SignedIn(actor): SignedIn,
) -> Result<JsonBody<Person>, Failure> {
    let id = actor.person();
    Ok(JsonBody(palisade.read(&actor, move |tx| super::load(tx, id)).await?))
}
