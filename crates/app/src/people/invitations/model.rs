//! What an invitation says.

use crate::people::model::utc;
use access::Role;
use kernel::{InvitationId, PersonId, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::Language;

/// An invitation, opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// Whose address it was made for.
    pub email: String,
    /// What they become.
    pub role: Role,
    /// The projects that a guest is given; none for the other roles.
    #[schema(required)]
    pub projects: Option<Vec<ProjectId>>,
    /// The language in which they are written to.
    pub language: Language,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The link that accepts it; told once, to whoever made it, where no mail took it.
    #[schema(required)]
    pub link: Option<String>,
    /// Who made it.
    #[serde(skip)]
    pub invited_by: PersonId,
}

/// An invitation to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// Whom.
    pub(crate) email: String,
    /// What they become.
    pub(crate) role: Role,
    /// The projects that a guest is given; nobody else is given any.
    pub(crate) projects: Option<Vec<ProjectId>>,
    /// The language in which they are written to; that of whoever invites where none is chosen.
    pub(crate) language: Option<Language>,
}

/// What whoever holds a link is shown before they accept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = InvitationFound)]
pub struct LookedUp {
    /// The address that they will have here.
    pub email: String,
    /// What they become.
    pub role: Role,
    /// Where.
    pub account: AccountTitle,
    /// The name of whoever invites.
    pub invited_by: String,
    /// The language in which they were written to.
    pub language: Language,
}

/// An account, as told to somebody who is not in it yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountTitle {
    /// What the group calls itself.
    pub title: String,
}

impl LookedUp {
    pub(super) fn new(invitation: Invitation, title: String, invited_by: String) -> Self {
        let Invitation { email, role, language, .. } = invitation;
        Self { email, role, account: AccountTitle { title }, invited_by, language }
    }
}

/// The holder of a link comes in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_debug_implementations, reason = "the token and the password must not reach a log")]
pub struct Acceptance {
    /// What follows the `#` in the link.
    pub(crate) token: String,
    /// Their name.
    pub(crate) name: String,
    /// The password they choose, 12 to 256 characters.
    pub(crate) password: String,
    /// The language they read; that of the invitation where they do not say.
    pub(crate) language: Option<Language>,
    /// Their time zone (IANA); UTC where they do not say.
    #[serde(default = "utc")]
    pub(crate) time_zone: String,
}
