//! A mail.

use jobs::Standing;
use kernel::{MailId, Timestamp};
use serde::{Deserialize, Serialize};

/// A mail to one address: the same as plain text and as HTML.
#[derive(Clone, Deserialize, Serialize)]
#[expect(
    missing_debug_implementations,
    reason = "a mail may hold a link that signs in, which must not reach a log"
)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Lines.
    pub body: String,
    /// The same as HTML; empty in a mail that has waited since before there was any.
    #[serde(default)]
    pub html: String,
}

/// A mail that waits, as it is listed: nothing of what it says.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Which.
    pub id: MailId,
    /// The name of its account; none where its front key was destroyed.
    pub account: Option<String>,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// How it stands with its sending.
    #[serde(flatten)]
    pub standing: Option<Standing>,
}
