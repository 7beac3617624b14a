//! Processes that are killed, and processes that run at once: the test runs itself again as a child.

use super::vault::key_site;
use crate::{
    FileRoot, Vault, VaultConfig,
    testing::{TurnedClock, entropy},
};
use kernel::{AccountId, Source};
use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

const FOLDER: &str = "PALISADE_TEST_VAULT";
const RUN: &str = "PALISADE_TEST_RUN";
/// Few shards, so that writers meet.
const SHARDS: u8 = 3;

/// Each process has dice of its own.
async fn open(folder: &Path, seed: u64) -> Vault {
    let mut site = key_site(folder);
    site.root = Some(Arc::new(FileRoot::open(folder.join("root"), entropy(seed)).unwrap()));
    let config = VaultConfig { key_sites: vec![site], copies: 1, mirror: None };
    let source = Source { clock: TurnedClock::new().clock(), entropy: entropy(seed + 1) };
    Vault::open(config, source).await.unwrap()
}

/// Not a test by itself: what the children run. It makes accounts and tells each one when it exists.
#[tokio::test]
async fn child() {
    let (Ok(folder), Ok(run)) = (env::var(FOLDER), env::var(RUN)) else { return };
    let run: u8 = run.parse().unwrap();
    let vault = open(Path::new(&folder), u64::from(run) * 1000).await;
    for number in 0..60 {
        let mut id = [0; 16];
        (id[0], id[1], id[15]) = (run, number, number % SHARDS);
        let (key, _) = vault.create_account(AccountId::from_bytes(id)).await.unwrap();
        // One write a line, past the harness, so that no line is cut by the kill.
        let line = format!("made {number} {:?}\n", key.commitment());
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

fn start(folder: &Path, run: u8) -> (Child, impl Iterator<Item = (AccountId, String)>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tests::kills::child", "--nocapture"])
        .env(FOLDER, folder)
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::<ChildStdout>::new(child.stdout.take().unwrap()).lines();
    let made = lines.map_while(Result::ok).filter_map(move |line| {
        let (number, commitment) = line.strip_prefix("made ")?.split_once(' ')?;
        let number: u8 = number.parse().ok()?;
        let mut id = [0; 16];
        (id[0], id[1], id[15]) = (run, number, number % SHARDS);
        Some((AccountId::from_bytes(id), commitment.to_owned()))
    });
    (child, made)
}

async fn assert_all_there(folder: &Path, made: &[(AccountId, String)]) {
    let vault = open(folder, 250_000).await;
    for (account, commitment) in made {
        let key = vault.account_key(*account).await.unwrap();
        assert_eq!(format!("{:?}", key.commitment()), *commitment);
        vault.front_key(*account).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for run in 0..20 {
        let (mut child, mut made) = start(folder.path(), run);
        // The first kills fall into the making of epochs, the later ones into rewriting shards.
        all.extend(made.by_ref().take(usize::from(run) * 2 % 15));
        child.kill().unwrap();
        child.wait().unwrap();
        all.extend(made);
        assert_all_there(folder.path(), &all).await;
    }
    assert!(all.len() > 50, "{}", all.len());
}

#[tokio::test]
async fn processes_that_make_accounts_at_once_lose_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut running: Vec<_> = (0..3).map(|run| start(folder.path(), run)).collect();
    let mut all = Vec::new();
    for (child, made) in &mut running {
        all.extend(made);
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(all.len(), 180);
    assert_all_there(folder.path(), &all).await;
}
