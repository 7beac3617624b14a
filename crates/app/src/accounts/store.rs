//! The tables `account`, `account_host`, `account_front` and `usage`.

use super::{
    Account, AccountName, Title,
    model::{Front, Settings},
};
use crate::Tx;
use db::{
    SystemTx,
    schema::{
        account::{self, dsl as acc},
        account_front::{self, dsl as fro},
        account_host::{self, dsl as hos},
        usage::{self, dsl as usa},
    },
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{AccountId, Error, Result, ResultExt, Timestamp};
use std::collections::HashMap;
use vault::{FrontKey, Place};

pub(super) fn by_host(tx: &mut SystemTx<'_>, tag: &[u8; 32]) -> Result<Option<AccountId>> {
    tx.first(hos::account_host.filter(hos::tag.eq(tag.to_vec())).select(hos::account_id))
}

#[derive(Insertable)]
#[diesel(table_name = account_host)]
struct Host {
    tag: Vec<u8>,
    account_id: AccountId,
    created_at: Timestamp,
}

/// Two who sign up with one name at the same time: the primary key lets one of them in.
pub(super) fn claim_host(tx: &mut SystemTx<'_>, tag: &[u8; 32], account_id: AccountId) -> Result<()> {
    let row = Host { tag: tag.to_vec(), account_id, created_at: tx.now() };
    tx.insert(hos::account_host, &row).map_err(|error| {
        if db::is_duplicate(&error) { Error::conflict("account-name-taken").field("name") } else { error }
    })
}

#[derive(Insertable)]
#[diesel(table_name = account)]
struct Row {
    created_at: Timestamp,
    title: Vec<u8>,
    settings: Vec<u8>,
    revision: i64,
    commitment: Option<Vec<u8>>,
}

#[derive(Insertable)]
#[diesel(table_name = usage)]
struct Usage {
    bytes: i64,
    quota_bytes: i64,
}

fn settings_place(id: AccountId) -> Place {
    Place::new("account", "settings", id)
}

fn seal_settings(tx: &Tx<'_, '_>, settings: &Settings) -> Result<Vec<u8>> {
    let text = serde_json::to_string(settings).or_internal()?;
    Ok(tx.seal(settings_place(tx.db.account()), &text))
}

fn title_place(id: AccountId) -> Place {
    Place::new("account", "title", id)
}

pub(super) fn insert(tx: &mut Tx<'_, '_>, title: &Title, quota: u64) -> Result<()> {
    let id = tx.db.account();
    let row = Row {
        created_at: tx.db.now(),
        title: tx.seal(title_place(id), title.as_str()),
        settings: seal_settings(tx, &Settings::default())?,
        revision: 1,
        commitment: Some(tx.key().commitment().to_vec()),
    };
    tx.db.insert(acc::account, &row)?;
    let quota_bytes = i64::try_from(quota).unwrap_or(i64::MAX);
    tx.db.insert(usa::usage, &Usage { bytes: 0, quota_bytes })
}

#[derive(Insertable)]
#[diesel(table_name = account_front)]
struct FrontRow {
    front: Vec<u8>,
    created_at: Timestamp,
}

fn front_place(id: AccountId) -> Place {
    Place::new("account_front", "front", id)
}

/// What must be known of the account from outside: sealed by its front key, which is not the account key.
pub(super) fn insert_front(
    tx: &mut Tx<'_, '_>,
    key: &FrontKey,
    name: &AccountName,
    host: &str,
) -> Result<()> {
    let front = Front { version: Front::VERSION, name: name.as_str().to_owned(), host: host.to_owned() };
    let front = serde_json::to_vec(&front).or_internal()?;
    let row = FrontRow { front: key.seal(front_place(tx.db.account()), &front), created_at: tx.db.now() };
    tx.db.insert(fro::account_front, &row)
}

/// Every account, the oldest first, with its front still sealed.
pub(super) fn fronts(tx: &mut SystemTx<'_>) -> Result<Vec<(AccountId, Vec<u8>, Timestamp)>> {
    tx.load(fro::account_front.order((fro::created_at, fro::account_id)).select((
        fro::account_id,
        fro::front,
        fro::created_at,
    )))
}

/// How much each account stores, in bytes.
pub(super) fn usages(tx: &mut SystemTx<'_>) -> Result<HashMap<AccountId, i64>> {
    let rows: Vec<(AccountId, i64)> = tx.load(usa::usage.select((usa::account_id, usa::bytes)))?;
    Ok(rows.into_iter().collect())
}

/// Whether any account was ever opened here.
pub(super) fn any(tx: &mut SystemTx<'_>) -> Result<bool> {
    let first: Option<AccountId> = tx.first(hos::account_host.select(hos::account_id))?;
    Ok(first.is_some())
}

pub(super) fn open_front(key: &FrontKey, sealed: &[u8]) -> Result<Front> {
    let front: Front =
        serde_json::from_slice(&key.open(front_place(key.account()), sealed)?).or_internal()?;
    if front.version == Front::VERSION {
        Ok(front)
    } else {
        Err(Error::internal(format!("a front of version {}", front.version)))
    }
}

pub(super) fn title(tx: &mut Tx<'_, '_>) -> Result<String> {
    let sealed: Vec<u8> = tx.db.get(tx.db.of(acc::account).select(acc::title))?;
    tx.open(title_place(tx.db.account()), &sealed)
}

/// What the key of the account commits to; none in a row from before this was noted.
pub(super) fn commitment(tx: &mut Tx<'_, '_>) -> Result<Option<Vec<u8>>> {
    tx.db.get(tx.db.of(acc::account).select(acc::commitment))
}

/// Notes what the key of the account commits to, where that was not noted.
pub(super) fn note_commitment(tx: &mut Tx<'_, '_>) -> Result<()> {
    let commitment = Some(tx.key().commitment().to_vec());
    let row = tx.db.of(acc::account).filter(acc::commitment.is_null());
    tx.db.execute(diesel::update(row).set(acc::commitment.eq(commitment))).map(drop)
}

pub(super) fn load(tx: &mut Tx<'_, '_>) -> Result<Account> {
    let columns = (acc::title, acc::settings, acc::revision);
    let (title, settings, revision): (Vec<u8>, Vec<u8>, i64) =
        tx.db.get(tx.db.of(acc::account).select(columns))?;
    let id = tx.db.account();
    let settings: Settings = serde_json::from_str(&tx.open(settings_place(id), &settings)?).or_internal()?;
    if settings.version != Settings::VERSION {
        return Err(Error::internal(format!("settings of version {}", settings.version)));
    }
    Ok(Account { title: tx.open(title_place(id), &title)?, settings, revision })
}

pub(super) fn update(tx: &mut Tx<'_, '_>, title: &Title, settings: &Settings) -> Result<()> {
    let change = diesel::update(tx.db.of(acc::account)).set((
        acc::title.eq(tx.seal(title_place(tx.db.account()), title.as_str())),
        acc::settings.eq(seal_settings(tx, settings)?),
        acc::revision.eq(acc::revision + 1),
    ));
    tx.db.execute(change).map(drop)
}

pub(super) fn usage(tx: &mut Tx<'_, '_>) -> Result<(u64, u64)> {
    let (bytes, quota): (i64, i64) =
        tx.db.get(tx.db.of(usa::usage).select((usa::bytes, usa::quota_bytes)))?;
    Ok((u64::try_from(bytes).unwrap_or(0), u64::try_from(quota).unwrap_or(0)))
}

pub(super) fn change_usage(tx: &mut Tx<'_, '_>, bytes: i64) -> Result<()> {
    let change = diesel::update(tx.db.of(usa::usage)).set(usa::bytes.eq(usa::bytes + bytes));
    tx.db.execute(change).map(drop)
}
