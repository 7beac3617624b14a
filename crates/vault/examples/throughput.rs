//! How fast parts are sealed and opened, and keys are looked up: `cargo run --release -p vault --example throughput`.

#![expect(clippy::print_stdout, reason = "to print is what it is for")]

use kernel::{AccountId, BlobId, Clock, Entropy, Result, Source};
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use vault::{FileRoot, KeySite, KeyStore, SEGMENT_LEN, Span, Vault, VaultConfig};

const GIB: u64 = 1 << 30;
const LOOKUPS: u32 = 1_000_000;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("vault-throughput-{}", std::process::id()));
    // The same bytes each time are good enough to measure with, and for nothing else.
    let source = Source { clock: Clock::system(), entropy: Entropy::new(|buffer| buffer.fill(0x5a)) };
    let root = FileRoot::open(folder.join("root"), source.entropy.clone())?;
    let site = KeySite {
        name: "here".to_owned(),
        store: KeyStore::directory(folder.join("keys")),
        root: Some(Arc::new(root)),
    };
    let vault =
        Vault::open(VaultConfig { key_sites: vec![site], copies: 1, mirror: None }, source.clone()).await?;
    let account: AccountId = source.id();
    let blob: BlobId = source.id();
    let (key, _) = vault.create_account(account).await?;

    for chunk in [16 * 1024, SEGMENT_LEN, 100_000, 1 << 20] {
        let plain = vec![7; chunk];
        let start = Instant::now();
        let mut sealer = key.seal_part(blob, 0);
        let mut given = 0;
        while given < GIB {
            black_box(sealer.seal(&plain)?);
            given += chunk as u64;
        }
        let (_, len) = sealer.finish()?;
        report("seal", chunk, len, start.elapsed());

        // A part of 64 MiB is opened again and again.
        let mut sealer = key.seal_part(blob, 0);
        let mut part = sealer.seal(&vec![7; 64 << 20])?.to_vec();
        let (rest, len) = sealer.finish()?;
        part.extend_from_slice(&rest);
        let start = Instant::now();
        for _ in 0..GIB / len {
            let mut opener = key.open_part(blob, 0, Span::whole(len)?);
            for chunk in part.chunks(chunk) {
                black_box(opener.open(chunk)?);
            }
            opener.finish()?;
        }
        report("open", chunk, GIB, start.elapsed());
    }

    let start = Instant::now();
    for _ in 0..LOOKUPS {
        black_box(vault.account_key(account).await?);
    }
    println!("a key from memory: {:?}", start.elapsed() / LOOKUPS);
    let start = Instant::now();
    for _ in 0..1000 {
        vault.purge(account);
        black_box(vault.account_key(account).await?);
    }
    println!("a key from the keyring: {:?}", start.elapsed() / 1000);
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

fn report(what: &str, chunk: usize, bytes: u64, time: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "for a figure that people read")]
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    println!("{what} in chunks of {chunk:>7}: {rate:>6.0} MB/s");
}
