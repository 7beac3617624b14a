//! The tables `session`, `ticket` and `app_password`.

use super::AppPassword;
use crate::Tx;
use db::{
    SystemTx,
    schema::{
        app_password::{self, dsl as app},
        session::{self, dsl as ses},
        ticket::{self, dsl as tic},
    },
};
use diesel::{ExpressionMethods, Insertable, QueryDsl};
use kernel::{AppPasswordId, PersonId, Result, SessionId, Timestamp, TokenId};
use std::time::Duration;
use vault::Place;

#[derive(Insertable)]
#[diesel(table_name = session)]
struct Session<'a> {
    id: SessionId,
    person_id: PersonId,
    token_hash: &'a [u8],
    created_at: Timestamp,
    seen_at: Timestamp,
    expires_at: Timestamp,
}

pub(super) fn insert_session(
    tx: &mut Tx<'_, '_>,
    person_id: PersonId,
    hash: &[u8; 32],
    lives: Duration,
) -> Result<()> {
    let now = tx.db.now();
    let row = Session {
        id: tx.db.id(),
        person_id,
        token_hash: hash,
        created_at: now,
        seen_at: now,
        expires_at: now + lives,
    };
    tx.db.insert(ses::session, &row)
}

pub(super) fn session(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<Option<(SessionId, PersonId)>> {
    let live = tx
        .db
        .of(ses::session)
        .filter(ses::token_hash.eq(hash.to_vec()))
        .filter(ses::expires_at.gt(tx.db.now()));
    tx.db.first(live.select((ses::id, ses::person_id)))
}

/// Whether this session lives.
pub(super) fn is_session(tx: &mut Tx<'_, '_>, id: SessionId) -> Result<bool> {
    let live = tx.db.of(ses::session).filter(ses::id.eq(id)).filter(ses::expires_at.gt(tx.db.now()));
    Ok(tx.db.first::<SessionId, _>(live.select(ses::id))?.is_some())
}

pub(super) fn end_session(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<()> {
    let over = tx.db.of(ses::session).filter(ses::token_hash.eq(hash.to_vec()));
    tx.db.execute(diesel::delete(over)).map(drop)
}

pub(super) fn end_sessions_of(
    tx: &mut Tx<'_, '_>,
    person: PersonId,
    except: Option<SessionId>,
) -> Result<()> {
    let theirs = tx.db.of(ses::session).filter(ses::person_id.eq(person));
    let over = match except {
        Some(kept) => tx.db.execute(diesel::delete(theirs.filter(ses::id.ne(kept)))),
        None => tx.db.execute(diesel::delete(theirs)),
    };
    over.map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = ticket)]
struct Ticket<'a> {
    id: TokenId,
    person_id: PersonId,
    token_hash: &'a [u8],
    expires_at: Timestamp,
}

pub(super) fn insert_ticket(
    tx: &mut Tx<'_, '_>,
    person_id: PersonId,
    hash: &[u8; 32],
    lives: Duration,
) -> Result<()> {
    let row = Ticket { id: tx.db.id(), person_id, token_hash: hash, expires_at: tx.db.now() + lives };
    tx.db.insert(tic::ticket, &row)
}

/// Takes a ticket away, and says whose it was while it was good.
pub(super) fn take_ticket(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<Option<PersonId>> {
    let now = tx.db.now();
    let mine = tx.db.of(tic::ticket).filter(tic::token_hash.eq(hash.to_vec()));
    let found: Option<(PersonId, Timestamp)> = tx.db.first(mine.select((tic::person_id, tic::expires_at)))?;
    let spent = tx.db.of(tic::ticket).filter(tic::token_hash.eq(hash.to_vec()));
    let struck = tx.db.execute(diesel::delete(spent))?;
    Ok(found.filter(|(_, until)| *until > now && struck == 1).map(|(person, _)| person))
}

pub(super) fn delete_tickets_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    let theirs = tx.db.of(tic::ticket).filter(tic::person_id.eq(person));
    tx.db.execute(diesel::delete(theirs)).map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = app_password)]
struct NewAppPassword<'a> {
    id: AppPasswordId,
    person_id: PersonId,
    label: Vec<u8>,
    secret_hash: &'a [u8],
    created_at: Timestamp,
}

fn label_place(id: AppPasswordId) -> Place {
    Place::new("app_password", "label", id)
}

pub(super) fn insert_app_password(
    tx: &mut Tx<'_, '_>,
    person_id: PersonId,
    label: &str,
    hash: &[u8; 32],
) -> Result<AppPassword> {
    let id = tx.db.id();
    let sealed = tx.seal(label_place(id), label);
    let row = NewAppPassword { id, person_id, label: sealed, secret_hash: hash, created_at: tx.db.now() };
    tx.db.insert(app::app_password, &row)?;
    Ok(AppPassword { id, label: label.to_owned(), created_at: tx.db.now(), used_at: None })
}

/// The app password with this hash: which it is, whose, and when its use was noted last.
pub(super) fn app_password(
    tx: &mut Tx<'_, '_>,
    hash: &[u8; 32],
) -> Result<Option<(AppPasswordId, PersonId, Option<Timestamp>)>> {
    let mine = tx.db.of(app::app_password).filter(app::secret_hash.eq(hash.to_vec()));
    tx.db.first(mine.select((app::id, app::person_id, app::used_at)))
}

/// Whether this app password is there.
pub(super) fn is_app_password(tx: &mut Tx<'_, '_>, id: AppPasswordId) -> Result<bool> {
    let live = tx.db.of(app::app_password).filter(app::id.eq(id)).select(app::id);
    Ok(tx.db.first::<AppPasswordId, _>(live)?.is_some())
}

pub(super) fn note_use(tx: &mut Tx<'_, '_>, id: AppPasswordId) -> Result<()> {
    let used = tx.db.of(app::app_password).filter(app::id.eq(id));
    tx.db.execute(diesel::update(used).set(app::used_at.eq(Some(tx.db.now())))).map(drop)
}

pub(super) fn app_passwords_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<Vec<AppPassword>> {
    let theirs = tx.db.of(app::app_password).filter(app::person_id.eq(person)).order(app::id);
    let rows: Vec<(AppPasswordId, Vec<u8>, Timestamp, Option<Timestamp>)> =
        tx.db.load(theirs.select((app::id, app::label, app::created_at, app::used_at)))?;
    rows.into_iter()
        .map(|(id, label, created_at, used_at)| {
            Ok(AppPassword { id, label: tx.open(label_place(id), &label)?, created_at, used_at })
        })
        .collect()
}

pub(super) fn delete_app_password(tx: &mut Tx<'_, '_>, id: AppPasswordId) -> Result<()> {
    tx.db.execute(diesel::delete(tx.db.of(app::app_password).filter(app::id.eq(id)))).map(drop)
}

pub(super) fn delete_app_passwords_of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<()> {
    let theirs = tx.db.of(app::app_password).filter(app::person_id.eq(person));
    tx.db.execute(diesel::delete(theirs)).map(drop)
}

/// Deletes the sessions and tickets of all accounts that have expired.
pub(super) fn delete_expired(tx: &mut SystemTx<'_>) -> Result<()> {
    let now = tx.now();
    tx.execute(diesel::delete(ses::session.filter(ses::expires_at.le(now))))?;
    tx.execute(diesel::delete(tic::ticket.filter(tic::expires_at.le(now)))).map(drop)
}
