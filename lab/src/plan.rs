//! What a lab is: its sites, where they are found, and how they are set.

use serde::{Deserialize, Serialize};
use std::{
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
    time::Duration,
};

/// The host name of the installation: one that browsers find on this machine, and trust without TLS.
pub(crate) const HOST: &str = "palisade.localhost";
/// The address of the entry, and of the clients.
pub(crate) const ENTRY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 9);
/// The network of the sites. Nobody else sees it, so several labs have the same.
pub(crate) const NETWORK: &str = "10.77.0.0/24";

/// How many sites hold data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    /// Three: what cannot be at two sites is refused, and after the loss of one work goes on.
    Reference,
    /// Two and a witness: after the loss of one, work goes on at the other.
    Economy,
}

/// A lab, as it was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Which sites hold data.
    pub(crate) form: Form,
    /// How many nodes a data site has.
    pub(crate) nodes: u16,
    /// Patroni's times.
    pub(crate) lease: Lease,
    /// Where the entry listens, in the lab and for this machine: links carry it.
    pub(crate) port: u16,
    /// The folder of the lab.
    pub(crate) folder: PathBuf,
    /// The program `palisade`.
    pub(crate) program: PathBuf,
    /// Patroni's environment.
    pub(crate) python: PathBuf,
    /// The folder `deploy` of the repository.
    pub(crate) deploy: PathBuf,
}

/// Patroni's times, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    /// How long a leader leads without a word to etcd.
    pub(crate) ttl: u32,
    /// How often it says one.
    pub(crate) loop_wait: u32,
    /// How long it tries to.
    pub(crate) retry_timeout: u32,
}

impl Lease {
    /// The least that Patroni supports.
    pub(crate) const SUPPORTED: Self = Self { ttl: 20, loop_wait: 1, retry_timeout: 3 };

    /// Whether Patroni would raise the times by itself, so that it must be kept from it.
    pub(crate) fn is_below_the_floor(self) -> bool {
        self.ttl < Self::SUPPORTED.ttl
    }

    /// How long is waited for a takeover before it counts as failed: the lease, and as long as it may take to start
    /// what has to start. None was ever seen that took longer and came.
    pub(crate) fn patience(self) -> Duration {
        Duration::from_secs(u64::from(self.ttl) + 60)
    }
}

/// One site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    /// Its name.
    pub(crate) name: &'static str,
    /// The last byte of its address.
    number: u8,
    /// Whether it holds data: a database, a store, nodes. A witness has etcd alone.
    pub(crate) data: bool,
}

impl Site {
    /// Its address, for everything that runs there.
    pub(crate) fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, self.number)
    }

    /// The name under which the others find it.
    pub(crate) fn host(self) -> String {
        format!("{}.internal", self.name)
    }

    /// The hardware address of its link.
    pub(crate) fn hardware(self) -> String {
        hardware(self.number)
    }

    /// The names of the nodes here with the ports at which they listen.
    pub(crate) fn nodes(self, plan: &Plan) -> impl Iterator<Item = Node> + use<> {
        let nodes = if self.data { plan.nodes } else { 0 };
        (1..=nodes).map(move |number| Node { site: self, number })
    }
}

/// One node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Where it is.
    pub(crate) site: Site,
    number: u16,
}

impl Node {
    /// Its name, among all.
    pub(crate) fn name(self) -> String {
        format!("{}-{}", self.site.name, self.number)
    }

    /// Its name at its site.
    pub(crate) fn service(self) -> String {
        format!("palisade-{}", self.number)
    }

    /// Where it answers.
    pub(crate) fn address(self) -> SocketAddrV4 {
        SocketAddrV4::new(self.site.address(), 8080 + self.number)
    }

    /// Where it shows its numbers.
    pub(crate) fn metrics(self) -> SocketAddrV4 {
        SocketAddrV4::new(self.site.address(), 9464 + self.number)
    }
}

/// The hardware address of the entry's link.
pub(crate) fn entry_hardware() -> String {
    hardware(ENTRY.octets()[3])
}

fn hardware(number: u8) -> String {
    format!("02:00:00:00:00:{number:02x}")
}

impl Plan {
    /// All sites, the first leader first.
    pub(crate) fn sites(&self) -> [Site; 3] {
        let third = self.form == Form::Reference;
        [
            Site { name: "paris", number: 1, data: true },
            Site { name: "frankfurt", number: 2, data: true },
            Site { name: "milan", number: 3, data: third },
        ]
    }

    /// The sites that hold data.
    pub(crate) fn data_sites(&self) -> impl Iterator<Item = Site> + use<> {
        self.sites().into_iter().filter(|site| site.data)
    }

    /// All nodes.
    pub(crate) fn all_nodes(&self) -> Vec<Node> {
        self.sites().into_iter().flat_map(|site| site.nodes(self)).collect()
    }

    /// Where the entry answers.
    pub(crate) fn entry(&self) -> SocketAddrV4 {
        SocketAddrV4::new(ENTRY, self.port)
    }

    /// What a node does where fewer sites are reachable than must hold a write; Patroni is strict exactly where it refuses.
    pub(crate) fn when_short(&self) -> &'static str {
        match self.form {
            Form::Reference => "refuse",
            Form::Economy => "continue",
        }
    }

    /// The folder with what a site keeps.
    pub(crate) fn data_of(&self, site: Site) -> PathBuf {
        self.folder.join("sites").join(site.name)
    }

    /// The folder with the logs of a site.
    pub(crate) fn logs_of(&self, site: Site) -> PathBuf {
        self.logs().join(site.name)
    }

    /// The folder with all logs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }
}

/// Where the parts of a lab are found from within it, whatever the paths outside: short, for sockets, and open to the users
/// that services run as.
pub(crate) mod inside {
    use super::{Path, PathBuf};

    /// The root of it all.
    pub(crate) fn root() -> &'static Path {
        Path::new("/run/lab")
    }

    /// The lab's own folder.
    pub(crate) fn folder() -> PathBuf {
        root().join("home")
    }

    /// Patroni's environment.
    pub(crate) fn python() -> PathBuf {
        root().join("python")
    }

    /// The program `palisade`.
    pub(crate) fn program() -> PathBuf {
        root().join("palisade")
    }

    /// This program.
    pub(crate) fn lab() -> PathBuf {
        root().join("lab")
    }
}
