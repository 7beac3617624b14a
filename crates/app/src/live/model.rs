//! What is said over a socket, and who hears it.

use crate::journal::{Event, What};
use access::Actor;
use kernel::{EntryId, Error, PersonId, ProjectId, Result, TabId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The version of what is said, to tabs and to other nodes.
const VERSION: u8 = 1;
/// Ids that are named in one change; more are not named at all.
const NAMED: usize = 32;
/// Changes of one moment that are told one by one; more are told as everything.
const APART: usize = 64;

/// What there is to read again.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = LiveTopic)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Topic {
    /// The account's title and settings.
    Account,
    /// Who is here, and what they may do.
    People,
    /// Who was invited.
    Invitations,
    /// A project: its name, dye and state.
    Projects,
    /// What is in folders.
    Files,
    /// What is in a project's trash.
    Trash,
    /// The journal.
    Journal,
}

/// What a kind of change makes outdated. The journal's list is, by each.
fn topics(what: What) -> BTreeSet<Topic> {
    use Topic::{Account, Files, Invitations, Journal, People, Projects, Trash};
    let topics: &[Topic] = match what {
        What::AccountOpened | What::AccountChanged => &[Account],
        What::PersonInvited | What::InvitationWithdrawn => &[Invitations],
        // Whoever joins uses up an invitation; whoever no longer governs loses those that they made.
        What::PersonJoined | What::PersonChanged | What::PersonRemoved => &[People, Invitations],
        What::ProfileChanged => &[People],
        What::PasswordChanged
        | What::AppPasswordCreated
        | What::AppPasswordEnded
        | What::ResetLinkMade
        | What::MailRefused => &[],
        What::ProjectCreated | What::ProjectChanged | What::ProjectArchived | What::ProjectRestored => {
            &[Projects]
        }
        What::FolderCreated
        | What::FileAdded
        | What::VersionAdded
        | What::VersionRestored
        | What::EntryRenamed
        | What::EntryMoved
        | What::EntryCopied => &[Files],
        What::EntryTrashed | What::EntryRestored => &[Files, Trash],
        What::EntryDeleted | What::TrashEmptied => &[Trash],
    };
    topics.iter().copied().chain([Journal]).collect()
}

/// That something changed: where, and by whom. Ids, and nothing else.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LiveChange)]
pub(crate) struct Change {
    /// What there is to read again.
    #[schema(value_type = Vec<Topic>)]
    topics: BTreeSet<Topic>,
    /// In which project; nothing where it is in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    project: Option<ProjectId>,
    /// The folders whose lists changed; the root of a project has the project's id. Nothing where it may be any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Vec<EntryId>)]
    folders: Option<BTreeSet<EntryId>>,
    /// What it happened to, of whatever noun. Nothing where it may be any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Vec<EntryId>)]
    ids: Option<BTreeSet<EntryId>>,
    /// Who did it; nothing where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    by: Option<PersonId>,
    /// In which tab, where one did it oneself and the request said so (`X-Tab`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tab: Option<TabId>,
}

/// A change on its way to the tabs.
#[derive(Deserialize, Serialize)]
struct Notice<C> {
    v: u8,
    change: C,
}

impl Change {
    /// What whoever looks is told of an event; none where there is nothing to tell.
    pub(super) fn of(event: &Event, actor: Option<&Actor>) -> Option<Self> {
        let set = |ids: &[EntryId]| (!ids.is_empty()).then(|| ids.iter().copied().collect());
        Some(Self {
            topics: topics(event.what()?),
            project: event.project,
            folders: set(&event.folders),
            ids: set(&event.subject.map(EntryId::from_bytes).into_iter().collect::<Vec<_>>()),
            by: event.actor.or_else(|| actor.map(Actor::person)),
            tab: actor.and_then(Actor::tab),
        })
    }

    /// As it travels.
    pub(super) fn notice(&self) -> Result<String> {
        serde_json::to_string(&Notice { v: VERSION, change: self }).map_err(Error::internal)
    }

    /// Reads what travelled; none where another version of the program wrote it.
    pub(super) fn read(notice: &str) -> Option<Self> {
        let Notice { v, change } = serde_json::from_str(notice).ok()?;
        (v == VERSION).then_some(change)
    }

    /// The people whom it is about.
    pub(super) fn people(&self) -> impl Iterator<Item = PersonId> {
        let ids = self.ids.iter().flatten().filter(|_| self.topics.contains(&Topic::People));
        ids.map(|id| id.cast())
    }

    /// Whether it changes what this person may do, or may do so.
    fn is_about(&self, person: PersonId) -> bool {
        self.topics.contains(&Topic::People)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&person.cast()))
    }

    /// What an actor hears of it, as they are now.
    fn heard_by(&self, actor: &Actor) -> Option<Self> {
        let seen = match self.project {
            Some(project) => actor.sees(project),
            // A guest knows only of themselves, and of the account.
            None => actor.guest_projects().is_none(),
        };
        let topics: BTreeSet<_> = self
            .topics
            .iter()
            .copied()
            .filter(|topic| match topic {
                Topic::Account => true,
                Topic::People => seen || self.is_about(actor.person()),
                Topic::Invitations => actor.role().governs(),
                Topic::Projects | Topic::Files | Topic::Trash | Topic::Journal => seen,
            })
            .collect();
        let tab = self.tab.filter(|_| self.by == Some(actor.person()));
        (!topics.is_empty()).then(|| Self { topics, tab, ..self.clone() })
    }

    /// Takes another in that differs only in what it names; whether it did.
    fn absorb(&mut self, other: &Self) -> bool {
        let alike = |change: &Self| (change.project, change.by, change.tab);
        if self.topics != other.topics || alike(self) != alike(other) {
            return false;
        }
        for (mine, theirs) in [(&mut self.folders, &other.folders), (&mut self.ids, &other.ids)] {
            let both = mine.take().zip(theirs.as_ref());
            *mine = both.map(|(mine, theirs)| &mine | theirs).filter(|both| both.len() <= NAMED);
        }
        true
    }
}

/// What changed in a moment.
#[derive(Debug)]
pub(super) enum Batch {
    /// These.
    Changes(Vec<Change>),
    /// Perhaps anything.
    All,
}

impl Default for Batch {
    fn default() -> Self {
        Self::Changes(Vec::new())
    }
}

impl Batch {
    /// One change more; none stands for any.
    pub(super) fn take(&mut self, change: Option<Change>) {
        let Self::Changes(changes) = self else { return };
        match change {
            Some(change) if changes.iter_mut().any(|before| before.absorb(&change)) => {}
            Some(change) if changes.len() < APART => changes.push(change),
            _ => *self = Self::All,
        }
    }

    /// Whether an actor who was looked up before may be another to it by now.
    pub(super) fn asks_who(&self, actor: &Actor) -> bool {
        match self {
            Self::Changes(changes) => {
                actor.guest_projects().is_some()
                    || changes.iter().any(|change| change.is_about(actor.person()))
            }
            Self::All => true,
        }
    }

    /// What an actor is told of it; none where there is nothing for them.
    pub(super) fn message(&self, actor: &Actor) -> Option<Message> {
        match self {
            Self::All => Some(Message::RESYNC),
            Self::Changes(changes) => {
                let changes: Vec<_> = changes.iter().filter_map(|change| change.heard_by(actor)).collect();
                (!changes.is_empty()).then_some(Message { v: VERSION, kind: Kind::Changed, changes })
            }
        }
    }
}

/// The kinds of what is said. A tab passes over those that it does not know.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = LiveKind)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// `changes` happened.
    Changed,
    /// Anything may have changed since what the tab has read. Each socket begins with it.
    Resync,
    /// Nothing; the connection is there. Said every 25 seconds.
    Alive,
}

/// What is said to a tab.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LiveMessage)]
pub(super) struct Message {
    /// The version of the format: 1.
    v: u8,
    kind: Kind,
    /// What changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    changes: Vec<Change>,
}

impl Message {
    pub(super) const RESYNC: Self = Self { v: VERSION, kind: Kind::Resync, changes: Vec::new() };
    pub(super) const ALIVE: Self = Self { v: VERSION, kind: Kind::Alive, changes: Vec::new() };

    /// As it is sent.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // ids and words: nothing that could fail
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{Address, Limits, Palisade, Parts};
    use access::{Role, Way};
    use kernel::{AccountId, Clock, Entropy, SessionId, Source};
    use std::{path::Path, sync::Arc};

    const MINE: ProjectId = ProjectId::from_bytes([1; 16]);
    const FOREIGN: ProjectId = ProjectId::from_bytes([2; 16]);
    const ME: PersonId = PersonId::from_bytes([3; 16]);
    const OTHER: PersonId = PersonId::from_bytes([4; 16]);

    /// An installation in a folder, and somebody in it.
    pub(in crate::live) async fn installation(folder: &Path, role: Role) -> (Palisade, Actor) {
        let source = Source { clock: Clock::system(), entropy: Entropy::new(|bytes| bytes.fill(7)) };
        let root = vault::FileRoot::open(folder.join("root"), source.entropy.clone()).unwrap();
        let site = vault::KeySite {
            name: "home".to_owned(),
            store: vault::KeyStore::directory(folder.join("keys")),
            root: Some(Arc::new(root)),
        };
        let keys = vault::VaultConfig { key_sites: vec![site], copies: 1, mirror: None };
        let database = db::Config::new(db::Engine::Sqlite { path: folder.join("palisade.db") });
        let blobs = format!("file://{}", folder.join("blobs").display());
        let palisade = Palisade::new(Parts {
            db: db::Db::open(&database, source.clone()).await.unwrap(),
            vault: vault::Vault::open(keys, source.clone()).await.unwrap(),
            sites: sites::Sites::open(&sites::Config::embedded("home", blobs)).unwrap(),
            source,
            address: Address {
                scheme: "http".to_owned(),
                host: "palisade.test".to_owned(),
                port: None,
                proxies: Vec::new(),
            },
            limits: Limits::default(),
            policies: crate::privacy::Policies::default(),
            resilience: crate::trust::Resilience::default(),
            post: None,
        });
        let (key, _) = palisade.vault.create_account(AccountId::from_bytes([9; 16])).await.unwrap();
        let way = Way::Session(SessionId::from_bytes([5; 16]));
        (palisade, Actor::new(ME, role, [MINE].into(), way, key))
    }

    /// A batch of one change.
    pub(in crate::live) fn batch() -> Batch {
        let mut batch = Batch::default();
        batch.take(Some(change(&Event::new(What::FileAdded).project(MINE))));
        batch
    }

    async fn actor(role: Role) -> Actor {
        let folder = tempfile::tempdir().unwrap();
        installation(folder.path(), role).await.1
    }

    fn change(event: &Event) -> Change {
        Change::of(event, None).unwrap()
    }

    fn topics_for(actor: &Actor, event: &Event) -> Vec<Topic> {
        change(event).heard_by(actor).into_iter().flat_map(|change| change.topics).collect()
    }

    #[tokio::test]
    async fn each_hears_what_they_could_read_and_no_more() {
        let (guest, member) = (actor(Role::Guest).await, actor(Role::Member).await);
        let owner = actor(Role::Owner).await;
        let file = |project| Event::new(What::FileAdded).project(project);
        assert_eq!(topics_for(&guest, &file(MINE)), [Topic::Files, Topic::Journal]);
        assert_eq!(topics_for(&guest, &file(FOREIGN)), []);
        assert_eq!(topics_for(&member, &file(FOREIGN)), [Topic::Files, Topic::Journal]);

        let person = |person| Event::new(What::PersonChanged).subject(person, "");
        assert_eq!(topics_for(&guest, &person(ME)), [Topic::People]);
        assert_eq!(topics_for(&guest, &person(OTHER)), []);
        assert_eq!(topics_for(&member, &person(OTHER)), [Topic::People, Topic::Journal]);
        assert_eq!(topics_for(&owner, &person(OTHER)), [Topic::People, Topic::Invitations, Topic::Journal]);
        assert_eq!(topics_for(&guest, &Event::new(What::AccountChanged)), [Topic::Account]);
    }

    #[tokio::test]
    async fn a_tab_is_named_to_its_own_person_alone() {
        let member = actor(Role::Member).await;
        let tab = TabId::from_bytes([8; 16]);
        let by = |person| Change {
            tab: Some(tab),
            ..change(&Event::new(What::FileAdded).project(MINE).by(person))
        };
        assert_eq!(by(ME).heard_by(&member).unwrap().tab, Some(tab));
        assert_eq!(by(OTHER).heard_by(&member).unwrap().tab, None);
    }

    #[test]
    fn a_burst_is_one_change_and_what_cannot_be_named_is_any() {
        let id = |n: u8| EntryId::from_bytes([n; 16]);
        let added =
            |n: u8| change(&Event::new(What::FileAdded).project(MINE).folder(id(0)).subject(id(n), ""));
        let mut batch = Batch::default();
        (1..=3).for_each(|n| batch.take(Some(added(n))));
        let Batch::Changes(changes) = &batch else { panic!("{batch:?}") };
        let [burst] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!(burst.folders, Some([id(0)].into()));
        assert_eq!(burst.ids, Some([1, 2, 3].map(id).into()));

        (4..=200).for_each(|n| batch.take(Some(added(n))));
        batch.take(Some(added(1)));
        let Batch::Changes(changes) = &batch else { panic!("{batch:?}") };
        assert_eq!((changes.len(), &changes[0].ids), (1, &None), "once it is any it stays so");
        assert_eq!(changes[0].folders, Some([id(0)].into()));

        for n in 0..200 {
            batch.take(Some(change(&Event::new(What::FileAdded).project(ProjectId::from_bytes([n; 16])))));
        }
        assert!(matches!(batch, Batch::All));
    }

    #[test]
    fn a_change_travels_and_one_of_another_version_is_none() {
        let sent = change(&Event::new(What::FileAdded).project(MINE).subject(ME, "CanaryFile"));
        let notice = sent.notice().unwrap();
        assert!(!notice.contains("Canary"), "{notice}");
        assert_eq!(Change::read(&notice), Some(sent));
        assert_eq!(Change::read(&notice.replace(r#""v":1"#, r#""v":2"#)), None);
        assert_eq!(Change::read(&notice.replace("files", "unheard-of")), None);
    }

    #[test]
    fn a_message_without_changes_says_its_kind_alone() {
        assert_eq!(Message::ALIVE.text(), r#"{"v":1,"kind":"alive"}"#);
        assert_eq!(Message::RESYNC.text(), r#"{"v":1,"kind":"resync"}"#);
    }
}
