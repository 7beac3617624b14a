//! Who may do what.
//!
//! An [`Actor`] is a person of one account, with the account's key. What an actor loads comes as a [`Visible`] value, and
//! turns into an [`Editable`] one where they may change it. The fields of both are private and only this crate makes
//! them, so a verb that takes `&Editable<Project>` cannot be called without authority: there is no check to forget.
//!
//! Invariants: what an actor may not see is *not found* (404), so nobody learns that it exists; what they see but may not
//! change is *forbidden* (403). Nothing of another account can be granted.

mod actor;
mod grant;
mod role;

pub use actor::{Actor, Way};
pub use grant::{Editable, Subject, Visible};
pub use role::Role;
