//! The one error: what the person is told, and apart from it what the operator is told.
//!
//! A [`Problem`] is public and stable: a code from which its sentence is found in the catalogue of texts, in
//! the language of whoever asks. The cause is for the log and never leaves the process.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure, from which the answer's status follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What was asked is not well formed, or breaks a rule: 400, or 422 for a field.
    Invalid,
    /// Nobody is signed in: 401.
    SignedOut,
    /// Visible, but not allowed: 403.
    Forbidden,
    /// Not there, or not visible: 404.
    NotFound,
    /// The address is no longer in use: 410.
    Gone,
    /// It clashes with what is there: 409.
    Conflict,
    /// It was changed meanwhile: 412.
    Changed,
    /// `If-Match` is missing: 428.
    NeedsVersion,
    /// Larger than allowed: 413.
    TooLarge,
    /// The range lies outside the file: 416.
    BadRange,
    /// The body has the wrong media type: 415.
    BadType,
    /// The method is not for this address: 405.
    BadMethod,
    /// Too often: 429, after this many seconds.
    TooMany {
        /// Seconds until it may be tried again.
        retry_after: u64,
    },
    /// No room left for the account: 507.
    OverQuota,
    /// It cannot be done now, and may be tried again: 503.
    Unavailable,
    /// It broke on our side: 500.
    Internal,
}

/// What the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable code, in kebab case: `name-taken`.
    pub code: &'static str,
    /// The field that it is about, as the API names it.
    pub field: Option<Cow<'static, str>>,
    /// What its sentence needs: names and values.
    pub args: Vec<(&'static str, String)>,
}

/// A failure. Small, so that it travels cheaply in results.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    problem: Problem,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure of this kind with this code.
    pub fn new(kind: Kind, code: &'static str) -> Self {
        Self(Box::new(Inner { kind, problem: Problem { code, field: None, args: Vec::new() }, cause: None }))
    }
    /// A field that breaks a rule.
    pub fn invalid(code: &'static str, field: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Invalid, code).field(field)
    }
    /// Not there, or not visible to whoever asks.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "not-found")
    }
    /// Visible, but not allowed.
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden, "forbidden")
    }
    /// It clashes with what is there.
    pub fn conflict(code: &'static str) -> Self {
        Self::new(Kind::Conflict, code)
    }
    /// It cannot be done now; `cause` says why.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Kind::Unavailable, "unavailable").because(cause)
    }
    /// It broke on our side; `cause` says how.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Kind::Internal, "internal").because(cause)
    }

    /// The same, about this field.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.problem.field = Some(field.into());
        self
    }
    /// The same, with a value for its sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.problem.args.push((name, value.to_string()));
        self
    }
    /// The same, with its cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    /// What the person is told.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
    /// The stable code of what the person is told.
    pub fn code(&self) -> &'static str {
        self.0.problem.code
    }
    /// Whether this is among its causes.
    pub fn is_because_of<E: std::error::Error + 'static>(&self) -> bool {
        let mut cause: Option<&dyn std::error::Error> = self.0.cause.as_deref().map(|cause| cause as _);
        while let Some(error) = cause {
            if error.is::<E>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
    /// Its causes alone, one after another; empty where there is none.
    pub fn why(&self) -> String {
        let mut causes = String::new();
        let mut cause: Option<&dyn std::error::Error> = self.0.cause.as_deref().map(|cause| cause as _);
        while let Some(error) = cause {
            let between = if causes.is_empty() { "" } else { ": " };
            let _ = write!(causes, "{between}{error}"); // a String takes all
            cause = error.source();
        }
        causes
    }
    /// What a log may hold: code, field and causes. The values of its sentence are left out, for people typed them.
    pub fn logged(&self) -> String {
        let field = self.0.problem.field.as_deref().map(|field| format!(" ({field})")).unwrap_or_default();
        let between = if self.0.cause.is_some() { ": " } else { "" };
        format!("{}{field}{between}{}", self.0.problem.code, self.why())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.problem.code)?;
        if let Some(field) = &self.0.problem.field {
            write!(f, " ({field})")?;
        }
        for (name, value) in &self.0.problem.args {
            write!(f, " {name}={value}")?;
        }
        if self.0.cause.is_some() { write!(f, ": {}", self.why()) } else { Ok(()) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.0.kind)
    }
}

impl std::error::Error for Error {}

/// Turns the failures of libraries into [`Error`].
pub trait ResultExt<T> {
    /// It broke on our side.
    fn or_internal(self) -> Result<T>;
    /// It cannot be done now, and may be tried again.
    fn or_unavailable(self) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> ResultExt<T> for std::result::Result<T, E> {
    fn or_internal(self) -> Result<T> {
        self.map_err(Error::internal)
    }
    fn or_unavailable(self) -> Result<T> {
        self.map_err(Error::unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_for_the_log_alone() {
        let error = Error::invalid("name-taken", "name").with("name", "Plans").because("row 7");
        assert_eq!(error.to_string(), "name-taken (name) name=Plans: row 7");
        assert_eq!(error.problem().code, "name-taken");
        assert_eq!((error.why().as_str(), error.logged().as_str()), ("row 7", "name-taken (name): row 7"));
        assert_eq!(Error::not_found().logged(), "not-found");
        assert!(Error::internal(fmt::Error).is_because_of::<fmt::Error>());
        assert!(!error.is_because_of::<fmt::Error>());
    }
}
