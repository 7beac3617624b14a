//! The table `job`.

use crate::model::{Draft, Job, Standing};
use db::{
    SystemTx, Tx,
    schema::job::{self, dsl},
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use kernel::{AccountId, JobId, PersonId, Result, ResultExt, Timestamp};
use std::time::Duration;

#[derive(Insertable)]
#[diesel(table_name = job, treat_none_as_default_value = false)]
struct Row {
    id: JobId,
    kind: &'static str,
    actor_id: Option<PersonId>,
    payload: String,
    run_at: Timestamp,
    attempts: i64,
}

/// Enqueues a job in the transaction of what it follows. The [`Bell`](crate::Bell) is rung after its commit.
pub fn enqueue(tx: &mut Tx<'_>, draft: Draft) -> Result<JobId> {
    let Draft { kind, id, actor: actor_id, payload, run_at } = draft;
    let row = Row {
        id: id.unwrap_or_else(|| tx.id()),
        kind,
        actor_id,
        payload: serde_json::to_string(&payload).or_internal()?,
        run_at: run_at.unwrap_or_else(|| tx.now()),
        attempts: 0,
    };
    tx.insert(dsl::job, &row)?;
    Ok(row.id)
}

/// Enqueues a job under its id, where none waits or runs under it; whether it did.
pub fn enqueue_once(tx: &mut Tx<'_>, id: JobId, draft: Draft) -> Result<bool> {
    let there: Option<JobId> = tx.first(tx.of(dsl::job).filter(dsl::id.eq(id)).select(dsl::id))?;
    if there.is_none() {
        enqueue(tx, draft.named(id))?;
    }
    Ok(there.is_none())
}

/// Takes a job back.
pub fn withdraw(tx: &mut Tx<'_>, id: JobId) -> Result<()> {
    tx.execute(diesel::delete(tx.of(dsl::job).filter(dsl::id.eq(id)))).map(drop)
}

/// How it stands with a job; none where it is done.
pub fn standing(tx: &mut Tx<'_>, id: JobId) -> Result<Option<Standing>> {
    let mine = tx.of(dsl::job).filter(dsl::id.eq(id));
    let row: Option<(i64, Timestamp, Option<String>)> =
        tx.first(mine.select((dsl::attempts, dsl::run_at, dsl::error)))?;
    Ok(row.map(|(attempts, run_at, error)| Standing { attempts, run_at, error }))
}

/// The kinds of all jobs that are due or have failed: in a test that is over there is none.
pub fn left(tx: &mut SystemTx<'_>) -> Result<Vec<String>> {
    let left = dsl::run_at.le(tx.now()).or(dsl::error.is_not_null());
    tx.load(dsl::job.filter(left).select(dsl::kind))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = job)]
struct Due {
    account_id: AccountId,
    id: JobId,
    kind: String,
    actor_id: Option<PersonId>,
    payload: String,
    attempts: i64,
}

/// At most `most` jobs of these kinds that are due and that nobody holds, what has waited longest first.
fn due(tx: &mut SystemTx<'_>, kinds: &[&'static str], most: i64) -> Result<Vec<Due>> {
    let now = tx.now();
    let free = dsl::claimed_until.is_null().or(dsl::claimed_until.le(Some(now)));
    let due = dsl::job.filter(dsl::run_at.le(now)).filter(free).filter(dsl::kind.eq_any(kinds.to_vec()));
    tx.load(due.order((dsl::run_at, dsl::account_id, dsl::id)).limit(most).select(Due::as_select()))
}

/// Whether something is due; a look costs less than a claim.
pub(crate) fn is_due(tx: &mut SystemTx<'_>, kinds: &[&'static str]) -> Result<bool> {
    Ok(!due(tx, kinds, 1)?.is_empty())
}

/// Takes what is due, for as long as `lease`. Of two who try at once one gets it: writes are serializable.
pub(crate) fn claim(
    tx: &mut SystemTx<'_>,
    kinds: &[&'static str],
    most: i64,
    lease: Duration,
) -> Result<Vec<Job>> {
    let until = tx.now() + lease;
    let mut claimed = Vec::new();
    for row in due(tx, kinds, most)? {
        let Due { account_id: account, id, kind, actor_id: actor, payload, attempts } = row;
        let this = dsl::job
            .filter(dsl::account_id.eq(account))
            .filter(dsl::id.eq(id))
            .filter(dsl::attempts.eq(attempts));
        let claim =
            diesel::update(this).set((dsl::claimed_until.eq(Some(until)), dsl::attempts.eq(attempts + 1)));
        if tx.execute(claim)? == 1 {
            claimed.push(Job { id, account, kind, actor, payload, attempts: attempts + 1, until });
        }
    }
    Ok(claimed)
}

/// Holds a claimed job for longer; whether it is still ours.
pub(crate) fn renew(tx: &mut Tx<'_>, job: &Job, until: Timestamp) -> Result<bool> {
    let ours = tx.of(dsl::job).filter(dsl::id.eq(job.id)).filter(dsl::attempts.eq(job.attempts));
    let change = diesel::update(ours).set(dsl::claimed_until.eq(Some(until)));
    Ok(tx.execute(change)? == 1)
}

/// Deletes a job that ended well.
pub(crate) fn finish(tx: &mut Tx<'_>, job: &Job) -> Result<()> {
    let ours = tx.of(dsl::job).filter(dsl::id.eq(job.id)).filter(dsl::attempts.eq(job.attempts));
    tx.execute(diesel::delete(ours)).map(drop)
}

/// Leaves a job that failed for later, with the code of its error.
pub(crate) fn postpone(tx: &mut Tx<'_>, job: &Job, code: &'static str, wait: Duration) -> Result<()> {
    let run_at = tx.now() + wait;
    let ours = tx.of(dsl::job).filter(dsl::id.eq(job.id)).filter(dsl::attempts.eq(job.attempts));
    let change = diesel::update(ours).set((
        dsl::run_at.eq(run_at),
        dsl::claimed_until.eq(None::<Timestamp>),
        dsl::error.eq(Some(code)),
    ));
    tx.execute(change).map(drop)
}

/// Gives a job back that was not done.
pub(crate) fn give_back(tx: &mut Tx<'_>, job: &Job) -> Result<()> {
    let ours = tx.of(dsl::job).filter(dsl::id.eq(job.id)).filter(dsl::attempts.eq(job.attempts));
    tx.execute(diesel::update(ours).set(dsl::claimed_until.eq(None::<Timestamp>))).map(drop)
}
