//! The keys of the installation, as its operator handles them: beside the database and never in it, with a mirror on
//! another machine, and their way back from there.

use crate::{
    commands::{Answer, say},
    config::Config,
    node,
};
use app::Palisade;
use kernel::{Entropy, Source};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use vault::{FileRoot, KeySite, KeyStore, Mirror, RecoveryKey, Vault, VaultConfig};

/// Opens the vault. At the first start with a mirror it shows the recovery code.
pub(crate) async fn open(config: &Config, source: &Source) -> kernel::Result<Vault> {
    let mirror = config
        .keys
        .mirror
        .as_ref()
        .map(|path| Mirror { store: KeyStore::directory(path), show: Arc::new(show) });
    let key_sites = vec![key_site(config, &source.entropy)?];
    let vault = Vault::open(VaultConfig { key_sites, copies: 1, mirror }, source.clone()).await?;
    // Keys that open are whole: a recovery may not go on into them.
    forget(&under_way(config))?;
    Ok(vault)
}

fn show(key: &RecoveryKey) {
    crate::print(
        "This is the recovery code of the key mirror: where this machine is lost, the mirror and this code alone bring \
         the keys back.\nIt is stored nowhere, so write it on paper now; where several were shown, the last one counts.",
    );
    crate::print(&key.code());
}

fn key_site(config: &Config, entropy: &Entropy) -> kernel::Result<KeySite> {
    Ok(KeySite {
        name: config.here.clone().unwrap_or_else(|| "home".to_owned()),
        store: KeyStore::directory(keys(config)),
        root: Some(Arc::new(FileRoot::open(root(config), entropy.clone())?)),
    })
}

fn keys(config: &Config) -> PathBuf {
    config.data.join("keys")
}

fn root(config: &Config) -> PathBuf {
    config.data.join("root")
}

/// What of the keys is in the data folder. That there are none is no fault where there is no account.
pub(crate) fn found(config: &Config) -> Result<Found, String> {
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

/// What of the keys is in a data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The keyring and its root of trust.
    Whole,
    /// Neither.
    Nothing,
    /// One of the two folders is empty or gone: this one.
    Without(&'static str),
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

/// Compares the mirror with the keys.
pub(crate) async fn verify(palisade: &Palisade, config: &Config, code: &str) -> Result<Answer, String> {
    let path = configured(config)?;
    let key = code.parse::<RecoveryKey>().map_err(|error| refused(&error))?;
    let report = palisade.vault.verify_mirror(&key).await.map_err(|error| refused(&error))?;
    let text = format!(
        "mirror {}\nkeys that it brings back: {}\nkeys that it lacks: {}\nkeys that should be gone: {}",
        path.display(),
        report.keys,
        report.missing,
        report.stray
    );
    Ok(Answer { text, well: report.is_sound() })
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
    let site = key_site(config, &source.entropy).map_err(|error| say(&error))?;
    let recovered = vault::recover(&KeyStore::directory(from), &key, vec![site], &source.entropy).await;
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
