//! The shards of a keyring, and the epochs that each goes through.

use crate::keys::KeyKind;

/// The number of an epoch of a shard: 1, 2, 3, … as it is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The first.
    pub const FIRST: Self = Self(1);
    /// What stands in a mirror, whose shards are sealed to the recovery key and not to an epoch.
    pub(crate) const MIRROR: Self = Self(0);
}

/// One of the 256 shards of a kind of keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard {
    /// Which kind of keys it holds.
    pub kind: KeyKind,
    /// Its number.
    pub number: u8,
}

impl Shard {
    /// All shards that can hold something.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let numbers = |kind| if kind == KeyKind::Installation { 0..=0 } else { 0..=u8::MAX };
        KeyKind::ALL.into_iter().flat_map(move |kind| numbers(kind).map(move |number| Self { kind, number }))
    }

    /// The shard in which the key with this id lies. The last byte of a `UUIDv7` is random, the first ones are not.
    pub(crate) fn of(kind: KeyKind, id: [u8; 16]) -> Self {
        let number = if kind == KeyKind::Installation { 0 } else { id[15] };
        Self { kind, number }
    }

    /// The name of its object.
    pub(crate) fn name(self) -> String {
        format!("{}/{:02x}", self.kind.name(), self.number)
    }
}

/// One epoch of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShardEpoch {
    /// The shard.
    pub shard: Shard,
    /// The epoch.
    pub epoch: Epoch,
}

impl ShardEpoch {
    /// As it stands in associated data.
    pub(crate) fn bytes(self) -> [u8; 6] {
        let [a, b, c, d] = self.epoch.0.to_be_bytes();
        [self.shard.kind.byte(), self.shard.number, a, b, c, d]
    }
}
