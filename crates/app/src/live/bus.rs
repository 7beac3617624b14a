//! From what is committed to the tabs of its account: gathered for a moment, and handed to all of them at once.

use super::model::{Batch, Change};
use crate::{Palisade, sessions};
use access::Actor;
use db::Heard;
use kernel::{AccountId, PersonId, Result};
use prometheus_client::metrics::gauge::Gauge;
use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep_until},
};
use web::{
    Client,
    places::{Place, Places},
};

/// How long changes are gathered before they are told.
const MOMENT: Duration = Duration::from_millis(100);
/// Batches that wait for a tab; what is more is told as everything.
pub(super) const WAITING: usize = 16;
/// Open tabs of one person.
const OF_PERSON: usize = 64;
/// Open tabs of one account, and of one network.
const OF_MANY: usize = 1_024;
/// Open tabs at this node: half of its connections.
const ALL: usize = 2_048;

/// The tabs of an account, and where they are told.
type Tabs = broadcast::Sender<Arc<Batch>>;

/// The open tabs of this node.
#[derive(Debug)]
pub(crate) struct Live {
    accounts: Mutex<HashMap<AccountId, Tabs>>,
    of_account: Places<AccountId>,
    of_person: Places<PersonId>,
    of_client: Places<Client>,
    open: watch::Sender<usize>,
    closing: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            accounts: Mutex::default(),
            of_account: Places::new(OF_MANY, ALL),
            of_person: Places::new(OF_PERSON, ALL),
            of_client: Places::new(OF_MANY, ALL),
            open: watch::Sender::new(0),
            closing: watch::Sender::new(false),
        }
    }
}

/// The place of an open tab, and what it is told from now on.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) batches: broadcast::Receiver<Arc<Batch>>,
    /// Becomes true when the node stops.
    pub(super) closing: watch::Receiver<bool>,
    _places: (Place<AccountId>, Place<PersonId>, Place<Client>),
    _counted: Counted,
}

/// Counts a tab as long as it is open.
#[derive(Debug)]
struct Counted {
    open: watch::Sender<usize>,
    shown: Gauge,
}

impl Counted {
    fn new(open: watch::Sender<usize>, shown: Gauge) -> Self {
        open.send_modify(|open| *open += 1);
        shown.inc();
        Self { open, shown }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.send_modify(|open| *open -= 1);
        self.shown.dec();
    }
}

impl Live {
    /// A place for a tab.
    ///
    /// # Errors
    /// `busy`, where its person, account or network has all of theirs, or all are taken.
    pub(super) fn enter(&self, actor: &Actor, client: Client, shown: &Gauge) -> Result<Seat> {
        let places = (
            self.of_account.enter(actor.account())?,
            self.of_person.enter(actor.person())?,
            self.of_client.enter(client)?,
        );
        let mut accounts = self.accounts();
        let tabs = accounts.entry(actor.account()).or_insert_with(|| Tabs::new(WAITING));
        Ok(Seat {
            batches: tabs.subscribe(),
            closing: self.closing.subscribe(),
            _places: places,
            _counted: Counted::new(self.open.clone(), shown.clone()),
        })
    }

    fn has_tabs(&self, account: AccountId) -> bool {
        self.accounts().contains_key(&account)
    }

    /// Hands a batch to all tabs of an account. Where there is none any more, the account is forgotten.
    fn tell(&self, account: AccountId, batch: Batch) {
        let mut accounts = self.accounts();
        if accounts.get(&account).is_some_and(|tabs| tabs.send(Arc::new(batch)).is_err()) {
            accounts.remove(&account);
        }
    }

    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await; // `open` lives as long as `self`
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AccountId, Tabs>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands on to the open tabs what is committed from the call on, at this node and at others, until the database is closed.
pub fn hear(palisade: &Palisade) -> impl Future<Output = ()> + Send + use<> {
    let (palisade, mut listener) = (palisade.clone(), palisade.db.listen());
    async move {
        let mut waiting: HashMap<AccountId, Batch> = HashMap::new();
        let mut due = Instant::now();
        loop {
            tokio::select! {
                heard = listener.next() => {
                    let Some(heard) = heard else { return };
                    if waiting.is_empty() {
                        due = Instant::now() + MOMENT;
                    }
                    gather(&palisade, &mut waiting, heard);
                }
                () = sleep_until(due), if !waiting.is_empty() => {
                    for (account, batch) in mem::take(&mut waiting) {
                        palisade.live.tell(account, batch);
                    }
                }
            }
        }
    }
}

fn gather(palisade: &Palisade, waiting: &mut HashMap<AccountId, Batch>, heard: Heard) {
    match heard {
        Heard::Notice(notice) if palisade.live.has_tabs(notice.account) => {
            let change = Change::read(&notice.text);
            // Their next request is looked at anew, also where another node changed what they may do.
            change.iter().flat_map(Change::people).for_each(|person| sessions::forget(palisade, person));
            waiting.entry(notice.account).or_default().take(change);
        }
        Heard::Notice(_) => {}
        Heard::Gap => {
            let accounts: Vec<_> = palisade.live.accounts().keys().copied().collect();
            waiting.extend(accounts.into_iter().map(|account| (account, Batch::All)));
        }
    }
}
