//! How near durable uploads come to what the machine can do: write, fsync, rename, fsync of the directory.
//!
//! `cargo run --release -p sites --example floor [DIRECTORY]`. Each figure is the median of nine rounds in which
//! floor and uploads take turns. Nothing is removed before the end (7 GB of disk), since a disk that
//! discards removed blocks does so at the expense of whatever is measured next.
#![expect(clippy::print_stdout, reason = "it is a program that prints its figures")]

use bytes::Bytes;
use futures_util::{TryStreamExt, future::try_join_all};
use kernel::{AccountId, BlobId, Result, ResultExt};
use sites::{PartName, Rules, Site, Sites, WhenShort};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    pin::pin,
    thread,
    time::{Duration, Instant},
};

const ROUNDS: u128 = 9;
const SMALL: usize = 10 << 10;
const TASKS: u128 = 4;
const EACH: u128 = 250;
const LARGE: usize = 256 << 20;
const SEGMENT: usize = (64 << 10) + 16;

#[tokio::main]
async fn main() -> Result<()> {
    let root = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from).join("palisade-floor");
    let _ = fs::remove_dir_all(&root); // what an earlier run left
    let bare = root.join("bare");
    fs::create_dir_all(&bare).or_internal()?;
    let one = sites(&root, &["a"])?;
    let two = sites(&root, &["b", "c"])?;

    let mut figures: [Vec<f64>; 6] = Default::default();
    for round in 0..ROUNDS {
        figures[0].push(small_floor(&bare.join(round.to_string()))?);
        figures[1].push(small(&one, round).await?);
        figures[2].push(large_floor(&bare.join(round.to_string()))?);
        figures[3].push(large(&one, round).await?);
        figures[4].push(large(&two, round).await?);
        figures[5].push(read(&one, round).await?);
    }
    let [small_floor, small, large_floor, large, two_sites, read] = figures.map(median);
    println!(
        "10 KiB, {TASKS} at once: floor {small_floor:.0}/s, ours {small:.0}/s, {}",
        percent(small, small_floor)
    );
    println!("256 MiB: floor {large_floor:.0} MiB/s, ours {large:.0} MiB/s, {}", percent(large, large_floor));
    println!(
        "256 MiB, two sites, one disk: {two_sites:.0} MiB/s, {} of half",
        percent(two_sites * 2.0, large_floor)
    );
    println!("256 MiB read: {read:.0} MiB/s");
    fs::remove_dir_all(&root).or_internal()
}

fn sites(root: &Path, names: &[&str]) -> Result<Sites> {
    let sites =
        names.iter().map(|name| Site::directory(name, &root.join(name))).collect::<Result<Vec<_>>>()?;
    let rules = Rules { copies: names.len(), when_short: WhenShort::Refuse, patience: Rules::PATIENCE };
    Sites::new(sites, rules)
}

fn account(round: u128) -> AccountId {
    AccountId::from_bytes(round.to_be_bytes())
}

fn blob(round: u128, number: u128) -> BlobId {
    BlobId::from_bytes((round << 64 | (number & u128::from(u64::MAX))).to_be_bytes())
}

fn small_floor(root: &Path) -> Result<f64> {
    fs::create_dir(root).or_internal()?;
    let begun = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..TASKS)
            .map(|task| {
                scope.spawn(move || {
                    (0..EACH).try_for_each(|number| write(root, &format!("{task}-{number}"), SMALL, SMALL))
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
    })
    .or_internal()?;
    Ok(rate(TASKS * EACH, begun.elapsed()))
}

async fn small(sites: &Sites, round: u128) -> Result<f64> {
    let bytes = Bytes::from(vec![7; SMALL]);
    let begun = Instant::now();
    let tasks = (0..TASKS).map(|task| {
        let (sites, bytes) = (sites.clone(), bytes.clone());
        tokio::spawn(async move {
            for number in 0..EACH {
                let name =
                    PartName { account: account(round), blob: blob(round, task * EACH + number), part: 0 };
                let mut upload = sites.upload(name);
                upload.write(bytes.clone()).await?;
                upload.finish().await?;
            }
            Ok(())
        })
    });
    try_join_all(tasks).await.or_internal()?.into_iter().collect::<Result<()>>()?;
    Ok(rate(TASKS * EACH, begun.elapsed()))
}

fn large_floor(root: &Path) -> Result<f64> {
    let begun = Instant::now();
    write(root, "large", LARGE, 1 << 20).or_internal()?;
    Ok(rate((LARGE >> 20) as u128, begun.elapsed()))
}

async fn large(sites: &Sites, round: u128) -> Result<f64> {
    let segment = Bytes::from(vec![7; SEGMENT]);
    let begun = Instant::now();
    let mut upload =
        sites.upload(PartName { account: account(round), blob: blob(round, u128::MAX), part: 0 });
    let mut left = LARGE;
    while left > 0 {
        let size = left.min(SEGMENT);
        upload.write(segment.slice(..size)).await?;
        left -= size;
    }
    upload.finish().await?;
    Ok(rate((LARGE >> 20) as u128, begun.elapsed()))
}

async fn read(sites: &Sites, round: u128) -> Result<f64> {
    let name = PartName { account: account(round), blob: blob(round, u128::MAX), part: 0 };
    let begun = Instant::now();
    let mut stream = pin!(sites.read(name, 0..LARGE as u64).await?);
    while stream.try_next().await?.is_some() {}
    Ok(rate((LARGE >> 20) as u128, begun.elapsed()))
}

/// One file by hand, as durable as ours.
fn write(root: &Path, name: &str, size: usize, piece: usize) -> io::Result<()> {
    let piece = vec![7; piece];
    let staged = root.join(format!("{name}#1"));
    let mut file = File::create_new(&staged)?;
    for _ in 0..size / piece.len() {
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(&staged, root.join(name))?;
    File::open(root)?.sync_all()
}

fn rate(count: u128, took: Duration) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from) / took.as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn percent(ours: f64, floor: f64) -> String {
    format!("{:.0} %", 100.0 * ours / floor)
}
