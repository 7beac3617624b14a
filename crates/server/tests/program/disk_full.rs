//! A data folder on a full disk. It is a real one, in memory, so this test must be able to mount it.

use crate::{
    http::{Answer, Client, Folder},
    ledger::{Content, Ledger},
    node::{Place, eventually, files_under, folder, project},
};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const KIB: usize = 1 << 10;
/// Longer than a job is claimed by a node that is gone.
const CLAIMS_ARE_OVER: u64 = 3 * 60;

/// A file system in memory; unmounted when it is dropped, so declare it before what works on it.
pub(crate) struct Mount(pub(crate) PathBuf);

impl Mount {
    /// Mounts one over a new folder. The test fails where it may not: one that did not run shows nothing.
    pub(crate) fn new(path: PathBuf, options: &str) -> Self {
        fs::create_dir(&path).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path).output();
        let mounted = done.as_ref().is_ok_and(|done| done.status.success());
        assert!(mounted, "this test mounts a small file system, for which it must run as root ({done:?})");
        Self(path)
    }

    /// Mounts it again, otherwise.
    pub(crate) fn again(&self, option: &str) {
        let options = format!("remount,{option}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let done = Command::new("umount").arg(&self.0).status();
        if !done.as_ref().is_ok_and(std::process::ExitStatus::success) {
            eprintln!("{} stays mounted: {done:?}", self.0.display());
        }
    }
}

#[test]
fn a_full_disk_is_said_to_be_full_and_space_that_is_given_back_is_used() {
    let place = Place::new();
    let mount = Mount::new(place.data(), "size=24m,mode=700");
    let node = place.serve(&mount.0);
    let signed_in = place.sign_up(&mount.0, &node);
    let client = node.client(&signed_in);
    let folder = folder(&client, &project(&client), "Full");
    let mut ledger = Ledger::default();

    fill(&client, &folder, &mut ledger, "large", 1024 * KIB);
    let kept = ledger.acknowledged();
    assert!(kept > 5, "only {kept} MiB found room");
    ledger.compare(&client, &folder).whole();

    for entry in client.list(&folder.files()).iter().take(4) {
        delete_for_good(&client, &mut ledger, entry);
    }
    node.kill();
    place.move_clock(CLAIMS_ARE_OVER); // what the killed node had begun to collect, another may
    let node = place.serve(&mount.0); // the collector looks at once
    let client = node.client(&signed_in);
    assert_collected(&mount, ledger.compare(&client, &folder).whole());
    accept(&client, &folder, &mut ledger, "again", 2048 * KIB);

    // To the last byte, where no row finds room either.
    for (name, size) in [("large-again", 1024 * KIB), ("middle", 64 * KIB), ("small", 4 * KIB), ("least", 1)]
    {
        fill(&client, &folder, &mut ledger, name, size);
    }
    ledger.compare(&client, &folder).whole();
    node.kill();
    let node = place.serve(&mount.0);
    let client = node.client(&signed_in);
    ledger.compare(&client, &folder).whole();
    delete_for_good(&client, &mut ledger, &client.list(&folder.files())[0]);
    // A blob whose rows found no room lies there until the intent of its upload is over.
    node.kill();
    place.move_clock(11 * 60);
    let node = place.serve(&mount.0);
    let client = node.client(&signed_in);
    assert_collected(&mount, ledger.compare(&client, &folder).whole());
    accept(&client, &folder, &mut ledger, "at-last", 512 * KIB);
    ledger.compare(&client, &folder).whole();
}

#[test]
fn a_disk_that_is_full_to_the_last_byte_is_emptied_by_the_node_that_runs() {
    let place = Place::new();
    let mount = Mount::new(place.data(), "size=24m,mode=700");
    let node = place.serve(&mount.0);
    let client = place.sign_up(&mount.0, &node);
    let folder = folder(&client, &project(&client), "Full");
    let mut ledger = Ledger::default();
    for number in 0..8 {
        accept(&client, &folder, &mut ledger, &format!("before-{number}"), 1024 * KIB);
    }
    let ballast = mount.0.join("ballast");
    to_the_last_byte(&ballast);
    for (name, length) in [("large", 1024 * KIB), ("small", 4 * KIB), ("least", 1)] {
        refuse(&client, &folder, &mut ledger, name, length);
    }
    ledger.compare(&client, &folder).whole();
    assert!(
        File::options().append(true).open(&ballast).unwrap().write_all(&[0; 4096]).is_err(),
        "it is full"
    );

    let doctor = place.run(&["doctor", "--data", mount.0.to_str().unwrap()]);
    assert_eq!(doctor.status.code(), Some(1), "{doctor:?}");
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("full"), "{doctor:?}");
    // Whoever is to delete something must get in.
    let proof = json!({ "email": "ines@mirabel.example", "password": "correct horse battery staple" });
    let signed_in = client.send("PUT", "/session", "application/json", proof.to_string().as_bytes()).unwrap();
    assert_eq!(signed_in.status, 200, "{signed_in:?}");

    // Into the trash and out of it, for good.
    let entries = client.list(&folder.files());
    delete_for_good(&client, &mut ledger, &entries[0]);
    assert_collected(&mount, ledger.compare(&client, &folder).whole());
    let mut round = 0;
    let accepted = eventually(Duration::from_secs(10), || {
        round += 1;
        let (name, content) = (format!("after-{round}"), Content { seed: 3, length: 64 * KIB });
        let answer = eager(&client, &folder, &name, content);
        let accepted = answer.status == 201;
        assert!(accepted || answer.problem() == "storage-full", "{answer:?}");
        ledger.note(&name, content, accepted);
        accepted
    });
    assert!(
        accepted && mount.0.join("reserve").exists(),
        "uploads are taken once the reserve is there again"
    );
    assert_collected(&mount, ledger.compare(&client, &folder).whole());

    // The same again, and what is left survives a kill on the full disk.
    to_the_last_byte(&ballast);
    refuse(&client, &folder, &mut ledger, "again", 256 * KIB);
    let entries = client.list(&folder.files());
    delete_for_good(&client, &mut ledger, &entries[0]);
    to_the_last_byte(&ballast);
    node.kill();
    let node = place.serve(&mount.0);
    let client = node.client(&client);
    ledger.compare(&client, &folder).whole();
    fs::remove_file(&ballast).unwrap();
    // The node looks now and then for the room that its reserve needs.
    let content = Content { seed: 1, length: 1024 * KIB };
    let accepted =
        eventually(Duration::from_secs(5), || eager(&client, &folder, "at-last", content).status == 201);
    assert!(accepted, "there is room again");
    ledger.note("at-last", content, true);
    ledger.compare(&client, &folder).whole();
}

/// Writes until nothing fits any more.
fn to_the_last_byte(ballast: &Path) {
    let mut file = File::options().create(true).append(true).open(ballast).unwrap();
    for piece in [1024 * KIB, 4 * KIB, 1] {
        while file.write_all(&vec![0; piece]).is_ok() {}
    }
}

fn refuse(client: &Client, folder: &Folder, ledger: &mut Ledger, name: &str, length: usize) {
    let content = Content { seed: 2, length };
    let answer = eager(client, folder, name, content);
    assert_eq!((answer.status, answer.problem().as_str()), (503, "storage-full"), "{answer:?}");
    ledger.note(name, content, false);
}

/// Uploads until there is no room, which must be said in so many words.
fn fill(client: &Client, folder: &Folder, ledger: &mut Ledger, name: &str, length: usize) {
    for number in 0..400 {
        let (name, content) = (format!("{name}-{number}"), Content { seed: number, length });
        let answer = eager(client, folder, &name, content);
        if answer.status == 201 {
            ledger.note(&name, content, true);
            continue;
        }
        assert_eq!((answer.status, answer.problem().as_str()), (503, "storage-full"), "{answer:?}");
        ledger.note(&name, content, false);
        return;
    }
    // The last bytes are not worth a longer test: so many files found room that the disk is full enough.
}

/// A node that refuses before it has read everything may cut the connection, and its answer with it: then once more.
fn eager(client: &Client, folder: &Folder, name: &str, content: Content) -> Answer {
    let mut cut = None;
    for _ in 0..5 {
        match client.upload(folder, name, &content.bytes()) {
            Ok(answer) => return answer,
            Err(error) => cut = Some(error),
        }
    }
    panic!("no answer to {name}: {cut:?}");
}

/// Into the trash, and out of it.
fn delete_for_good(client: &Client, ledger: &mut Ledger, entry: &Value) {
    let id = entry["id"].as_str().unwrap();
    for path in [format!("/files/{id}"), format!("/trash/{id}")] {
        let gone = client.delete(&path).unwrap();
        assert_eq!(gone.status, 204, "{path}: {gone:?}");
    }
    ledger.0.remove(entry["name"].as_str().unwrap());
}

/// That there is a blob for each version, and nothing else takes space.
fn assert_collected(mount: &Mount, versions: usize) {
    let blobs = mount.0.join("blobs");
    let collected = eventually(Duration::from_secs(5), || files_under(&blobs) == versions);
    assert!(collected, "{} files for {versions} versions", files_under(&blobs));
}

fn accept(client: &Client, folder: &Folder, ledger: &mut Ledger, name: &str, length: usize) {
    let content = Content { seed: 1, length };
    let answer = client.upload(folder, name, &content.bytes()).unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    ledger.note(name, content, true);
}
