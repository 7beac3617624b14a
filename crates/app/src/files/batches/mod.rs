//! Batches: many entries of a project moved, put into the trash or taken back from it, by one request and in one commit.
//!
//! Each entry has an outcome of its own, since that is what an undo needs. Whoever takes back what they did to two hundred
//! entries sends those that were done, each with the revision that it has since; where somebody else renamed one of them
//! meanwhile, that one stays as they left it, and the others come back. All or nothing would keep all two hundred away for
//! the sake of one.
//!
//! Invariants:
//! * Each entry names the revision that is meant, as `If-Match` does for one alone; nothing is overwritten unseen.
//! * What is refused has changed nothing and left no word in the journal; what is done has left its own.
//! * A failure that is nobody's mistake, such as a full disk, ends the batch as a whole: then nothing was done.

mod routes;

pub(crate) use routes::routes;

use super::{Entry, Whither, trash};
use crate::{Done, Tx, journal::Event, projects};
use access::{Editable, Visible};
use kernel::{EntryId, Error, Kind, ProjectId, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use web::{Language, Problem};

/// The most entries in one batch: it is one transaction, for which others wait.
const MOST: usize = 1_000;

/// An entry, and the revision of it that is meant.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = MeantEntry)]
#[serde(deny_unknown_fields)]
pub struct Meant {
    /// Which.
    id: EntryId,
    /// The revision that is meant.
    revision: i64,
}

/// An entry to move or rename, or both.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = EntryMove)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Which.
    id: EntryId,
    /// The revision that is meant.
    revision: i64,
    /// The folder it moves to; null for the root of its project.
    #[serde(default)]
    #[schema(value_type = Option<EntryId>)]
    parent: Whither,
    /// Its name there; the same where none is given.
    name: Option<String>,
}

/// What became of one entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryOutcome)]
pub struct Outcome {
    /// Which.
    id: EntryId,
    /// As it is since; none where it was refused.
    #[schema(required)]
    entry: Option<Entry>,
    /// Why it was refused; none where it was done.
    #[schema(required)]
    problem: Option<Problem>,
}

/// A batch, and the language in which refusals are told.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    project: ProjectId,
    entries: Vec<T>,
    language: Language,
}

impl<T> Batch<T> {
    /// These entries of a project.
    ///
    /// # Errors
    /// `too-many-at-once`.
    pub fn new(project: ProjectId, entries: Vec<T>, language: Language) -> Result<Self> {
        if entries.len() > MOST {
            return Err(Error::invalid("too-many-at-once", "entries").with("limit", MOST));
        }
        Ok(Self { project, entries, language })
    }

    /// Does it to one after the other, in the order in which they stand.
    fn each(
        &self,
        tx: &mut Tx<'_, '_>,
        id: impl Fn(&T) -> EntryId,
        work: impl Fn(&mut Tx<'_, '_>, &T) -> Result<Entry>,
    ) -> Result<Done<Vec<Outcome>>> {
        projects::load(tx, self.project)?.editable()?;
        let mut outcomes = Vec::with_capacity(self.entries.len());
        for one in &self.entries {
            let (entry, problem) = match tx.savepoint(|tx| work(tx, one))? {
                Ok(entry) => (Some(entry), None),
                Err(error) if is_refusal(&error) => (None, Some(Problem::new(&error, self.language))),
                Err(error) => return Err(error),
            };
            outcomes.push(Outcome { id: id(one), entry, problem });
        }
        tx.done(outcomes, Event::none("each entry has left its own"))
    }

    /// The entry that is meant, where it is of this project and still at the revision.
    fn meant(&self, entry: Visible<Entry>, revision: i64) -> Result<Editable<Entry>> {
        match () {
            () if entry.project != self.project => Err(Error::not_found()),
            () if entry.revision != revision => Err(Error::new(Kind::Changed, "changed")),
            () => entry.editable(),
        }
    }
}

/// Whether it is about the one entry, and not about the transaction.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), Kind::NotFound | Kind::Forbidden | Kind::Conflict | Kind::Changed | Kind::Invalid)
}

/// Moves or renames entries, as [`super::change`] does with one.
pub fn relocate(tx: &mut Tx<'_, '_>, batch: &Batch<Move>, depth: usize) -> Result<Done<Vec<Outcome>>> {
    batch.each(
        tx,
        |to| to.id,
        |tx, to| {
            let entry = batch.meant(super::load(tx, to.id)?, to.revision)?;
            Ok(super::change(tx, &entry, to.name.as_deref(), to.parent, depth)?.into_inner())
        },
    )
}

/// Puts entries into the trash, as [`trash::put`] does with one.
pub fn discard(tx: &mut Tx<'_, '_>, batch: &Batch<Meant>, kept: Duration) -> Result<Done<Vec<Outcome>>> {
    batch.each(
        tx,
        |one| one.id,
        |tx, one| {
            let entry = batch.meant(super::load(tx, one.id)?, one.revision)?;
            trash::put(tx, &entry, kept)?;
            Ok(trash::load_top(tx, one.id)?.into_inner())
        },
    )
}

/// Takes entries out of the trash, as [`trash::restore`] does with one.
pub fn restore(tx: &mut Tx<'_, '_>, batch: &Batch<Meant>) -> Result<Done<Vec<Outcome>>> {
    batch.each(
        tx,
        |one| one.id,
        |tx, one| {
            let entry = batch.meant(trash::load_top(tx, one.id)?, one.revision)?;
            Ok(trash::restore(tx, &entry)?.into_inner())
        },
    )
}
