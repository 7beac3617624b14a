//! The keys of the installation, as its operator handles them: beside the database and never in it, with a mirror on
//! another machine, and their way back from there.

use crate::{
    commands::{Answer, say},
    config::Config,
    node,
};
use app::Palisade;
use kernel::{Entropy, Kind, Source};
use sites::{Place, SiteConfig};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use vault::{FileRoot, KeySite, KeySiteReport, KeyStore, Mirror, RecoveryKey, Root, Vault, VaultConfig};

/// How long a node waits for another at its first start: each makes the epochs of its own site, and the keys that the other
/// holds are entered by it.
const WAIT: Duration = Duration::from_mins(2);

/// Opens the vault. At the first start with a mirror it shows the recovery code.
pub(crate) async fn open(config: &Config, source: &Source) -> kernel::Result<Vault> {
    let begun = Instant::now();
    let vault = loop {
        let mirror = config
            .keys
            .mirror
            .as_ref()
            .map(|path| Mirror { store: KeyStore::directory(path), show: Arc::new(show) });
        let key_sites = key_sites(config, &source.entropy)?;
        let (several, copies) = (key_sites.len() > 1, copies(config));
        match Vault::open(VaultConfig { key_sites, copies, mirror }, source.clone()).await {
            Err(error) if several && error.kind() == Kind::Unavailable && begun.elapsed() < WAIT => {
                tracing::warn!(%error, "waiting for the nodes of the other key sites");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            opened => break opened?,
        }
    };
    // Keys that open are whole: a recovery may not go on into them.
    forget(&under_way(config))?;
    Ok(vault)
}

/// At how many key sites each key is entered before it is used.
fn copies(config: &Config) -> usize {
    if is_embedded(config) { 1 } else { config.durability.copies }
}

/// Whether the keys lie in the data folder, since no site says where its own do.
fn is_embedded(config: &Config) -> bool {
    config.site.iter().all(|site| site.keys.is_none())
}

fn show(key: &RecoveryKey) {
    crate::print(
        "This is the recovery code of the key mirror: where this machine is lost, the mirror and this code alone bring \
         the keys back.\nIt is stored nowhere, so write it on paper now; where several were shown, the last one counts.",
    );
    crate::print(&key.code());
}

/// The key sites, in the order of the configuration, which is the same at each node.
fn key_sites(config: &Config, entropy: &Entropy) -> kernel::Result<Vec<KeySite>> {
    let open =
        |path: &Path| FileRoot::open(path, entropy.clone()).map(|root| Arc::new(root) as Arc<dyn Root>);
    if is_embedded(config) {
        let name = config.here.clone().unwrap_or_else(|| "home".to_owned());
        let store = KeyStore::directory(keys(config));
        return Ok(vec![KeySite { name, store, root: Some(open(&root(config))?) }]);
    }
    let mut key_sites = Vec::new();
    for site in &config.site {
        let Some(place) = site.keys(sites::Rules::PATIENCE)? else { continue };
        let root = match &site.root {
            Some(path) => Some(open(path)?),
            None if is_here(config, site) => Some(open(&root(config))?),
            None => None,
        };
        key_sites.push(KeySite { name: site.name.clone(), store: store(&place), root });
    }
    Ok(key_sites)
}

fn store(place: &Place) -> KeyStore {
    match place {
        Place::Directory(path) => KeyStore::directory(path),
        Place::Bucket(bucket) => KeyStore::bucket(bucket.store(), ""),
    }
}

/// Whether this node is at the site: the one that is named, or else the first.
fn is_here(config: &Config, site: &SiteConfig) -> bool {
    match &config.here {
        Some(here) => *here == site.name,
        None => config.site.first().is_some_and(|first| first.name == site.name),
    }
}

fn keys(config: &Config) -> PathBuf {
    config.data.join("keys")
}

fn root(config: &Config) -> PathBuf {
    config.data.join("root")
}

/// What of the keys is here. That there are none is no fault where there is no account.
pub(crate) async fn found(config: &Config) -> Result<Found, String> {
    if !is_embedded(config) {
        return found_at_sites(config).await.map_err(|error| format!("keys: {error}"));
    }
    let at = |error: io::Error| format!("data folder {}: {error}", config.data.display());
    let none = [keys(config), root(config)].map(|folder| is_empty(&folder));
    let [keys, root] = none;
    Ok(match (keys.map_err(at)?, root.map_err(at)?) {
        (false, false) => Found::Whole,
        (true, true) => Found::Nothing,
        (true, false) => Found::Without("keys"),
        (false, true) => Found::Without("root"),
    })
}

async fn found_at_sites(config: &Config) -> kernel::Result<Found> {
    let (mut own, mut others) = (None, false);
    for site in &config.site {
        let Some(place) = site.keys(sites::Rules::PATIENCE)? else { continue };
        // One that is away holds the keys of others, perhaps: nothing is begun beside it.
        let begun = store(&place).is_begun().await;
        if is_here(config, site) {
            let path = site.root.clone().unwrap_or_else(|| root(config));
            own = Some((begun?, !is_empty(&path).map_err(kernel::Error::unavailable)?));
        } else {
            others |= begun.unwrap_or(true);
        }
    }
    Ok(match own {
        Some((true, true)) => Found::Whole,
        Some((true, false)) => Found::Without("root"),
        _ if others => Found::Elsewhere,
        Some((false, true)) => Found::Without("keys"),
        _ => Found::Nothing,
    })
}

/// What of the keys is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The keyring and its root of trust.
    Whole,
    /// Neither.
    Nothing,
    /// One of the two is empty or gone: this one.
    Without(&'static str),
    /// Not here, but at another key site: they are entered here from there.
    Elsewhere,
}

/// The file that stands while a recovery is under way: what the key folders hold then is a recovery's own.
fn under_way(config: &Config) -> PathBuf {
    config.data.join("recovering")
}

fn forget(file: &Path) -> kernel::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(kernel::Error::unavailable(error)),
        _ => Ok(()),
    }
}

/// Writes the whole mirror anew.
pub(crate) async fn mirror(palisade: &Palisade, config: &Config) -> Result<Answer, String> {
    let path = configured(config)?;
    let keys = palisade.vault.mirror().await.map_err(|error| say(&error))?;
    Ok(format!("{keys} keys in the mirror {}", path.display()).into())
}

/// Compares the key sites with each other, and the mirror, where there is one, with the keys.
pub(crate) async fn verify(palisade: &Palisade, config: &Config, code: &str) -> Result<Answer, String> {
    let reports = palisade.vault.examine().await;
    let mut text: Vec<String> =
        reports.iter().map(|site| format!("key site {}: {}", site.site, tell(site))).collect();
    let mut well = reports.iter().all(is_sound);
    if let Some(path) = &config.keys.mirror {
        let key = code.parse::<RecoveryKey>().map_err(|error| refused(&error))?;
        let report = palisade.vault.verify_mirror(&key).await.map_err(|error| refused(&error))?;
        text.push(format!(
            "mirror {}\nkeys that it brings back: {}\nkeys that it lacks: {}\nkeys that should be gone: {}",
            path.display(),
            report.keys,
            report.missing,
            report.stray
        ));
        well &= report.is_sound();
    } else if reports.len() < 2 {
        return Err(
            "there is one key site and no mirror, so there is nothing to compare: set keys.mirror".to_owned()
        );
    }
    Ok(Answer { text: text.join("\n"), well })
}

/// Whether a recovery code is needed to compare the keys.
pub(crate) fn needs_code(config: &Config) -> bool {
    config.keys.mirror.is_some()
}

fn is_sound(site: &KeySiteReport) -> bool {
    site.fault.is_none() && site.lacking == 0 && site.wrong == 0
}

fn tell(site: &KeySiteReport) -> String {
    if let Some(fault) = &site.fault {
        return format!("away: {fault}");
    }
    let opened =
        if site.here { "open with the root of trust here" } else { "opened by the nodes of that site" };
    let KeySiteReport { keys, lacking, wrong, .. } = site;
    let missing = format!(", {lacking} missing: a node of another key site enters them");
    let bad = format!(", {wrong} that do not open or are not those of the other sites");
    let missing = if *lacking > 0 { missing } else { String::new() };
    let bad = if *wrong > 0 { bad } else { String::new() };
    format!("{keys} keys, {opened}{missing}{bad}")
}

/// What the doctor says of each key site; nothing where there is one.
pub(crate) async fn examine_sites(palisade: &Palisade, config: &Config) -> Vec<(String, Answer)> {
    if is_embedded(config) {
        return Vec::new();
    }
    let mut checks = Vec::new();
    for site in palisade.vault.examine().await {
        checks.push((site.site.clone(), Answer { text: tell(&site), well: is_sound(&site) }));
    }
    for site in &config.site {
        let Ok(Some(Place::Bucket(bucket))) = site.keys(sites::Rules::PATIENCE) else { continue };
        let text = match bucket.examine().await {
            Ok(examined) => examined.keeps,
            Err(fault) => Some(fault),
        };
        checks.extend(text.map(|text| (site.name.clone(), Answer { text, well: false })));
    }
    checks
}

/// Refuses key sites that keep what is deleted: a destroyed key would live on there. One that is away is asked later.
pub(crate) async fn refuse_versions(config: &Config) -> Result<(), String> {
    for site in &config.site {
        let Some(Place::Bucket(bucket)) =
            site.keys(sites::Rules::PATIENCE).map_err(|error| error.to_string())?
        else {
            continue;
        };
        if let Ok(keeps) = bucket.examine().await
            && let Some(keeps) = keeps.keeps
        {
            return Err(format!("keys of site {}: {keeps}", site.name));
        }
    }
    Ok(())
}

fn configured(config: &Config) -> Result<&Path, String> {
    config.keys.mirror.as_deref().ok_or_else(|| "no mirror is configured: set keys.mirror".to_owned())
}

/// An error in words where a recovery code was given.
fn refused(error: &kernel::Error) -> String {
    match error.code() {
        "invalid-recovery-key" => format!("the recovery code was refused ({error})"),
        "not-found" | "keys-exist" => error.to_string(),
        _ => say(error),
    }
}

/// Brings all keys back from a mirror into a data folder that has none, and says how many. One that was cut short may
/// be run again.
pub(crate) async fn recover(config: &Config, from: &Path, code: &str) -> Result<String, String> {
    let key = code.parse::<RecoveryKey>().map_err(|error| refused(&error))?;
    let _lock = node::lock(config)?;
    let at = |error: io::Error| format!("data folder {}: {error}", config.data.display());
    let mark = under_way(config);
    let none = is_empty(&keys(config)).map_err(at)? && is_empty(&root(config)).map_err(at)?;
    if !none && !mark.exists() {
        return Err(format!("data folder {}: there are keys already", config.data.display()));
    }
    File::create(&mark).and_then(|file| file.sync_all()).map_err(at)?;
    let source = node::source(config);
    let sites = key_sites(config, &source.entropy).map_err(|error| say(&error))?;
    // The other sites are filled from here, by the node.
    let sites = sites.into_iter().filter(|site| site.root.is_some()).collect();
    let recovered = vault::recover(&KeyStore::directory(from), &key, sites, &source.entropy).await;
    if recovered.is_ok() || is_empty(&keys(config)).map_err(at)? {
        forget(&mark).map_err(|error| say(&error))?;
    }
    let recovered = recovered.map_err(|error| refused(&error))?;
    Ok(format!("{recovered} keys are back in {}", config.data.display()))
}

/// Whether there is no such folder, or nothing in it.
fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// What the doctor says of the keys. That there is no second place of them is a warning; that it is away, a failure:
/// no account can be opened meanwhile.
pub(crate) fn examine(config: &Config) -> Answer {
    let key_sites = config.site.iter().filter(|site| site.keys.is_some()).count();
    if config.keys.mirror.is_none() && key_sites > 1 {
        return format!("at {key_sites} key sites, each key at {} of them or more", copies(config)).into();
    }
    let Some(mirror) = &config.keys.mirror else {
        return "one key site and no mirror. Losing this data folder loses everything.".to_owned().into();
    };
    let device = |path: &Path| fs::metadata(path).map(|data| data.dev());
    match (device(mirror), device(&config.data)) {
        (Ok(there), Ok(here)) if there == here => format!(
            "the mirror {} is on the same disk as the data folder. Losing this disk loses everything.",
            mirror.display()
        )
        .into(),
        (Ok(_), _) => format!("a mirror at {}", mirror.display()).into(),
        (Err(error), _) => {
            Answer { text: format!("the mirror {} is away: {error}", mirror.display()), well: false }
        }
    }
}
