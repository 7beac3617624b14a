//! Key stores: one suite for directories and buckets, and what a directory must survive.

use crate::store::{Directory, KeyStore, Version, Written};
use object_store::memory::InMemory;
use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

async fn conformance(store: KeyStore) {
    let read = async |name: &str| store.read(name).await.unwrap();
    let write = async |name: &str, bytes: &[u8], version: Option<&Version>| {
        store.write(name, bytes.to_vec(), version).await.unwrap()
    };
    assert_eq!(read("account/00").await, None);
    assert_eq!(write("account/00", b"one", None).await, Written::Done);
    assert_eq!(write("account/00", b"two", None).await, Written::Raced, "there is one already");
    let (bytes, first) = read("account/00").await.unwrap();
    assert_eq!(bytes, b"one");
    assert_eq!(write("account/00", b"two", Some(&first)).await, Written::Done);
    assert_eq!(write("account/00", b"three", Some(&first)).await, Written::Raced, "it was replaced since");
    assert_eq!(write("account/01", b"three", Some(&first)).await, Written::Raced, "there is none");
    assert_eq!(read("account/00").await.unwrap().0, b"two");
    assert_eq!(read("front/00").await, None);

    // Everyone adds one byte; nobody's is lost.
    let all = (0..50_u8).map(|byte| {
        let store = store.clone();
        tokio::spawn(async move {
            loop {
                let (mut bytes, version) = store.read("account/00").await.unwrap().unwrap();
                bytes.push(byte);
                if store.write("account/00", bytes, Some(&version)).await.unwrap() == Written::Done {
                    break;
                }
            }
        })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let mut bytes = read("account/00").await.unwrap().0.split_off(3);
    bytes.sort_unstable();
    assert_eq!(bytes, (0..50).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_directory_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    conformance(KeyStore::directory(folder.path().join("a/b/keys"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bucket_keeps_the_contract() {
    conformance(KeyStore::bucket(Arc::new(InMemory::new()), "palisade/keys")).await;
}

#[test]
fn a_directory_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    Directory::new(path.clone()).write("account/00", b"x", None).unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.join("account")), 0o700);
    assert_eq!(mode(path.clone()), 0o700);
    assert_eq!(mode(path.join("account/00")), 0o600);
    assert_eq!(mode(path.join(".lock")), 0o600);
}

#[test]
fn what_a_killed_writer_left_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let directory = Directory::new(folder.path().to_owned());
    directory.write("account/00", b"one", None).unwrap();
    fs::write(folder.path().join("account/00.new"), b"ha").unwrap();
    assert_eq!(directory.read("account/00").unwrap().unwrap(), b"one");
    let version = crate::codec::sha256(b"one");
    assert_eq!(directory.write("account/00", b"two", Some(version)).unwrap(), Written::Done);
    assert_eq!(directory.read("account/00").unwrap().unwrap(), b"two");
    assert!(!folder.path().join("account/00.new").exists());
}

#[test]
fn a_directory_that_cannot_be_written_says_which() {
    let error = Directory::new("/proc/none/keys".into()).write("account/00", b"x", None).unwrap_err();
    assert!(error.to_string().contains("/proc/none"), "{error}");
}
