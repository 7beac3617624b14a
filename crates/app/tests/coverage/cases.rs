//! The cases, an operation a line.

use crate::world::{Make, Thing};
use serde_json::{Value, json};
use testkit::PASSWORD;

/// What is sent.
pub(crate) enum Content {
    Nothing,
    Bytes,
    Picture,
    Json(fn(&Thing) -> Value),
}

/// What the journal has of it.
pub(crate) enum Leaves {
    Entry(&'static str),
    /// Nothing, and why.
    Nothing(&'static str),
    /// The entry stands in the journal of the account that it opens.
    InNewAccount(&'static str),
}

/// How one operation is tried. Where a member may not, the owner may.
pub(crate) struct Case {
    pub(crate) operation: &'static str,
    pub(crate) thing: Make,
    /// The status for a guest; of what is open to nobody, the status at the host of another account.
    pub(crate) guest: u16,
    /// The status for a member; of what is open to nobody, for them.
    pub(crate) member: u16,
    pub(crate) query: &'static str,
    pub(crate) content: Content,
    pub(crate) leaves: Leaves,
}

const fn case(
    operation: &'static str,
    thing: Make,
    (guest, member): (u16, u16),
    content: Content,
    leaves: Leaves,
) -> Case {
    Case { operation, thing, guest, member, query: "", content, leaves }
}

const READS: Leaves = Leaves::Nothing("it only reads");
const UNSENT: Leaves = Leaves::Nothing("what nobody has sent is nobody else's business");
const SIGN_INS: Leaves = Leaves::Nothing("the log of sign-ins is a table of its own");

use Content::{Bytes, Json, Nothing, Picture};
use Leaves::Entry;

/// What only people who are signed in may do.
#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    case("account", Make::Nothing, (200, 200), Nothing, READS),
    case("change_account", Make::Nothing, (403, 403), Json(|_| json!({ "title": "Acme", "new_version_on_same_name": "always" })), Entry("account-changed")),
    case("session", Make::Nothing, (200, 200), Nothing, READS),
    case("people", Make::Nothing, (403, 200), Nothing, READS),
    case("person", Make::Somebody, (404, 200), Nothing, READS),
    case("change_person", Make::Somebody, (403, 403), Json(|_| json!({ "role": "admin" })), Entry("person-changed")),
    case("remove_person", Make::Somebody, (403, 403), Nothing, Entry("person-removed")),
    case("profile", Make::Nothing, (200, 200), Nothing, READS),
    case("change_profile", Make::Nothing, (200, 200), Json(|_| json!({ "language": "fr" })), Entry("profile-changed")),
    case("change_password", Make::Nothing, (204, 204), Json(|_| json!({ "current": PASSWORD, "new": "another battery entirely" })), Entry("password-changed")),
    case("put_picture", Make::Nothing, (200, 200), Picture, Entry("profile-changed")),
    case("picture", Make::Pictured, (404, 200), Nothing, READS),
    case("take_picture_away", Make::Pictured, (200, 200), Nothing, Entry("profile-changed")),
    case("drafts", Make::Draft, (200, 200), Nothing, READS),
    case("draft", Make::Draft, (404, 200), Nothing, READS),
    case("keep_draft", Make::Nothing, (204, 204), Json(|_| json!({ "fields": { "name": "Quay" } })), UNSENT),
    case("forget_draft", Make::Draft, (204, 204), Nothing, UNSENT),
    case("invitations", Make::Invitation, (403, 403), Nothing, READS),
    case("invite", Make::Nothing, (403, 403), Json(|_| json!({ "email": "new@acme.example", "role": "guest" })), Entry("person-invited")),
    case("withdraw_invitation", Make::Invitation, (403, 403), Nothing, Entry("invitation-withdrawn")),
    case("app_passwords", Make::AppPassword, (200, 200), Nothing, READS),
    case("create_app_password", Make::Nothing, (201, 201), Json(|_| json!({ "label": "rclone" })), Entry("app-password-created")),
    case("end_app_password", Make::AppPassword, (404, 204), Nothing, Entry("app-password-ended")),
    case("projects", Make::Project, (200, 200), Nothing, READS),
    case("create_project", Make::Nothing, (403, 201), Json(|_| json!({ "name": "Quay" })), Entry("project-created")),
    case("project", Make::Project, (404, 200), Nothing, READS),
    case("change_project", Make::Project, (404, 200), Json(|_| json!({ "name": "Other quay" })), Entry("project-changed")),
    case("archive_project", Make::Project, (404, 200), Nothing, Entry("project-archived")),
    case("restore_project", Make::ArchivedProject, (404, 200), Nothing, Entry("project-restored")),
    case("files", Make::Project, (404, 200), Nothing, READS),
    Case { query: "?name=new", ..case("upload", Make::Project, (404, 201), Bytes, Entry("file-added")) },
    case("create_folder", Make::Project, (404, 201), Json(|_| json!({ "name": "Folder" })), Entry("folder-created")),
    case("file", Make::File, (404, 200), Nothing, READS),
    case("change_file", Make::File, (404, 200), Json(|_| json!({ "name": "other name" })), Entry("entry-renamed")),
    case("copy_file", Make::File, (404, 201), Json(|_| json!({ "parent": null, "name": "copy" })), Entry("entry-copied")),
    case("download", Make::File, (404, 200), Nothing, READS),
    case("upload_version", Make::File, (404, 200), Bytes, Entry("version-added")),
    case("versions", Make::File, (404, 200), Nothing, READS),
    case("restore_version", Make::File, (404, 200), Json(|file| json!({ "version": file.secret })), Entry("version-restored")),
    case("trash_file", Make::File, (404, 204), Nothing, Entry("entry-trashed")),
    case("trash", Make::Trash, (404, 200), Nothing, READS),
    case("empty_trash", Make::Trash, (404, 204), Nothing, Entry("trash-emptied")),
    case("restore_file", Make::Trashed, (404, 200), Nothing, Entry("entry-restored")),
    case("erase_file", Make::Trashed, (404, 204), Nothing, Entry("entry-deleted")),
    case("journal", Make::Nothing, (200, 200), Nothing, READS),
    case("project_journal", Make::Project, (404, 200), Nothing, READS),
];

/// What is open to somebody who is not signed in: guests and members do no more there.
#[rustfmt::skip]
pub(crate) const OPEN_CASES: &[Case] = &[
    case("door", Make::Nothing, (200, 200), Nothing, READS),
    case("privacy", Make::Nothing, (200, 200), Nothing, READS),
    case("account_name", Make::Nothing, (404, 200), Nothing, READS),
    case("open_account", Make::Nothing, (404, 201), Json(|_| json!({ "name": "newcomers", "title": "Newcomers",
        "owner": { "name": "N", "email": "n@new.example", "password": PASSWORD } })), Leaves::InNewAccount("account-opened")),
    case("sign_in", Make::Nothing, (401, 200), Json(|_| json!({ "email": "mia@acme.example", "password": PASSWORD })), SIGN_INS),
    case("sign_out", Make::Nothing, (204, 204), Nothing, SIGN_INS),
    case("look_up_invitation", Make::Invitation, (404, 200), Json(|link| json!({ "token": link.secret })), READS),
    case("accept_invitation", Make::Invitation, (404, 201), Json(|link| json!({ "token": link.secret, "name": "Later", "password": PASSWORD })), Entry("person-joined")),
    case("ask_password_reset", Make::Nothing, (202, 202), Json(|_| json!({ "email": "mia@acme.example" })), Leaves::Nothing("to ask changes nothing, and anybody may")),
    case("set_password", Make::Reset, (404, 204), Json(|link| json!({ "token": link.secret, "password": "another battery entirely" })), Entry("password-changed")),
];
