//! The vault: the keyring, and the keys that are in use.

use crate::{
    cache::Cache,
    keyring::{Filled, KeySiteReport, Keyring, Site, Trust},
    keys::{AccountKey, FrontKey, InstallationKey, KeyKind, NameKey, RetentionKey},
    mirror::{self, Mirror},
    root::Root,
    secret::Secret,
    store::KeyStore,
};
use kernel::{AccountId, Error, Result, Source, Timestamp};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// A place that holds the keys of the installation.
#[derive(Clone, Debug)]
pub struct KeySite {
    /// Its name, for logs.
    pub name: String,
    /// Where its keyring lies.
    pub store: KeyStore,
    /// Its root of trust, where this node is at the site. Without it the node enters keys there and opens none.
    pub root: Option<Arc<dyn Root>>,
}

/// What a vault is made of.
#[derive(Clone, Debug)]
pub struct VaultConfig {
    /// All key sites, in the same order on each node.
    pub key_sites: Vec<KeySite>,
    /// How many of them must hold a key before it is used: 1 or more.
    pub copies: usize,
    /// The key mirror of an installation with one key site.
    pub mirror: Option<Mirror>,
}

impl KeySite {
    /// As a part of the keyring.
    pub(crate) fn site(self) -> Site {
        let trust = self.root.map_or(Trust::Elsewhere, Trust::Root);
        Site::new(self.name, self.store, trust)
    }
}

/// Makes and keeps the keys. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    keyring: Keyring,
    source: Source,
    /// How many keys other sites held, and the one here did not, when they were last compared; none before that.
    behind: Mutex<Option<usize>>,
    name_key: NameKey,
    accounts: Cache<AccountKey>,
    fronts: Cache<FrontKey>,
    retentions: Cache<RetentionKey>,
}

impl Vault {
    /// Opens the vault, and makes the name key the first time. Where there are several key sites, the first epochs of those
    /// whose root of trust is here are made before, so that nodes elsewhere can enter keys; it takes a few seconds once.
    ///
    /// Where a mirror is configured that has no recovery key yet, one is made and shown first.
    ///
    /// # Errors
    /// Unavailable, where key sites do not answer, have no epochs yet, or hold what the one here lacks: it may be tried
    /// again once a node has begun there. Internal, where the configuration has no sense or a keyring is damaged.
    pub async fn open(config: VaultConfig, source: Source) -> Result<Self> {
        let sites: Vec<Site> = config.key_sites.into_iter().map(KeySite::site).collect();
        for site in sites.iter().filter(|site| site.opens()) {
            mirror::require_whole(site).await?;
        }
        let mirror = match (config.mirror, sites.first()) {
            (Some(mirror), Some(first)) => Some(mirror.open(first.store(), &source.entropy).await?),
            _ => None,
        };
        let keyring = Keyring::new(sites, mirror, config.copies, source.entropy.clone())?;
        if keyring.has_several_sites() {
            keyring.prepare().await?;
        }
        let name_key = NameKey::new(&installation_key(&keyring, InstallationKey::Name).await?);
        Ok(Self(Arc::new(Inner {
            behind: Mutex::new((!keyring.has_several_sites()).then_some(0)),
            keyring,
            name_key,
            accounts: Cache::new(source.clock.clone()),
            fronts: Cache::new(source.clock.clone()),
            retentions: Cache::new(source.clock.clone()),
            source,
        })))
    }

    /// Makes the keys of an account; where they were made before, these.
    ///
    /// # Errors
    /// Unavailable, where fewer than `copies` key sites hold them or the mirror does not: the account does not exist
    /// then. It may be tried again, with the same id if the sites that took part in the first try answer, else with a
    /// new one.
    pub async fn create_account(&self, account: AccountId) -> Result<(AccountKey, FrontKey)> {
        let id = account.bytes();
        self.0.keyring.ensure(KeyKind::Account, id).await?;
        self.0.keyring.ensure(KeyKind::Front, id).await?;
        Ok((self.account_key(account).await?, self.front_key(account).await?))
    }

    /// The account's key: from memory, without I/O, up to 60 s after it was read from the keyring.
    ///
    /// # Errors
    /// Not found, where no key site holds it. Unavailable, where none gave it and not all answered.
    pub async fn account_key(&self, account: AccountId) -> Result<AccountKey> {
        let load = || async move {
            let key = self.read(KeyKind::Account, account).await?;
            Ok(AccountKey::new(account, &key, &self.0.source.entropy))
        };
        self.0.accounts.get_or_load(account.bytes(), load).await
    }

    /// The account's front key, as [`Vault::account_key`].
    pub async fn front_key(&self, account: AccountId) -> Result<FrontKey> {
        let load = || async move {
            let key = self.read(KeyKind::Front, account).await?;
            Ok(FrontKey::new(account, &key, &self.0.source.entropy))
        };
        self.0.fronts.get_or_load(account.bytes(), load).await
    }

    async fn read(&self, kind: KeyKind, account: AccountId) -> Result<Secret> {
        self.0.keyring.find(kind, account.bytes()).await?.ok_or_else(|| {
            Error::not_found().because(format!("no key site holds the {} key of {account}", kind.name()))
        })
    }

    /// The key under which accounts are found by their host names.
    pub fn name_key(&self) -> &NameKey {
        &self.0.name_key
    }

    /// The retention key of a year, made the first time. Kept in memory as an account's.
    ///
    /// # Errors
    /// Unavailable, where it is to be made and not all key sites answer.
    pub async fn retention_key(&self, year: u16) -> Result<RetentionKey> {
        let name = InstallationKey::Retention(year);
        let load = || async move {
            let key = installation_key(&self.0.keyring, name).await?;
            Ok(RetentionKey::new(year, &key, &self.0.source.entropy))
        };
        self.0.retentions.get_or_load(name.id(), load).await
    }

    /// Forgets the account's keys at once, also those that are being read. Clones that others hold live on until they
    /// are dropped.
    pub fn purge(&self, account: AccountId) {
        self.0.accounts.purge(account.bytes());
        self.0.fronts.purge(account.bytes());
    }

    /// Overwrites the keys in memory that were loaded more than 60 s ago. To be called now and then: a busy vault does
    /// it by itself.
    pub fn sweep(&self) {
        self.0.accounts.sweep();
        self.0.fronts.sweep();
        self.0.retentions.sweep();
    }

    /// Compares the key sites, and enters at each what it lacks, as far as this node can open it. A site that was away is
    /// filled so. To be called at the start, and now and then.
    ///
    /// # Errors
    /// Internal, where two sites hold different keys with one id, or one is damaged.
    pub async fn fill(&self) -> Result<Filled> {
        if !self.0.keyring.has_several_sites() {
            return Ok(Filled::default());
        }
        let filled = self.0.keyring.fill().await?;
        *self.0.behind.lock().unwrap_or_else(PoisonError::into_inner) = Some(filled.behind);
        Ok(filled)
    }

    /// Whether the key site here was compared with the others and lacked nothing, as far as they answered.
    pub fn is_filled(&self) -> bool {
        *self.0.behind.lock().unwrap_or_else(PoisonError::into_inner) == Some(0)
    }

    /// How it stands with each key site, in the order of the configuration.
    pub async fn examine(&self) -> Vec<KeySiteReport> {
        self.0.keyring.examine().await
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.source.now()
    }
}

/// Read where it is, else made.
async fn installation_key(keyring: &Keyring, name: InstallationKey) -> Result<Secret> {
    match keyring.find(KeyKind::Installation, name.id()).await? {
        Some(key) => Ok(key),
        None => keyring.ensure(KeyKind::Installation, name.id()).await,
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({:?})", self.0.keyring)
    }
}
