//! Notifications: what people are told outside of the pages. A mail is queued in the transaction of what it tells of, so
//! neither is there without the other; it is sealed, since a link that signs somebody in must not lie in clear on a disk.
//!
//! A job takes it to the [`Post`], and its row goes when it was taken there, when it was refused for good, or when it has
//! waited too long. Where there is no post, the operator shows it to whom it is for.

mod jobs;
mod letter;
mod model;
mod post;
mod store;

pub(crate) use self::{jobs::kinds, letter::Letter};
pub use model::{Mail, Waiting};
pub use post::{Post, PostConfig, Tls};

use crate::{
    Palisade, Tx, accounts,
    journal::{Event, What},
};
use db::Reason;
use kernel::{AccountId, Error, MailId, Result};
use post::Sent;
use std::{collections::HashMap, time::Duration};

/// How long a mail waits; what it leads to has expired by then.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Queues a mail under an id of its own. Where there is no `post`, it waits to be shown, and goes when its time is over.
pub(crate) fn queue(tx: &mut Tx<'_, '_>, id: MailId, mail: &Mail, post: bool) -> Result<()> {
    store::insert(tx, id, mail)?;
    let due = if post { tx.now() } else { tx.now() + KEPT };
    tx.enqueue(self::jobs::sending(id).at(due)).map(drop)
}

/// Takes a mail back, where it waits.
pub(crate) fn take_back(tx: &mut Tx<'_, '_>, id: MailId) -> Result<()> {
    ::jobs::withdraw(tx.db, id.cast())?;
    store::delete(tx, id)
}

/// Takes a mail to the post. One that was taken there already is not there any more.
///
/// # Errors
/// `mail-unsent`, where it may be tried again.
pub(crate) async fn send(palisade: &Palisade, account: AccountId, id: MailId) -> Result<()> {
    let key = accounts::key(palisade, account).await?;
    let found = palisade.read_at_door(&key, move |tx| store::by_id(tx, id)).await?;
    let Some((mail, queued_at)) = found else { return Ok(()) };
    let now = palisade.source.now();
    let sent = match &palisade.post {
        _ if now.since(queued_at) >= KEPT => None,
        Some(post) => Some(post.send(&palisade.address.host, id, &mail, now).await?),
        None => return Err(post::unsent("no mail server is configured")),
    };
    let refused = match sent {
        Some(Sent::Delivered) => false,
        Some(Sent::Refused(code)) => {
            tracing::warn!(mail = %id, %account, code, "a mail was refused for good");
            true
        }
        None => {
            tracing::warn!(mail = %id, %account, "a mail waited too long");
            palisade.post.is_some()
        }
    };
    palisade
        .write_at_door(&key, move |tx| {
            store::delete(tx, id)?;
            let told = Event::none("what the mail tells of has left its entry");
            tx.done((), if refused { Event::new(What::MailRefused).subject(id, &mail.to) } else { told })
        })
        .await
}

/// The mails that wait, the oldest first, of all accounts or of the one at `host`, for the operator. Nothing in them is opened.
///
/// # Errors
/// Not found, where there is no such account.
pub async fn waiting(palisade: &Palisade, host: Option<&str>) -> Result<Vec<Waiting>> {
    let only = match host {
        Some(host) => Some(accounts::at(palisade, host).await?.ok_or_else(Error::not_found)?),
        None => None,
    };
    let listed = accounts::list(palisade).await?;
    let names: HashMap<_, _> = listed.into_iter().map(|account| (account.id, account.name)).collect();
    let look = move |tx: &mut db::SystemTx<'_>| {
        let mut waiting = Vec::new();
        for (account, id, queued_at) in store::unsent(tx, only)? {
            let standing = ::jobs::standing(&mut tx.within(account), id.cast())?;
            let account = names.get(&account).cloned().flatten();
            waiting.push(Waiting { id, account, queued_at, standing });
        }
        Ok(waiting)
    };
    palisade.db.system_read(Reason::ListMail, look).await
}

/// A mail that waits, opened for the operator.
///
/// # Errors
/// Not found.
pub async fn show(palisade: &Palisade, id: MailId) -> Result<Mail> {
    let account = palisade.db.system_read(Reason::ListMail, move |tx| store::account_of(tx, id)).await?;
    let key = accounts::key(palisade, account.ok_or_else(Error::not_found)?).await?;
    let found = palisade.read_at_door(&key, move |tx| store::by_id(tx, id)).await?;
    found.map(|(mail, _)| mail).ok_or_else(Error::not_found)
}
