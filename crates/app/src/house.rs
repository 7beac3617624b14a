//! The installation as the rooms see it: database, keys, sites, limits, and the addresses it answers at.

use crate::{
    Done, PasswordCost, Tx,
    files::{Spares, held::Tending},
    journal::Event,
    live::Live,
    notifications::Post,
    numbers::Numbers,
    privacy::Policies,
    receipts::{self, Answer, Claim},
    sessions,
    trust::{Looked, Resilience},
    uploads::Uploads,
};
use access::Actor;
use db::Db;
use jobs::Bell;
use kernel::{NodeId, PersonId, Result, Source};
use prometheus_client::registry::Registry;
use sites::{Pace, Sites};
use std::{ops::Deref, sync::Arc, time::Duration};
use tokio::sync::Notify;
use vault::{AccountKey, Vault};
use web::{Attempt, Client, Network, limiter::Limiter};

/// The limits, all of which the operator sets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_bytes: u64,
    /// What an account may store when it is opened, in bytes.
    pub account_bytes: u64,
    /// How deep folders may be nested.
    pub depth: usize,
    /// The most files and folders that are copied at once: a copy is one transaction, for which others wait.
    pub copied_entries: usize,
    /// How long the trash keeps what is put into it.
    pub trash: Duration,
    /// How long an upload waits to be resumed.
    pub unfinished_upload: Duration,
    /// How long an invitation is good.
    pub invitation: Duration,
    /// How long a link to a new password is good.
    pub reset_link: Duration,
    /// How many wrong passwords one client may try at one address in the window, and ten times as many at all addresses.
    pub sign_in_tries: usize,
    /// The window in which they are counted.
    pub sign_in_window: Duration,
    /// The largest body in JSON, in bytes.
    pub json_bytes: usize,
    /// How long a session lives at most.
    pub session: Duration,
    /// The costs of a password's hash.
    pub password: PasswordCost,
    /// Whether anybody may open an account.
    pub sign_up: bool,
    /// How many accounts everybody together may open in an hour; the operator may open more.
    pub sign_ups_per_hour: usize,
    /// How fast copies that are missing are brought, in bytes a second; none for as fast as it goes.
    pub repair_pace: Option<u64>,
    /// How fast copies are read back, in bytes a second; none for as fast as it goes.
    pub scrub_pace: Option<u64>,
    /// How long from the beginning of one reading of all copies to that of the next, at least.
    pub scrub_every: Duration,
}

const GIB: u64 = 1 << 30;
const DAY: Duration = Duration::from_hours(24);

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 50 * GIB,
            account_bytes: 10 * GIB,
            depth: 64,
            copied_entries: 10_000,
            trash: 30 * DAY,
            unfinished_upload: DAY,
            invitation: 7 * DAY,
            reset_link: Duration::from_hours(1),
            sign_in_tries: 10,
            sign_in_window: Duration::from_mins(15),
            json_bytes: 1 << 20,
            session: DAY / 2,
            password: PasswordCost::default(),
            sign_up: true,
            sign_ups_per_hour: 1_000,
            repair_pace: Some(64 << 20),
            scrub_pace: Some(8 << 20),
            scrub_every: 7 * DAY,
        }
    }
}

/// Where the installation answers.
#[derive(Clone, Debug)]
pub struct Address {
    /// `http` or `https`.
    pub scheme: String,
    /// The installation's host name, in lower case; accounts are below it.
    pub host: String,
    /// The port, where it is not the scheme's own.
    pub port: Option<u16>,
    /// The proxies that are believed when they say for whom they ask.
    pub proxies: Vec<Network>,
}

impl Address {
    /// The origin of a host: `http://acme.palisade.localhost:8080`.
    pub fn origin(&self, host: &str) -> String {
        let Self { scheme, port, .. } = self;
        port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"))
    }
    /// The host name of the account with this name.
    pub fn host_of(&self, account: &str) -> String {
        format!("{account}.{}", self.host)
    }
}

/// What an installation is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The keys.
    pub vault: Vault,
    /// The blobs.
    pub sites: Sites,
    /// Time and randomness.
    pub source: Source,
    /// Where it answers.
    pub address: Address,
    /// Its limits.
    pub limits: Limits,
    /// The way to a mail server, where there is one.
    pub post: Option<Post>,
    /// What the operator says of privacy.
    pub policies: Policies,
    /// What is behind the database, and whether it was rehearsed to lose it.
    pub resilience: Resilience,
}

/// An installation at work.
pub struct House {
    parts: Parts,
    /// Wrong passwords, by address and client: nobody is kept out by what others try.
    pub(crate) sign_ins: Limiter<[u8; 32]>,
    /// Wrong passwords of a client, whatever the address and the account.
    pub(crate) guesses: Limiter<Client>,
    /// Links to reset a password, by address and client.
    pub(crate) resets: Limiter<[u8; 32]>,
    /// Mails with such a link, by address: past it none is sent, and the last one stays good.
    pub(crate) reset_mails: Limiter<[u8; 32]>,
    /// Invitations, by whoever makes them.
    pub(crate) invitations: Limiter<PersonId>,
    /// Links that do not exist, by client.
    pub(crate) links: Limiter<Client>,
    /// New accounts, by client.
    pub(crate) sign_ups: Limiter<Client>,
    /// New accounts of everybody together: what is opened from many networks at once is no group.
    pub(crate) all_sign_ups: Limiter<()>,
    pub(crate) passwords: crate::sessions::password::Passwords,
    /// Whose password was right lately, from where.
    pub(crate) remembered: crate::sessions::Remembered,
    pub(crate) known: crate::sessions::Known,
    pub(crate) hosts: crate::accounts::Hosts,
    pub(crate) commitments: crate::accounts::Commitments,
    /// Where pictures of people are made small.
    pub(crate) easel: crate::people::pictures::Easel,
    /// The open tabs, and what they are told.
    pub(crate) live: Live,
    /// Uploads under way.
    pub(crate) uploads: Uploads,
    /// Intents for small uploads, committed ahead.
    pub(crate) spares: Spares,
    pub(crate) numbers: Numbers,
    pub(crate) trust: Looked,
    /// This process, among the nodes.
    pub(crate) node: NodeId,
    /// What waits for whoever tends the copies here, and how fast it may go.
    pub(crate) tending: Tending,
    pub(crate) repair_pace: Pace,
    pub(crate) scrub_pace: Pace,
    /// Told when something was deleted for good.
    pub(crate) waste: Notify,
    /// Rung where a job is left to be done.
    pub(crate) bell: Bell,
}

impl Deref for House {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// A handle to an installation; cheap to clone.
#[derive(Clone)]
pub struct Palisade(Arc<House>);

impl Deref for Palisade {
    type Target = House;
    fn deref(&self) -> &House {
        &self.0
    }
}

impl Palisade {
    /// An installation of these parts.
    pub fn new(parts: Parts) -> Self {
        let passwords = crate::sessions::password::Passwords::new(parts.limits.password);
        let Limits { sign_in_tries, sign_in_window, sign_ups_per_hour, repair_pace, scrub_pace, .. } =
            parts.limits;
        let (node, pace) = (parts.source.id(), |rate: Option<u64>| rate.map_or_else(Pace::free, Pace::of));
        Self(Arc::new(House {
            parts,
            sign_ins: Limiter::new(sign_in_tries, sign_in_window),
            guesses: Limiter::new(sign_in_tries.saturating_mul(10), sign_in_window),
            resets: Limiter::new(5, Duration::from_hours(1)),
            reset_mails: Limiter::new(10, Duration::from_hours(1)),
            invitations: Limiter::new(100, Duration::from_hours(1)),
            links: Limiter::new(60, Duration::from_mins(1)),
            sign_ups: Limiter::new(30, Duration::from_mins(1)),
            all_sign_ups: Limiter::new(sign_ups_per_hour, Duration::from_hours(1)),
            passwords,
            remembered: crate::sessions::Remembered::default(),
            known: crate::sessions::Known::default(),
            hosts: crate::accounts::Hosts::default(),
            commitments: crate::accounts::Commitments::default(),
            easel: crate::people::pictures::Easel::default(),
            live: Live::default(),
            uploads: Uploads::default(),
            spares: Spares::default(),
            numbers: Numbers::default(),
            trust: Looked::default(),
            node,
            tending: Tending::default(),
            repair_pace: pace(repair_pace),
            scrub_pace: pace(scrub_pace),
            waste: Notify::new(),
            bell: Bell::default(),
        }))
    }

    /// Shows the operator what is counted here, in the database and at the sites.
    pub fn register(&self, registry: &mut Registry) {
        self.numbers.register(registry);
        self.db.register(registry);
        self.sites.register(registry);
        self.resilience.register(registry);
    }

    /// Reads as `actor`, in one snapshot.
    pub async fn read<T, F>(&self, actor: &Actor, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<T> + Send + 'static,
    {
        let actor = actor.clone();
        self.db.read(actor.account(), move |tx| work(&mut Tx::of_actor(tx, &actor))).await
    }

    /// Writes as `actor`: all or nothing, with its entry in the journal. What they may do is looked up again in the
    /// transaction, since a request may take its time: whoever was removed or demoted meanwhile changes nothing.
    ///
    /// # Errors
    /// Those of the closure; `signed-out` where the actor is no longer here, or what proved who they are has ended.
    pub async fn write<T, F>(&self, actor: &Actor, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<Done<T>> + Send + 'static,
    {
        let actor = actor.clone();
        let done = self
            .db
            .write(actor.account(), move |tx| {
                let actor = sessions::present(tx, &actor)?;
                work(&mut Tx::of_actor(tx, &actor)).map(Done::into_parts)
            })
            .await?;
        Ok(self.ring(done))
    }

    /// As [`Palisade::write`], also on a full disk: for what frees room.
    pub async fn write_in_need<T, F>(&self, actor: &Actor, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<Done<T>> + Send + 'static,
    {
        let (account, actor) = (actor.account(), actor.clone());
        let work = move |tx: &mut db::Tx<'_>| {
            let actor = sessions::present(tx, &actor)?;
            work(&mut Tx::of_actor(tx, &actor)).map(Done::into_parts)
        };
        Ok(self.ring(self.db.write_in_need(account, work).await?))
    }

    /// Writes what `attempt` asks for, once: where it was done before under the same key, its answer is given again and
    /// nothing is done.
    ///
    /// # Errors
    /// `other-request`, where the key was used for something else.
    pub async fn create<F>(&self, actor: &Actor, attempt: Attempt, mut work: F) -> Result<Answer>
    where
        F: FnMut(&mut Tx<'_, '_>) -> Result<Done<Answer>> + Send + 'static,
    {
        self.write(actor, move |tx| once(tx, &attempt, &mut work)).await
    }

    /// As [`Palisade::create`], also on a full disk: for what frees room.
    pub async fn create_in_need<F>(&self, actor: &Actor, attempt: Attempt, mut work: F) -> Result<Answer>
    where
        F: FnMut(&mut Tx<'_, '_>) -> Result<Done<Answer>> + Send + 'static,
    {
        self.write_in_need(actor, move |tx| once(tx, &attempt, &mut work)).await
    }

    /// Reads for somebody who is not signed in yet.
    pub async fn read_at_door<T, F>(&self, key: &AccountKey, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<T> + Send + 'static,
    {
        let key = key.clone();
        self.db.read(key.account(), move |tx| work(&mut Tx::at_door(tx, &key))).await
    }

    /// Writes for somebody who is not signed in yet.
    pub async fn write_at_door<T, F>(&self, key: &AccountKey, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<Done<T>> + Send + 'static,
    {
        let key = key.clone();
        let done = self
            .db
            .write(key.account(), move |tx| work(&mut Tx::at_door(tx, &key)).map(Done::into_parts))
            .await?;
        Ok(self.ring(done))
    }

    /// Wakes whoever does what a write left for later, now that it is committed.
    fn ring<T>(&self, (value, enqueued): (T, bool)) -> T {
        if enqueued {
            self.bell.ring();
        }
        value
    }

    /// As [`Palisade::write_at_door`], also on a full disk: to let in somebody who frees room.
    pub async fn write_at_door_in_need<T, F>(&self, key: &AccountKey, mut work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_, '_>) -> Result<Done<T>> + Send + 'static,
    {
        let key = key.clone();
        let account = key.account();
        let work = move |tx: &mut db::Tx<'_>| work(&mut Tx::at_door(tx, &key)).map(Done::into_parts);
        Ok(self.ring(self.db.write_in_need(account, work).await?))
    }
}

fn once(
    tx: &mut Tx<'_, '_>,
    attempt: &Attempt,
    work: &mut impl FnMut(&mut Tx<'_, '_>) -> Result<Done<Answer>>,
) -> Result<Done<Answer>> {
    match receipts::claim(tx, attempt)? {
        Claim::Answered(answer) => tx.done(answer, Event::none("it was done before")),
        Claim::Mine(receipt) => {
            let done = work(tx)?;
            receipts::keep(tx, receipt.as_ref(), done.value())?;
            Ok(done)
        }
    }
}
