//! A node that is killed while people upload: what it acknowledged is there, and nothing else that is half.

use crate::{
    http::{Client, Folder},
    ledger::{Content, Dice, Ledger},
    node::{Place, eventually, files_under, folder, project},
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

const WRITERS: u64 = 4;
const MIB: u64 = 1 << 20;
/// Longer than the intent of an upload lives.
const INTENTS_ARE_OVER: u64 = 11 * 60;

/// A few kills; with `PALISADE_LONG=1` as many as the release is measured by.
#[test]
fn what_was_acknowledged_survives_a_kill_and_nothing_is_left_behind() {
    let kills = if std::env::var_os("PALISADE_LONG").is_some() { 50 } else { 4 };
    let place = Place::new();
    let data = place.data();
    let mut node = place.serve(&data);
    let client = place.sign_up(&data, &node);
    let project = project(&client);
    let mut dice = Dice(u64::from(std::process::id()));
    let mut rounds: Vec<(Folder, Ledger)> = Vec::new();

    for round in 0..kills {
        let client = node.client(&client);
        let folder = folder(&client, &project, &format!("Round {round}"));
        let moment = Duration::from_millis(100 + dice.below(900));
        let stop = AtomicBool::new(false);
        let ledger = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (client, folder, stop, seed) = (&client, &folder, &stop, dice.roll());
                    scope.spawn(move || write(client, folder, writer, seed, stop))
                })
                .collect();
            thread::sleep(moment);
            node.kill();
            stop.store(true, Ordering::Relaxed);
            let mut ledger = Ledger::default();
            ledger.0.extend(writers.into_iter().flat_map(|writer| writer.join().unwrap().0));
            ledger
        });
        node = place.serve(&data);
        ledger.compare(&node.client(&client), &folder).whole();
        rounds.push((folder, ledger));
    }

    let blobs = data.join("blobs");
    let before = files_under(&blobs);
    node.kill();
    place.move_clock(INTENTS_ARE_OVER);
    let node = place.serve(&data); // the collector looks at once
    let client = node.client(&client);
    let found: Vec<_> = rounds.iter().map(|(folder, ledger)| ledger.compare(&client, folder)).collect();
    let versions: usize = found.iter().map(|found| found.versions).sum();
    eventually(Duration::from_secs(10), || files_under(&blobs) == versions);

    let acknowledged: usize = rounds.iter().map(|(_, ledger)| ledger.acknowledged()).sum();
    let lost: Vec<_> = found.iter().flat_map(|found| &found.lost).collect();
    let orphans = files_under(&blobs).abs_diff(versions);
    eprintln!(
        "kills {kills}, acknowledged {acknowledged}, lost {}, versions {versions}, \
         files before the collection {before}, orphans after it {orphans}",
        lost.len()
    );
    assert!(acknowledged > 0, "nothing was uploaded between the kills");
    assert!(lost.is_empty(), "{lost:#?}");
    assert_eq!(orphans, 0);
    let bytes: usize = rounds.iter().map(|(_, ledger)| ledger.bytes_acknowledged()).sum();
    let used = client.get("/account").unwrap().json()["used_bytes"].as_u64().unwrap();
    assert!(used >= bytes as u64, "{used} of {bytes} bytes are counted");
}

/// Uploads until the node is gone: new files, and versions of those that were sent before.
fn write(client: &Client, folder: &Folder, writer: u64, seed: u64, stop: &AtomicBool) -> Ledger {
    let (mut ledger, mut dice, mut files) = (Ledger::default(), Dice(seed), 0);
    while !stop.load(Ordering::Relaxed) {
        let file = if files > 0 && dice.below(3) == 0 { dice.below(files) } else { files };
        files = files.max(file + 1);
        let name = format!("{writer}-{file}.bin");
        let limit = [1, 64 << 10, MIB, 3 * MIB][usize::try_from(dice.below(4)).unwrap()];
        let length = usize::try_from(1 + dice.below(limit)).unwrap();
        let content = Content { seed: dice.roll(), length };
        match client.upload(folder, &name, &content.bytes()) {
            Ok(answer) => {
                assert!(matches!(answer.status, 200 | 201), "{name}: {answer:?}");
                ledger.note(&name, content, true);
            }
            Err(_) => ledger.note(&name, content, false),
        }
    }
    ledger
}
