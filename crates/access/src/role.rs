//! The four roles.

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a person is in their account, from most to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, and the end of the account. There is always one.
    Owner,
    /// Everything except the owner and the end of the account.
    Admin,
    /// Works in all projects.
    Member,
    /// Works in chosen projects, and sees nothing else.
    Guest,
}

impl Role {
    /// Whether this role sees each project of the account.
    pub fn sees_all_projects(self) -> bool {
        self != Self::Guest
    }
    /// Whether this role invites, removes and changes people and the account's settings.
    pub fn governs(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
    /// Whether this role makes, renames, archives and restores projects. A guest does not: a name that is taken would tell of a
    /// project that they do not see.
    pub fn manages_projects(self) -> bool {
        self != Self::Guest
    }
    /// Whether this role may give `other` to somebody, or take it from them. Nobody makes a second owner.
    pub fn may_give(self, other: Self) -> bool {
        match other {
            Self::Owner => false,
            Self::Admin | Self::Member | Self::Guest => self.governs(),
        }
    }
    /// The word that stands in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self> {
        [Self::Owner, Self::Admin, Self::Member, Self::Guest]
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or_else(|| Error::invalid("unknown-role", "role"))
    }
}
