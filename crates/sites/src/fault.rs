//! What can go wrong at one site, before it is known whether another site makes up for it.

use kernel::{Error, Kind};
use std::{error, fmt, io, sync::Arc, time::Duration};

/// A failure at one site.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("it is not there")]
    Missing,
    #[error("the name is taken")]
    Exists,
    #[error("no space is left")]
    Full(#[source] Box<dyn error::Error + Send + Sync>),
    #[error("no answer within {0:?}")]
    Silent(Duration),
    #[error("it ends at byte {0}")]
    Short(u64),
    #[error("it is larger than a bucket takes")]
    TooLarge,
    #[error("it failed")]
    Broken(#[source] Box<dyn error::Error + Send + Sync>),
}

/// The result of one step at one site.
pub(crate) type Outcome<T> = Result<T, Fault>;

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::AlreadyExists => Self::Exists,
            kind if is_full(kind) => Self::Full(error.into()),
            _ => Self::Broken(error.into()),
        }
    }
}

impl From<object_store::Error> for Fault {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as E;
        match error {
            E::NotFound { .. } => Self::Missing,
            E::AlreadyExists { .. } | E::Precondition { .. } | E::NotModified { .. } => Self::Exists,
            error
                if std::iter::successors(error::Error::source(&error), |cause| cause.source())
                    .filter_map(|cause| cause.downcast_ref::<io::Error>())
                    .any(|cause| is_full(cause.kind())) =>
            {
                Self::Full(error.into())
            }
            error => Self::Broken(error.into()),
        }
    }
}

/// A task that panicked or was cancelled with its runtime.
impl From<tokio::task::JoinError> for Fault {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Broken(error.into())
    }
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl Fault {
    /// Whether the site is to blame, and not what it was asked for.
    pub(crate) fn is_the_sites(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Silent(_) | Self::Broken(_))
    }

    /// What happened and why, in one line.
    pub(crate) fn line(&self) -> String {
        let mut line = self.to_string();
        for cause in std::iter::successors(error::Error::source(self), |cause| cause.source()) {
            let cause = cause.to_string();
            if !line.contains(&cause) {
                line.push_str(": ");
                line.push_str(&cause); // many errors repeat their cause
            }
        }
        line
    }
}

/// A fault and the site that it happened at.
#[derive(Debug)]
pub(crate) struct At {
    pub(crate) site: Arc<str>,
    pub(crate) fault: Fault,
}

/// Several sites failed, each in its way. Opens with what was attempted.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) doing: String,
    pub(crate) faults: Vec<At>,
}

impl error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.doing)?;
        for At { site, fault } in &self.faults {
            write!(f, "; site {site}: {}", fault.line())?;
        }
        Ok(())
    }
}

impl Faults {
    fn any(&self, which: impl Fn(&Fault) -> bool) -> bool {
        self.faults.iter().any(|at| which(&at.fault))
    }
    fn all(&self, which: impl Fn(&Fault) -> bool) -> bool {
        self.faults.iter().all(|at| which(&at.fault))
    }

    /// The error of an upload that cannot reach enough sites: `blob-exists` (409), `too-large` (413),
    /// `storage-full` (503), else `unavailable` (503).
    pub(crate) fn into_upload_error(self) -> Error {
        if self.any(|fault| matches!(fault, Fault::Exists)) {
            Error::conflict("blob-exists").because(self)
        } else if self.any(|fault| matches!(fault, Fault::TooLarge)) {
            Error::new(Kind::TooLarge, "too-large").because(self)
        } else if self.any(|fault| matches!(fault, Fault::Full(_))) {
            Error::new(Kind::Unavailable, "storage-full").because(self)
        } else {
            Error::unavailable(self)
        }
    }

    /// The error of a read that no site could serve: `blob-missing` (500) where every site answered that it
    /// has no such object or too short a one, since then waiting does not help; else `unavailable` (503).
    pub(crate) fn into_read_error(self) -> Error {
        if self.all(|fault| matches!(fault, Fault::Missing | Fault::Short(_))) {
            Error::new(Kind::Internal, "blob-missing").because(self)
        } else {
            Error::unavailable(self)
        }
    }
}
