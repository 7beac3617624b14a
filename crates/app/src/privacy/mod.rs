//! The privacy policy: what the operator says of how they treat what is entrusted to them. They write it in Markdown, in one
//! language or in each; it is the same for everybody, at the installation's host and at those of its accounts, signed in or not.
//!
//! It is read once, at the start, and turned into HTML of few elements ([`model`]): no markup of the operator's own, no picture,
//! no script, and no address that does not say where it leads.

mod model;
mod routes;

pub(crate) use routes::routes;

use serde::Serialize;
use utoipa::ToSchema;
use web::Language;

/// A policy as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Policy {
    /// The language that it is written in.
    pub language: Language,
    /// Its title, where it begins with one.
    #[schema(required)]
    pub title: Option<String>,
    /// What it says, below a heading of the first level; safe to be put into a page as it is.
    pub html: String,
}

/// What the operator has written: nothing, or one policy a language.
#[derive(Clone, Debug, Default)]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// Those of these texts, in Markdown.
    pub fn new<'a>(texts: impl IntoIterator<Item = (Language, &'a str)>) -> Self {
        Self(texts.into_iter().map(|(language, text)| model::read(language, text)).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The policy in this language, or in another where it is not written in this.
    pub fn speaking(&self, language: Language) -> Option<&Policy> {
        self.0.iter().find(|policy| policy.language == language).or(self.0.first())
    }
}
