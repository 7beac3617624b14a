//! What was sent to a node and what it acknowledged, to be compared with what it shows later.

use crate::http::{Client, Folder};
use serde_json::Value;
use std::collections::BTreeMap;

/// Content that is told by its seed and its length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub(crate) seed: u64,
    pub(crate) length: usize,
}

impl Content {
    pub(crate) fn bytes(self) -> Vec<u8> {
        let mut dice = Dice(self.seed);
        let mut bytes: Vec<u8> =
            (0..self.length.div_ceil(8)).flat_map(|_| dice.roll().to_le_bytes()).collect();
        bytes.truncate(self.length);
        bytes
    }

    /// Whether the bytes are the same, which those of different seeds may be where they are few.
    fn is_like(self, other: Self) -> bool {
        self.length == other.length && self.bytes() == other.bytes()
    }
}

/// Numbers that are alike in each run (`SplitMix64`).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }
}

/// One upload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload {
    pub(crate) content: Content,
    pub(crate) acknowledged: bool,
}

/// What was uploaded into one folder: by name, in the order in which it was sent.
#[derive(Debug, Default)]
pub(crate) struct Ledger(pub(crate) BTreeMap<String, Vec<Upload>>);

impl Ledger {
    pub(crate) fn note(&mut self, name: &str, content: Content, acknowledged: bool) {
        self.0.entry(name.to_owned()).or_default().push(Upload { content, acknowledged });
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.0.values().flatten().filter(|upload| upload.acknowledged).count()
    }

    pub(crate) fn bytes_acknowledged(&self) -> usize {
        let acknowledged = self.0.values().flatten().filter(|upload| upload.acknowledged);
        acknowledged.map(|upload| upload.content.length).sum()
    }

    /// Compares the folder with this, byte for byte. What was sent without an answer is there whole, or not at all.
    pub(crate) fn compare(&self, client: &Client, folder: &Folder) -> Found {
        let listed = client.list(&folder.files());
        let mut shown: BTreeMap<&str, Vec<Content>> = BTreeMap::new();
        for entry in &listed {
            let name = entry["name"].as_str().unwrap();
            let sent = self.0.get(name).unwrap_or_else(|| panic!("nobody sent {name}"));
            shown.insert(name, versions(client, entry, sent));
        }
        let mut found = Found { versions: shown.values().map(Vec::len).sum(), lost: Vec::new() };
        for (name, sent) in &self.0 {
            let mut shown = shown.get(name.as_str()).into_iter().flatten();
            for upload in sent.iter().filter(|upload| upload.acknowledged) {
                if !shown.any(|content| content.is_like(upload.content)) {
                    found.lost.push(format!("{name}: {upload:?} of {sent:?}"));
                }
            }
        }
        found
    }
}

/// What a folder shows.
#[derive(Debug)]
pub(crate) struct Found {
    /// The versions of its files, all of which are whole.
    pub(crate) versions: usize,
    /// What was acknowledged and is not there, or out of its order.
    pub(crate) lost: Vec<String>,
}

impl Found {
    /// The number of versions, where nothing is lost.
    pub(crate) fn whole(self) -> usize {
        assert!(self.lost.is_empty(), "acknowledged and lost: {:#?}", self.lost);
        self.versions
    }
}

/// The versions of a file, the oldest first, each downloaded and found among what was sent.
fn versions(client: &Client, entry: &Value, sent: &[Upload]) -> Vec<Content> {
    let (id, name) = (entry["id"].as_str().unwrap(), &entry["name"]);
    let mut versions = client.list(&format!("/files/{id}/versions"));
    versions.sort_by_key(|version| version["number"].as_i64());
    assert_eq!(versions.last().unwrap()["size"], entry["size"], "{name}");
    let mut contents = Vec::new();
    for version in &versions {
        let path = format!("/files/{id}/content?version={}", version["id"].as_str().unwrap());
        let got = client.get(&path).unwrap_or_else(|error| panic!("{name} {version}: {error}"));
        assert_eq!(got.status, 200, "{name} {version}");
        assert_eq!(version["size"], got.body.len(), "{name} is listed with another size");
        let content = sent
            .iter()
            .map(|upload| upload.content)
            .find(|content| content.length == got.body.len() && content.bytes() == got.body);
        contents.push(content.unwrap_or_else(|| panic!("{name} {version} is not what was sent")));
    }
    contents
}
