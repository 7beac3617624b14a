//! Sites that a test cuts off, empties, adds and takes out.

use crate::{Installation, parts, postgres_engine};
use app::{
    Palisade,
    files::held::{self, Figures, Repaired},
    privacy::Policies,
};
use sites::{Config, SiteConfig, Sites, WhenShort};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// The sites of an installation: directories of its folder.
#[derive(Clone, Debug)]
pub struct AtSites {
    names: Vec<String>,
    leaving: Vec<String>,
    copies: usize,
    when_short: WhenShort,
}

impl AtSites {
    /// The one of the embedded installation.
    pub(crate) fn home() -> Self {
        Self::new(&["home"], 1)
    }

    /// These, the nearest first, of which so many must have an upload.
    pub fn new(names: &[&str], copies: usize) -> Self {
        let names = names.iter().map(ToString::to_string).collect();
        Self { names, leaving: Vec::new(), copies, when_short: WhenShort::Refuse }
    }

    /// The same, where uploads go on at one site while others are away.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self { when_short: WhenShort::Continue, ..self }
    }

    /// The same, with one more that is being taken out.
    #[must_use]
    pub fn leaving(mut self, name: &str) -> Self {
        self.leaving.push(name.to_owned());
        self
    }

    pub(crate) fn open(&self, folder: &Path) -> Sites {
        let site = |name: &String, leaving| SiteConfig {
            name: name.clone(),
            blobs: format!("file://{}", blobs(folder, name).display()),
            leaving,
            ..SiteConfig::default()
        };
        let staying = self.names.iter().map(|name| site(name, false));
        let config = Config {
            here: None,
            sites: staying.chain(self.leaving.iter().map(|name| site(name, true))).collect(),
            copies: self.copies,
            when_short: self.when_short,
            patience: Duration::from_secs(5),
        };
        Sites::open(&config).unwrap()
    }
}

/// Where the blobs of a site lie: those of the embedded one where they always do.
fn blobs(folder: &Path, site: &str) -> PathBuf {
    if site == "home" { folder.join("blobs") } else { folder.join("sites").join(site) }
}

impl Installation {
    /// A fresh one at these sites.
    pub async fn at(sites: &AtSites) -> Self {
        Self::build_at(sites, |limits| limits.account_bytes = 64 << 30, None, Policies::default()).await
    }

    /// Stops the node and begins it again at these sites, as after a change of the configuration.
    pub async fn restart_at(&mut self, sites: &AtSites) {
        self.palisade.db.close().await;
        let engine = match &self.postgres {
            Some(database) => postgres_engine(database),
            None => db::Engine::Sqlite { path: self.folder().join("palisade.db") },
        };
        let (source, limits) = (self.palisade.source.clone(), self.palisade.limits.clone());
        self.palisade = Palisade::new(parts(self.folder(), engine, source, limits, sites).await);
        self.sites = sites.clone();
    }

    /// Where the blobs of a site lie.
    pub fn blobs_at(&self, site: &str) -> PathBuf {
        blobs(self.folder(), site)
    }

    fn away(&self, site: &str) -> PathBuf {
        self.folder().join("away").join(site)
    }

    /// Takes a site away: whatever it is asked fails.
    pub fn cut_off(&self, site: &str) {
        let (here, away) = (self.blobs_at(site), self.away(site));
        fs::create_dir_all(away.parent().unwrap()).unwrap();
        fs::rename(&here, away).unwrap();
        fs::write(here, "").unwrap(); // in the place of its folder
    }

    /// Brings it back as it was, and has that noticed.
    pub async fn bring_back(&self, site: &str) {
        fs::remove_file(self.blobs_at(site)).unwrap();
        fs::rename(self.away(site), self.blobs_at(site)).unwrap();
        self.palisade.sites.check(&self.palisade.source).await;
        self.wait(Duration::from_mins(2)); // what could not be brought waits for a while
    }

    /// Every blob's files at a site, by name.
    pub fn objects_at(&self, site: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.blobs_at(site)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    /// Brings what is missing.
    pub async fn repair(&self) -> Repaired {
        held::repair(&self.palisade).await.unwrap()
    }

    /// Reads all copies back, whenever that was last done.
    pub async fn scrub(&self) -> Figures {
        self.wait(self.palisade.limits.scrub_every);
        held::scrub(&self.palisade, None).await.unwrap().unwrap()
    }
}
