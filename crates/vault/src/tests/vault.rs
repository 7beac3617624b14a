//! The vault as the rest of the program uses it.

use crate::{
    FileRoot, KeySite, KeyStore, Place, Vault, VaultConfig,
    testing::{TurnedClock, account, another_entropy},
};
use kernel::{AccountId, Kind, ProjectId, Source};
use std::{fs, path::Path, sync::Arc};

pub(super) fn key_site(folder: &Path) -> KeySite {
    KeySite {
        name: "here".to_owned(),
        store: KeyStore::directory(folder.join("keys")),
        root: Some(Arc::new(FileRoot::open(folder.join("root"), another_entropy()).unwrap())),
    }
}

async fn open(folder: &Path, source: Source) -> Vault {
    let config = VaultConfig { key_sites: vec![key_site(folder)], copies: 1, mirror: None };
    Vault::open(config, source).await.unwrap()
}

fn here() -> Place {
    Place::new("project", "name", ProjectId::from_bytes([1; 16]))
}

#[tokio::test]
async fn what_was_sealed_opens_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), TurnedClock::new().source()).await;
    let (key, front) = vault.create_account(account(1)).await.unwrap();
    let (sealed, named) = (key.seal(here(), b"Harbour"), front.seal(here(), b"Acme"));
    let kept = vault.retention_key(2026).await.unwrap().seal(here(), b"invoice");
    let tag = vault.name_key().tag("acme.example.org");
    drop(vault);

    let vault = open(folder.path(), TurnedClock::new().source()).await;
    let again = vault.account_key(account(1)).await.unwrap();
    assert_eq!((again.account(), again.commitment()), (key.account(), key.commitment()));
    assert_eq!(again.open(here(), &sealed).unwrap(), b"Harbour");
    let again = vault.front_key(account(1)).await.unwrap();
    assert_eq!(again.commitment(), front.commitment());
    assert_eq!(again.open(here(), &named).unwrap(), b"Acme");
    assert_eq!(vault.retention_key(2026).await.unwrap().open(here(), &kept).unwrap(), b"invoice");
    assert!(vault.retention_key(2027).await.unwrap().open(here(), &kept).is_err());
    assert_eq!(vault.name_key().tag("acme.example.org"), tag);
    let (same, _) = vault.create_account(account(1)).await.unwrap();
    assert_eq!(same.commitment(), key.commitment(), "to make it again is to get it");
}

#[tokio::test]
async fn an_account_without_a_key_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), TurnedClock::new().source()).await;
    let error = vault.account_key(account(9)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.to_string().contains("no key site holds the account key"), "{error}");
}

#[tokio::test]
async fn a_key_is_served_for_a_minute_from_memory_and_not_after_a_purge() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TurnedClock::new();
    let vault = open(folder.path(), clock.source()).await;
    vault.create_account(account(1)).await.unwrap();
    fs::rename(folder.path().join("keys"), folder.path().join("away")).unwrap();
    clock.turn(59);
    assert!(vault.account_key(account(1)).await.is_ok());
    assert!(vault.front_key(account(1)).await.is_ok());
    clock.turn(1);
    assert_eq!(
        vault.account_key(account(1)).await.unwrap_err().kind(),
        Kind::NotFound,
        "the keyring decides"
    );

    fs::rename(folder.path().join("away"), folder.path().join("keys")).unwrap();
    assert!(vault.account_key(account(1)).await.is_ok());
    assert!(vault.front_key(account(1)).await.is_ok());
    fs::rename(folder.path().join("keys"), folder.path().join("away")).unwrap();
    vault.purge(account(1));
    assert!(vault.account_key(account(1)).await.is_err());
    assert!(vault.front_key(account(1)).await.is_err());
}

#[tokio::test]
async fn with_a_lost_root_of_trust_nothing_opens_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let source = TurnedClock::new().source();
    let vault = open(folder.path(), source.clone()).await;
    vault.create_account(account(1)).await.unwrap();
    fs::remove_dir_all(folder.path().join("root")).unwrap();
    let before = fs::read(folder.path().join("keys/account/01")).unwrap();
    let config = VaultConfig { key_sites: vec![key_site(folder.path())], copies: 1, mirror: None };
    assert!(Vault::open(config, source).await.is_err());
    assert_eq!(fs::read(folder.path().join("keys/account/01")).unwrap(), before);
}

#[tokio::test]
async fn the_keyring_and_the_root_hold_no_clear_key_and_no_name() {
    let folder = tempfile::tempdir().unwrap();
    // The bytes that keys are made of are noted, and looked for.
    let drawn = Arc::new(std::sync::Mutex::new(Vec::<Vec<u8>>::new()));
    let (inner, notes) = (another_entropy(), Arc::clone(&drawn));
    let source = Source {
        clock: TurnedClock::new().clock(),
        entropy: kernel::Entropy::new(move |buffer| {
            inner.fill(buffer);
            notes.lock().unwrap().push(buffer.to_vec());
        }),
    };
    let vault = open(folder.path(), source).await;
    vault.create_account(AccountId::from_bytes([0x77; 16])).await.unwrap();
    let mut files = vec![folder.path().to_owned()];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for secret in drawn.lock().unwrap().iter().filter(|drawn| drawn.len() == 32) {
            assert!(!bytes.windows(32).any(|window| window == secret.as_slice()), "{}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 5);
}

#[tokio::test]
async fn preparing_makes_every_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), TurnedClock::new().source()).await;
    vault.keyring().prepare().await.unwrap();
    for kind in ["account", "front"] {
        assert_eq!(fs::read_dir(folder.path().join("keys").join(kind)).unwrap().count(), 256);
    }
    let before = fs::read(folder.path().join("keys/account/00")).unwrap();
    vault.keyring().prepare().await.unwrap();
    assert_eq!(fs::read(folder.path().join("keys/account/00")).unwrap(), before);
}

#[test]
fn a_key_in_memory_is_given_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let vault = open(folder.path(), TurnedClock::new().source()).await;
        vault.create_account(account(1)).await.unwrap();
        // How long it takes is for the benchmark.
        let mut looked_up = Box::pin(vault.account_key(account(1)));
        let polled = futures_util::poll!(&mut looked_up);
        assert!(polled.is_ready());
    });
}
