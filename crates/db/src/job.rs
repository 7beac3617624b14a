//! A transaction that waits for a thread: the closure, and who waits for its result.

use crate::{
    error,
    link::{Access, Link},
    notices::{Notice, Notices},
    primary::mark::Mark,
    tx::{Scope, Transaction},
};
use kernel::{AccountId, Error, Result, Source};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::oneshot;

/// A transaction that waits for a thread.
pub(crate) trait Job: Send {
    /// Whether anybody waits for it still; if so, it begins. Asked once, before its first run: what began runs to its end.
    fn is_wanted(&self) -> bool;
    /// Whether it changes anything.
    fn access(&self) -> Access;
    /// Whether it may use the room that is kept for a full disk.
    fn is_in_need(&self) -> bool;
    /// The account that it is for.
    fn account(&self) -> Option<AccountId>;
    /// Names it at each of its runs.
    fn mark(&self) -> Mark;
    /// Runs the closure in the transaction that has begun, and says whether what it did is to be kept.
    fn run(&mut self, link: &mut Link) -> bool;
    /// Tells whoever waits: the result of the last run, or what became of its transaction.
    fn answer(self: Box<Self>, verdict: Result<()>);
}

/// What only one can take: a job begins, or is given up before it does.
#[derive(Clone, Default)]
pub(crate) struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Whether it was there to be taken.
    pub(crate) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A closure of type `F` for a scope `S`.
pub(crate) struct Call<T, S, F> {
    pub(crate) scope: S,
    pub(crate) access: Access,
    pub(crate) in_need: bool,
    pub(crate) mark: Mark,
    /// Whose turn it is: the thread's, once it begins, or that of whoever gives up waiting for that.
    pub(crate) turn: Turn,
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
        !self.reply.is_closed() && self.turn.take()
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

    fn mark(&self) -> Mark {
        self.mark
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
