//! A mail.

use serde::{Deserialize, Serialize};

/// A mail: plain text to one address.
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
}
