//! Live: who looks at something hears that it changed, while they look.
//!
//! Each open tab holds one socket. What a verb's transaction says of itself ([`Event`]) is told to the tabs of its account as
//! soon as it is committed, at every node: no verb must think of it. They are told *that*, never *what*: whoever wants to know
//! reads it, with their own authority.
//!
//! Invariants:
//! * A message holds ids and nothing that was typed.
//! * Nobody hears of another account, nor a guest of a project that they are not in, as of the moment of telling.
//! * Nothing is missed unsaid: a tab that could not be told something, or was not there yet, is told to read all of it again.
//! * A tab costs little: changes of a moment are one message, at most a few wait for a slow reader, and so many tabs are open
//!   at once for a person, an account, a network and a node.
//! * A socket does not outlive what it was opened with by more than [`LOOK`](tab::LOOK), nor the database's answer.

mod bus;
mod model;
mod routes;
mod tab;

pub(crate) use bus::Live;
pub use bus::hear;
pub(crate) use routes::routes;

use crate::{Palisade, Tx, journal::Event};
use kernel::Result;
use model::Change;

/// Tells of a change, once it is committed. [`Tx::done`] does it for each that leaves an entry in the journal.
pub(crate) fn tell(tx: &mut Tx<'_, '_>, event: &Event) -> Result<()> {
    match Change::of(event, tx.signed_in()) {
        Some(change) => tx.db.notify(&change.notice()?),
        None => Ok(()),
    }
}

/// Closes all sockets, and none stays open from then on: the node stops. Returns when they are closed.
pub async fn close(palisade: &Palisade) {
    palisade.live.close().await;
}
