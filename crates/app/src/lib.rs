//! The product. Each folder is a room, named after its noun, with the same furniture: `mod.rs` has its verbs, `model.rs` its
//! types and rules, `store.rs` the queries on the tables it owns, `routes.rs` its HTTP, `jobs.rs` the work that it leaves for later.
//!
//! A room calls another only through the verbs in its `mod.rs`. A verb is a plain function in a transaction ([`Tx`]); a
//! transaction that writes ends in [`Tx::done`], which leaves the journal's entry, so no change goes unrecorded.

pub mod accounts;
mod away;
pub mod description;
mod door;
pub mod drafts;
pub mod files;
mod house;
pub mod journal;
pub mod live;
pub mod notifications;
mod numbers;
pub mod people;
pub mod privacy;
pub mod projects;
pub mod receipts;
pub mod sessions;
pub mod trust;
mod tx;
mod uploads;

pub use door::{Door, SignedIn};
pub(crate) use door::{InPerson, Sender};
pub use house::{Address, House, Limits, Palisade, Parts};
pub use sessions::password::Cost as PasswordCost;
pub use tx::{Done, Tx};

use axum::{Extension, Router, extract::DefaultBodyLimit, middleware};
use jobs::{Kinds, Runner};
use web::extract::BodyLimit;

/// Runs the jobs of all rooms, at this node.
pub fn runner(palisade: &Palisade) -> Runner<Palisade> {
    let kinds = files::kinds(notifications::kinds(Kinds::default()));
    let (db, source, bell) = (palisade.db.clone(), palisade.source.clone(), palisade.bell.clone());
    Runner::new(db, source, bell, kinds, palisade.clone())
}

/// Forgets, in all accounts, what has had its time: receipts, drafts, and sessions and links that have expired.
pub async fn forget_expired(palisade: &Palisade) -> kernel::Result<()> {
    receipts::forget_old(palisade).await?;
    sessions::forget_expired(palisade).await?;
    drafts::forget_expired(palisade).await?;
    people::resets::forget_expired(palisade).await
}

async fn bad_method() -> web::Failure {
    web::Failure(kernel::Error::new(kernel::Kind::BadMethod, "bad-method"))
}

/// Every route of the product, for every host; the state is the installation.
pub fn router(palisade: Palisade) -> Router {
    let api = description::routes()
        .fallback(async || web::Failure(kernel::Error::not_found()))
        .method_not_allowed_fallback(bad_method)
        .layer(middleware::from_fn_with_state(palisade.clone(), uploads::admit))
        .layer(middleware::from_fn_with_state(palisade.clone(), away::attend));
    let json_bytes = palisade.limits.json_bytes;
    Router::new()
        .nest(description::PREFIX, api)
        .merge(description::pages().method_not_allowed_fallback(bad_method))
        // What is read whole; an upload streams, and has a limit of its own.
        .layer(DefaultBodyLimit::max(json_bytes))
        .layer(Extension(BodyLimit(json_bytes)))
        .layer(middleware::from_fn(web::guard::localise))
        .layer(middleware::from_fn(web::guard::secure))
        .with_state(palisade)
}
