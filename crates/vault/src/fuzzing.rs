//! Every opener of this crate, each as a function of any bytes, for the fuzz targets and for one short run in the
//! tests. None may panic, and none may open what was not sealed.

#![expect(clippy::missing_panics_doc, reason = "to panic is how a fuzz target tells what it found")]

use crate::{
    AccountKey, HEADER_LEN, KeyKind, Manifest, Place, RecoveryKey, Secret, Shard, Span, codec::with_digest,
    envelope::Pair, keyring::Object, mirror::RecoveryNote, root,
};
use kernel::{AccountId, BlobId, Entropy};
use std::sync::LazyLock;

/// An opener of untrusted bytes.
pub type Opener = fn(&[u8]);

/// All of them, by name.
pub const OPENERS: [(&str, Opener); 7] = [
    ("field", field),
    ("manifest", manifest),
    ("part", part),
    ("keyring", keyring),
    ("recovery_code", recovery_code),
    ("recovery_note", recovery_note),
    ("root_file", root_file),
];

static KEY: LazyLock<AccountKey> = LazyLock::new(|| {
    let secret = Secret::filled(|bytes| bytes.fill(7));
    AccountKey::new(AccountId::from_bytes([1; 16]), &secret, &Entropy::new(|buffer| buffer.fill(3)))
});

const BLOB: BlobId = BlobId::from_bytes([2; 16]);
const PLACE: Place = Place::new("table", "column", BLOB);

/// A sealed field; and the same behind a header that is right, so that the cipher is reached.
pub fn field(bytes: &[u8]) {
    let sealed = KEY.seal(PLACE, b"");
    for bytes in [bytes, &[&sealed[..45], bytes].concat()] {
        assert!(*bytes == sealed || KEY.open(PLACE, bytes).is_err(), "what was never sealed opened");
    }
}

/// The plaintext of a manifest, as someone with the key could seal it.
pub fn manifest(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::open(&KEY, PLACE, &KEY.seal(PLACE, bytes)) {
        let all = 0..manifest.len();
        assert!(
            manifest.spans(all).is_ok() || manifest.parts().iter().any(|part| Span::whole(part.len).is_err())
        );
    }
}

/// A sealed part, and segments behind a header that is right. The first bytes choose the length, the range and the size
/// of the chunks.
pub fn part(bytes: &[u8]) {
    let Some((&[a, b, c, start, end, chunk], sealed)) = bytes.split_first_chunk() else { return };
    let length = u64::from(u32::from_be_bytes([0, a, b, c]));
    let (start, end) = (u64::from(start) * length / 255, u64::from(end) * length / 255);
    let Ok(span) = Span::new(start..end, length) else { return };
    let Ok((own, _)) = KEY.seal_part(BLOB, 0).finish() else { return };
    for sealed in [sealed, &[&own[..HEADER_LEN], sealed].concat()] {
        let mut opener = KEY.open_part(BLOB, 0, span.clone());
        for chunk in sealed.chunks(usize::from(chunk) * 37 + 1) {
            match opener.open(chunk) {
                Ok(plain) => assert!(plain.is_empty(), "what was never sealed opened"),
                Err(_) => break,
            }
        }
        assert!(*sealed == *own || opener.finish().is_err(), "what was never sealed opened");
    }
}

/// The object of a shard, with its digest made right so that what is behind it is reached too.
pub fn keyring(bytes: &[u8]) {
    let shard = Shard { kind: KeyKind::Account, number: 1 };
    let pair = Pair::derive(&Secret::filled(|bytes| bytes.fill(5)));
    for bytes in [bytes.to_vec(), with_digest(bytes.to_vec())] {
        if let Ok(object) = Object::decode(shard, &bytes) {
            assert_eq!(object.encode(), bytes, "one form for one meaning");
            for id in object.entries.keys() {
                assert!(object.open(&pair, *id).is_err(), "what was never sealed opened");
            }
        }
    }
}

/// A recovery code, as it is typed.
pub fn recovery_code(bytes: &[u8]) {
    if let Ok(key) = String::from_utf8_lossy(bytes).parse::<RecoveryKey>() {
        assert!(key.code().parse::<RecoveryKey>().is_ok(), "what was read is written and read again");
    }
}

/// What a key site knows of the recovery key, with its digest made right.
pub fn recovery_note(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), with_digest(bytes.to_vec())] {
        if let Ok(note) = RecoveryNote::decode(&bytes) {
            assert_eq!(note.encode(), bytes, "one form for one meaning");
        }
    }
}

/// A file of the root of trust.
pub fn root_file(bytes: &[u8]) {
    if let Ok(secret) = root::decode(bytes) {
        assert_eq!(bytes.get(1..=Secret::LEN), Some(secret.expose().as_slice()), "its own bytes or none");
    }
}
