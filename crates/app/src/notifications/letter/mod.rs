//! A letter: what a mail says, before it is written down. All letters have the same parts, whose sentences are in the catalogue
//! under `mail-{kind}-…`; it is written once as plain text ([`plain`]) and once as HTML ([`html`]), which say the same.
//!
//! What a person typed stands between two isolates of Unicode (FSI, PDI), so that a name in another direction turns nothing around
//! it. HTML makes an element of them; plain text keeps them only where there is something to isolate, since some programs show
//! them as boxes. No name holds one itself: [`kernel::misleads`].

mod html;
mod plain;

use super::Mail;
use kernel::{Error, Result};
use web::{Language, texts};

/// Begins and ends what was typed (Unicode Standard Annex 9, section 2.4.2).
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// A letter on its way to be whole. It is not shown by `Debug`: it may hold a link that signs in.
pub(crate) struct Letter {
    kind: &'static str,
    language: Language,
    args: Vec<(&'static str, String)>,
    link: String,
}

/// The parts of a letter, in words.
struct Parts {
    language: Language,
    /// The subject of the mail.
    subject: String,
    /// What a list of mails shows beside the subject.
    preview: String,
    /// What it is about.
    title: String,
    /// What happened, and what to do.
    body: String,
    /// What the link does.
    action: String,
    /// Where it leads.
    link: String,
    /// The same before the link, where there is no button.
    before_link: String,
    /// What stands before the link below its button.
    below_button: String,
    /// What to do where it was not expected.
    note: String,
    /// Why it came, and from which address.
    reason: String,
}

impl Letter {
    /// A letter of this kind, in this language, with a link to what it asks for.
    pub(crate) fn new(kind: &'static str, language: Language, link: String) -> Self {
        Self { kind, language, args: Vec::new(), link }
    }

    /// With something that a person typed: a name, a title, an address.
    pub(crate) fn typed(mut self, name: &'static str, value: &str) -> Self {
        let (begin, end) = ISOLATE;
        self.args.push((name, format!("{begin}{value}{end}")));
        self
    }

    /// With a number.
    pub(crate) fn counted(mut self, name: &'static str, count: u64) -> Self {
        self.args.push((name, count.to_string()));
        self
    }

    /// The mail that takes it from the account at `address` to `to`.
    pub(crate) fn mail(self, to: &str, address: &str) -> Result<Mail> {
        let parts = self.typed("to", to).typed("address", address).parts()?;
        Ok(Mail {
            to: to.to_owned(),
            subject: plain::line(&parts.subject),
            body: plain::write(&parts),
            html: html::write(&parts).into_string(),
        })
    }

    fn parts(self) -> Result<Parts> {
        let Self { kind, language, args, link } = self;
        let text = |key: &str| {
            texts::text(language, key, &args).ok_or_else(|| Error::internal(format!("a mail without {key}")))
        };
        let part = |name: &str| text(&format!("mail-{kind}-{name}"));
        let action = part("action")?;
        let before_link = texts::text(language, "mail-before-link", &[("action", action.clone())]);
        Ok(Parts {
            language,
            subject: part("subject")?,
            preview: part("preview")?,
            title: part("title")?,
            body: part("body")?,
            action,
            before_link: before_link.unwrap_or_default(),
            below_button: text("mail-below-button")?,
            note: part("note")?,
            reason: part("reason")?,
            link,
        })
    }
}
