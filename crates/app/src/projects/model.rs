//! A project and its rules.

use crate::{journal, people::Ref};
use access::Subject;
use kernel::{AccountId, Error, Kind, PersonId, ProjectId, Result, Timestamp};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

/// A project, opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProjectItself)]
pub struct Project {
    /// Which.
    pub id: ProjectId,
    #[serde(skip)]
    pub(crate) account: AccountId,
    /// Its name.
    pub name: String,
    /// The colour of its emblem.
    pub dye: Dye,
    /// Whether people work in it.
    pub state: State,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it.
    #[serde(skip)]
    pub created_by: PersonId,
    /// Counts its changes.
    pub revision: i64,
    /// How many live files it holds.
    pub files: i64,
    /// Bytes of their current versions.
    pub bytes: i64,
}

/// A project as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub struct View {
    /// The project.
    #[serde(flatten)]
    pub project: Project,
    /// Who made it.
    #[schema(required)]
    pub created_by: Option<Ref>,
    /// Whether the actor may change what is in it.
    pub may_edit: bool,
    /// Whether the actor may rename it, archive it and take it back from the archive.
    pub may_manage: bool,
    /// What happened last in it, by whom and when.
    #[schema(required)]
    pub last_change: Option<journal::Entry>,
}

/// Whether people work in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProjectState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// They do.
    Active,
    /// It is kept, and cannot be changed.
    Archived,
}

impl Subject for Project {
    fn account(&self) -> AccountId {
        self.account
    }
    fn project(&self) -> ProjectId {
        self.id
    }
    fn frozen(&self) -> Option<Error> {
        (self.state == State::Archived).then(|| Error::new(Kind::Conflict, "archived"))
    }
}

/// The colour of a project's emblem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is a colour of the look")]
pub enum Dye {
    Pine,
    Lake,
    Ember,
    Madder,
    Bark,
    Moss,
    Heather,
    Slate,
}

impl Dye {
    const ALL: [Self; 8] = [
        Self::Lake,
        Self::Moss,
        Self::Ember,
        Self::Heather,
        Self::Pine,
        Self::Bark,
        Self::Madder,
        Self::Slate,
    ];

    /// The dye of the next project, where nobody chose one.
    pub fn after(projects: usize) -> Self {
        Self::ALL[projects % Self::ALL.len()]
    }
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pine => "pine",
            Self::Lake => "lake",
            Self::Ember => "ember",
            Self::Madder => "madder",
            Self::Bark => "bark",
            Self::Moss => "moss",
            Self::Heather => "heather",
            Self::Slate => "slate",
        }
    }
    pub(super) fn parse(word: &str) -> Result<Self> {
        let unknown = || Error::invalid("unknown-dye", "dye");
        Self::ALL.into_iter().find(|dye| dye.as_str() == word).ok_or_else(unknown)
    }
}

/// A project's name: as a file's, since it is one in WebDAV.
#[derive(Clone, Debug)]
pub struct ProjectName(String);

impl ProjectName {
    /// Checks a name: NFC, 1 to 255 bytes, no slash, no control character, not only dots.
    pub fn parse(text: &str) -> Result<Self> {
        let name: String = text.trim().nfc().collect();
        match () {
            () if kernel::is_blank(&name) => Err(Error::invalid("name-empty", "name")),
            () if name.len() > 255 => Err(Error::invalid("name-too-long", "name").with("limit", 255)),
            () if name.chars().all(|c| c == '.') => {
                Err(Error::invalid("name-reserved", "name").with("name", &name))
            }
            () if name.chars().any(|c| c == '/' || kernel::misleads(c)) => {
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

/// A project to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewProject)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The colour of its emblem; the next one where none is chosen.
    pub dye: Option<Dye>,
}
