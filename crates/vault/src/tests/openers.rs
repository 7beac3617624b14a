//! A short run of each fuzz target: random bytes, and mutations of what is well formed.

use crate::{
    fuzzing::{self, OPENERS},
    testing::entropy,
};

#[test]
fn no_opener_panics_or_opens_what_was_not_sealed() {
    let dice = entropy(4711);
    for (_, opener) in OPENERS {
        for length in (0..200).chain([1000, 70_000]) {
            let mut bytes = vec![0; length];
            dice.fill(&mut bytes);
            opener(&bytes);
            if let Some(first) = bytes.first_mut() {
                *first = 1; // the version that is known
                opener(&bytes);
            }
        }
    }
}

#[test]
fn a_keyring_with_any_byte_changed_is_read_or_refused() {
    let seed = super::stored::keyring_object().encode();
    let body = &seed[..seed.len() - 32];
    for index in 0..body.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut altered = body.to_vec();
            altered[index] = value;
            fuzzing::keyring(&altered);
        }
        fuzzing::keyring(&body[..index]);
    }
}

#[test]
fn each_opener_has_a_fuzz_target() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut targets: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut openers: Vec<&str> = OPENERS.iter().map(|(name, _)| *name).collect();
    targets.sort_unstable();
    openers.sort_unstable();
    assert_eq!(targets, openers);
}
