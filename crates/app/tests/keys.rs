//! An account opens with its own key alone.

#![allow(clippy::unwrap_used, reason = "what a person expects of an answer; a failure ends the test")]

use db::schema::account;
use diesel::{ExpressionMethods, QueryDsl};
use kernel::AccountId;
use serde_json::json;
use std::{fs, path::Path, sync::Arc, time::Duration};
use testkit::{HOST, Installation, PASSWORD};
use vault::{FileRoot, KeySite, KeyStore, Vault, VaultConfig};

/// Longer than a key stays in memory.
const READ_AGAIN: Duration = Duration::from_secs(61);

async fn the_account(installation: &Installation) -> AccountId {
    app::accounts::list(&installation.palisade).await.unwrap()[0].id
}

/// Another key for the same account, as another copy of the installation would have made it: under the same root of
/// trust, so that nothing but the key differs.
async fn another_key(installation: &Installation, account: AccountId, keys: &Path) {
    let source = installation.palisade.source.clone();
    let root = FileRoot::open(installation.folder().join("root"), source.entropy.clone()).unwrap();
    let store = KeyStore::directory(keys);
    let site = KeySite { name: "home".to_owned(), store, root: Some(Arc::new(root)) };
    let config = VaultConfig { key_sites: vec![site], copies: 1, mirror: None };
    Vault::open(config, source).await.unwrap().create_account(account).await.unwrap();
}

#[tokio::test]
async fn another_key_in_the_place_of_an_accounts_own_is_refused() {
    let installation = Installation::new().await;
    let owner = installation.account("acme").await;
    owner.post("/projects", json!({ "name": "Quay" })).await.created();
    let keys = installation.folder().join("keys/account");
    let (other, own) = (installation.folder().join("other"), installation.folder().join("own"));
    another_key(&installation, the_account(&installation).await, &other).await;

    fs::rename(&keys, &own).unwrap();
    fs::rename(other.join("account"), &keys).unwrap();
    installation.wait(READ_AGAIN);
    owner.get("/projects").await.problem(500, "wrong-account-key");
    owner.post("/projects", json!({ "name": "Stage" })).await.problem(500, "wrong-account-key");

    fs::remove_dir_all(&keys).unwrap();
    fs::rename(&own, &keys).unwrap();
    let listed = owner.get("/projects").await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "its own is found at once: {listed}");
}

/// Rows from before commitments were noted lack one.
#[tokio::test]
async fn a_row_without_a_commitment_gets_one_when_the_account_is_opened() {
    let installation = Installation::new().await;
    let owner = json!({ "name": "Inès", "email": "ines@acme.example", "password": PASSWORD });
    let draft = json!({ "name": "acme", "title": "Acme", "owner": owner });
    installation.nobody_at(HOST).post("/accounts", draft).await.created();
    let account = the_account(&installation).await;
    let db = &installation.palisade.db;
    let lose = move |tx: &mut db::Tx<'_>| {
        let lost: Option<Vec<u8>> = None;
        tx.execute(diesel::update(tx.of(account::table)).set(account::commitment.eq(lost)))
    };
    assert_eq!(db.write(account, lose).await.unwrap(), 1);
    installation.nobody_at(&format!("acme.{HOST}")).get("/door").await.ok();
    let noted = move |tx: &mut db::Tx<'_>| {
        tx.get::<Option<Vec<u8>>>(tx.of(account::table).select(account::commitment))
    };
    let key = installation.palisade.vault.account_key(account).await.unwrap();
    assert_eq!(db.read(account, noted).await.unwrap(), Some(key.commitment().to_vec()));
}
