//! The sites, as their operator handles them.

use crate::commands::{Check, say};
use app::{
    Palisade,
    files::held::{self, SiteStanding, SiteState},
};
use std::collections::HashMap;

/// Seconds by which a clock may be wrong before it is said, and before something is to be done.
const SKEW: (i64, i64) = (5, 60);

/// What `palisade sites` prints.
pub(crate) fn listing(sites: &[SiteStanding], json: bool) -> Result<String, String> {
    if json {
        return serde_json::to_string_pretty(sites).map_err(|error| error.to_string());
    }
    let lines = sites.iter().map(|site| {
        let SiteStanding { site: name, state, held, of, missing, fault } = site;
        let state = match state {
            SiteState::Whole => "whole".to_owned(),
            SiteState::Filling => format!("filling, {missing} to be brought"),
            SiteState::Leaving => {
                "leaving, and needed still: some blobs are at too few other sites".to_owned()
            }
            SiteState::MayGo => {
                "leaving, and may go: take it out of the configuration, then palisade sites forget".to_owned()
            }
            SiteState::Gone => {
                "not in the configuration: palisade sites forget, once it is gone for good".to_owned()
            }
        };
        let fault =
            fault.as_ref().map(|fault| format!("  does not take blobs now: {fault}")).unwrap_or_default();
        let share = if *of == 0 { 100 } else { held.saturating_mul(100) / of };
        format!("{name}  {share} %  {held} of {of} blobs  {state}{fault}")
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// An error in words, where a site was named.
pub(crate) fn refused(error: &kernel::Error) -> String {
    match error.code() {
        "site-unknown" => "the configuration names no such site, or it is leaving".to_owned(),
        "site-in-use" => "the configuration names this site: take it out there first".to_owned(),
        _ => say(error),
    }
}

/// What is to be said of a clock that is ahead by so many microseconds.
pub(crate) fn skew(ahead: i64) -> Option<String> {
    let seconds = ahead / 1_000_000;
    let way = if seconds > 0 { "ahead of" } else { "behind" };
    (seconds.abs() > SKEW.0)
        .then(|| format!("; its clock is {} s {way} this machine's: have both set by NTP", seconds.abs()))
}

/// Whether a clock is near enough.
pub(crate) fn is_in_time(ahead: i64) -> bool {
    (ahead / 1_000_000).abs() <= SKEW.1
}

/// What the doctor says of the sites and their copies.
pub(crate) async fn examine(palisade: &Palisade) -> Vec<Check> {
    let health = palisade.sites.check(&palisade.source).await;
    let suffice = palisade.sites.suffice(&health);
    let mut examined: HashMap<_, _> = palisade.sites.examine().await.into_iter().collect();
    let mut checks = Vec::new();
    for site in &health {
        let mut says = match (&site.fault, site.free) {
            (Some(fault), _) => fault.clone(),
            (None, Some(free)) => format!("takes blobs, {} GiB free", free >> 30),
            (None, None) => "takes blobs".to_owned(),
        };
        let mut well = site.is_well() && suffice;
        if let Some(Ok(examined)) = examined.remove(&site.site) {
            if let Some(keeps) = examined.keeps {
                (well, says) = (false, keeps);
            }
            let ahead = examined.ahead.unwrap_or(0);
            says.extend(skew(ahead));
            well &= is_in_time(ahead);
        }
        checks.push(Check::new(format!("site {}", site.site), well, says));
    }
    checks.push(match held::standing(palisade).await {
        Err(error) => Check::new("copies", false, error.to_string()),
        Ok(standing) => {
            let missing: u64 = standing.missing.iter().map(|(_, count)| count).sum();
            let scrub = standing.scrubbed.map_or_else(
                || "never read back yet".to_owned(),
                |pass| format!("last read back {}", pass.ended_at()),
            );
            let says = format!(
                "{missing} missing, {} blobs at risk, {} lost; {scrub}",
                standing.at_risk, standing.lost
            );
            Check::new("copies", standing.lost == 0, says)
        }
    });
    checks
}

/// Refuses buckets that keep what is deleted: an erasure would not be one. One that is away is asked later.
pub(crate) async fn refuse_versions(palisade: &Palisade) -> Result<(), String> {
    for (site, examined) in palisade.sites.examine().await {
        if let Ok(examined) = examined
            && let Some(keeps) = examined.keeps
        {
            return Err(format!("site {site}: {keeps}"));
        }
    }
    Ok(())
}
