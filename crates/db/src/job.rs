//! A transaction that waits for a thread: the closure, and who waits for its result.

use crate::{
    error,
    link::{Access, Link},
    notices::{Notice, Notices},
    tx::{Scope, Transaction},
};
use kernel::{AccountId, Error, Result, Source};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tokio::sync::oneshot;

/// A transaction that waits for a thread.
pub(crate) trait Job: Send {
    /// Whether anybody waits for it still. Asked before its first run only: what began runs to its end.
    fn is_wanted(&self) -> bool;
    /// Whether it changes anything.
    fn access(&self) -> Access;
    /// Whether it may use the room that is kept for a full disk.
    fn is_in_need(&self) -> bool;
    /// The account that it is for.
    fn account(&self) -> Option<AccountId>;
    /// Runs the closure in the transaction that has begun, and says whether what it did is to be kept.
    fn run(&mut self, link: &mut Link) -> bool;
    /// Tells whoever waits: the result of the last run, or what became of its transaction.
    fn answer(self: Box<Self>, verdict: Result<()>);
}

/// A closure of type `F` for a scope `S`.
pub(crate) struct Call<T, S, F> {
    pub(crate) scope: S,
    pub(crate) access: Access,
    pub(crate) in_need: bool,
    pub(crate) work: F,
    pub(crate) source: Source,
    pub(crate) span: tracing::Span,
    pub(crate) result: Option<Result<T>>,
    /// What the last run tells.
    pub(crate) told: Vec<Notice>,
    pub(crate) notices: Notices,
    pub(crate) reply: oneshot::Sender<Result<T>>,
}

impl<T, S, F> Job for Call<T, S, F>
where
    T: Send,
    S: Scope,
    F: FnMut(&mut Transaction<'_, S>) -> Result<T> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn access(&self) -> Access {
        self.access
    }

    fn is_in_need(&self) -> bool {
        self.in_need
    }

    fn account(&self) -> Option<AccountId> {
        self.scope.account()
    }

    fn run(&mut self, link: &mut Link) -> bool {
        let _entered = self.span.enter();
        self.told.clear();
        let mut tx = Transaction::new(link, self.scope, &self.source, &mut self.told);
        let work = &mut self.work;
        let mut result =
            catch_unwind(AssertUnwindSafe(|| work(&mut tx))).unwrap_or_else(|panic| Err(panicked(&*panic)));
        if result.is_ok() && link.trouble().is_some() {
            result = Err(Error::internal("the error of a statement was swallowed outside a savepoint"));
        }
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, verdict: Result<()>) {
        // An unknown outcome may be a commit; and whoever is told that something changed only looks again.
        let committed = match &verdict {
            Ok(()) => matches!(self.result, Some(Ok(_))),
            Err(error) => error::is_unknown_outcome(error),
        };
        if committed {
            self.notices.tell(self.told);
        }
        let result = match (verdict, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(Error::internal("a transaction was answered before it ran")),
        };
        let _ = self.reply.send(result); // nobody may be waiting any more
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Error::internal(format!("panicked in a transaction: {}", text.unwrap_or("no text")))
}
