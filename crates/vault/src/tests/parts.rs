//! Parts of files: sealed and opened as streams, and every kind of surgery on them.

use super::fields::key;
use crate::{
    AccountKey, HEADER_LEN, Manifest, PartLen, Place, SEGMENT_LEN, Span, plain_len, sealed_len,
    secret::Secret,
    testing::{account, entropy},
};
use kernel::{BlobId, Kind, Result};
use proptest::prelude::*;
use std::ops::Range;

const BLOB: BlobId = BlobId::from_bytes([9; 16]);
const SEALED_SEGMENT: usize = SEGMENT_LEN + 16;

fn bytes(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    entropy(77).fill(&mut bytes);
    bytes
}

fn seal(key: &AccountKey, plain: &[u8], chunk: usize) -> Vec<u8> {
    let mut part = key.seal_part(BLOB, 3);
    let mut sealed = Vec::new();
    for chunk in plain.chunks(chunk.max(1)) {
        sealed.extend_from_slice(&part.seal(chunk).unwrap());
    }
    let (rest, len) = part.finish().unwrap();
    assert_eq!(len, plain.len() as u64);
    sealed.extend_from_slice(&rest);
    sealed
}

fn open_at(
    key: &AccountKey,
    (blob, part): (BlobId, u32),
    span: Span,
    sealed: &[u8],
    chunk: usize,
) -> Result<Vec<u8>> {
    let mut opener = key.open_part(blob, part, span);
    let mut plain = Vec::new();
    for chunk in sealed.chunks(chunk.max(1)) {
        plain.extend_from_slice(&opener.open(chunk)?);
    }
    opener.finish()?;
    Ok(plain)
}

fn open(key: &AccountKey, len: usize, sealed: &[u8]) -> Result<Vec<u8>> {
    open_at(key, (BLOB, 3), Span::whole(len as u64).unwrap(), sealed, 100_000)
}

fn read(span: &Span, sealed: &[u8]) -> Vec<u8> {
    let slice = |range: Range<u64>| {
        &sealed[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]
    };
    span.reads().into_iter().flat_map(slice).copied().collect()
}

#[track_caller]
fn refused(opened: Result<Vec<u8>>) {
    let error = opened.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(error.to_string().contains("sealed-part"), "{error}");
}

#[test]
fn lengths_around_the_edge_of_a_segment() {
    let key = key(1);
    for len in [0, 1, SEGMENT_LEN - 1, SEGMENT_LEN, SEGMENT_LEN + 1, 2 * SEGMENT_LEN, 2 * SEGMENT_LEN + 1] {
        let plain = bytes(len);
        for chunk in [1000, SEGMENT_LEN, SEGMENT_LEN + 1, 1 << 20] {
            let sealed = seal(&key, &plain, chunk);
            assert_eq!(sealed.len() as u64, sealed_len(len as u64));
            assert_eq!(plain_len(sealed.len() as u64), Some(len as u64));
            assert!(open(&key, len, &sealed).unwrap() == plain, "{len} in chunks of {chunk}");
        }
    }
}

#[test]
fn the_sealer_keeps_back_one_segment_at_most() {
    let key = key(1);
    let mut sealer = key.seal_part(BLOB, 0);
    let (mut given, mut out) = (0, 0);
    for _ in 0..100 {
        given += 10_000;
        out += sealer.seal(&bytes(10_000)).unwrap().len();
        assert!(given <= out + SEGMENT_LEN, "{given} given, {out} out");
    }
}

#[test]
fn a_part_opens_as_itself_alone() {
    let secret = Secret::random(&entropy(1));
    let key = AccountKey::new(account(1), &secret, &entropy(2));
    let plain = bytes(1000);
    let (sealed, whole) = (seal(&key, &plain, 300), Span::whole(1000).unwrap());
    assert!(open_at(&key, (BLOB, 3), whole.clone(), &sealed, 300).unwrap() == plain);
    let other_blob = BlobId::from_bytes([8; 16]);
    for elsewhere in [(BLOB, 2), (BLOB, 4), (BLOB, 3 << 8), (other_blob, 3)] {
        refused(open_at(&key, elsewhere, whole.clone(), &sealed, 300));
    }
    let other_account = AccountKey::new(account(2), &secret, &entropy(2));
    let other_key = AccountKey::new(account(1), &Secret::random(&entropy(3)), &entropy(2));
    for other in [other_account, other_key] {
        refused(open_at(&other, (BLOB, 3), whole.clone(), &sealed, 300));
    }
}

#[test]
fn a_small_part_that_was_altered_anywhere_does_not_open() {
    let key = key(1);
    let sealed = seal(&key, &bytes(100), 100);
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        refused(open(&key, 100, &altered));
    }
    for length in 0..sealed.len() {
        refused(open(&key, 100, &sealed[..length]));
    }
    refused(open(&key, 100, &[&sealed[..], &[0]].concat()));
}

#[test]
fn segments_cannot_be_moved_repeated_or_cut_off() {
    let key = key(1);
    let len = 3 * SEGMENT_LEN + 500;
    let sealed = seal(&key, &bytes(len), 1 << 20);
    let (header, body) = sealed.split_at(HEADER_LEN);
    let segments: Vec<&[u8]> = body.chunks(SEALED_SEGMENT).collect();
    assert_eq!(segments.len(), 4);
    let with = |order: &[usize]| {
        let mut built = header.to_vec();
        for index in order {
            built.extend_from_slice(segments[*index]);
        }
        built
    };
    assert!(open(&key, len, &with(&[0, 1, 2, 3])).is_ok());

    // Under the length of the row, and under the length that what is left would have.
    let orders: [&[usize]; 12] = [
        &[1, 0, 2, 3],
        &[0, 2, 1, 3],
        &[0, 0, 1, 2, 3],
        &[0, 1, 2, 2, 3],
        &[0, 1, 3],
        &[1, 2, 3],
        &[0, 1, 2],
        &[0, 1],
        &[],
        &[3],
        &[0, 1, 2, 3, 3],
        &[0, 3, 1, 2],
    ];
    for order in orders {
        let built = with(order);
        refused(open(&key, len, &built));
        if let Some(own) = plain_len(built.len() as u64) {
            refused(open(&key, usize::try_from(own).unwrap(), &built));
        }
    }
    // A segment of another part of the same length, in the same place.
    let other = seal(&key, &bytes(len), 1 << 20);
    let at = HEADER_LEN..HEADER_LEN + SEALED_SEGMENT;
    let mut mixed = sealed.clone();
    mixed[at.clone()].copy_from_slice(&other[at]);
    refused(open(&key, len, &mixed));
    // The header of another part.
    refused(open(&key, len, &[&other[..HEADER_LEN], body].concat()));
}

#[test]
fn a_part_of_another_length_than_the_rows_does_not_open() {
    let key = key(1);
    for (len, other) in [
        (1000, 999),
        (1000, 1001),
        (SEGMENT_LEN, SEGMENT_LEN + 1),
        (SEGMENT_LEN + 1, SEGMENT_LEN),
        (1, 0),
        (0, 1),
    ] {
        refused(open(&key, other, &seal(&key, &bytes(len), 1000)));
    }
}

#[test]
fn after_a_failure_nothing_is_given_out() {
    let key = key(1);
    let len = 3 * SEGMENT_LEN;
    let mut sealed = seal(&key, &bytes(len), 1 << 20);
    sealed[HEADER_LEN + SEALED_SEGMENT + 5] ^= 1;
    let mut opener = key.open_part(BLOB, 3, Span::whole(len as u64).unwrap());
    let (before, after) = sealed.split_at(HEADER_LEN + 2 * SEALED_SEGMENT);
    assert!(opener.open(before).is_err(), "not even the good segment of the same chunk");
    assert!(opener.open(after).is_err());
    assert!(opener.finish().is_err());
}

#[test]
fn a_manifest_is_sealed_and_maps_ranges_to_parts() {
    let key = key(1);
    let here = Place::new("blob", "manifest", BLOB);
    let parts = |parts: &[(u32, u64)]| {
        Manifest::new(parts.iter().map(|&(number, len)| PartLen { number, len }).collect())
    };
    let manifest = parts(&[(1, 100), (2, 0), (7, 50)]).unwrap();
    let sealed = manifest.seal(&key, here);
    assert_eq!(Manifest::open(&key, here, &sealed).unwrap(), manifest);
    assert!(
        Manifest::open(&key, Place::new("blob", "manifest", BlobId::from_bytes([1; 16])), &sealed).is_err()
    );
    assert_eq!((manifest.len(), manifest.is_empty()), (150, false));

    let spans = |range| {
        let spans = manifest.spans(range).unwrap();
        spans.into_iter().map(|part| (part.part, part.span.plain())).collect::<Vec<_>>()
    };
    assert_eq!(spans(0..150), [(1, 0..100), (2, 0..0), (7, 0..50)]);
    assert_eq!(spans(99..101), [(1, 99..100), (7, 0..1)]);
    assert_eq!(spans(100..101), [(7, 0..1)]);
    assert_eq!(spans(10..20), [(1, 10..20)]);
    assert_eq!(spans(150..150), []);
    assert!(manifest.spans(0..151).is_err());
    assert!(parts(&[(0, u64::MAX), (1, 1)]).is_err());
    assert!(parts(&[(2, 1), (1, 1)]).is_err(), "numbers rise");
    assert!(parts(&[(1, 1), (1, 1)]).is_err(), "a part stands once");
    assert!(parts(&[]).unwrap().is_empty());
    assert_eq!(parts(&[(0, 9)]).unwrap(), Manifest::of_one(9));
}

#[test]
fn a_manifest_of_another_version_or_shape_is_refused() {
    let key = key(1);
    let here = Place::new("blob", "manifest", BLOB);
    let short = &[2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..];
    for plain in [&b""[..], &[1, 0, 0, 0], &[3, 0, 0, 0, 0], &[1, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 0], short] {
        assert!(Manifest::open(&key, here, &key.seal(here, plain)).is_err(), "{plain:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_range_opens_in_any_chunks(
        len in prop_oneof![0_usize..2000, 60_000_usize..300_000],
        ends: (prop::sample::Index, prop::sample::Index),
        chunks in (1_usize..100_000, 1_usize..100_000),
    ) {
        let key = key(1);
        let plain = bytes(len);
        let sealed = seal(&key, &plain, chunks.0);
        let (a, b) = (ends.0.index(len + 1), ends.1.index(len + 1));
        let range = a.min(b)..a.max(b);
        let span = Span::new(range.start as u64..range.end as u64, len as u64).unwrap();
        let opened = open_at(&key, (BLOB, 3), span.clone(), &read(&span, &sealed), chunks.1).unwrap();
        prop_assert!(opened == plain[range]);
    }

    #[test]
    fn a_flipped_bit_in_a_range_is_seen(len in 1_usize..200_000, at: prop::sample::Index, bit in 0_u8..8) {
        let key = key(1);
        let mut sealed = seal(&key, &bytes(len), 70_000);
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        refused(open(&key, len, &sealed));
    }
}
