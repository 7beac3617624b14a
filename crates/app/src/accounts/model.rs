//! The rules of names and titles.

use crate::people::Introduction;
use kernel::{AccountId, Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

/// Names that lead, or may lead later, to the installation itself, or that people would take for it.
const RESERVED: &[&str] = &[
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "api",
    "app",
    "apps",
    "assets",
    "auth",
    "autoconfig",
    "autodiscover",
    "billing",
    "blog",
    "calendar",
    "cdn",
    "certificate",
    "console",
    "contact",
    "dashboard",
    "dav",
    "demo",
    "dev",
    "dns",
    "docs",
    "download",
    "email",
    "files",
    "ftp",
    "git",
    "help",
    "home",
    "hostmaster",
    "imap",
    "info",
    "invoice",
    "legal",
    "localhost",
    "login",
    "mail",
    "media",
    "metrics",
    "mta-sts",
    "mx",
    "ns1",
    "ns2",
    "operator",
    "owner",
    "palisade",
    "pay",
    "payment",
    "payments",
    "pop",
    "postmaster",
    "privacy",
    "root",
    "sales",
    "search",
    "secure",
    "security",
    "shop",
    "sign-in",
    "sign-up",
    "signin",
    "signup",
    "smtp",
    "ssl",
    "staff",
    "static",
    "status",
    "support",
    "sysadmin",
    "system",
    "test",
    "trust",
    "webdav",
    "webmail",
    "webmaster",
    "www",
    "www1",
    "www2",
];

/// The name of an account: the label of its host name (RFC 1123), 3 to 63 letters a to z, digits and hyphens. Other
/// scripts are refused rather than encoded, so that no address looks like another; so is `xn--`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Checks a name.
    ///
    /// # Errors
    /// `account-name-invalid`, `account-name-reserved`.
    pub fn parse(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase();
        let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let ends = !name.starts_with('-') && !name.ends_with('-');
        let punycode = name.get(2..4) == Some("--");
        match () {
            () if !letters || !ends || punycode || !(3..=63).contains(&name.len()) => {
                Err(Error::invalid("account-name-invalid", "name"))
            }
            () if RESERVED.binary_search(&name.as_str()).is_ok() => {
                Err(Error::invalid("account-name-reserved", "name"))
            }
            () => Ok(Self(name)),
        }
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the group calls itself: NFC, 1 to 200 bytes, no control character.
#[derive(Clone, Debug)]
pub struct Title(String);

impl Title {
    /// Checks a title.
    pub fn parse(text: &str) -> Result<Self> {
        let title: String = text.trim().nfc().collect();
        match () {
            () if kernel::is_blank(&title) => Err(Error::invalid("name-empty", "title")),
            () if title.len() > 200 => Err(Error::invalid("name-too-long", "title").with("limit", 200)),
            () if title.chars().any(kernel::misleads) => {
                Err(Error::invalid("name-forbidden-character", "title"))
            }
            () => Ok(Self(title)),
        }
    }
    /// The title.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A sign-up.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name that becomes the address.
    pub name: String,
    /// What the group calls itself.
    pub title: String,
    /// Who owns it.
    pub owner: Introduction,
}

/// An account as it is shown at its own address.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AccountAddress)]
pub struct View {
    /// Its name.
    pub name: String,
    /// What the group calls itself.
    pub title: String,
    /// Where it is.
    pub address: String,
}

/// What becomes of a file whose name is taken, where whoever uploads does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SameName {
    /// The interface asks.
    #[default]
    Ask,
    /// It becomes a new version, always.
    Always,
}

/// What an account has settled for itself, as it is sealed in its row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    #[serde(default = "Settings::version")]
    pub(super) version: u8,
    #[serde(default)]
    pub(super) new_version_on_same_name: SameName,
}

impl Settings {
    pub(super) const VERSION: u8 = 1;

    fn version() -> u8 {
        Self::VERSION
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: Self::VERSION, new_version_on_same_name: SameName::default() }
    }
}

/// An account's own row, opened.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the group calls itself.
    pub title: String,
    pub(super) settings: Settings,
    /// Counts its changes.
    pub revision: i64,
}

/// What those who govern change about their account.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = AccountChange)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// What the group calls itself.
    pub title: Option<String>,
    /// What becomes of a file whose name is taken.
    pub new_version_on_same_name: Option<SameName>,
}

/// What must be known of an account from outside it, as its front key seals it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Front {
    pub(super) version: u8,
    pub(super) name: String,
    pub(super) host: String,
}

impl Front {
    pub(super) const VERSION: u8 = 1;
}

/// An account as the operator sees it from outside.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: AccountId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Its name; none where its front key was destroyed.
    pub name: Option<String>,
    /// Where it is, as its name.
    pub address: Option<String>,
    /// How many people are in it, guests too.
    pub people: i64,
    /// How many bytes its files take, all versions and the trash.
    pub bytes: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_names_are_in_order() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn names_that_could_mislead_are_refused() {
        let longest = "a".repeat(63);
        for good in ["mirabel", "a-b", "3eb", &longest, "Mirabel "] {
            assert!(AccountName::parse(good).is_ok(), "{good}");
        }
        let longer = "a".repeat(64);
        for bad in [
            "",
            "ab",
            "-abc",
            "abc-",
            "a_b",
            "a.b",
            "a b",
            "mіrabel",
            "xn--mrabel-1fg",
            "miräbel",
            &longer,
            "ab\0c",
        ] {
            assert_eq!(AccountName::parse(bad).unwrap_err().code(), "account-name-invalid", "{bad:?}");
        }
        assert_eq!(AccountName::parse("WWW").unwrap_err().code(), "account-name-reserved");
    }
}
