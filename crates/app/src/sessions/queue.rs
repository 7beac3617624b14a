//! The queue for hashing passwords. A hash takes memory and time, so few are made at once and few wait; the question is
//! whose. Who sends many fills the places of their own network; many networks at one account fill those of that account; and
//! strangers together never those of somebody who has shown something.

use kernel::{AccountId, Result, ResultExt, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::{
    Client,
    places::{Place, Places},
};

/// How many may be at work or wait, of strangers and of the others each.
const ALL: usize = 64;
/// How many of them at one account.
const OF_ACCOUNT: usize = 32;
/// How many strangers of one network.
const STRANGERS: usize = 2;
/// How many of one network who have shown something: an office has one address.
const KNOWN: usize = 16;

/// What somebody has shown before their password is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing.
    Stranger,
    /// A session, a link that is good, or from this network lately the password itself; or it is the operator.
    Known,
}

/// Whoever wants a password hashed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    /// From where.
    pub(crate) client: Client,
    /// At which account; none where it is about to be opened.
    pub(crate) account: Option<AccountId>,
    /// What they have shown.
    pub(crate) standing: Standing,
}

/// Who is at work and who waits.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    at_work: Arc<Semaphore>,
    /// One fewer, where several are at work: nobody who is known waits for strangers alone.
    strangers_at_work: Arc<Semaphore>,
    strangers: Side,
    known: Side,
}

#[derive(Clone, Debug)]
struct Side {
    clients: Places<Client>,
    accounts: Places<Option<AccountId>>,
}

impl Side {
    fn new(of_client: usize) -> Self {
        Self { clients: Places::new(of_client, ALL), accounts: Places::new(OF_ACCOUNT, ALL) }
    }
}

/// A turn at work. The work itself holds it: whoever asked may go away meanwhile, and the memory is still taken.
#[derive(Debug)]
pub(super) struct Turn {
    _waited: (Place<Client>, Place<Option<AccountId>>),
    _stranger: Option<OwnedSemaphorePermit>,
    _at_work: OwnedSemaphorePermit,
}

impl Queue {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            at_work: Arc::new(Semaphore::new(at_once)),
            strangers_at_work: Arc::new(Semaphore::new(at_once.saturating_sub(1).max(1))),
            strangers: Side::new(STRANGERS),
            known: Side::new(KNOWN),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `busy`, where the places of this network, of this account or of all are taken.
    pub(super) async fn turn(&self, asker: Asker) -> Result<Turn> {
        let stranger = asker.standing == Standing::Stranger;
        let side = if stranger { &self.strangers } else { &self.known };
        let waited = (side.clients.enter(asker.client)?, side.accounts.enter(asker.account)?);
        let stranger = if stranger {
            Some(Arc::clone(&self.strangers_at_work).acquire_owned().await.or_internal()?)
        } else {
            None
        };
        let at_work = Arc::clone(&self.at_work).acquire_owned().await.or_internal()?;
        Ok(Turn { _waited: waited, _stranger: stranger, _at_work: at_work })
    }
}

/// How long it is remembered that a password was right.
const LATELY: Duration = Duration::from_hours(30 * 24);
/// How many are remembered.
const CROWD: usize = 20_000;

/// From which network whose password was right lately, by a tag of both.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<HashMap<[u8; 32], Timestamp>>);

impl Remembered {
    pub(super) fn standing(&self, who: &[u8; 32], now: Timestamp) -> Standing {
        let lately = self.all().get(who).is_some_and(|at| now.since(*at) < LATELY);
        if lately { Standing::Known } else { Standing::Stranger }
    }

    pub(super) fn note(&self, who: [u8; 32], now: Timestamp) {
        let mut all = self.all();
        if all.len() >= CROWD {
            // Whoever was here longest ago makes room.
            let mut times: Vec<Timestamp> = all.values().copied().collect();
            let (_, middle, _) = times.select_nth_unstable(CROWD / 2);
            let middle = *middle;
            all.retain(|_, at| *at > middle);
        }
        all.insert(who, now);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Id;
    use tokio::task::JoinHandle;

    fn client(number: u8) -> Client {
        let mut request = http::Request::builder().body(()).unwrap();
        let peer = std::net::SocketAddr::from(([203, 0, 113, number], 1));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        Client::of(&request.into_parts().0, &[])
    }

    fn stranger(from: u8, at: u8) -> Asker {
        Asker { client: client(from), account: Some(Id::from_bytes([at; 16])), standing: Standing::Stranger }
    }

    /// Waits for a turn in the background, and keeps it.
    async fn wait(queue: &Queue, asker: Asker) -> JoinHandle<()> {
        let queue = queue.clone();
        let waiting = tokio::spawn(async move {
            let _turn = queue.turn(asker).await.unwrap();
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        waiting
    }

    async fn is_busy(queue: &Queue, asker: Asker) -> bool {
        let turn = tokio::time::timeout(Duration::from_millis(20), queue.turn(asker)).await;
        turn.is_ok_and(|turn| turn.is_err_and(|error| error.code() == "busy"))
    }

    #[tokio::test]
    async fn strangers_keep_themselves_waiting_and_nobody_who_is_known() {
        let queue = Queue::new(2);
        let mut waiting = vec![wait(&queue, stranger(1, 1)).await, wait(&queue, stranger(1, 1)).await];
        assert!(is_busy(&queue, stranger(1, 1)).await, "of one network two");
        for from in 2..32 {
            waiting.push(wait(&queue, stranger(from, 1)).await);
        }
        assert!(is_busy(&queue, stranger(99, 1)).await, "of one account half of all");
        for from in 99..131 {
            waiting.push(wait(&queue, stranger(from, 2)).await);
        }
        assert!(is_busy(&queue, stranger(200, 3)).await, "of all strangers so many");
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()), "who waits was not refused");
        // Even from the network of one of them, and at the account that they are after.
        let known = Asker { standing: Standing::Known, ..stranger(1, 1) };
        drop(tokio::time::timeout(Duration::from_secs(5), queue.turn(known)).await.unwrap().unwrap());
        waiting.iter().for_each(JoinHandle::abort);
    }

    #[test]
    fn a_password_that_was_right_is_remembered_for_a_while_and_the_oldest_make_room() {
        let remembered = Remembered::default();
        let at = |hours: i64| Timestamp::from_micros(hours * 3_600_000_000);
        remembered.note([0; 32], at(1));
        assert_eq!(remembered.standing(&[0; 32], at(720)), Standing::Known);
        assert_eq!(remembered.standing(&[0; 32], at(721)), Standing::Stranger);
        assert_eq!(remembered.standing(&[1; 32], at(1)), Standing::Stranger);
        for number in 0..CROWD {
            let mut who = [7; 32];
            who[..8].copy_from_slice(&number.to_be_bytes());
            remembered.note(who, at(2) + Duration::from_secs(number as u64));
        }
        assert!(remembered.all().len() <= CROWD);
        assert_eq!(remembered.standing(&[0; 32], at(3)), Standing::Stranger);
    }
}
