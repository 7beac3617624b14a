//! What is done to a lab, and how it is undone.

pub(crate) mod disk;
pub(crate) mod slow;

use crate::{
    Result,
    lab::Lab,
    network::{self, Bad},
    plan::{Form, Node, Site},
    process,
    services::postgres,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// A node of the leading site is killed by SIGKILL.
    KillNode,
    /// The leading database is killed by SIGKILL; its Patroni lives.
    KillDatabase,
    /// Every process of the leading site is killed by SIGKILL.
    KillSite,
    /// The leading site is cut off: nothing passes, and nobody is told.
    CutSite,
    /// What the leading site says and hears takes 80 ms, and one packet of a hundred is lost.
    SlowSite,
    /// The disk of the leading site's object store is full.
    FillDisk,
    /// The site that neither leads nor is waited for is cut off: the witness, where there is one.
    CutThird,
}

impl Fault {
    /// All of them, in the order in which a drill has them.
    pub(crate) const ALL: [Self; 7] = [
        Self::KillNode,
        Self::KillDatabase,
        Self::KillSite,
        Self::CutSite,
        Self::SlowSite,
        Self::FillDisk,
        Self::CutThird,
    ];

    /// Whether the database's leader is lost, so that another site must take over.
    pub(crate) fn takes_the_leader(self) -> bool {
        matches!(self, Self::KillDatabase | Self::KillSite | Self::CutSite)
    }

    /// Whether the site is lost with all that it holds.
    pub(crate) fn takes_the_site(self) -> bool {
        matches!(self, Self::KillSite | Self::CutSite | Self::CutThird)
    }
}

/// How much later everything comes that passes through a slow link: from one side of Europe to the other and back, twice over.
pub(crate) const DELAY: Duration = Duration::from_millis(80);
/// One packet of so many is lost there.
const ONE_LOST_IN: u32 = 100;

/// A fault at its site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Struck {
    pub(crate) fault: Fault,
    pub(crate) site: Site,
}

impl Struck {
    /// Where the fault would strike, while this site leads.
    pub(crate) async fn aim(lab: &Lab, fault: Fault, leader: Site) -> Result<Self> {
        let site = match fault {
            Fault::CutThird if lab.plan.form == Form::Reference => {
                let standbys = postgres::standbys(lab, leader).await;
                let spare = standbys.into_iter().find(|(_, waited_for)| !waited_for);
                spare.ok_or("every standby is waited for")?.0
            }
            Fault::CutThird => lab.plan.sites()[2],
            _ => leader,
        };
        Ok(Self { fault, site })
    }

    /// Does it.
    pub(crate) async fn strike(self, lab: &Lab) -> Result<()> {
        let Self { fault, site } = self;
        match fault {
            Fault::KillNode => {
                lab.kill_node(self.node(lab)?);
                Ok(())
            }
            Fault::KillDatabase => process::kill_named(site, "postgres").await,
            Fault::KillSite => process::kill_all(site).await,
            Fault::CutSite | Fault::CutThird => network::cut(site).await,
            Fault::SlowSite => {
                slow::start(lab, site).await?;
                network::spoil(site, Bad { one_lost_in: ONE_LOST_IN, through: slow::PORT }).await
            }
            Fault::FillDisk => disk::fill(lab, site),
        }
    }

    /// Undoes it.
    pub(crate) async fn heal(self, lab: &Lab) -> Result<()> {
        let Self { fault, site } = self;
        match fault {
            Fault::KillNode => lab.start_node(self.node(lab)?),
            Fault::KillDatabase => Ok(()), // Patroni starts it
            Fault::KillSite => lab.start_site(site),
            Fault::CutSite | Fault::CutThird => network::join(site).await,
            Fault::SlowSite => {
                network::mend(site).await?;
                slow::stop(site).await
            }
            Fault::FillDisk => disk::empty(lab, site),
        }
    }

    fn node(self, lab: &Lab) -> Result<Node> {
        self.site.nodes(&lab.plan).next().ok_or_else(|| "a data site without a node".into())
    }
}
