//! What can happen.

use kernel::{EntryId, Error, Id, JournalEntryId, Noun, PersonId, ProjectId, Result, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The kinds of entries, as they stand in the database and the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = JournalKind)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is its own sentence")]
pub enum What {
    AccountOpened,
    AccountChanged,
    PersonInvited,
    InvitationWithdrawn,
    PersonJoined,
    PersonChanged,
    PersonRemoved,
    ProfileChanged,
    PasswordChanged,
    AppPasswordCreated,
    AppPasswordEnded,
    ResetLinkMade,
    MailRefused,
    ProjectCreated,
    ProjectChanged,
    ProjectArchived,
    ProjectRestored,
    FolderCreated,
    FileAdded,
    VersionAdded,
    VersionRestored,
    EntryRenamed,
    EntryMoved,
    EntryCopied,
    EntryTrashed,
    EntryRestored,
    EntryDeleted,
    TrashEmptied,
}

impl What {
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountOpened => "account-opened",
            Self::AccountChanged => "account-changed",
            Self::PersonInvited => "person-invited",
            Self::InvitationWithdrawn => "invitation-withdrawn",
            Self::PersonJoined => "person-joined",
            Self::PersonChanged => "person-changed",
            Self::PersonRemoved => "person-removed",
            Self::ProfileChanged => "profile-changed",
            Self::PasswordChanged => "password-changed",
            Self::AppPasswordCreated => "app-password-created",
            Self::AppPasswordEnded => "app-password-ended",
            Self::ResetLinkMade => "reset-link-made",
            Self::MailRefused => "mail-refused",
            Self::ProjectCreated => "project-created",
            Self::ProjectChanged => "project-changed",
            Self::ProjectArchived => "project-archived",
            Self::ProjectRestored => "project-restored",
            Self::FolderCreated => "folder-created",
            Self::FileAdded => "file-added",
            Self::VersionAdded => "version-added",
            Self::VersionRestored => "version-restored",
            Self::EntryRenamed => "entry-renamed",
            Self::EntryMoved => "entry-moved",
            Self::EntryCopied => "entry-copied",
            Self::EntryTrashed => "entry-trashed",
            Self::EntryRestored => "entry-restored",
            Self::EntryDeleted => "entry-deleted",
            Self::TrashEmptied => "trash-emptied",
        }
    }
}

/// Kinds that belong together, by what they happen to: the word of a group, and its kinds. Each kind is in one.
const GROUPS: [(&str, &[What]); 4] = [
    (
        "files",
        &[
            What::FolderCreated,
            What::FileAdded,
            What::VersionAdded,
            What::VersionRestored,
            What::EntryRenamed,
            What::EntryMoved,
            What::EntryCopied,
            What::EntryTrashed,
            What::EntryRestored,
            What::EntryDeleted,
            What::TrashEmptied,
        ],
    ),
    ("projects", &[What::ProjectCreated, What::ProjectChanged, What::ProjectArchived, What::ProjectRestored]),
    (
        "people",
        &[
            What::PersonInvited,
            What::InvitationWithdrawn,
            What::PersonJoined,
            What::PersonChanged,
            What::PersonRemoved,
            What::ProfileChanged,
            What::PasswordChanged,
            What::AppPasswordCreated,
            What::AppPasswordEnded,
            What::ResetLinkMade,
        ],
    ),
    ("account", &[What::AccountOpened, What::AccountChanged, What::MailRefused]),
];

/// What is looked for in the journal. Where nothing is said, all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// What this person did.
    pub person: Option<PersonId>,
    /// Of these kinds; of all where none is named.
    pub kinds: &'static [What],
    /// In this project.
    pub project: Option<ProjectId>,
    /// At this time or later.
    pub after: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

impl Wanted {
    /// The kinds that a word names: a group of them, or one.
    ///
    /// # Errors
    /// `unknown-value`.
    pub fn kinds(word: &str) -> Result<&'static [What]> {
        let group = GROUPS.into_iter().find(|(name, _)| *name == word).map(|(_, kinds)| kinds);
        let kind = || GROUPS.iter().flat_map(|(_, kinds)| *kinds).find(|kind| kind.as_str() == word);
        group
            .or_else(|| kind().map(std::slice::from_ref))
            .ok_or_else(|| Error::invalid("unknown-value", "kind"))
    }
}

/// What a change leaves in the journal, and tells whoever looks at it.
#[derive(Debug)]
pub struct Event {
    what: Option<What>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) subject: Option<[u8; 16]>,
    /// The folders whose lists are others now; none where nobody says which.
    pub(crate) folders: Vec<EntryId>,
    pub(super) name: String,
    pub(crate) actor: Option<PersonId>,
}

impl Event {
    /// Something happened.
    pub fn new(what: What) -> Self {
        Self { what: Some(what), ..Self::blank() }
    }
    /// Nothing for the journal, and why.
    pub fn none(_why: &'static str) -> Self {
        Self::blank()
    }
    fn blank() -> Self {
        Self {
            what: None,
            project: None,
            subject: None,
            folders: Vec::new(),
            name: String::new(),
            actor: None,
        }
    }
    /// In this project.
    #[must_use]
    pub fn project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }
    /// To this, which had this name at the time.
    #[must_use]
    pub fn subject<N: Noun>(mut self, id: Id<N>, name: &str) -> Self {
        self.subject = Some(id.bytes());
        name.clone_into(&mut self.name);
        self
    }
    /// In the list of this folder. Where none is named, whoever looks at any folder of the project looks again.
    #[must_use]
    pub fn folder(mut self, folder: EntryId) -> Self {
        self.folders.push(folder);
        self
    }
    /// By this person, where nobody is signed in yet.
    #[must_use]
    pub fn by(mut self, person: PersonId) -> Self {
        self.actor = Some(person);
        self
    }
    /// What happened, where there is something to tell of it.
    pub(crate) fn what(&self) -> Option<What> {
        self.what
    }
}

/// One entry, opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct Entry {
    /// Its id; later entries have greater ones.
    pub id: JournalEntryId,
    /// When.
    pub at: Timestamp,
    /// Who.
    #[schema(required)]
    pub actor: Option<crate::people::Ref>,
    /// What.
    #[schema(value_type = What)]
    pub kind: String,
    /// In which project.
    #[schema(required)]
    pub project: Option<InProject>,
    /// To what.
    #[schema(required)]
    pub subject: Option<Subject>,
}

/// The project in which it happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JournalProject)]
pub struct InProject {
    /// Which.
    pub id: ProjectId,
    /// Its name now; none where it is gone.
    #[schema(required)]
    pub name: Option<String>,
}

/// What an entry is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JournalSubject)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its name at the time.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::PartialSchema;

    #[test]
    fn each_kind_is_found_by_its_word_and_by_one_group() {
        let schema = serde_json::to_value(What::schema()).unwrap();
        let mut words: Vec<&str> =
            schema["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        for word in &words {
            let kinds = Wanted::kinds(word).unwrap();
            assert_eq!(kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(), [*word]);
        }
        let mut grouped: Vec<&str> =
            GROUPS.iter().flat_map(|(_, kinds)| *kinds).map(|kind| kind.as_str()).collect();
        words.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, words);
        assert_eq!(Wanted::kinds("nonsense").unwrap_err().code(), "unknown-value");
    }
}
