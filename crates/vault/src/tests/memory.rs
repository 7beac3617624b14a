//! What is left of a key in this process's memory, as a core image would show it.

use super::vault::key_site;
use crate::{KeyKind, Secret, Vault, VaultConfig, testing::account};
use kernel::{Clock, Entropy, Source, Timestamp};
use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex},
};

/// What is looked for lies in memory only with each bit turned, or the search would find itself.
type Turned = [u8; 32];

/// How many times these bytes lie in the writable memory of this process.
fn count(turned: &Turned) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    let mut buffer = vec![0; 1 << 20];
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let end = u64::from_str_radix(end, 16).unwrap();
        let mut at = u64::from_str_radix(start, 16).unwrap();
        while at < end {
            let length = usize::try_from((end - at).min(buffer.len() as u64)).unwrap();
            let Ok(read) = memory.read_at(&mut buffer[..length], at) else { break };
            found += buffer[..read].windows(32).filter(|window| is(window, turned)).count();
            buffer[..read].fill(0);
            // The next piece begins where a key that lies across the edge would.
            at += if read > 31 && at + (read as u64) < end { read as u64 - 31 } else { read.max(1) as u64 };
        }
    }
    found
}

fn is(window: &[u8], turned: &Turned) -> bool {
    window.iter().zip(turned).all(|(byte, turned)| *byte == !*turned)
}

#[tokio::test]
async fn no_account_key_lies_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    // Each draw is noted turned, and computed byte by byte where it belongs, so that the dice leave no copy.
    let drawn = Arc::new(Mutex::new(Vec::<Turned>::new()));
    let notes = Arc::clone(&drawn);
    let dice = move |buffer: &mut [u8]| {
        let mut notes = notes.lock().unwrap();
        let seed = notes.len() as u64 + 1;
        let mut turned = [0; 32];
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for (index, byte) in buffer.iter_mut().enumerate() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[3];
            if let Some(turned) = turned.get_mut(index) {
                *turned = !*byte;
            }
        }
        notes.push(turned);
    };
    let source = Source { clock: Clock::new(|| Timestamp::from_micros(1)), entropy: Entropy::new(dice) };
    let config = VaultConfig { key_sites: vec![key_site(folder.path())], copies: 1, mirror: None };
    let vault = Vault::open(config, source).await.unwrap();
    let before = drawn.lock().unwrap().len();
    let (key, _) = vault.create_account(account(1)).await.unwrap();
    // The first draw for an account is its key.
    let turned = drawn.lock().unwrap()[before];

    let mut clear = Box::new(turned);
    clear.iter_mut().for_each(|byte| *byte = !*byte);
    assert!(count(&turned) > 0, "the search finds what is there");
    clear.iter_mut().for_each(|byte| *byte = 0);
    drop(clear);

    assert_eq!(count(&turned), 0, "not even while the account is in use: only subkeys are kept");
    let commitment = key.commitment();
    vault.purge(account(1));
    drop(key);
    assert_eq!(count(&turned), 0);

    let was = Secret::filled(|bytes| bytes.iter_mut().zip(turned).for_each(|(byte, turned)| *byte = !turned));
    assert_eq!(KeyKind::Account.commitment(&was), commitment, "that was the key");
}
