//! Wiring: an installation from its configuration.

use crate::{
    commands::say,
    config::{Config, Mail, Replication},
    keys::{self, Found},
};
use app::{Palisade, Parts, notifications::Post, trust::Resilience};
use kernel::{Clock, Entropy, Source, Timestamp};
use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

/// An installation that this process has opened; nobody else opens its data meanwhile.
pub(crate) struct Node {
    pub(crate) palisade: Palisade,
    _lock: File,
}

impl Node {
    /// Opens the data. Where there is none it is made, if whoever asks may begin an installation.
    pub(crate) async fn open(config: &Config, may: May) -> Result<Self, String> {
        // What is wrong with the configuration is said before anything is made.
        let post = post(config)?;
        let policies = config.privacy.read().map_err(|mistake| mistake.to_string())?;
        if may == May::Continue
            && !config.data.join(DATABASE).exists()
            && keys::found(config).await? == Found::Nothing
        {
            return Err(nothing_there(config));
        }
        let lock = lock(config)?;
        let source = source(config);
        let keys = keys::found(config).await?;
        let begin = may == May::Begin && (keys == Found::Nothing || config.new_database);
        let db = db::Config { create: begin, ..database(config) };
        let db = db::Db::open(&db, source.clone()).await.map_err(|error| no_database(config, &error))?;
        require_keys(config, keys, &db).await?;
        if may == May::Continue && !matches!(keys, Found::Whole | Found::Elsewhere) {
            return Err(nothing_there(config)); // a first start that was cut short
        }
        let parts = Parts {
            db,
            vault: keys::open(config, &source).await.map_err(|error| format!("keys: {error}"))?,
            sites: sites::Sites::open(&sites(config)?).map_err(|error| format!("sites: {error}"))?,
            source,
            address: config.address(),
            limits: limits(config),
            post,
            policies,
            resilience: resilience(config),
        };
        Ok(Self { palisade: Palisade::new(parts), _lock: lock })
    }

    /// Finishes what runs.
    pub(crate) async fn close(self) {
        self.palisade.db.close().await;
    }
}

/// Whether an installation is begun where there is none. A folder that was mistyped is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum May {
    /// It is.
    Begin,
    /// It is not: nothing is made.
    Continue,
}

/// The file of the embedded database.
const DATABASE: &str = "palisade.db";

fn nothing_there(config: &Config) -> String {
    format!(
        "data folder {}: there is no installation here. Name its folder by --data, or its configuration by --config; \
         palisade serve or palisade account create begins a new one.",
        config.data.display()
    )
}

/// Why the database was not opened.
fn no_database(config: &Config, error: &kernel::Error) -> String {
    let data = config.data.display();
    match error.code() {
        "no-database" => format!(
            "data folder {data}: the keys are here, but their database is gone. Put a copy of it back. Only where it is \
             given up for good, begin an empty one: palisade serve --new-database"
        ),
        "newer-database" => format!("data folder {data}: {} ({error})", say(error)),
        _ => format!("data folder {data}: database: {error}"),
    }
}

/// New keys would open nothing of accounts that are there, so none are made then.
async fn require_keys(config: &Config, found: Found, db: &db::Db) -> Result<(), String> {
    let gone = match found {
        Found::Whole | Found::Elsewhere => return Ok(()),
        Found::Nothing => "the folders `keys` and `root`",
        Found::Without("keys") => "the folder `keys`",
        Found::Without(_) => "the folder `root`",
    };
    if !app::accounts::any(db).await.map_err(|error| format!("database: {error}"))? {
        return Ok(()); // a first start that was cut short
    }
    Err(format!(
        "data folder {}: the database is here, but its keys are gone: {gone}. Bring them back from the key mirror \
         (palisade keys recover --from MIRROR, with neither folder there) or from a copy; new keys would open nothing.",
        config.data.display()
    ))
}

/// One process a data folder: the lock dies with its process.
pub(crate) fn lock(config: &Config) -> Result<File, String> {
    let at = |error: std::io::Error| format!("data folder {}: {error}", config.data.display());
    if !config.data.exists() {
        let parent = config.data.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
            return Err(format!(
                "data folder {}: there is no folder {} to make it in. Where the name is right, make that first.",
                config.data.display(),
                parent.display()
            ));
        }
        fs::DirBuilder::new().mode(0o700).create(&config.data).map_err(at)?;
    }
    let lock = File::create(config.data.join("lock")).map_err(at)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(format!("data folder {}: another palisade works on it", config.data.display()))
        }
        Err(TryLockError::Error(error)) => Err(at(error)),
    }
}

/// Time and randomness of the system; under a host for tests, time is moved by the seconds in `PALISADE_TEST_CLOCK`.
pub(crate) fn source(config: &Config) -> Source {
    let system = Clock::system();
    let offset = std::env::var_os("PALISADE_TEST_CLOCK").map(PathBuf::from).filter(|_| config.is_local());
    let clock = match offset {
        None => system,
        Some(file) => Clock::new(move || {
            let seconds: i64 =
                fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
            Timestamp::from_micros(system.now().micros().saturating_add(seconds.saturating_mul(1_000_000)))
        }),
    };
    let entropy = Entropy::new(|buffer| {
        #[expect(
            clippy::expect_used,
            reason = "without randomness there must be no key, no token and no id"
        )]
        getrandom::fill(buffer).expect("the system's randomness");
    });
    Source { clock, entropy }
}

fn database(config: &Config) -> db::Config {
    let postgres = &config.database;
    let engine = match (&postgres.url, &postgres.system_url, &postgres.owner_url) {
        (Some(url), Some(system_url), Some(owner_url)) => db::Engine::Postgres {
            url: url.clone(),
            system_url: system_url.clone(),
            owner_url: owner_url.clone(),
        },
        _ => db::Engine::Sqlite { path: config.data.join(DATABASE) },
    };
    db::Config {
        reserve: reserve(&config.data),
        authorities: postgres.authorities.clone(),
        replication: replication(config),
        ..db::Config::new(engine)
    }
}

/// A commit is at as many sites as a blob, unless whoever runs PostgreSQL sees to that.
fn replication(config: &Config) -> db::Replication {
    let copies = match config.database.replication {
        Replication::Standbys => config.durability.copies,
        Replication::Service => 1,
    };
    db::Replication { copies, strict: config.durability.when_short == sites::WhenShort::Refuse }
}

fn resilience(config: &Config) -> Resilience {
    let is_postgres = config.database.url.is_some();
    Resilience {
        copies: if is_postgres { replication(config).copies } else { 1 },
        declared: is_postgres && config.database.replication == Replication::Service,
        report: config.drill.report.clone(),
    }
}

/// What is kept of the disk for what frees room when it is full: 16 MiB, or a sixteenth of a small disk.
fn reserve(data: &Path) -> u64 {
    let disk = rustix::fs::statvfs(data).map_or(u64::MAX, |disk| disk.f_blocks.saturating_mul(disk.f_frsize));
    (disk / 16).min(16 << 20)
}

fn sites(config: &Config) -> Result<sites::Config, String> {
    if config.site.is_empty() {
        let data =
            fs::canonicalize(&config.data).map_err(|error| format!("{}: {error}", config.data.display()))?;
        return Ok(sites::Config::embedded("home", format!("file://{}", data.join("blobs").display())));
    }
    Ok(sites::Config {
        here: config.here.clone(),
        sites: config.site.clone(),
        copies: config.durability.copies,
        when_short: config.durability.when_short,
        patience: sites::Rules::PATIENCE,
    })
}

fn post(config: &Config) -> Result<Option<Post>, String> {
    let open = |mail: &Mail| mail.open().map_err(|mistake| mistake.to_string());
    config.mail.as_ref().map(open).transpose()
}

fn limits(config: &Config) -> app::Limits {
    let (limits, durability) = (&config.limits, &config.durability);
    let pace = |mib: u32| (mib > 0).then(|| u64::from(mib) << 20);
    let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
    let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 60 * 60);
    let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    app::Limits {
        file_bytes: limits.file_bytes,
        account_bytes: limits.account_bytes,
        depth: limits.depth,
        trash: days(limits.trash_days),
        unfinished_upload: hours(limits.unfinished_upload_hours),
        invitation: days(limits.invitation_days),
        reset_link: minutes(limits.reset_link_minutes),
        sign_in_tries: limits.sign_in_tries,
        sign_in_window: minutes(limits.sign_in_minutes),
        json_bytes: limits.json_bytes,
        sign_up: limits.sign_up,
        sign_ups_per_hour: limits.sign_ups_per_hour,
        repair_pace: pace(durability.repair_mib_per_second),
        scrub_pace: pace(durability.scrub_mib_per_second),
        scrub_every: days(durability.scrub_days),
        ..app::Limits::default()
    }
}

/// Only its owner enters the control socket.
pub(crate) fn restrict(path: &Path) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}
