//! The table `invitation`.

use super::Invitation;
use crate::{Tx, people::EmailAddress};
use db::schema::invitation::{self, dsl};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use kernel::{Error, InvitationId, PersonId, Result, Timestamp};
use vault::Place;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = invitation)]
struct Row {
    id: InvitationId,
    token_hash: Vec<u8>,
    email_tag: Vec<u8>,
    email: Vec<u8>,
    role: String,
    /// The ids of a guest's projects as a JSON array; `null` for the other roles.
    projects: String,
    invited_by: PersonId,
    created_at: Timestamp,
    expires_at: Timestamp,
    language: String,
}

fn place(id: InvitationId) -> Place {
    Place::new("invitation", "email", id)
}

fn email_tag(tx: &Tx<'_, '_>, email: &EmailAddress) -> Vec<u8> {
    tx.key().tag("invitation.email", email.folded().as_bytes()).to_vec()
}

fn open(tx: &Tx<'_, '_>, row: &Row) -> Result<Invitation> {
    Ok(Invitation {
        id: row.id,
        email: tx.open(place(row.id), &row.email)?,
        role: row.role.parse()?,
        projects: serde_json::from_str(&row.projects).map_err(Error::internal)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        language: row.language.parse()?,
        link: None,
        invited_by: row.invited_by,
    })
}

pub(super) fn insert(
    tx: &mut Tx<'_, '_>,
    new: &Invitation,
    email: &EmailAddress,
    hash: &[u8; 32],
) -> Result<()> {
    let row = Row {
        id: new.id,
        token_hash: hash.to_vec(),
        email_tag: email_tag(tx, email),
        email: tx.seal(place(new.id), &new.email),
        role: new.role.as_str().to_owned(),
        projects: serde_json::to_string(&new.projects).map_err(Error::internal)?,
        invited_by: new.invited_by,
        created_at: new.created_at,
        expires_at: new.expires_at,
        language: new.language.tag().to_owned(),
    };
    tx.db.insert(dsl::invitation, &row)
}

pub(super) fn all(tx: &mut Tx<'_, '_>) -> Result<Vec<Invitation>> {
    let waiting = tx.db.of(dsl::invitation).filter(dsl::expires_at.gt(tx.db.now())).order(dsl::id);
    let rows: Vec<Row> = tx.db.load(waiting.select(Row::as_select()))?;
    rows.iter().map(|row| open(tx, row)).collect()
}

/// The invitation with this hash, while it is good.
pub(super) fn by_hash(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<Option<Invitation>> {
    let good = tx
        .db
        .of(dsl::invitation)
        .filter(dsl::token_hash.eq(hash.to_vec()))
        .filter(dsl::expires_at.gt(tx.db.now()));
    let row: Option<Row> = tx.db.first(good.select(Row::as_select()))?;
    row.map(|row| open(tx, &row)).transpose()
}

/// Takes the invitation with this hash away, while it is good. Of several who take it at once, one gets it.
pub(super) fn take(tx: &mut Tx<'_, '_>, hash: &[u8; 32]) -> Result<Option<Invitation>> {
    let Some(found) = by_hash(tx, hash)? else { return Ok(None) };
    let struck = delete(tx, found.id)?;
    Ok((struck == 1).then_some(found))
}

pub(super) fn delete(tx: &mut Tx<'_, '_>, id: InvitationId) -> Result<usize> {
    tx.db.execute(diesel::delete(tx.db.of(dsl::invitation).filter(dsl::id.eq(id))))
}

/// What waits for this address, and all that has expired.
pub(super) fn stale(tx: &mut Tx<'_, '_>, email: &EmailAddress) -> Result<Vec<InvitationId>> {
    let (tag, now) = (email_tag(tx, email), tx.db.now());
    let stale = dsl::email_tag.eq(tag).or(dsl::expires_at.le(now));
    tx.db.load(tx.db.of(dsl::invitation).filter(stale).select(dsl::id))
}

/// What this person made.
pub(super) fn of(tx: &mut Tx<'_, '_>, person: PersonId) -> Result<Vec<InvitationId>> {
    tx.db.load(tx.db.of(dsl::invitation).filter(dsl::invited_by.eq(person)).select(dsl::id))
}
