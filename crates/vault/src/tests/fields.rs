//! Sealed fields and tags.

use crate::{
    AccountKey, FrontKey, KeyKind, NameKey, Place, RetentionKey,
    secret::Secret,
    testing::{account, entropy},
};
use kernel::{Kind, ProjectId, Result};
use proptest::prelude::*;

pub(super) fn key(seed: u64) -> AccountKey {
    AccountKey::new(account(1), &Secret::random(&entropy(seed)), &entropy(seed + 1000))
}

fn place(table: &'static str, column: &'static str, row: u8) -> Place {
    Place::new(table, column, ProjectId::from_bytes([row; 16]))
}

fn refused(opened: Result<Vec<u8>>) {
    let error = opened.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.to_string().contains("sealed-field"), "{error}");
}

#[test]
fn a_field_opens_in_its_place_and_nowhere_else() {
    let key = key(1);
    let here = place("project", "name", 1);
    let sealed = key.seal(here, b"Harbour");
    assert_eq!(sealed.len(), 7 + 61);
    assert_eq!(key.open(here, &sealed).unwrap(), b"Harbour");
    for elsewhere in [
        place("project", "name", 2),
        place("project", "title", 1),
        place("projec", "tname", 1),
        place("projectname", "", 1),
        place("entry", "name", 1),
    ] {
        refused(key.open(elsewhere, &sealed));
    }
}

#[test]
fn a_field_opens_under_its_key_alone() {
    let (secret, dice) = (Secret::random(&entropy(1)), entropy(2));
    let here = place("project", "name", 1);
    let sealed = AccountKey::new(account(1), &secret, &dice).seal(here, b"Harbour");
    let error = key(3).open(here, &sealed).unwrap_err();
    assert!(error.to_string().contains("under another key"), "told by the commitment: {error}");
    refused(AccountKey::new(account(2), &secret, &dice).open(here, &sealed));
    refused(FrontKey::new(account(1), &secret, &dice).open(here, &sealed));
    refused(RetentionKey::new(2026, &secret, &dice).open(here, &sealed));

    let kept = RetentionKey::new(2026, &secret, &dice).seal(here, b"invoice");
    assert_eq!(RetentionKey::new(2026, &secret, &dice).open(here, &kept).unwrap(), b"invoice");
    refused(RetentionKey::new(2027, &secret, &dice).open(here, &kept));
}

#[test]
fn a_field_that_was_altered_anywhere_does_not_open() {
    let key = key(1);
    let here = place("project", "name", 1);
    let sealed = key.seal(here, b"Harbour");
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        refused(key.open(here, &altered));
    }
    for length in 0..sealed.len() {
        refused(key.open(here, &sealed[..length]));
    }
    refused(key.open(here, &[&sealed[..], &[0]].concat()));
    for version in (0..=255).filter(|version| *version != 1) {
        let mut altered = sealed.clone();
        altered[0] = version;
        let error = key.open(here, &altered).unwrap_err();
        assert!(error.to_string().contains("version"), "{error}");
    }
}

#[test]
fn the_same_text_is_never_sealed_alike() {
    let key = key(1);
    let here = place("project", "name", 1);
    assert_ne!(key.seal(here, b"Harbour"), key.seal(here, b"Harbour"));
}

#[test]
fn a_tag_finds_equal_values_of_one_domain_in_one_account() {
    let (one, other) = (key(1), key(2));
    assert_eq!(one.tag("e-mail", b"a@b.c"), one.clone().tag("e-mail", b"a@b.c"));
    assert_ne!(one.tag("e-mail", b"a@b.c"), one.tag("e-mail", b"a@b.d"));
    assert_ne!(one.tag("e-mail", b"a@b.c"), one.tag("name", b"a@b.c"));
    assert_ne!(one.tag("e-mail", b"a@b.c"), other.tag("e-mail", b"a@b.c"));
    let (first, second) = (Secret::random(&entropy(1)), Secret::random(&entropy(2)));
    assert_ne!(NameKey::new(&first).tag("acme"), NameKey::new(&second).tag("acme"));
    assert_ne!(NameKey::new(&first).tag("acme"), NameKey::new(&first).tag("acne"));
}

#[test]
fn commitments_tell_keys_apart_and_kinds_too() {
    let (one, other) = (Secret::random(&entropy(1)), Secret::random(&entropy(2)));
    let dice = entropy(3);
    let commitment = AccountKey::new(account(1), &one, &dice).commitment();
    assert_eq!(commitment, KeyKind::Account.commitment(&one));
    assert_ne!(commitment, AccountKey::new(account(1), &other, &dice).commitment());
    assert_ne!(commitment, FrontKey::new(account(1), &one, &dice).commitment());
}

#[test]
fn debug_prints_no_key() {
    let secret = Secret::random(&entropy(1));
    let dice = entropy(2);
    let printed = format!(
        "{secret:?} {:?} {:?} {:?} {:?}",
        AccountKey::new(account(1), &secret, &dice),
        FrontKey::new(account(1), &secret, &dice),
        RetentionKey::new(2026, &secret, &dice),
        NameKey::new(&secret),
    );
    assert_eq!(
        printed,
        "Secret AccountKey(01010101-0101-0101-0101-010101010101) \
         FrontKey(01010101-0101-0101-0101-010101010101) RetentionKey(2026) NameKey"
    );
}

proptest! {
    #[test]
    fn what_is_sealed_opens(plain: Vec<u8>, row: [u8; 16]) {
        let key = key(1);
        let here = Place::of_row("table", "column", row);
        prop_assert_eq!(key.open(here, &key.seal(here, &plain)).unwrap(), plain);
    }
}
