//! Notifications: what people are told outside of the pages. A mail is queued in the transaction of what it tells of, so
//! neither is there without the other; it is sealed, since a link that signs somebody in must not lie in clear on a disk.

mod model;
mod store;

pub use model::Mail;

use crate::{Palisade, Tx, accounts};
use kernel::{Error, MailId, Result};

/// Queues a mail.
pub(crate) fn queue(tx: &mut Tx<'_, '_>, to: &str, subject: String, body: String) -> Result<MailId> {
    let mail = Mail { to: to.to_owned(), subject, body };
    store::insert(tx, &mail)
}

/// Takes a mail back that was queued in this transaction.
pub(crate) fn take_back(tx: &mut Tx<'_, '_>, id: MailId) -> Result<()> {
    store::delete(tx, id)
}

/// The mails of an account that wait to be sent, the oldest first, for the operator.
///
/// # Errors
/// Not found, where there is no such account.
pub async fn waiting(palisade: &Palisade, host: &str) -> Result<Vec<Mail>> {
    let account = crate::accounts::at(palisade, host).await?.ok_or_else(Error::not_found)?;
    let key = accounts::key(palisade, account).await?;
    palisade.read_at_door(&key, store::unsent).await
}
