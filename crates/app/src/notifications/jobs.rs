//! The jobs of the room.

use crate::Palisade;
use jobs::{Draft, Kinds};
use kernel::MailId;

const SEND: &str = "send-mail";

/// Takes a mail to the post. The job has the mail's id, by which it is found again.
pub(super) fn sending(mail: MailId) -> Draft {
    Draft::new(SEND).named(mail.cast()).about("mail", mail)
}

pub(crate) fn kinds(kinds: Kinds<Palisade>) -> Kinds<Palisade> {
    kinds.on(SEND, async |palisade: Palisade, job| {
        super::send(&palisade, job.account, job.payload()?.id("mail")?).await
    })
}
