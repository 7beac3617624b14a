//! A draft, and the names of forms.

use kernel::{Error, Kind, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The name of a form, as the interface gives it: `profile`, `project.{id}`. It stands in clear, so it holds nothing that was
/// typed: 1 to 100 small letters, digits, dots and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormName(String);

impl FormName {
    /// Checks a name.
    ///
    /// # Errors
    /// `unknown-form`.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
        if (1..=100).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with(['.', '-']) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid("unknown-form", "form"))
        }
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands in the fields of a form, by their names; the interface knows what they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, Value>);

/// The most that a draft holds, in bytes of JSON.
const LARGEST: usize = 64 << 10;

/// As it is sealed.
#[derive(Serialize, Deserialize)]
struct Written<F> {
    version: u8,
    fields: F,
}

const VERSION: u8 = 1;

impl Fields {
    /// What is sealed.
    ///
    /// # Errors
    /// `too-large`.
    pub(super) fn written(&self) -> Result<String> {
        let size = serde_json::to_vec(self).map_err(Error::internal)?.len();
        if size > LARGEST {
            return Err(Error::new(Kind::TooLarge, "too-large").with("limit", LARGEST));
        }
        serde_json::to_string(&Written { version: VERSION, fields: self }).map_err(Error::internal)
    }

    pub(super) fn read(written: &str) -> Result<Self> {
        let Written { version, fields } = serde_json::from_str(written).map_err(Error::internal)?;
        if version == VERSION {
            Ok(fields)
        } else {
            Err(Error::internal(format!("a draft of version {version}")))
        }
    }
}

/// A draft, opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Draft {
    /// Of which form.
    pub form: String,
    /// What stands in its fields.
    pub fields: Fields,
    /// When it was typed.
    pub kept_at: Timestamp,
}

/// That there is a draft.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = KeptDraft)]
pub struct Kept {
    /// Of which form.
    pub form: String,
    /// When it was typed.
    pub kept_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_plain_names() {
        let longest = "a".repeat(100);
        for good in ["profile", "project.01890000-0000-7000-8000-000000000000.description", "7", &longest] {
            assert!(FormName::parse(good).is_ok(), "{good}");
        }
        let longer = "a".repeat(101);
        for bad in ["", ".", "-a", "../x", "a b", "A", "é", "a/b", "a\0", "a_b", &longer] {
            assert_eq!(FormName::parse(bad).unwrap_err().code(), "unknown-form", "{bad:?}");
        }
    }

    #[test]
    fn a_draft_of_another_version_is_refused() {
        assert!(Fields::read("{\"version\":1,\"fields\":{\"name\":\"x\"}}").is_ok());
        assert!(Fields::read("{\"version\":2,\"fields\":{\"name\":\"x\"}}").is_err());
    }
}
