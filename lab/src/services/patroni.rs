//! Patroni, and the PostgreSQL that it runs: one at each data site.

use crate::{
    Result,
    lab::Lab,
    plan::{Form, Site, inside},
    process::{at, start_at},
    services::{certificate, postgres},
};

/// Patroni raises times below its floor by itself. What lies below is measured with this: it starts Patroni as it is, but for that.
const BELOW_THE_FLOOR: &str = "from patroni.config import Config; from patroni.__main__ import main; \
    Config._validate_and_adjust_timeouts = lambda *_: None; main()";

/// Starts Patroni at a site, which starts PostgreSQL.
pub(crate) fn start(lab: &Lab, site: Site) -> Result<()> {
    let home = lab.data_of(site).join("patroni");
    lab.user.make_folder(&home)?;
    let lease = lab.plan.lease;
    let own = [site].into_iter();
    let members = own.chain(lab.plan.sites().into_iter().filter(|other| *other != site));
    let members: Vec<_> = members.map(|site| format!("\"{}:2379\"", site.host())).collect();
    let settings = lab
        .places_of(site)
        .with("ETCD_HOSTS", members.join(", "))
        .with("TTL", lease.ttl)
        .with("RETRY_TIMEOUT", lease.retry_timeout)
        .with("STRICT", lab.plan.form == Form::Reference)
        .with("POSTGRESQL", postgres::programs()?.display())
        .with("DATA", home.join("data").display())
        .with("RUN", home.display())
        .with("CERTIFICATE", certificate::certificate().display())
        .with("CERTIFICATE_KEY", certificate::key().display())
        .with("WATCHDOG", "off") // a lab must not restart the machine
        .fill(&lab.deploy("patroni/patroni.yml"))?;
    let file = home.join("patroni.yml");
    lab.user.write(&file, &settings.replace("loop_wait: 1", &format!("loop_wait: {}", lease.loop_wait)))?;
    let mut command = at(site, Some(lab.user), inside::python().join("bin/python"));
    if lease.is_below_the_floor() {
        command.args(["-c", BELOW_THE_FLOOR]);
    } else {
        command.args(["-m", "patroni"]);
    }
    command.arg(file);
    start_at(&lab.plan, site, "patroni", command).map(drop)
}
