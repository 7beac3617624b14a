//! What is done for each kind of job.

use crate::Job;
use futures_util::future::BoxFuture;
use kernel::Result;
use std::{collections::BTreeMap, fmt, sync::Arc};

type Verb<S> = Arc<dyn Fn(S, Job) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What is done for each kind of job that this version knows. `S` is the installation that the verbs work on.
#[derive(Clone)]
pub struct Kinds<S>(BTreeMap<&'static str, Verb<S>>);

impl<S> Default for Kinds<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S> fmt::Debug for Kinds<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<S> Kinds<S> {
    /// The same, with what is done for `kind`. It may be done twice, where a node stops in between.
    #[must_use]
    pub fn on<F>(mut self, kind: &'static str, verb: impl Fn(S, Job) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.0.insert(kind, Arc::new(move |state, job| Box::pin(verb(state, job))));
        self
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    pub(crate) fn verb(&self, kind: &str) -> Option<&Verb<S>> {
        self.0.get(kind)
    }
}
