//! The HTTP kit: what each route of the product shares, and nothing of the product.
//!
//! Failures become `application/problem+json` in [`problem`] and nowhere else; their sentences come from [`texts`], the one
//! catalogue of what Rust writes to people. [`guard`] holds the checks that stand before every route.

pub mod attempt;
pub mod client;
pub mod conditional;
pub mod credentials;
pub mod extract;
pub mod guard;
pub mod limiter;
pub mod markup;
pub mod places;
pub mod problem;
pub mod range;
pub mod reference;
pub mod texts;

pub use attempt::{Attempt, Create};
pub use client::{Client, Network};
pub use conditional::{Etag, IfMatch, IfMatchGiven};
pub use extract::{JsonBody, Params, PathId, PathWord, Speaks, Whole};
pub use markup::Html;
pub use problem::{Failure, Problem, ProblemJson};
pub use texts::Language;
