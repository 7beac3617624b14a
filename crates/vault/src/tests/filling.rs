//! Key sites that were away, and are filled before they serve.

use super::faults::{AWAY, Three, WELL};
use crate::{
    FileRoot, Filled, KeyKind, KeySite, KeyStore, Vault, VaultConfig,
    testing::{TurnedClock, account, another_entropy},
};
use kernel::{Kind, Result};
use std::{fs, path::Path, sync::Arc};

const NAMES: [&str; 2] = ["paris", "frankfurt"];

/// A node at one of two sites, with the root of that one.
async fn node(folder: &Path, here: usize, copies: usize) -> Result<Vault> {
    let key_sites = NAMES.iter().enumerate().map(|(at, name)| KeySite {
        name: (*name).to_owned(),
        store: KeyStore::directory(folder.join(name)),
        root: (at == here).then(|| {
            let root = FileRoot::open(folder.join(format!("root-{name}")), another_entropy()).unwrap();
            Arc::new(root) as Arc<dyn crate::Root>
        }),
    });
    let config = VaultConfig { key_sites: key_sites.collect(), copies, mirror: None };
    Vault::open(config, TurnedClock::new().source()).await
}

/// A node at each. The first tries make the epochs, as nodes do that wait for each other.
async fn both(folder: &Path, copies: usize) -> (Vault, Vault) {
    let early = node(folder, 0, copies).await.unwrap_err();
    assert!(early.kind() == Kind::Unavailable && early.to_string().contains("no epoch yet"), "{early}");
    let early = node(folder, 1, copies).await.unwrap_err();
    assert!(early.to_string().contains("holds a key that is not here yet"), "{early}");
    let paris = node(folder, 0, copies).await.unwrap();
    assert_eq!(paris.fill().await.unwrap().entered, 1, "the name key");
    (paris, node(folder, 1, copies).await.unwrap())
}

#[tokio::test]
async fn each_node_opens_with_the_root_of_its_own_site() {
    let folder = tempfile::tempdir().unwrap();
    let (paris, frankfurt) = both(folder.path(), 2).await;
    let (key, front) = paris.create_account(account(1)).await.unwrap();
    assert_eq!(frankfurt.account_key(account(1)).await.unwrap().commitment(), key.commitment());
    assert_eq!(frankfurt.front_key(account(1)).await.unwrap().commitment(), front.commitment());
    assert_eq!(frankfurt.name_key().tag("acme"), paris.name_key().tag("acme"));
    for vault in [&paris, &frankfurt] {
        assert_eq!(vault.fill().await.unwrap(), Filled::default());
        assert!(vault.is_filled());
    }
    let reports = paris.examine().await;
    let told: Vec<_> = reports
        .iter()
        .map(|site| (site.site.as_str(), site.here, site.keys, site.lacking, site.wrong))
        .collect();
    assert_eq!(told, [("paris", true, 3, 0, 0), ("frankfurt", false, 3, 0, 0)]);
}

#[tokio::test]
async fn a_site_that_was_away_does_not_serve_what_it_lacks_and_is_filled_from_another() {
    let folder = tempfile::tempdir().unwrap();
    let (paris, frankfurt) = both(folder.path(), 1).await;
    assert!(!frankfurt.is_filled(), "it was not compared yet");
    // A file in the place of its folder: the store is there and takes nothing.
    let (away, here) = (folder.path().join("away"), folder.path().join("frankfurt"));
    fs::rename(&here, &away).unwrap();
    fs::write(&here, "").unwrap();
    paris.create_account(account(1)).await.unwrap();
    let filled = paris.fill().await.unwrap();
    assert_eq!((filled.entered, filled.away), (0, vec!["frankfurt".to_owned()]));
    fs::remove_file(&here).unwrap();
    fs::rename(&away, &here).unwrap();

    let error = frankfurt.account_key(account(1)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "paris has it, so it is not said to be gone: {error}");
    assert_eq!(frankfurt.account_key(account(2)).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(frankfurt.fill().await.unwrap().behind, 2, "its own root opens nothing of paris");
    assert!(!frankfurt.is_filled());
    assert_eq!(frankfurt.examine().await[1].lacking, 2);
    assert_eq!(paris.fill().await.unwrap().entered, 2, "account and front key");
    assert_eq!(frankfurt.fill().await.unwrap(), Filled::default());
    assert!(frankfurt.is_filled());
    let key = paris.account_key(account(1)).await.unwrap();
    assert_eq!(frankfurt.account_key(account(1)).await.unwrap().commitment(), key.commitment());
}

/// Its keyring and its root of trust are gone: it begins anew, and the other fills it.
#[tokio::test]
async fn a_key_site_that_was_lost_is_begun_anew_and_filled() {
    let folder = tempfile::tempdir().unwrap();
    let (paris, frankfurt) = both(folder.path(), 2).await;
    for number in 0..20 {
        paris.create_account(account(number)).await.unwrap();
    }
    drop(frankfurt);
    fs::remove_dir_all(folder.path().join("frankfurt")).unwrap();
    fs::remove_dir_all(folder.path().join("root-frankfurt")).unwrap();
    let waits = node(folder.path(), 1, 2).await.unwrap_err();
    assert_eq!(waits.kind(), Kind::Unavailable, "no second name key is made: {waits}");
    assert_eq!(paris.fill().await.unwrap().entered, 41);
    let frankfurt = node(folder.path(), 1, 2).await.unwrap();
    for number in 0..20 {
        frankfurt.account_key(account(number)).await.unwrap();
    }
    assert_eq!(frankfurt.fill().await.unwrap(), Filled::default());
}

#[tokio::test]
async fn filling_is_finished_by_the_next_try_wherever_it_was_cut_short() {
    for acts_first in [false, true] {
        let three = Three::new(acts_first);
        three.keyring(&[2], 1).prepare().await.unwrap();
        let keyring = three.keyring(&[0, 1], 1);
        three.set(2, AWAY);
        for id in 0..6 {
            keyring.ensure(KeyKind::Account, [id; 16]).await.unwrap();
        }
        three.set(2, 3);
        let cut = keyring.fill().await.unwrap();
        assert_eq!(cut.away, ["2"]);
        three.set(2, WELL);
        keyring.fill().await.unwrap();
        let alone = three.keyring(&[2], 1);
        for id in 0..6 {
            let key = alone.find(KeyKind::Account, [id; 16]).await.unwrap().unwrap();
            let same = keyring.find(KeyKind::Account, [id; 16]).await.unwrap().unwrap();
            assert_eq!(key.expose(), same.expose());
        }
        assert_eq!(keyring.fill().await.unwrap(), Filled::default());
    }
}
