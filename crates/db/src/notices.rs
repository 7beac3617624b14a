//! Notices: what a write tells whoever listens, once it is committed. At this node they are handed on by the thread that
//! committed; a [`Courier`] brings them to the other nodes of a database that has several.
//!
//! A notice is a hint to look again, and no more: it holds nothing that is not in the rows. So one that is lost costs little,
//! as long as somebody says so: [`Heard::Gap`].

use crate::courier::Courier;
use kernel::{AccountId, Error, Result};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// The longest text of a notice, in bytes: two and their accounts fit into what PostgreSQL carries at once.
const LONGEST: usize = 3_800;
/// Notices that wait for a listener that is slow; what is more is a gap.
const WAITING: usize = 4_096;

/// What a write tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The account in which it was written.
    pub account: AccountId,
    /// What it says; one line.
    pub text: Arc<str>,
}

impl Notice {
    /// # Errors
    /// Internal, where it is too long or more than a line.
    pub(crate) fn new(account: AccountId, text: &str) -> Result<Self> {
        if text.len() > LONGEST || text.contains('\n') {
            return Err(Error::internal(format!("a notice of {} bytes", text.len())));
        }
        Ok(Self { account, text: text.into() })
    }
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something was committed.
    Notice(Notice),
    /// Something may have been committed of which there was no notice.
    Gap,
}

/// Where notices go. Clones share it.
#[derive(Clone)]
pub(crate) struct Notices {
    here: broadcast::Sender<Heard>,
    courier: Arc<Mutex<Option<Courier>>>,
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self { here: broadcast::Sender::new(WAITING), courier: Arc::default() }
    }

    /// Has them brought to other nodes too.
    pub(crate) fn brought_by(self, courier: impl FnOnce(broadcast::Sender<Heard>) -> Courier) -> Self {
        *self.courier.lock().unwrap_or_else(PoisonError::into_inner) = Some(courier(self.here.clone()));
        self
    }

    /// Tells what was committed. It never waits.
    pub(crate) fn tell(&self, notices: Vec<Notice>) {
        if notices.is_empty() {
            return;
        }
        let courier = self.courier.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in notices {
            if let Some(courier) = &*courier {
                courier.take(notice.clone());
            }
            let _ = self.here.send(Heard::Notice(notice)); // nobody may be listening
        }
    }

    pub(crate) fn listen(&self) -> Listener {
        let heard = self.here.subscribe();
        if let Some(courier) = &*self.courier.lock().unwrap_or_else(PoisonError::into_inner) {
            courier.listen();
        }
        Listener(heard)
    }

    /// Brings what is under way to the other nodes, and ends.
    pub(crate) async fn close(&self) {
        let courier = self.courier.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(courier) = courier {
            courier.close().await;
        }
    }
}

/// Hears what is committed from its beginning on, at this node and, where the database has several, at the others.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Heard>);

impl Listener {
    /// The next that is heard; none once the database is closed. What one node commits comes in that order. Where this was not
    /// asked for long enough, it is a gap.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.recv().await {
            Ok(heard) => Some(heard),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Heard::Gap),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(text: &str) -> Notice {
        Notice::new(AccountId::from_bytes([7; 16]), text).unwrap()
    }

    #[tokio::test]
    async fn whoever_is_slow_hears_of_a_gap_and_then_of_what_is_left() {
        let notices = Notices::new();
        notices.tell(vec![notice("before anybody listened")]);
        let mut listener = notices.listen();
        for i in 0..=WAITING {
            notices.tell(vec![notice(&i.to_string())]);
        }
        assert_eq!(listener.next().await, Some(Heard::Gap));
        assert_eq!(listener.next().await, Some(Heard::Notice(notice("1"))));
        drop(notices);
        while let Some(heard) = listener.next().await {
            assert_ne!(heard, Heard::Gap);
        }
    }

    #[test]
    fn a_notice_is_a_short_line() {
        let account = AccountId::from_bytes([7; 16]);
        assert!(Notice::new(account, &"a".repeat(LONGEST)).is_ok());
        assert!(Notice::new(account, &"a".repeat(LONGEST + 1)).is_err());
        assert!(Notice::new(account, "two\nlines").is_err());
    }
}
