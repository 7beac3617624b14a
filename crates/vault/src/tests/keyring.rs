//! The keyring: its objects under surgery, its sites under failure and in a race.

use super::{
    faults::{AWAY, Three, WELL},
    stored::keyring_object,
};
use crate::{
    FileRoot, KeyKind, KeyStore, Secret, Shard,
    envelope::Pair,
    keyring::{Entered, Found, Keyring, Object, Site, Trust},
    testing::{account, entropy},
};
use kernel::Kind;
use object_store::memory::InMemory;
use std::{path::Path as FilePath, sync::Arc};

fn shard(number: u8) -> Shard {
    Shard { kind: KeyKind::Account, number }
}

fn site_of(store: KeyStore, root: &FilePath, seed: u64) -> Site {
    Site::new("here", store, Trust::Root(Arc::new(FileRoot::open(root, entropy(seed)).unwrap())))
}

fn site(folder: &FilePath, seed: u64) -> Site {
    site_of(KeyStore::directory(folder.join("keys")), &folder.join("root"), seed)
}

async fn opened(site: &Site, number: u8, id: [u8; 16]) -> Secret {
    match site.find(shard(number), id).await.unwrap() {
        Found::Open(key) => key,
        _ => panic!("not there"),
    }
}

#[test]
fn an_object_that_was_altered_anywhere_is_refused() {
    let object = keyring_object();
    let bytes = object.encode();
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(Object::decode(object.at.shard, &altered).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(Object::decode(object.at.shard, &bytes[..length]).is_err(), "cut at {length}");
    }
    assert!(Object::decode(shard(0xa2), &bytes).is_err(), "another shard");
    assert!(
        Object::decode(Shard { kind: KeyKind::Front, ..object.at.shard }, &bytes).is_err(),
        "another kind"
    );
}

#[test]
fn an_entry_that_was_moved_or_changed_by_someone_who_can_write_does_not_open() {
    let pair = Pair::derive(&Secret::random(&entropy(1)));
    let dice = entropy(2);
    let (one, two) = (account(1).bytes(), account(2).bytes());
    let mut object = Object::new(keyring_object().at, *pair.public());
    object.enter(&dice, one, &Secret::random(&dice)).unwrap();
    object.enter(&dice, two, &Secret::random(&dice)).unwrap();
    assert!(object.open(&pair, one).unwrap().is_some());
    assert!(object.open(&pair, account(3).bytes()).unwrap().is_none());

    let mut swapped = object.clone();
    let (first, second) = (object.entries[&one], object.entries[&two]);
    swapped.entries.insert(one, second);
    swapped.entries.insert(two, first);
    assert!(swapped.open(&pair, one).is_err());

    let mut recommitted = object.clone();
    recommitted.entries.get_mut(&one).unwrap().commitment = second.commitment;
    assert!(recommitted.open(&pair, one).is_err());

    let mut later = object.clone();
    later.at.epoch.0 += 1;
    assert!(later.open(&pair, one).is_err());

    let mut front = object.clone();
    front.at.shard.kind = KeyKind::Front;
    assert!(front.open(&pair, one).is_err());

    let other = Pair::derive(&Secret::random(&entropy(3)));
    assert!(object.open(&other, one).is_err());
}

#[tokio::test]
async fn a_site_keeps_a_key_and_does_not_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let (here, dice) = (site(folder.path(), 1), entropy(9));
    let (id, key) = (account(5).bytes(), Secret::random(&dice));
    assert!(matches!(here.find(shard(5), id).await.unwrap(), Found::Missing));
    assert_eq!(here.enter(&dice, shard(5), id, &key).await.unwrap(), Entered::Held);
    assert_eq!(here.enter(&dice, shard(5), id, &key).await.unwrap(), Entered::Held);
    assert_eq!(here.enter(&dice, shard(5), id, &Secret::random(&dice)).await.unwrap(), Entered::Other);
    let again = site(folder.path(), 2);
    assert_eq!(opened(&again, 5, id).await.expose(), key.expose(), "after a restart");
}

#[tokio::test]
async fn nothing_is_sealed_to_a_public_key_that_someone_put_into_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let dice = entropy(9);
    let here = site(folder.path(), 1);
    here.enter(&dice, shard(5), account(5).bytes(), &Secret::random(&dice)).await.unwrap();
    let file = folder.path().join("keys/account/05");
    let mut object = Object::decode(shard(5), &std::fs::read(&file).unwrap()).unwrap();
    object.public = *Pair::derive(&Secret::random(&dice)).public();
    std::fs::write(&file, object.encode()).unwrap();
    for here in [here, site(folder.path(), 2)] {
        assert!(here.enter(&dice, shard(5), [5; 16], &Secret::random(&dice)).await.is_err());
        assert!(here.enter(&dice, shard(5), [0x15; 16], &Secret::random(&dice)).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sites_of_several_nodes_that_enter_keys_at_once_lose_none() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = KeyStore::bucket(Arc::new(InMemory::new()), "keys");
    for store in [KeyStore::directory(folder.path().join("keys")), bucket] {
        let mut nodes = Vec::new();
        for node in 0..4_u8 {
            let here = site_of(store.clone(), &folder.path().join("root"), u64::from(node));
            nodes.push(tokio::spawn(async move {
                let dice = entropy(u64::from(node) + 50);
                let mut entered = Vec::new();
                for number in 0..10 {
                    let id = [node, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
                    let key = Secret::random(&dice);
                    assert_eq!(here.enter(&dice, shard(7), id, &key).await.unwrap(), Entered::Held);
                    entered.push((id, key));
                }
                entered
            }));
        }
        let here = site_of(store.clone(), &folder.path().join("root"), 99);
        for node in nodes {
            for (id, key) in node.await.unwrap() {
                assert_eq!(opened(&here, 7, id).await.expose(), key.expose());
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_object_is_told_from_a_missing_key() {
    let folder = tempfile::tempdir().unwrap();
    let (here, dice) = (site(folder.path(), 1), entropy(9));
    here.enter(&dice, shard(5), account(5).bytes(), &Secret::random(&dice)).await.unwrap();
    let file = folder.path().join("keys/account/05");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[300] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let error = here.find(shard(5), account(5).bytes()).await.err().unwrap();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert!(
        here.enter(&dice, shard(5), [5; 16], &Secret::random(&dice)).await.is_err(),
        "and is not replaced"
    );
}

const ID: [u8; 16] = [0x33; 16];

#[tokio::test]
async fn a_key_exists_when_enough_sites_hold_it() {
    let three = Three::new(false);
    let keyring = three.keyring(&[0, 1, 2], 2);
    three.set(1, AWAY);
    three.set(2, AWAY);
    let error = keyring.ensure(KeyKind::Account, ID).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    three.set(2, WELL);
    let key = keyring.ensure(KeyKind::Account, ID).await.unwrap();
    // The one that was away is filled by the next that asks, with the same key.
    three.set(1, WELL);
    assert_eq!(keyring.ensure(KeyKind::Account, ID).await.unwrap().expose(), key.expose());
    for site in 0..3 {
        let alone = three.keyring(&[site], 1);
        assert_eq!(
            alone.find(KeyKind::Account, ID).await.unwrap().unwrap().expose(),
            key.expose(),
            "site {site}"
        );
    }
}

#[tokio::test]
async fn a_try_that_was_cut_short_anywhere_is_finished_by_the_next() {
    for acts_first in [false, true] {
        for step in 0..3 {
            let three = Three::new(acts_first);
            let keyring = three.keyring(&[0, 1, 2], 3);
            three.set(step, 0);
            assert!(keyring.ensure(KeyKind::Account, ID).await.is_err());
            three.set(step, WELL);
            let after = three.keyring(&[0, 1, 2], 3);
            let key = after.ensure(KeyKind::Account, ID).await.unwrap();
            assert_eq!(after.find(KeyKind::Account, ID).await.unwrap().unwrap().expose(), key.expose());
            assert_eq!(keyring.ensure(KeyKind::Account, ID).await.unwrap().expose(), key.expose());
        }
    }
}

#[tokio::test]
async fn of_the_installations_keys_there_is_but_one() {
    let three = Three::new(false);
    let keyring = three.keyring(&[0, 1, 2], 1);
    three.set(2, AWAY);
    let error = keyring.ensure(KeyKind::Installation, ID).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "another may hold one already");
    three.set(2, WELL);
    let key = keyring.ensure(KeyKind::Installation, ID).await.unwrap();
    three.set(2, AWAY);
    assert_eq!(keyring.ensure(KeyKind::Installation, ID).await.unwrap().expose(), key.expose());
}

#[tokio::test]
async fn a_missing_key_is_told_from_a_site_that_is_away() {
    let three = Three::new(false);
    let keyring = three.keyring(&[0, 1], 1);
    assert!(keyring.find(KeyKind::Account, ID).await.unwrap().is_none());
    three.set(1, AWAY);
    assert_eq!(keyring.find(KeyKind::Account, ID).await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_node_enters_keys_at_sites_that_it_cannot_open() {
    let three = Three::new(false);
    let (paris, frankfurt) = (three.keyring(&[0], 2), three.keyring(&[1], 2));
    let error = paris.ensure(KeyKind::Account, ID).await.unwrap_err();
    assert!(error.to_string().contains("no epoch yet"), "{error}");
    frankfurt.prepare().await.unwrap();
    let key = paris.ensure(KeyKind::Account, ID).await.unwrap();
    assert_eq!(frankfurt.find(KeyKind::Account, ID).await.unwrap().unwrap().expose(), key.expose());
    assert_eq!(frankfurt.ensure(KeyKind::Account, ID).await.unwrap().expose(), key.expose());
}

#[tokio::test]
async fn sites_that_disagree_are_refused() {
    let three = Three::new(false);
    three.set(1, AWAY);
    three.set(2, AWAY);
    three.keyring(&[0, 1, 2], 1).ensure(KeyKind::Account, ID).await.unwrap();
    three.set(0, AWAY);
    three.set(1, WELL);
    three.set(2, WELL);
    three.keyring(&[0, 1, 2], 1).ensure(KeyKind::Account, ID).await.unwrap();
    three.set(0, WELL);
    let error = three.keyring(&[0, 1, 2], 1).ensure(KeyKind::Account, ID).await.unwrap_err();
    assert!(error.to_string().contains("different keys"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_nodes_that_make_one_key_at_once_all_get_the_same() {
    let three = Three::new(false);
    let nodes: Vec<_> = (0..6)
        .map(|_| {
            let keyring = three.keyring(&[0, 1, 2], 3);
            tokio::spawn(async move { keyring.ensure(KeyKind::Installation, ID).await.unwrap() })
        })
        .collect();
    let mut keys = Vec::new();
    for node in nodes {
        keys.push(*node.await.unwrap().expose());
    }
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

#[test]
fn a_keyring_without_sense_is_refused() {
    let three = Three::new(false);
    let none = || Site::new("x", KeyStore::directory("/nonexistent"), Trust::Elsewhere);
    assert!(Keyring::new(Vec::new(), None, 1, entropy(1)).is_err());
    assert!(Keyring::new(vec![none()], None, 1, entropy(1)).is_err(), "none opens");
    for copies in [0, 2] {
        assert!(Keyring::new(vec![site(three.folder.path(), 1)], None, copies, entropy(1)).is_err());
    }
}
