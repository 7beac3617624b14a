//! The main job on real input: a folder of real files and one large file go up, come back byte for byte, and the node's
//! memory does not grow with them.

use crate::{
    http::{Client, Folder},
    ledger::Dice,
    node::{Node, Place, folder, project},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

const FILES: usize = 300;
const MIB: usize = 1 << 20;

/// 64 MiB; with `PALISADE_LONG=1` the 2 GiB that the release is measured by.
#[test]
fn a_folder_of_real_files_and_a_large_file_come_back_in_steady_memory() {
    let large = if std::env::var_os("PALISADE_LONG").is_some() { 2048 } else { 64 };
    let place = Place::new();
    let data = place.data();
    let node = place.serve(&data);
    let client = place.sign_up(&data, &node);
    let project = project(&client);
    let (root, files) = real_files();

    let (sent, small_peak) = watched(&node, || upload_all(&client, &project, &root, &files));
    let ((), back_peak) = watched(&node, || compare_all(&client, &root, &sent));
    let target = folder(&client, &project, "Large");
    let begun = Instant::now();
    let (id, up_peak) = watched(&node, || upload_large(&client, &target, large));
    let up = begun.elapsed();
    let begun = Instant::now();
    let ((), down_peak) = watched(&node, || compare_large(&client, &id, large));
    let down = begun.elapsed();

    let speed = |span: Duration| large as u128 * 1_000 / span.as_millis().max(1);
    eprintln!(
        "{FILES} files from {} folders and {large} MiB came back; up {} MiB/s, down {} MiB/s; resident: folder \
         {} MiB up, {} MiB down; large file {} MiB up, {} MiB down",
        sent.len(),
        speed(up),
        speed(down),
        small_peak >> 20,
        back_peak >> 20,
        up_peak >> 20,
        down_peak >> 20,
    );
    // What the node holds while a large file passes is buffers: their number is fixed.
    let allowed = small_peak.max(back_peak) + 32 * MIB as u64;
    assert!(up_peak <= allowed && down_peak <= allowed, "memory grows with the file");
}

/// The first files that Cargo unpacked for this very build, folder after folder.
fn real_files() -> (PathBuf, Vec<PathBuf>) {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).unwrap();
    let root = home.join("registry/src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert_eq!(files.len(), FILES, "{}: too few sources of crates", root.display());
    (root, files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if files.len() == FILES {
            return;
        }
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

/// Files by the id of their folder.
type Sent = BTreeMap<String, (Folder, Vec<PathBuf>)>;

fn upload_all(client: &Client, project: &str, root: &Path, files: &[PathBuf]) -> Sent {
    let mut made: BTreeMap<PathBuf, Folder> = BTreeMap::new();
    let mut sent = Sent::new();
    for file in files {
        let above = file.parent().unwrap();
        let below_root: Vec<_> = above.ancestors().take_while(|folder| *folder != root).collect();
        for folder in below_root.into_iter().rev() {
            if !made.contains_key(folder) {
                let parent = made.get(folder.parent().unwrap()).map(|parent| parent.id.clone());
                let draft = json!({ "parent": parent, "name": name(folder) });
                let answer = client.post(&format!("/projects/{project}/folders"), &draft).unwrap();
                assert_eq!(answer.status, 201, "{answer:?}");
                let id = answer.json()["id"].as_str().unwrap().to_owned();
                made.insert(folder.to_owned(), Folder { project: project.to_owned(), id });
            }
        }
        let folder = &made[above];
        let answer = client.upload(folder, &encoded(name(file)), &fs::read(file).unwrap()).unwrap();
        assert_eq!(answer.status, 201, "{}: {answer:?}", file.display());
        sent.entry(folder.id.clone()).or_insert_with(|| (folder.clone(), Vec::new())).1.push(file.clone());
    }
    sent
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn encoded(name: &str) -> String {
    use std::fmt::Write;
    name.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").unwrap();
        text
    })
}

fn compare_all(client: &Client, root: &Path, sent: &Sent) {
    for (folder, files) in sent.values() {
        let listed = client.list(&folder.files());
        for file in files {
            let short = file.strip_prefix(root).unwrap().display();
            let entry = listed.iter().find(|entry| entry["name"] == name(file));
            let entry: &Value = entry.unwrap_or_else(|| panic!("{short} is not listed"));
            let back = client.get(&format!("/files/{}/content", entry["id"].as_str().unwrap())).unwrap();
            assert!(
                back.status == 200 && back.body == fs::read(file).unwrap(),
                "{short} came back otherwise"
            );
        }
    }
}

/// Content that no two MiB of are alike.
fn block(number: usize) -> Vec<u8> {
    let mut dice = Dice(number as u64);
    (0..MIB / 8).flat_map(|_| dice.roll().to_le_bytes()).collect()
}

fn upload_large(client: &Client, folder: &Folder, blocks: usize) -> String {
    let mut stream =
        client.begin("POST", &folder.upload("large.bin"), "application/octet-stream", blocks * MIB).unwrap();
    for number in 0..blocks {
        stream.write_all(&block(number)).unwrap();
    }
    let answer = crate::http::answer(stream).unwrap();
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn compare_large(client: &Client, id: &str, blocks: usize) {
    let mut stream = client.begin("GET", &format!("/files/{id}/content"), "application/json", 0).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    let mut got = vec![0; MIB];
    for number in 0..blocks {
        stream.read_exact(&mut got).unwrap();
        assert!(got == block(number), "MiB {number} came back otherwise");
    }
    assert_eq!(stream.read(&mut got).unwrap(), 0, "more came than was sent");
}

/// Does something while the memory of the node is watched: what came of it, and the most bytes that were resident.
fn watched<T>(node: &Node, work: impl FnOnce() -> T) -> (T, u64) {
    let (peak, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(node.resident_bytes(), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(10));
            }
        });
        // The watcher ends also where the work fails.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        over.store(true, Ordering::Relaxed);
        result
    });
    (result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), peak.into_inner())
}
