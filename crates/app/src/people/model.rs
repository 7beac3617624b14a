//! A person, and the rules of what they say of themselves.

use access::Role;
use kernel::{Error, PersonId, PictureId, ProjectId, Result, Timestamp};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use web::Language;

/// A person, opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The name that they gave.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are in the account.
    pub role: Role,
    /// The language they read.
    #[schema(value_type = Language)]
    pub language: String,
    /// Their time zone (IANA).
    pub time_zone: String,
    /// Their picture, where they have one.
    #[schema(required)]
    pub picture: Option<PictureId>,
    /// The projects that a guest was given.
    #[schema(required)]
    pub projects: Option<Vec<ProjectId>>,
    /// When they came.
    pub created_at: Timestamp,
    /// Counts their changes.
    pub revision: i64,
    /// Whether they were removed; such people are only names in the journal.
    #[serde(skip)]
    pub removed: bool,
}

/// A person as shown beside what they did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ref {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Whether they are a guest.
    pub guest: bool,
    /// Their picture, where they have one and whoever asks may see it.
    #[schema(required)]
    pub picture: Option<PictureId>,
}

/// Somebody to add.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their name.
    pub name: PersonName,
    /// Their address.
    pub email: EmailAddress,
    /// What they become.
    pub role: Role,
    /// The language they read.
    pub language: Language,
    /// Where they are.
    pub time_zone: TimeZone,
    /// The hash of their password (PHC string).
    pub password: String,
}

/// A name as typed: NFC, 1 to 200 bytes, no control character.
#[derive(Clone, Debug)]
pub struct PersonName(String);

impl PersonName {
    /// Checks a name.
    pub fn parse(text: &str) -> Result<Self> {
        let name: String = text.trim().nfc().collect();
        match () {
            () if kernel::is_blank(&name) => Err(Error::invalid("name-empty", "name")),
            () if name.len() > 200 => Err(Error::invalid("name-too-long", "name").with("limit", 200)),
            () if name.chars().any(kernel::misleads) => {
                Err(Error::invalid("name-forbidden-character", "name"))
            }
            () => Ok(Self(name)),
        }
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address, as typed; two that differ only in case are the same one.
#[derive(Clone, Debug)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Checks the form: `local@domain`, 254 bytes at most (RFC 5321), no space or control character. Whether it is
    /// theirs only a mail can tell.
    pub fn parse(text: &str) -> Result<Self> {
        let address: String = text.trim().nfc().collect();
        let good = address.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && !local.contains('@')
                && !domain.starts_with(['.', '-'])
                && !domain.ends_with(['.', '-'])
                && domain.contains(|c: char| c.is_alphanumeric())
                && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
                && !domain.contains("..")
        });
        let clean = !address.contains(|c: char| {
            c.is_whitespace() || kernel::misleads(c) || matches!(c, '<' | '>' | ',' | ';' | '"')
        });
        if good && clean && address.len() <= 254 {
            Ok(Self(address))
        } else {
            Err(Error::invalid("email-invalid", "email"))
        }
    }
    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// By which it is found again.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// The name of a time zone (IANA), as the browser says it. Only its form is checked: browsers know newer ones than we.
#[derive(Clone, Debug)]
pub struct TimeZone(String);

impl TimeZone {
    /// Checks the form.
    pub fn parse(text: &str) -> Result<Self> {
        let good = !text.is_empty()
            && text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'));
        if good { Ok(Self(text.to_owned())) } else { Err(Error::invalid("unknown-time-zone", "time_zone")) }
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody says of themselves when they come.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Introduction {
    /// Their name.
    pub(crate) name: String,
    /// Their address.
    pub(crate) email: String,
    /// The password they choose, 12 to 256 characters.
    pub(crate) password: String,
    /// The language they read; that of the request where they do not say.
    pub(crate) language: Option<Language>,
    /// Their time zone (IANA); UTC where they do not say.
    #[serde(default = "utc")]
    pub(crate) time_zone: String,
}

impl Introduction {
    /// Somebody who says no more but what they read: UTC.
    pub fn new(name: String, email: String, password: String, language: Language) -> Self {
        Self { name, email, password, language: Some(language), time_zone: utc() }
    }

    /// The same; whoever has not said what they read speaks this.
    pub(crate) fn speaking(self, spoken: Language) -> Self {
        Self { language: self.language.or(Some(spoken)), ..self }
    }
}

/// What somebody changes about themselves.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = ProfileChange)]
#[serde(deny_unknown_fields)]
pub struct ProfileChanges {
    /// Their name.
    pub(crate) name: Option<String>,
    /// The language they read.
    pub(crate) language: Option<Language>,
    /// Their time zone (IANA).
    pub(crate) time_zone: Option<String>,
}

/// A password for another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_debug_implementations, reason = "passwords must not reach a log")]
pub struct PasswordChange {
    /// The present one.
    pub(crate) current: String,
    /// The next one, 12 to 256 characters.
    pub(crate) new: String,
    /// Whether one's app passwords end too, where somebody else may know them.
    #[serde(default)]
    pub(crate) end_app_passwords: bool,
}

/// What those who govern change about somebody else.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = PersonChange)]
#[serde(deny_unknown_fields)]
pub struct RoleChanges {
    /// What they become.
    pub(crate) role: Option<Role>,
    /// The projects of a guest; nobody else is given any.
    pub(crate) projects: Option<Vec<ProjectId>>,
}

pub(super) fn utc() -> String {
    "UTC".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_none_are_refused() {
        for good in ["a@b", "ines@mirabel-studio.example", "o'hara+x@é.example"] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        let long = format!("{}@b.c", "a".repeat(65));
        for bad in
            ["", "a", "@b", "a@", "a@.b", "a@b.", "a@b..c", "a b@c", "a@b\nBcc: x@y", "a@b@c", "<a@b>", &long]
        {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }
}
