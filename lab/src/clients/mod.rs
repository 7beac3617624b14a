//! Who uses the installation in a drill: programs that upload files and make folders through the entry, each create under a key
//! of its own, and repeat what failed under the same key until it is acknowledged.

mod account;
mod crew;
mod http;
mod ledger;
mod reading;

pub(crate) use account::Account;
pub(crate) use crew::{Crew, upload};
pub(crate) use http::{Answer, Failure, Server};
pub(crate) use ledger::{Errors, Item, Ledger};
pub(crate) use reading::read_back;
