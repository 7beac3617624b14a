//! Whoever acts.

use crate::{Role, Subject, Visible};
use kernel::{AccountId, AppPasswordId, Error, PersonId, ProjectId, Result, SessionId, TabId};
use std::sync::Arc;
use vault::AccountKey;

/// How an actor proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A signed-in browser.
    Session(SessionId),
    /// A program with an app password.
    AppPassword(AppPasswordId),
    /// The operator at the control socket, or a job that goes on with what a person began.
    Operator,
}

/// A person of one account, signed in, with the key that opens what the account has sealed.
///
/// Cheap to clone; made once a request, before any transaction, since the key may have to be read from a key site.
#[derive(Clone, Debug)]
pub struct Actor {
    person: PersonId,
    role: Role,
    projects: Arc<[ProjectId]>,
    way: Way,
    tab: Option<TabId>,
    key: AccountKey,
}

impl Actor {
    /// The actor that is this person. `projects` are those chosen for a guest.
    pub fn new(person: PersonId, role: Role, projects: Arc<[ProjectId]>, way: Way, key: AccountKey) -> Self {
        Self { person, role, projects, way, tab: None, key }
    }
    /// The same, acting in this tab.
    #[must_use]
    pub fn in_tab(self, tab: Option<TabId>) -> Self {
        Self { tab, ..self }
    }
    /// The account that they belong to, and act in.
    pub fn account(&self) -> AccountId {
        self.key.account()
    }
    /// Who they are.
    pub fn person(&self) -> PersonId {
        self.person
    }
    /// What they are in the account.
    pub fn role(&self) -> Role {
        self.role
    }
    /// How they proved it.
    pub fn way(&self) -> Way {
        self.way
    }
    /// The tab in which they act, as it calls itself: a hint, and no proof of anything.
    pub fn tab(&self) -> Option<TabId> {
        self.tab
    }
    /// The key of their account.
    pub fn key(&self) -> &AccountKey {
        &self.key
    }
    /// The projects that a guest was given; none for the other roles, who see all.
    pub fn guest_projects(&self) -> Option<&[ProjectId]> {
        (self.role == Role::Guest).then_some(&self.projects)
    }
    /// Whether what belongs to this project is there for them.
    pub fn sees(&self, project: ProjectId) -> bool {
        self.role.sees_all_projects() || self.projects.contains(&project)
    }

    /// `subject`, where it is there for them.
    ///
    /// # Errors
    /// Not found, where it is of another account or of a project that they do not see.
    pub fn see<T: Subject>(&self, subject: T) -> Result<Visible<T>> {
        if subject.account() == self.account() && self.sees(subject.project()) {
            Ok(Visible::grant(subject))
        } else {
            Err(Error::not_found())
        }
    }

    /// Whether they may rename, archive and restore the projects that they see.
    pub fn manages_projects(&self) -> bool {
        self.role.manages_projects()
    }

    /// Goes on only for those who manage projects.
    ///
    /// # Errors
    /// Forbidden.
    pub fn managing_projects(&self) -> Result<()> {
        if self.manages_projects() { Ok(()) } else { Err(Error::forbidden()) }
    }

    /// Goes on only for those who govern the account.
    ///
    /// # Errors
    /// Forbidden.
    pub fn governing(&self) -> Result<()> {
        if self.role.governs() { Ok(()) } else { Err(Error::forbidden()) }
    }
}
