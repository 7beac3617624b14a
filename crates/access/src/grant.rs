//! Authority as a value.

use kernel::{AccountId, Error, ProjectId, Result};
use std::ops::Deref;

/// Something that belongs to a project of an account.
pub trait Subject {
    /// The account of its row.
    fn account(&self) -> AccountId;
    /// The project that decides who sees it; of a project, itself.
    fn project(&self) -> ProjectId;
    /// Why nobody may change it now, such as an archived project; none where it may be changed.
    fn frozen(&self) -> Option<Error> {
        None
    }
}

/// A `T` that the actor of this transaction may see.
#[derive(Debug)]
pub struct Visible<T>(T);

impl<T: Subject> Visible<T> {
    pub(crate) fn grant(subject: T) -> Self {
        Self(subject)
    }

    /// The same, to be changed. Whoever sees a project works in it, unless it is frozen.
    ///
    /// # Errors
    /// What [`Subject::frozen`] says.
    pub fn editable(self) -> Result<Editable<T>> {
        match self.0.frozen() {
            None => Ok(Editable(self.0)),
            Some(error) => Err(error),
        }
    }

    /// What stands inside, without the authority.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Visible<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// A `T` that the actor of this transaction may change.
#[derive(Debug)]
pub struct Editable<T>(T);

impl<T> Editable<T> {
    /// What stands inside, without the authority.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Editable<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
