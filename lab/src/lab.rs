//! A lab that stands: its sites, started, killed, cut off and brought back.

use crate::{
    Result,
    clients::Server,
    network,
    plan::{self, Node, Plan, Site, inside},
    process::{self, User},
    services::{certificate, entry, etcd, node, patroni, postgres, store},
    template::Places,
};
use futures_util::future::try_join_all;
use rustix::process::Pid;
use std::{
    collections::HashMap,
    fmt::Write,
    fs,
    net::SocketAddrV4,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// A lab, from within.
pub(crate) struct Lab {
    pub(crate) plan: Plan,
    /// Whom services run as.
    pub(crate) user: User,
    pub(crate) secrets: Secrets,
    /// The nodes that were started last, by name.
    nodes: Mutex<HashMap<String, Pid>>,
}

/// Passwords, made anew for each lab.
pub(crate) struct Secrets {
    pub(crate) superuser: String,
    pub(crate) replication: String,
    pub(crate) rewind: String,
    pub(crate) owner: String,
    pub(crate) app: String,
    pub(crate) system: String,
    pub(crate) store: String,
}

impl Secrets {
    fn make() -> Result<Self> {
        Ok(Self {
            superuser: secret()?,
            replication: secret()?,
            rewind: secret()?,
            owner: secret()?,
            app: secret()?,
            system: secret()?,
            store: secret()?,
        })
    }
}

/// 32 hexadecimal digits that nobody guesses.
pub(crate) fn secret() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

impl Lab {
    /// Builds it: the network, and at each site everything that runs there, until all are ready. `say` is told how far it is.
    pub(crate) async fn build(plan: Plan, say: impl Fn(&str)) -> Result<Self> {
        let lab = Self { plan, user: User::find()?, secrets: Secrets::make()?, nodes: Mutex::default() };
        lab.name_sites()?;
        network::make(&lab.plan).await?;
        certificate::make(&lab.plan, lab.user).await?;
        for site in lab.plan.sites() {
            fs::create_dir_all(lab.data_of(site))?;
            fs::create_dir_all(lab.plan.logs_of(site))?;
            etcd::start(&lab, site)?;
            if site.data {
                store::make(&lab, site)?;
                store::start(&lab, site)?;
            }
        }
        etcd::wait(&lab).await?;
        say("etcd has a leader");
        for site in lab.plan.data_sites() {
            patroni::start(&lab, site)?;
        }
        let leader = postgres::wait(&lab).await?;
        postgres::make_database(&lab, leader).await?;
        say(&format!("the database at {} leads, and the others follow", leader.name));
        // Each site makes its own epochs, and waits for the others to have made theirs.
        for node in lab.plan.all_nodes() {
            lab.start_node(node)?;
        }
        try_join_all(lab.plan.all_nodes().into_iter().map(|node| node::wait(&lab, node))).await?;
        entry::start_entry(&lab)?;
        entry::wait(&lab).await?;
        say("all nodes are ready");
        Ok(lab)
    }

    /// Gives the sites their names, in a file of hosts that only the lab sees.
    fn name_sites(&self) -> Result<()> {
        let mut hosts = String::from("127.0.0.1 localhost\n");
        for site in self.plan.sites() {
            writeln!(hosts, "{} {}", site.address(), site.host())?;
        }
        let file = inside::folder().join("hosts");
        fs::write(&file, hosts)?;
        rustix::mount::mount_bind(&file, "/etc/hosts")?;
        Ok(())
    }

    /// What is the same in all files of `deploy/`.
    pub(crate) fn places(&self) -> Places {
        let secrets = &self.secrets;
        Places::default()
            .with("NETWORK", plan::NETWORK)
            .with("SUPERUSER_PASSWORD", &secrets.superuser)
            .with("REPLICATION_PASSWORD", &secrets.replication)
            .with("REWIND_PASSWORD", &secrets.rewind)
            .with("OWNER_PASSWORD", &secrets.owner)
            .with("APP_PASSWORD", &secrets.app)
            .with("SYSTEM_PASSWORD", &secrets.system)
    }

    /// The same for the files of a site.
    pub(crate) fn places_of(&self, site: Site) -> Places {
        self.places().with("SITE", site.name).with("ADDRESS", site.address())
    }

    /// A file of `deploy/`.
    pub(crate) fn deploy(&self, file: &str) -> PathBuf {
        self.plan.deploy.join(file)
    }

    /// The folder of what a site keeps.
    pub(crate) fn data_of(&self, site: Site) -> PathBuf {
        self.plan.data_of(site)
    }

    /// What answers at this address, spoken to as the installation itself, with nobody signed in.
    pub(crate) fn front(&self, address: SocketAddrV4) -> Server {
        Server::new(address, format!("{}:{}", plan::HOST, self.plan.port))
    }

    /// Starts a node.
    pub(crate) fn start_node(&self, node: Node) -> Result<()> {
        let pid = node::start(self, node)?;
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).insert(node.name(), pid);
        Ok(())
    }

    /// SIGKILLs a node.
    pub(crate) fn kill_node(&self, node: Node) {
        let pid = self.nodes.lock().unwrap_or_else(PoisonError::into_inner).remove(&node.name());
        if let Some(pid) = pid {
            process::kill(pid);
        }
    }

    /// Starts everything at a site that was killed, as its machine would when it starts.
    pub(crate) fn start_site(&self, site: Site) -> Result<()> {
        etcd::start(self, site)?;
        if site.data {
            store::start(self, site)?;
            patroni::start(self, site)?;
        }
        site.nodes(&self.plan).try_for_each(|node| self.start_node(node))
    }

    /// Waits until nothing is missing at any site; the site that leads.
    pub(crate) async fn whole(&self) -> Result<Site> {
        etcd::wait(self).await?;
        let leader = postgres::wait(self).await?;
        try_join_all(self.plan.all_nodes().into_iter().map(|node| node::wait(self, node))).await?;
        entry::wait(self).await?;
        Ok(leader)
    }
}
