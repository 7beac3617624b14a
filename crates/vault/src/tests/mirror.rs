//! The mirror and the recovery key: the machine is lost, the paper is not.

use super::vault::key_site;
use crate::{
    KeyKind, KeyStore, Mirror, MirrorReport, MirrorState, Place, RecoveryKey, Secret, Shard, Vault,
    VaultConfig,
    keyring::{Site, Trust},
    recover,
    testing::{TurnedClock, account, another_entropy, entropy},
};
use kernel::{Kind, ProjectId, Result};
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// A machine with its mirror, and the paper on which codes were noted.
struct Machine {
    folder: tempfile::TempDir,
    mirror: KeyStore,
    paper: Arc<Mutex<Vec<String>>>,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mirror = KeyStore::directory(folder.path().join("mirror"));
        Self { folder, mirror, paper: Arc::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn try_open(&self, name: &str) -> Result<Vault> {
        let paper = Arc::clone(&self.paper);
        let mirror = Mirror {
            store: self.mirror.clone(),
            show: Arc::new(move |key| paper.lock().unwrap().push(key.code().to_string())),
        };
        let config =
            VaultConfig { key_sites: vec![key_site(&self.path(name))], copies: 1, mirror: Some(mirror) };
        Vault::open(config, TurnedClock::new().source()).await
    }

    async fn open(&self, name: &str) -> Vault {
        self.try_open(name).await.unwrap()
    }

    fn key(&self) -> RecoveryKey {
        self.paper.lock().unwrap()[0].parse().unwrap()
    }

    async fn recover(&self, name: &str) -> Result<usize> {
        recover(&self.mirror, &self.key(), vec![key_site(&self.path(name))], &another_entropy()).await
    }
}

fn here() -> Place {
    Place::new("project", "name", ProjectId::from_bytes([1; 16]))
}

fn report(keys: usize, missing: usize, stray: usize) -> MirrorReport {
    MirrorReport { keys, missing, stray }
}

#[tokio::test]
async fn a_lost_machine_comes_back_from_the_mirror_and_the_paper() {
    let machine = Machine::new();
    let vault = machine.open("old").await;
    let mut sealed = Vec::new();
    for number in 0..5 {
        let (key, front) = vault.create_account(account(number)).await.unwrap();
        sealed.push((key.seal(here(), b"Harbour"), front.seal(here(), b"Acme")));
    }
    let kept = vault.retention_key(2026).await.unwrap().seal(here(), b"invoice");
    let tag = vault.name_key().tag("acme");
    assert_eq!(vault.mirror_state().await.unwrap(), MirrorState { configured: true, verified: None });
    assert_eq!(vault.verify_mirror(&machine.key()).await.unwrap(), report(12, 0, 0));
    let noted = vault.mirror_state().await.unwrap().verified.unwrap();
    assert!(noted.sound && noted.at == vault.now());
    drop(vault);
    fs::remove_dir_all(machine.path("old")).unwrap();

    assert_eq!(machine.recover("new").await.unwrap(), 12);
    let vault = machine.open("new").await;
    for (number, (name, front)) in (0..).zip(&sealed) {
        assert_eq!(vault.account_key(account(number)).await.unwrap().open(here(), name).unwrap(), b"Harbour");
        assert_eq!(vault.front_key(account(number)).await.unwrap().open(here(), front).unwrap(), b"Acme");
    }
    assert_eq!(vault.retention_key(2026).await.unwrap().open(here(), &kept).unwrap(), b"invoice");
    assert_eq!(vault.name_key().tag("acme"), tag);
    // The same paper serves on, and was shown once.
    vault.create_account(account(77)).await.unwrap();
    assert_eq!(vault.verify_mirror(&machine.key()).await.unwrap(), report(14, 0, 0));
    assert_eq!(machine.paper.lock().unwrap().len(), 1);
    assert_eq!(machine.recover("new").await.unwrap(), 14, "again, it changes nothing");
}

#[tokio::test]
async fn the_mirror_holds_a_key_before_it_is_used() {
    let machine = Machine::new();
    let vault = machine.open("old").await;
    fs::remove_dir_all(machine.path("mirror")).unwrap();
    fs::write(machine.path("mirror"), b"no directory").unwrap();
    let error = vault.create_account(account(1)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    fs::remove_file(machine.path("mirror")).unwrap();
    vault.create_account(account(1)).await.unwrap();
    assert_eq!(
        vault.verify_mirror(&machine.key()).await.unwrap(),
        report(2, 1, 0),
        "the name key is lost there"
    );
    assert_eq!(vault.mirror().await.unwrap(), 3);
    assert!(vault.verify_mirror(&machine.key()).await.unwrap().is_sound());
}

#[tokio::test]
async fn writing_the_mirror_anew_mends_it_and_drops_dead_keys() {
    let machine = Machine::new();
    let vault = machine.open("old").await;
    for number in [1, 2, 3] {
        vault.create_account(account(number)).await.unwrap();
    }
    // One shard damaged, one lost, one with a key that the keyring does not hold.
    let shard = |number: u8| machine.path("mirror").join(format!("account/{number:02x}"));
    fs::write(shard(1), b"damaged").unwrap();
    fs::remove_file(shard(2)).unwrap();
    let site = Site::new("m", machine.mirror.clone(), Trust::Recovery(*machine.key().pair().public()));
    let at = Shard { kind: KeyKind::Account, number: 3 };
    site.enter(&another_entropy(), at, [0xdd; 16], &Secret::random(&another_entropy())).await.unwrap();

    assert!(vault.verify_mirror(&machine.key()).await.is_err(), "damaged");
    assert_eq!(vault.mirror().await.unwrap(), 7);
    assert_eq!(vault.verify_mirror(&machine.key()).await.unwrap(), report(7, 0, 0));
    site.enter(&another_entropy(), at, [0xdd; 16], &Secret::random(&another_entropy())).await.unwrap();
    assert_eq!(vault.verify_mirror(&machine.key()).await.unwrap(), report(7, 0, 1));
}

#[tokio::test]
async fn a_mirror_in_a_bucket() {
    let mut machine = Machine::new();
    let bucket = Arc::new(InMemory::new());
    machine.mirror = KeyStore::bucket(Arc::clone(&bucket) as Arc<dyn ObjectStore>, "mirror");
    let vault = machine.open("old").await;
    vault.create_account(account(1)).await.unwrap();
    assert_eq!(vault.mirror().await.unwrap(), 3);
    assert_eq!(machine.recover("new").await.unwrap(), 3);
    assert!(bucket.get(&"mirror/account/01".into()).await.is_ok());
}

#[tokio::test]
async fn the_mirror_opens_with_its_own_paper_alone() {
    let machine = Machine::new();
    let vault = machine.open("old").await;
    vault.create_account(account(1)).await.unwrap();
    let other = RecoveryKey::generate(&another_entropy());
    assert_eq!(vault.verify_mirror(&other).await.unwrap_err().code(), "invalid-recovery-key");
    let into = vec![key_site(&machine.path("new"))];
    let error = recover(&machine.mirror, &other, into, &another_entropy()).await.unwrap_err();
    assert_eq!(error.code(), "invalid-recovery-key");
    assert!(!machine.path("new").exists(), "nothing was written");
}

#[tokio::test]
async fn an_empty_place_is_no_mirror() {
    let machine = Machine::new();
    machine.open("old").await;
    let into = vec![key_site(&machine.path("new"))];
    let nothing = KeyStore::directory(machine.path("nothing"));
    let error = recover(&nothing, &machine.key(), into, &another_entropy()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[tokio::test]
async fn keys_are_not_recovered_over_those_of_another_installation() {
    let (machine, other) = (Machine::new(), Machine::new());
    machine.open("old").await.create_account(account(1)).await.unwrap();
    other.open("old").await;
    fs::rename(other.path("old"), machine.path("new")).unwrap();
    assert_eq!(machine.recover("new").await.unwrap_err().code(), "keys-exist");

    // Also where that one has no recovery key.
    fs::remove_file(machine.path("new/keys/recovery")).unwrap();
    assert_eq!(machine.recover("new").await.unwrap_err().code(), "keys-exist");
}

#[tokio::test]
async fn a_recovery_that_was_cut_short_is_not_served_and_may_be_run_again() {
    let machine = Machine::new();
    let vault = machine.open("old").await;
    for number in 0..20 {
        vault.create_account(account(number)).await.unwrap();
    }
    // A shard in the middle cannot be read.
    let shard = machine.path("mirror/front/05");
    let whole = fs::read(&shard).unwrap();
    fs::write(&shard, &whole[..whole.len() - 1]).unwrap();
    assert!(machine.recover("new").await.is_err());
    assert!(!machine.path("new").exists(), "all is read before anything is written");

    fs::write(&shard, &whole).unwrap();
    fs::create_dir_all(machine.path("new/keys")).unwrap();
    fs::write(machine.path("new/keys/front"), b"in the way").unwrap();
    assert!(machine.recover("new").await.is_err());
    let error = machine.try_open("new").await.unwrap_err();
    assert!(error.to_string().contains("cut short"), "{error}");
    fs::remove_file(machine.path("new/keys/front")).unwrap();
    assert_eq!(machine.recover("new").await.unwrap(), 41);
    assert!(machine.open("new").await.verify_mirror(&machine.key()).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_machine_that_lost_its_keys_does_not_write_over_its_mirror() {
    let machine = Machine::new();
    machine.open("old").await.create_account(account(1)).await.unwrap();
    fs::remove_dir_all(machine.path("old")).unwrap();
    assert_eq!(machine.try_open("old").await.unwrap_err().code(), "keys-exist");
    assert_eq!(machine.paper.lock().unwrap().len(), 1, "no second key was shown");
    assert_eq!(machine.recover("old").await.unwrap(), 3);

    // Nor one that lost a single shard.
    let vault = machine.open("old").await;
    fs::remove_file(machine.path("old/keys/account/01")).unwrap();
    let error = vault.mirror().await.unwrap_err();
    assert!(error.to_string().contains("recover it first"), "{error}");
    assert_eq!(machine.recover("old").await.unwrap(), 3);
    assert_eq!(vault.mirror().await.unwrap(), 3);
}

#[tokio::test]
async fn a_mirror_of_another_installation_is_left_alone() {
    let (machine, other) = (Machine::new(), Machine::new());
    machine.open("old").await;
    other.open("old").await;
    let foreign = |path: &Path| fs::read(path.join("installation/00")).unwrap();
    let before = foreign(&machine.path("mirror"));
    let moved = Machine { mirror: machine.mirror.clone(), ..other };
    let vault = moved.open("old").await;
    assert!(vault.mirror().await.is_err());
    assert_eq!(foreign(&machine.path("mirror")), before);
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let key = RecoveryKey::generate(&entropy(5));
    let code = key.code().to_string();
    assert_eq!(code.len(), 47);
    let public = |code: &str| code.parse::<RecoveryKey>().map(|key| *key.pair().public());
    let typed = [
        code.clone(),
        code.to_lowercase(),
        code.replace('-', " "),
        code.replace('-', ""),
        format!("  {code}\n"),
        code.replace('0', "O").replace('1', "l"),
    ];
    for typed in typed {
        assert_eq!(public(&typed).unwrap(), *key.pair().public(), "{typed}");
    }
}

#[test]
fn a_slip_in_a_code_is_seen() {
    let code = RecoveryKey::generate(&entropy(5)).code().to_string();
    let read = |code: String| code.parse::<RecoveryKey>();
    for (at, character) in code.char_indices().filter(|(_, character)| *character != '-') {
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|other| *other != character) {
            let mut slipped = code.clone();
            slipped.replace_range(at..=at, &other.to_string());
            assert!(read(slipped).is_err());
        }
        let mut missing = code.clone();
        missing.remove(at);
        assert!(read(missing).is_err());
    }
    for bad in ["", "0", &code[..46], &format!("{code}0"), &code.replace('-', "*"), &"U".repeat(40)] {
        let error = read(bad.to_owned()).unwrap_err();
        assert_eq!(error.code(), "invalid-recovery-key");
        assert!(bad.len() < 4 || !error.to_string().contains(bad), "the error tells nothing of the code");
    }
    assert_eq!(format!("{:?}", read(code).unwrap()), "RecoveryKey");
}
