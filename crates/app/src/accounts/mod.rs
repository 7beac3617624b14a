//! Accounts: one customer each, at an address of its own, with a key of its own.
//!
//! No account name stands in clear in the database: an address is found by a tag of its host name under the installation's
//! name key. The row of the tag stays for ever, so that a name is never given out again.

mod model;
mod routes;
mod store;

pub use model::{Account, AccountName, Changes, Listed, NewAccount, SameName, Title, View};
pub(crate) use routes::routes;

use crate::{
    Done, Door, Palisade, Tx,
    journal::{Event, What},
    people::{self, EmailAddress, NewPerson, Person, PersonName, TimeZone},
    sessions::{self, Asker, Standing, Token, password::Own},
};
use access::Role;
use db::{Reason, SystemTx};
use kernel::{AccountId, Error, Kind, Result, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use vault::AccountKey;
use web::Client;

/// How long this node remembers where a host name leads.
const KNOWN_FOR: Duration = Duration::from_secs(2);
/// Host names that are remembered at once.
const CROWD: usize = 20_000;

/// The host names that this node saw lately.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Mutex<HashMap<String, (Timestamp, AccountId)>>);

/// The account at a host name.
pub(crate) async fn at(palisade: &Palisade, host: &str) -> Result<Option<AccountId>> {
    let now = palisade.source.now();
    {
        let known = palisade.hosts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, account)) = known.get(host).filter(|(at, _)| now.since(*at) < KNOWN_FOR && *at <= now)
        {
            return Ok(Some(*account));
        }
    }
    if !host.ends_with(&palisade.address.host) || host == palisade.address.host {
        return Ok(None);
    }
    let tag = palisade.vault.name_key().tag(host);
    let found = palisade.db.system_read(Reason::FindAccount, move |tx| store::by_host(tx, &tag)).await?;
    if let Some(account) = found {
        let mut known = palisade.hosts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CROWD {
            known.clear();
        }
        known.insert(host.to_owned(), (now, account));
    }
    Ok(found)
}

/// What the keys of the accounts that this node saw commit to, as their rows say. It never changes.
#[derive(Debug, Default)]
pub(crate) struct Commitments(Mutex<HashMap<AccountId, Vec<u8>>>);

/// The key of an account. It must be the one that the account was opened with: what another in its place sealed, nobody
/// could open once it is put right.
///
/// # Errors
/// `wrong-account-key`.
pub(crate) async fn key(palisade: &Palisade, account: AccountId) -> Result<AccountKey> {
    let key = palisade.vault.account_key(account).await?;
    let known = || palisade.commitments.0.lock().unwrap_or_else(PoisonError::into_inner);
    let remembered = known().get(&account).cloned();
    let stored = match remembered {
        Some(commitment) => Some(commitment),
        None => palisade.read_at_door(&key, store::commitment).await?,
    };
    let Some(commitment) = stored else {
        let note = |tx: &mut Tx<'_, '_>| {
            store::note_commitment(tx)?;
            tx.done((), Event::none("what is noted was so from the beginning"))
        };
        palisade.write_at_door(&key, note).await?;
        return Ok(key);
    };
    if commitment != key.commitment() {
        palisade.vault.purge(account); // once the right one is back, it is found at once
        return Err(Error::new(Kind::Internal, "wrong-account-key")
            .because(format!("the keyring holds another key than {account} was opened with")));
    }
    let mut known = known();
    if known.len() >= CROWD {
        known.clear();
    }
    known.insert(account, commitment);
    Ok(key)
}

/// How many accounts there are, and for those whose keys do not open them which and why, in words for the operator.
pub async fn unopened(palisade: &Palisade) -> Result<(usize, Vec<String>)> {
    let fronts = palisade.db.system_read(Reason::ListAccounts, store::fronts).await?;
    let mut unopened = Vec::new();
    for (id, _, _) in &fronts {
        if let Err(error) = key(palisade, *id).await {
            unopened.push(format!("{id} does not open: {error}"));
        }
    }
    Ok((fronts.len(), unopened))
}

/// Whether any account was ever opened in this database. It needs no key.
pub async fn any(db: &db::Db) -> Result<bool> {
    db.system_read(Reason::FindAccount, store::any).await
}

/// Whether a name may become an address, and is free.
///
/// # Errors
/// `account-name-invalid`, `account-name-reserved`, `account-name-taken`.
pub async fn available(palisade: &Palisade, name: &str) -> Result<AccountName> {
    let name = AccountName::parse(name)?;
    let tag = palisade.vault.name_key().tag(&palisade.address.host_of(name.as_str()));
    let taken = palisade.db.system_read(Reason::FindAccount, move |tx| store::by_host(tx, &tag)).await?;
    if taken.is_some() { Err(Error::conflict("account-name-taken").field("name")) } else { Ok(name) }
}

/// Opens an account with its owner. The key comes first: an account without one must not be. A key whose account was then
/// refused is noise that opens nothing.
///
/// # Errors
/// What is wrong with the names or the password; `too-many`, where this client, or everybody together, opened many; `busy`.
/// The operator is not counted.
pub async fn open(palisade: &Palisade, client: Client, draft: NewAccount) -> Result<Opened> {
    let name = available(palisade, &draft.name).await?;
    let title = Title::parse(&draft.title)?;
    let owner = draft.owner;
    let own = Own::new(name.as_str(), &owner.name, &owner.email);
    let mut person = NewPerson {
        name: PersonName::parse(&owner.name)?,
        email: EmailAddress::parse(&owner.email)?,
        role: Role::Owner,
        language: owner.language.unwrap_or_default(),
        time_zone: TimeZone::parse(&owner.time_zone)?,
        password: String::new(),
    };
    let (salt, counted) = (palisade.source.entropy.bytes(), client != Client::HERE);
    if counted {
        let now = palisade.source.now();
        palisade.sign_ups.take(client, now)?;
        palisade.all_sign_ups.take((), now).inspect_err(|_| palisade.sign_ups.give_back(&client))?;
    }
    let standing = if counted { Standing::Stranger } else { Standing::Known };
    let asker = Asker { client, account: None, standing };
    let hashed = palisade.passwords.hash(asker, owner.password, own, salt).await;
    // A password that is refused opens nothing.
    person.password = hashed.inspect_err(|_| {
        if counted {
            palisade.sign_ups.give_back(&client);
            palisade.all_sign_ups.give_back(&());
        }
    })?;
    let host = palisade.address.host_of(name.as_str());
    let tag = palisade.vault.name_key().tag(&host);
    let id: AccountId = palisade.source.id();
    let (key, front) = palisade.vault.create_account(id).await?;
    let quota = palisade.limits.account_bytes;
    let opened_name = name.clone();
    let (owner, ticket) = palisade
        .db
        .system_write(Reason::CreateAccount, move |system| {
            store::claim_host(system, &tag, id)?;
            let mut within = system.within(id);
            let mut tx = Tx::at_door(&mut within, &key);
            store::insert(&mut tx, &title, quota)?;
            store::insert_front(&mut tx, &front, &opened_name, &host)?;
            let owner = people::add(&mut tx, &person)?;
            let ticket = sessions::give_ticket(&mut tx, owner.id)?;
            let event = Event::new(What::AccountOpened).subject(id, title.as_str()).by(owner.id);
            Ok(tx.done((owner, ticket), event)?.into_inner())
        })
        .await?;
    let address = palisade.address.origin(&palisade.address.host_of(name.as_str()));
    Ok(Opened { id, name, address, owner, ticket })
}

/// An account that was just opened.
#[derive(Debug)]
pub struct Opened {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// Where it is.
    pub address: String,
    /// Its owner.
    pub owner: Person,
    pub(crate) ticket: Token,
}

/// The account as it is shown at its own address.
pub(crate) async fn view(palisade: &Palisade, door: &Door) -> Result<View> {
    let key = key(palisade, door.account).await?;
    let title = palisade.read_at_door(&key, store::title).await?;
    Ok(view_of(palisade, door, title))
}

/// The name of the account at a host.
pub(crate) fn name_at(palisade: &Palisade, host: &str) -> String {
    host.strip_suffix(&format!(".{}", palisade.address.host)).unwrap_or(host).to_owned()
}

fn view_of(palisade: &Palisade, door: &Door, title: String) -> View {
    View { name: name_at(palisade, &door.host), title, address: palisade.address.origin(&door.host) }
}

/// What the group calls itself.
pub(crate) fn title(tx: &mut Tx<'_, '_>) -> Result<String> {
    store::title(tx)
}

/// Every account, the oldest first, for the operator. Names are opened by the front keys; nothing else of an account is.
pub async fn list(palisade: &Palisade) -> Result<Vec<Listed>> {
    let read = |tx: &mut SystemTx<'_>| Ok((store::fronts(tx)?, store::usages(tx)?, people::counts(tx)?));
    let (fronts, usages, people) = palisade.db.system_read(Reason::ListAccounts, read).await?;
    let mut accounts = Vec::with_capacity(fronts.len());
    for (id, sealed, created_at) in fronts {
        let front = match palisade.vault.front_key(id).await {
            Ok(key) => Some(store::open_front(&key, &sealed)?),
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error),
        };
        let address = front.as_ref().map(|front| palisade.address.origin(&front.host));
        let name = front.map(|front| front.name);
        let people = people.get(&id).copied().unwrap_or(0);
        let bytes = usages.get(&id).copied().unwrap_or(0);
        accounts.push(Listed { id, created_at, name, address, people, bytes });
    }
    Ok(accounts)
}

/// The account itself.
pub fn load(tx: &mut Tx<'_, '_>) -> Result<Account> {
    store::load(tx)
}

/// Changes the account's title and settings.
///
/// # Errors
/// Forbidden to those who do not govern; what is wrong with the title.
pub fn change(tx: &mut Tx<'_, '_>, account: &Account, changes: &Changes) -> Result<Done<Account>> {
    tx.actor()?.governing()?;
    let title = Title::parse(changes.title.as_deref().unwrap_or(&account.title))?;
    let mut settings = account.settings.clone();
    if let Some(same_name) = changes.new_version_on_same_name {
        settings.new_version_on_same_name = same_name;
    }
    store::update(tx, &title, &settings)?;
    let after = load(tx)?;
    let id = tx.db.account();
    tx.done(after, Event::new(What::AccountChanged).subject(id, title.as_str()))
}

/// How much an account stores, and may store, in bytes.
pub(crate) fn usage(tx: &mut Tx<'_, '_>) -> Result<(u64, u64)> {
    store::usage(tx)
}

/// Takes room for `bytes` more.
///
/// # Errors
/// `over-quota`, with the bytes that are free.
pub(crate) fn take_room(tx: &mut Tx<'_, '_>, bytes: u64) -> Result<()> {
    let (used, quota) = store::usage(tx)?;
    let free = quota.saturating_sub(used);
    if bytes > free {
        return Err(over_quota(free));
    }
    store::change_usage(tx, i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// What does not fit into `free` bytes.
pub(crate) fn over_quota(free: u64) -> Error {
    Error::new(Kind::OverQuota, "over-quota").with("free", free)
}

/// Gives room back.
pub(crate) fn give_room(tx: &mut Tx<'_, '_>, bytes: u64) -> Result<()> {
    store::change_usage(tx, -i64::try_from(bytes).unwrap_or(i64::MAX))
}
