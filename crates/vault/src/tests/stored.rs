//! What version 1 of each stored format looks like, byte for byte. What is committed here must open for ever; when a
//! format changes it gets a new version and a new file, and these stay.

use crate::{
    AccountKey, Epoch, FrontKey, KeyKind, Manifest, NameKey, PartLen, Place, RecoveryKey, RetentionKey,
    Secret, Shard, ShardEpoch, Span, Verified,
    codec::with_digest,
    envelope::Pair,
    keyring::Object,
    testing::{account, entropy, hex},
};
use kernel::{BlobId, PersonId, Timestamp};
use std::fmt::Write as _;

const FIELD: &str = include_str!("stored/field-1.hex");
const FRONT: &str = include_str!("stored/front-field-1.hex");
const RETENTION: &str = include_str!("stored/retention-field-1.hex");
const MANIFEST_1: &str = include_str!("stored/manifest-1.hex");
const MANIFEST_2: &str = include_str!("stored/manifest-2.hex");
const PART: &str = include_str!("stored/part-1.hex");
const KEYRING: &str = include_str!("stored/keyring-1.hex");

fn secret() -> Secret {
    Secret::filled(|bytes| (0_u8..).zip(bytes).for_each(|(value, byte)| *byte = value))
}

fn pair() -> Pair {
    Pair::derive(&Secret::filled(|bytes| bytes.fill(0x50)))
}

fn key() -> AccountKey {
    AccountKey::new(account(0xa1), &secret(), &entropy(1))
}

const BLOB: BlobId = BlobId::from_bytes([0xb2; 16]);
const NAME: Place = Place::new("person", "name", PersonId::from_bytes([0xc3; 16]));

pub(super) fn keyring_object() -> Object {
    let shard = Shard { kind: KeyKind::Account, number: 0xa1 };
    let mut object = Object::new(ShardEpoch { shard, epoch: Epoch(7) }, *pair().public());
    object.wraps.insert([0x22; 16], b"as the root of trust made it".to_vec());
    let dice = entropy(2);
    object.enter(&dice, account(0xa1).bytes(), &secret()).unwrap();
    object.enter(&dice, account(0xa0).bytes(), &Secret::filled(|bytes| bytes.fill(1))).unwrap();
    object
}

/// The bytes are those of the file.
#[track_caller]
fn is_stored(bytes: &[u8], stored: &str) {
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let stored: String = stored.split_whitespace().collect();
    assert!(text == stored, "the stored form changed; it is now\n{text}");
}

#[test]
fn a_field() {
    is_stored(&key().seal(NAME, "Zoë".as_bytes()), FIELD);
    assert_eq!(key().open(NAME, &hex(FIELD)).unwrap(), "Zoë".as_bytes());
}

#[test]
fn a_front_field() {
    let key = FrontKey::new(account(0xa1), &secret(), &entropy(1));
    is_stored(&key.seal(NAME, b"Acme"), FRONT);
    assert_eq!(key.open(NAME, &hex(FRONT)).unwrap(), b"Acme");
}

#[test]
fn a_retained_field() {
    let key = RetentionKey::new(2026, &secret(), &entropy(1));
    is_stored(&key.seal(NAME, b"invoice"), RETENTION);
    assert_eq!(key.open(NAME, &hex(RETENTION)).unwrap(), b"invoice");
}

#[test]
fn a_manifest() {
    let parts = |numbers: [u32; 2]| {
        let parts = numbers.into_iter().zip([1 << 30, 5]);
        Manifest::new(parts.map(|(number, len)| PartLen { number, len }).collect()).unwrap()
    };
    let manifest = parts([1, 3]);
    is_stored(&manifest.seal(&key(), NAME), MANIFEST_2);
    assert_eq!(Manifest::open(&key(), NAME, &hex(MANIFEST_2)).unwrap(), manifest);
    assert_eq!(Manifest::open(&key(), NAME, &hex(MANIFEST_1)).unwrap(), parts([0, 1]));
}

#[test]
fn a_part() {
    let mut part = key().seal_part(BLOB, 4);
    let mut sealed = part.seal(b"Some bytes of a file.").unwrap().to_vec();
    sealed.extend_from_slice(&part.finish().unwrap().0);
    is_stored(&sealed, PART);
    let mut opener = key().open_part(BLOB, 4, Span::whole(21).unwrap());
    assert_eq!(opener.open(&hex(PART)).unwrap(), b"Some bytes of a file."[..]);
    opener.finish().unwrap();
}

#[test]
fn a_keyring() {
    let object = keyring_object();
    is_stored(&object.encode(), KEYRING);
    let read = Object::decode(object.at.shard, &hex(KEYRING)).unwrap();
    assert_eq!(read, object);
    let opened = read.open(&pair(), account(0xa1).bytes()).unwrap().unwrap();
    assert_eq!(opened.expose(), secret().expose());
}

#[test]
fn tags_and_commitments() {
    is_stored(&key().tag("e-mail", b"zoe@example.org"), include_str!("stored/tag-1.hex"));
    is_stored(&NameKey::new(&secret()).tag("acme.example.org"), include_str!("stored/name-tag-1.hex"));
    is_stored(&key().commitment(), include_str!("stored/commitment-1.hex"));
}

#[test]
fn a_note_on_the_mirror() {
    let note = Verified { at: Timestamp::from_micros(1_645_557_742_000_000), sound: true };
    is_stored(&note.encode(), include_str!("stored/verified-1.hex"));
    assert_eq!(Verified::decode(&hex(include_str!("stored/verified-1.hex"))), Ok(note));
    for bad in [&[][..], &[1], &with_digest(vec![2, 1, 0, 0, 0, 0, 0, 0, 0, 0]), &with_digest(vec![1, 2])] {
        assert!(Verified::decode(bad).is_err());
    }
}

#[test]
fn a_recovery_code() {
    let code = RecoveryKey::generate(&entropy(5)).code();
    assert_eq!(*code, include_str!("stored/recovery-code-1.txt").trim());
    let public = *code.parse::<RecoveryKey>().unwrap().pair().public();
    is_stored(&public, include_str!("stored/recovery-public-1.hex"));
}
