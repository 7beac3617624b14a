//! The object of one shard at one site.
//!
//! ```text
//! "PKR" │ version 1 │ kind 1 │ shard 1 │ epoch 4 │ public key of the epoch 32
//! │ wraps 1 │ { root id 16, length 2, wrapped private key }…   by id, ascending
//! │ entries 4 │ { id 16, commitment 32, sealed key 80 }…   by id, ascending
//! │ SHA-256 of all before it 32
//! ```
//! Each entry is sealed to the public key and bound to its kind, shard, epoch, id and commitment, so that entries
//! cannot change places. The digest is against decay alone. All of a shard is one object, so that a rotation, which
//! replaces the epoch and each entry, is one write.

use crate::{
    codec::{Reader, with_digest, without_digest},
    derive::{Commitment, same},
    envelope::{self, Pair, Public, SEALED_KEY, SealedKey},
    epoch::{Epoch, Shard, ShardEpoch},
    root::RootId,
    sealer::Refusal,
    secret::Secret,
};
use kernel::Entropy;
use std::collections::BTreeMap;

const MAGIC: [u8; 3] = *b"PKR";
const VERSION: u8 = 1;
const INFO: &[u8] = b"palisade 1 keyring";

/// The id of a key in the keyring: an account's, or that of a key of the installation.
pub(crate) type KeyId = [u8; 16];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) at: ShardEpoch,
    pub(crate) public: Public,
    /// The epoch's private key, once for each root of the site. None in a mirror.
    pub(crate) wraps: BTreeMap<RootId, Vec<u8>>,
    pub(crate) entries: BTreeMap<KeyId, Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) commitment: Commitment,
    sealed: SealedKey,
}

impl Object {
    pub(crate) fn new(at: ShardEpoch, public: Public) -> Self {
        Self { at, public, wraps: BTreeMap::new(), entries: BTreeMap::new() }
    }

    /// Seals a key to the epoch and enters it.
    pub(crate) fn enter(&mut self, entropy: &Entropy, id: KeyId, key: &Secret) -> Result<(), Refusal> {
        let commitment = self.at.shard.kind.commitment(key);
        let context = context(self.at, id, &commitment);
        let sealed = envelope::seal(entropy, &self.public, INFO, &context, key)?;
        self.entries.insert(id, Entry { commitment, sealed });
        Ok(())
    }

    /// Opens the key with this id, where there is one.
    pub(crate) fn open(&self, pair: &Pair, id: KeyId) -> Result<Option<Secret>, Refusal> {
        let Some(entry) = self.entries.get(&id) else { return Ok(None) };
        let key = pair.open(INFO, &context(self.at, id, &entry.commitment), &entry.sealed)?;
        if same(&self.at.shard.kind.commitment(&key), &entry.commitment) {
            Ok(Some(key))
        } else {
            Err("not the key that was committed to")
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256 + self.entries.len() * 128);
        bytes.extend_from_slice(&MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.at.bytes());
        bytes.extend_from_slice(&self.public);
        bytes.push(u8::try_from(self.wraps.len()).unwrap_or(u8::MAX));
        for (root, wrap) in &self.wraps {
            bytes.extend_from_slice(root);
            bytes.extend_from_slice(&u16::try_from(wrap.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(wrap);
        }
        bytes.extend_from_slice(&u32::try_from(self.entries.len()).unwrap_or(u32::MAX).to_be_bytes());
        for (id, entry) in &self.entries {
            bytes.extend_from_slice(id);
            bytes.extend_from_slice(&entry.commitment);
            bytes.extend_from_slice(&entry.sealed);
        }
        with_digest(bytes)
    }

    /// Reads the object of this shard.
    pub(crate) fn decode(shard: Shard, bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(without_digest(bytes)?);
        if reader.array()? != MAGIC {
            return Err("no keyring");
        }
        if reader.byte()? != VERSION {
            return Err("of an unknown version");
        }
        if reader.array()? != [shard.kind.byte(), shard.number] {
            return Err("that of another shard");
        }
        let at = ShardEpoch { shard, epoch: Epoch(u32::from_be_bytes(reader.array()?)) };
        let mut object = Self::new(at, reader.array()?);
        for _ in 0..reader.byte()? {
            let root = reader.array()?;
            if object.wraps.last_key_value().is_some_and(|(last, _)| *last >= root) {
                return Err("out of order");
            }
            let length = u16::from_be_bytes(reader.array()?);
            object.wraps.insert(root, reader.slice(length.into())?.to_vec());
        }
        for _ in 0..u32::from_be_bytes(reader.array()?) {
            let id = reader.array()?;
            if object.entries.last_key_value().is_some_and(|(last, _)| *last >= id) {
                return Err("out of order");
            }
            let entry = Entry { commitment: reader.array()?, sealed: reader.array::<SEALED_KEY>()? };
            object.entries.insert(id, entry);
        }
        reader.end()?;
        Ok(object)
    }
}

fn context(at: ShardEpoch, id: KeyId, commitment: &Commitment) -> Vec<u8> {
    [&[VERSION][..], &at.bytes(), &id, commitment].concat()
}
