//! Trust: what is promised, and what shows that it holds, computed from what is so now.
//!
//! Invariants:
//! * A row stands here only with evidence. What nothing shows yet is left out; what is not kept here says so.
//! * Whoever is not signed in is told of the installation alone, and nothing with which it could be attacked: no version, no
//!   path, no name that is not at the door anyway.
//! * Strangers may ask, and to look costs a commit and a probe at each site: it is looked at once a minute for all of them.

mod drill;
mod model;
mod resilience;
mod routes;

pub use drill::Drill;
pub use model::{Evidence, Row, State, Trust};
pub use resilience::Resilience;
pub(crate) use routes::routes;

use crate::{Palisade, Tx, accounts, files};
use access::Actor;
use kernel::{AccountId, Result, Timestamp};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long what was seen is good.
const KEPT: Duration = Duration::from_mins(1);

/// What was seen of the installation last. Of those who ask at once, one looks and the others wait.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<Option<(Timestamp, Vec<Row>)>>);

/// What shows that the installation keeps its promises.
///
/// # Errors
/// Unavailable, where the database or the keys are.
pub(crate) async fn of_installation(palisade: &Palisade) -> Result<Vec<Row>> {
    let mut looked = palisade.trust.0.lock().await;
    let now = palisade.source.now();
    if let Some((at, rows)) = &*looked
        && now.since(*at) < KEPT
    {
        return Ok(rows.clone());
    }
    let health = palisade.sites.check(&palisade.source).await;
    let copies = Evidence::Copies {
        sites: health.len(),
        answering: health.iter().filter(|site| site.is_well()).count(),
        required: palisade.sites.copies(),
    };
    let durable = match palisade.db.check().await {
        Ok(health) => Some(Evidence::Durable { durable: health.durable }),
        // It takes no writes for now, and the row of its copies says why.
        Err(error) if error.code() == "too-few-copies" => None,
        Err(error) => return Err(error),
    };
    let standing = files::held::standing(palisade).await?;
    let repair = Evidence::Repair {
        missing: standing.missing.iter().map(|(_, count)| count).sum(),
        at_risk: standing.at_risk,
        oldest_at: standing.oldest_at_risk.or(standing.oldest_missing),
    };
    let pass = standing.scrubbed;
    let scrub = Evidence::Scrub {
        ended_at: pass.map(|pass| pass.ended_at()),
        copies: pass.map_or(0, |pass| pass.figures.copies),
        bad: pass.map_or(0, |pass| pass.figures.bad),
        mended: pass.map_or(0, |pass| pass.figures.mended),
        lost: standing.lost,
        within: 2 * palisade.limits.scrub_every.as_secs(),
    };
    let mirror = palisade.vault.mirror_state().await?;
    let keys = Evidence::Keys {
        mirror: mirror.configured,
        verified_at: mirror.verified.filter(|verified| verified.sound).map(|verified| verified.at),
    };
    let cost = palisade.limits.password;
    let sign_in = Evidence::SignIn { memory_kib: cost.memory, passes: cost.passes };
    let (replication, takeover) =
        (palisade.resilience.replication(&palisade.db), palisade.resilience.takeover(now));
    // At one site there is nothing to be brought anywhere.
    let repair = (palisade.sites.names().count() > 1).then_some(repair);
    let evidence = [Some(copies), repair, Some(scrub), durable];
    let rest = [replication, takeover, keys, sign_in, Evidence::cookie()];
    let evidence = evidence.into_iter().flatten().chain(rest);
    let rows: Vec<Row> = evidence.map(|evidence| Row::new(evidence, now)).collect();
    *looked = Some((now, rows.clone()));
    Ok(rows)
}

/// What shows that an account has its own key: it is the one to which the account's row is bound since it was opened.
///
/// # Errors
/// `wrong-account-key`.
pub(crate) async fn of_account(palisade: &Palisade, account: AccountId) -> Result<Row> {
    accounts::key(palisade, account).await?;
    Ok(Row::new(Evidence::AccountKey { own: true }, palisade.source.now()))
}

/// What shows where the account's files are, to those who see all of them.
pub(crate) async fn of_files(palisade: &Palisade, actor: &Actor) -> Result<Option<Row>> {
    if !actor.role().sees_all_projects() {
        return Ok(None);
    }
    let tally = palisade.read(actor, |tx: &mut Tx<'_, '_>| files::held::tally(tx)).await?;
    let files::held::Tally { stored, short, lost, opened } = tally;
    Ok(Some(Row::new(Evidence::Files { stored, short, lost, opened }, palisade.source.now())))
}
