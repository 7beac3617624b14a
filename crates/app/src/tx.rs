//! A transaction as the rooms see it: bound to one account, with its key and, where somebody is signed in, its actor.

use crate::{
    journal::{self, Event},
    live,
};
use access::{Actor, Subject, Visible};
use jobs::Draft;
use kernel::{Error, Id, JobId, Kind, Noun, Result, Timestamp};
use vault::{AccountKey, Place};

/// A transaction within one account.
pub struct Tx<'a, 'c> {
    /// The database's transaction, for the queries of `store.rs`.
    pub(crate) db: &'a mut db::Tx<'c>,
    key: &'a AccountKey,
    actor: Option<&'a Actor>,
    /// Whether it left work for later.
    enqueued: bool,
}

/// What a write gives back. Only [`Tx::done`] makes one, so a write cannot commit without saying what it leaves in the journal.
#[derive(Debug)]
pub struct Done<T> {
    value: T,
    enqueued: bool,
}

impl<T> Done<T> {
    pub(crate) fn into_inner(self) -> T {
        self.value
    }
    /// What it gives back, and whether it left work for later.
    pub(crate) fn into_parts(self) -> (T, bool) {
        (self.value, self.enqueued)
    }
    pub(crate) fn value(&self) -> &T {
        &self.value
    }
    /// The same write, told in another form.
    pub(crate) fn try_map<U>(self, tell: impl FnOnce(T) -> Result<U>) -> Result<Done<U>> {
        let Self { value, enqueued } = self;
        Ok(Done { value: tell(value)?, enqueued })
    }
}

impl<'a, 'c> Tx<'a, 'c> {
    pub(crate) fn of_actor(db: &'a mut db::Tx<'c>, actor: &'a Actor) -> Self {
        Self { db, key: actor.key(), actor: Some(actor), enqueued: false }
    }

    pub(crate) fn at_door(db: &'a mut db::Tx<'c>, key: &'a AccountKey) -> Self {
        Self { db, key, actor: None, enqueued: false }
    }

    /// When this transaction began.
    pub fn now(&self) -> Timestamp {
        self.db.now()
    }

    /// A new id.
    pub fn id<N: Noun>(&self) -> Id<N> {
        self.db.id()
    }

    /// Whoever acts.
    ///
    /// # Errors
    /// `signed-out` where nobody is signed in yet.
    pub fn actor(&self) -> Result<&'a Actor> {
        self.actor.ok_or_else(|| Error::new(Kind::SignedOut, "signed-out"))
    }

    /// Whoever acts, where somebody does.
    pub fn signed_in(&self) -> Option<&'a Actor> {
        self.actor
    }

    /// `subject`, where it is there for whoever acts.
    pub fn see<T: Subject>(&self, subject: T) -> Result<Visible<T>> {
        self.actor()?.see(subject)
    }

    /// Seals a text for its place.
    pub fn seal(&self, place: Place, text: &str) -> Vec<u8> {
        self.key.seal(place, text.as_bytes())
    }

    /// Opens a text that was sealed for this place.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<String> {
        String::from_utf8(self.key.open(place, sealed)?).map_err(Error::internal)
    }

    /// The key of the account.
    pub fn key(&self) -> &'a AccountKey {
        self.key
    }

    /// Leaves work for later, in this transaction: a job on behalf of whoever acts.
    pub(crate) fn enqueue(&mut self, draft: Draft) -> Result<JobId> {
        self.enqueued = true;
        let draft = match self.actor {
            Some(actor) => draft.by(actor.person()),
            None => draft,
        };
        jobs::enqueue(self.db, draft)
    }

    /// Runs `work` so that its refusal is tolerated: what it did is undone, and the refusal is the inner result.
    ///
    /// # Errors
    /// The outer one, where the transaction cannot go on.
    pub(crate) fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_, '_>) -> Result<T>,
    ) -> Result<Result<T>> {
        let (key, actor, mut enqueued) = (self.key, self.actor, false);
        let result = self.db.savepoint(|db| {
            let mut tx = Tx { db, key, actor, enqueued };
            let result = work(&mut tx);
            enqueued = tx.enqueued;
            result
        })?;
        self.enqueued |= enqueued;
        Ok(result)
    }

    /// Ends a write with what it gives back and what it leaves in the journal, of which whoever looks at it is told.
    #[expect(clippy::needless_pass_by_value, reason = "an event is used up by its change")]
    pub fn done<T>(&mut self, value: T, event: Event) -> Result<Done<T>> {
        journal::record(self, &event)?;
        live::tell(self, &event)?;
        Ok(Done { value, enqueued: self.enqueued })
    }
}
