//! How many bytes an upload holds, counted byte by byte: each piece that is sent tells when it is let go.

use crate::{
    frail::{Frail, Ill},
    support::{MIB, name},
};
use bytes::Bytes;
use sites::{Rules, Site, Sites, WhenShort};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const SIZE: usize = 256 * MIB;
const PIECE: usize = 64 << 10;

#[derive(Debug, Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
}

struct Piece(Vec<u8>, Arc<Held>);

impl Piece {
    fn bytes(held: &Arc<Held>) -> Bytes {
        let now = held.now.fetch_add(PIECE, Ordering::SeqCst) + PIECE;
        held.most.fetch_max(now, Ordering::SeqCst);
        Bytes::from_owner(Self(vec![7; PIECE], Arc::clone(held)))
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.1.now.fetch_sub(PIECE, Ordering::SeqCst);
    }
}

/// The most that is held at any moment of an upload to these sites.
async fn most_held(sites: Vec<Site>) -> usize {
    let copies = sites.len();
    let rules = Rules { copies, when_short: WhenShort::Refuse, patience: Duration::from_secs(10) };
    let sites = Sites::new(sites, rules).unwrap();
    let held = Arc::<Held>::default();
    let mut upload = sites.upload(name(1, 0));
    for _ in 0..SIZE / PIECE {
        upload.write(Piece::bytes(&held)).await.unwrap();
    }
    assert_eq!(upload.finish().await.unwrap().sites.len(), copies);
    assert_eq!(held.now.load(Ordering::SeqCst), 0, "something is kept");
    held.most.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_holds_two_batches() {
    let temp = tempfile::tempdir().unwrap();
    let most = most_held(vec![Site::directory("a", temp.path()).unwrap()]).await;
    assert!(most <= 3 * MIB, "{most} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_bucket_beside_a_directory_holds_three_pieces() {
    let temp = tempfile::tempdir().unwrap();
    let slow = Frail::forgetful();
    slow.falls(Ill::Slow(Duration::from_millis(30)));
    let sites = vec![Site::directory("a", temp.path()).unwrap(), Site::bucket("b", Arc::new(slow))];
    let most = most_held(sites).await;
    assert!((16 * MIB..=28 * MIB).contains(&most), "{most} bytes");
}
