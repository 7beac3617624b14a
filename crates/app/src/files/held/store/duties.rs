//! The table `site_duty`.

use crate::files::held::{
    duty::{Duty, Progress},
    model::{Figures, Pass},
};
use db::{
    SystemTx,
    schema::site_duty::{self, dsl},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use kernel::{AccountId, BlobId, Error, NodeId, Result, Timestamp};

#[derive(Insertable)]
#[diesel(table_name = site_duty)]
struct Row<'a> {
    name: &'a str,
    holder: NodeId,
    held_until: Timestamp,
    aim: &'a str,
    figures: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = site_duty)]
struct Read {
    aim: String,
    at_account: Option<AccountId>,
    at_blob: Option<BlobId>,
    begun_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    figures: String,
    last: Option<String>,
}

/// Takes or renews the lease; whether it is this node's now.
pub(in crate::files::held) fn claim(
    tx: &mut SystemTx<'_>,
    duty: Duty,
    node: NodeId,
    until: Timestamp,
) -> Result<bool> {
    let mine = dsl::site_duty.filter(dsl::name.eq(duty.as_str()));
    let there: Option<NodeId> = tx.first(mine.select(dsl::holder))?;
    if there.is_none() {
        let figures = write(&Figures::default())?;
        tx.insert(
            site_duty::table,
            &Row { name: duty.as_str(), holder: node, held_until: until, aim: "", figures },
        )?;
        return Ok(true);
    }
    let free = dsl::holder.eq(node).or(dsl::held_until.le(tx.now()));
    let change = diesel::update(dsl::site_duty.filter(dsl::name.eq(duty.as_str())).filter(free));
    Ok(tx.execute(change.set((dsl::holder.eq(node), dsl::held_until.eq(until))))? == 1)
}

/// How far a duty has come.
pub(in crate::files::held) fn progress(tx: &mut SystemTx<'_>, duty: Duty) -> Result<Progress> {
    let row: Option<Read> =
        tx.first(dsl::site_duty.filter(dsl::name.eq(duty.as_str())).select(Read::as_select()))?;
    let Some(row) = row else { return Ok(Progress::default()) };
    let last: Option<Pass> =
        row.last.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
    Ok(Progress {
        aim: row.aim,
        at: row.at_account.zip(row.at_blob),
        begun_at: row.begun_at,
        ended_at: row.ended_at,
        figures: serde_json::from_str(&row.figures).map_err(Error::internal)?,
        last,
    })
}

/// Notes how far it has come.
pub(in crate::files::held) fn save(tx: &mut SystemTx<'_>, duty: Duty, progress: &Progress) -> Result<()> {
    let (account, blob) = progress.at.unzip();
    let last = progress.last.as_ref().map(write).transpose()?;
    let change = diesel::update(dsl::site_duty.filter(dsl::name.eq(duty.as_str()))).set((
        dsl::aim.eq(progress.aim.clone()),
        dsl::at_account.eq(account),
        dsl::at_blob.eq(blob),
        dsl::begun_at.eq(progress.begun_at),
        dsl::ended_at.eq(progress.ended_at),
        dsl::figures.eq(write(&progress.figures)?),
        dsl::last.eq(last),
    ));
    tx.execute(change).map(drop)
}

fn write(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
