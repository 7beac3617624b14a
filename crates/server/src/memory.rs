//! The memory of the process, which holds keys: it goes into no core file, and nobody but root may look at it.

use rustix::{
    io,
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit},
};

/// Forbids core dumps, and other processes of the same user to read this one's memory or to trace it.
pub(crate) fn close() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
