//! Files and folders, and the rules of their names.

use crate::people::Ref;
use access::Subject;
use kernel::{AccountId, EntryId, Error, Kind, ProjectId, Result, Timestamp, VersionId};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

/// The longest name, in bytes of its NFC.
const NAME_BYTES: usize = 255;

/// Whether an entry is a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// Folders come first in lists.
    Folder,
    /// Content with versions.
    File,
}

impl EntryKind {
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::File => "file",
        }
    }
}

/// A file or folder, opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Which.
    pub id: EntryId,
    #[serde(skip)]
    pub(crate) account: AccountId,
    #[serde(skip)]
    pub(crate) archived: bool,
    /// The folder it is in as the database has it: the project itself for its root.
    #[serde(skip)]
    pub(crate) folder: EntryId,
    #[serde(skip)]
    pub(crate) version_id: Option<VersionId>,
    /// The project it is in.
    pub project: ProjectId,
    /// The folder it is in; none at the root.
    #[schema(required)]
    pub parent: Option<EntryId>,
    /// File or folder.
    pub kind: EntryKind,
    /// Its name, as typed.
    pub name: String,
    /// Bytes of the current version; none for a folder.
    #[schema(required)]
    pub size: Option<i64>,
    /// How many entries a folder holds; none for a file, or where nobody counted.
    #[schema(required)]
    pub items: Option<i64>,
    /// The bytes of all live files below a folder; none for a file, or where nobody counted.
    #[schema(required)]
    pub bytes: Option<i64>,
    /// The number of the current version; none for a folder.
    #[schema(required)]
    pub version: Option<i64>,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// By whom.
    #[schema(required)]
    pub changed_by: Option<Ref>,
    /// The sites that hold the current version.
    pub sites: Vec<String>,
    /// Whether these are fewer than must hold it: it was taken while a site was away, or a copy was lost, and is at risk until
    /// the repair has brought it to another.
    pub at_risk: bool,
    /// When it was put into the trash.
    #[serde(skip)]
    pub trashed_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip)]
    pub trashed_by: Option<Ref>,
    /// Counts its changes.
    pub revision: i64,
}

impl Subject for Entry {
    fn account(&self) -> AccountId {
        self.account
    }
    fn project(&self) -> ProjectId {
        self.project
    }
    fn frozen(&self) -> Option<Error> {
        self.archived.then(|| Error::new(Kind::Conflict, "archived"))
    }
}

/// One version of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Version {
    /// Which.
    pub id: VersionId,
    /// 1 for the first.
    pub number: i64,
    /// Bytes.
    pub size: i64,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// By whom.
    #[schema(required)]
    pub created_by: Option<Ref>,
    /// Whether it is the file's present content.
    pub current: bool,
}

/// What a list is ordered by; folders come first always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// By name, without regard to case, and with numbers in the order of their values.
    #[default]
    Name,
    /// By the time of the last change.
    Changed,
    /// By size.
    Size,
}

/// Which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Least first.
    #[default]
    Asc,
    /// Greatest first.
    Desc,
}

/// The name of a file or folder. Kept as typed; looked up by its NFC, so that `é` typed on a Mac is found from Windows.
#[derive(Clone, Debug)]
pub struct FileName(String);

impl FileName {
    /// Checks a name: 1 to 255 bytes, no slash, no character that misleads, not only dots, no space at the end.
    pub fn parse(text: &str) -> Result<Self> {
        let length = text.nfc().map(char::len_utf8).sum::<usize>();
        match () {
            () if kernel::is_blank(text) => Err(Error::invalid("name-empty", "name")),
            () if length > NAME_BYTES || text.len() > 4 * NAME_BYTES => {
                Err(Error::invalid("name-too-long", "name").with("limit", NAME_BYTES))
            }
            () if text.chars().any(|c| c == '/' || kernel::misleads(c)) => {
                Err(Error::invalid("name-forbidden-character", "name"))
            }
            () if text.chars().all(|c| c == '.') || text.ends_with(char::is_whitespace) => {
                Err(Error::invalid("name-reserved", "name").with("name", text))
            }
            () => Ok(Self(text.to_owned())),
        }
    }
    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// By which it is found.
    pub fn folded(&self) -> String {
        self.0.nfc().collect()
    }
    /// The same with a number before its extension: `plan (2).pdf`. One that would be too long loses the end of its stem, or,
    /// where the extension alone is too long, the end of all.
    pub fn numbered(&self, number: usize) -> Result<Self> {
        let (mut stem, extension) = match self.0.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && extension.len() < NAME_BYTES / 2 => {
                (stem, format!(".{extension}"))
            }
            _ => (self.0.as_str(), String::new()),
        };
        loop {
            match Self::parse(&format!("{stem} ({number}){extension}")) {
                Err(error) if error.code() == "name-too-long" && !stem.is_empty() => {
                    let last = stem.char_indices().next_back().map_or(0, |(at, _)| at);
                    stem = &stem[..last];
                }
                result => return result,
            }
        }
    }
}

/// A run of digits, or of anything else, in a name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Run {
    Number(u64),
    Text(String),
}

/// Where a change puts an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whither {
    /// It stays where it is; in JSON, the field is absent.
    #[default]
    Stay,
    /// To the root of its project; in JSON, null.
    Root,
    /// Into this folder.
    Folder(EntryId),
}

/// Orders names as people do: without regard to case, digits by their value and before letters.
pub(super) fn sort_key(name: &str) -> Vec<Run> {
    let mut key = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (run, next) = rest.split_at(end);
        key.push(if digits {
            Run::Number(run.parse().unwrap_or(u64::MAX))
        } else {
            Run::Text(run.to_lowercase())
        });
        rest = next;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_hurt_are_refused() {
        let longest = "é".repeat(127) + "x";
        for good in ["a", ".env", "..a", "plan (2).pdf", "日本語.txt", "e\u{301}", " leading", &longest] {
            assert!(FileName::parse(good).is_ok(), "{good:?}");
        }
        let longer = "é".repeat(128);
        for bad in ["", " ", ".", "..", "...", "a/b", "a\0b", "a\nb", "a\u{202e}b", "a ", &longer] {
            assert!(FileName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_name_typed_in_two_ways_is_one_name() {
        let (mac, other) = (FileName::parse("e\u{301}").unwrap(), FileName::parse("é").unwrap());
        assert_eq!(mac.folded(), other.folded());
        assert_ne!(mac.as_str(), other.as_str());
    }

    #[test]
    fn a_numbered_name_fits() {
        let numbered = |name: &str| FileName::parse(name).unwrap().numbered(12).unwrap().0;
        assert_eq!(numbered("plan.pdf"), "plan (12).pdf");
        assert_eq!(numbered(".env"), ".env (12)");
        assert_eq!(numbered(&format!("{}.pdf", "é".repeat(125))), format!("{} (12).pdf", "é".repeat(123)));
        assert_eq!(numbered(&"x".repeat(255)), format!("{} (12)", "x".repeat(250)));
        let dotted = format!("a.{}", "y".repeat(253));
        assert_eq!(numbered(&dotted), format!("{} (12)", &dotted[..250]));
    }

    #[test]
    fn ten_comes_after_two() {
        let mut names = ["b10", "B2", "a", "b", "10", "9"];
        names.sort_by_cached_key(|name| sort_key(name));
        assert_eq!(names, ["9", "10", "a", "b", "B2", "b10"]);
    }
}
