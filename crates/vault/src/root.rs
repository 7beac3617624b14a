//! The root of trust of a site: it holds one wrapping key for each epoch of each shard, and never gives one out.
//!
//! An epoch ends when its wrapping key is destroyed on every root of its site: what was sealed to the epoch's pair
//! cannot be opened any more, wherever copies of it are.

use crate::{
    codec::{DIGEST, Reader, sha256},
    derive::Schedule,
    epoch::ShardEpoch,
    sealer::{Refusal, Sealer},
    secret::Secret,
    store::{Directory, Written},
};
use kernel::{Entropy, Error, Result, ResultExt};
use std::{fmt, path::PathBuf};
use zeroize::Zeroizing;

/// Which root it is, among those of a site.
pub type RootId = [u8; 16];

/// A root of trust. Its calls may block, on a disk or on a token.
pub trait Root: Send + Sync + fmt::Debug {
    /// Which one it is: the same each time.
    fn id(&self) -> Result<RootId>;

    /// Makes the wrapping key of this epoch where there is none. Durable when it returns; of several that call it at
    /// once, all use the same key afterwards.
    fn ensure(&self, epoch: ShardEpoch) -> Result<()>;

    /// Wraps a secret under the wrapping key of this epoch, bound to `context`.
    fn wrap(&self, epoch: ShardEpoch, context: &[u8], secret: &Secret) -> Result<Vec<u8>>;

    /// Unwraps what [`Root::wrap`] made in the same context.
    fn unwrap(&self, epoch: ShardEpoch, context: &[u8], wrapped: &[u8]) -> Result<Secret>;
}

/// Wrapping keys as files (0600) in a directory (0700). On an SSD, destroying one is best effort.
///
/// One file `account-3f-1` for each epoch, and one `root` whose first 16 bytes are the id:
/// ```text
/// version 1 │ 32 random bytes │ SHA-256 of these 32
/// ```
pub struct FileRoot {
    directory: Directory,
    entropy: Entropy,
}

const VERSION: u8 = 1;

impl FileRoot {
    /// The root in the directory at `path`, which is made when something is written.
    ///
    /// # Errors
    /// Unavailable, where others than its owner may enter it.
    pub fn open(path: impl Into<PathBuf>, entropy: Entropy) -> Result<Self> {
        let directory = Directory::new(path.into());
        directory.check_private().or_unavailable()?;
        Ok(Self { directory, entropy })
    }

    /// The secret in this file, made where there is none.
    fn ensured(&self, name: &str) -> Result<Secret> {
        loop {
            if let Some(secret) = self.read(name)? {
                return Ok(secret);
            }
            let secret = Secret::random(&self.entropy);
            let mut file = Zeroizing::new(Vec::with_capacity(1 + Secret::LEN + DIGEST));
            file.push(VERSION);
            file.extend_from_slice(secret.expose());
            file.extend_from_slice(&sha256(secret.expose()));
            // Of several that make it at once, one wins; the others read what it wrote.
            if self.directory.write(name, &file, None).or_unavailable()? == Written::Done {
                return Ok(secret);
            }
        }
    }

    fn read(&self, name: &str) -> Result<Option<Secret>> {
        let Some(file) = self.directory.read(name).or_unavailable()?.map(Zeroizing::new) else {
            return Ok(None);
        };
        decode(&file)
            .map(Some)
            .map_err(|refusal| Error::internal(format!("the file {name} of the root of trust is {refusal}")))
    }

    fn sealer(&self, epoch: ShardEpoch) -> Result<Sealer> {
        let name = name(epoch);
        let key = self.read(&name)?.ok_or_else(|| {
            Error::internal(format!(
                "the root of trust {} has no key {name}",
                self.directory.path().display()
            ))
        })?;
        Ok(Sealer::new(&Schedule::new(b"palisade 1 wrapping key", key.expose()), "wrap"))
    }
}

fn name(ShardEpoch { shard, epoch }: ShardEpoch) -> String {
    format!("{}-{:02x}-{}", shard.kind.name(), shard.number, epoch.0)
}

pub(crate) fn decode(file: &[u8]) -> Result<Secret, Refusal> {
    let mut reader = Reader::new(file);
    if reader.byte()? != VERSION {
        return Err("of an unknown version");
    }
    let secret = Secret::copied(reader.slice(Secret::LEN)?).ok_or("of another length")?;
    let digest: [u8; DIGEST] = reader.array()?;
    reader.end()?;
    if digest == sha256(secret.expose()) { Ok(secret) } else { Err("damaged") }
}

impl Root for FileRoot {
    fn id(&self) -> Result<RootId> {
        let secret = self.ensured("root")?;
        let mut id = RootId::default();
        id.copy_from_slice(&secret.expose()[..16]);
        Ok(id)
    }

    fn ensure(&self, epoch: ShardEpoch) -> Result<()> {
        self.ensured(&name(epoch)).map(drop)
    }

    fn wrap(&self, epoch: ShardEpoch, context: &[u8], secret: &Secret) -> Result<Vec<u8>> {
        let context = [&epoch.bytes(), context].concat();
        Ok(self.sealer(epoch)?.seal(&self.entropy, &context, secret.expose()))
    }

    fn unwrap(&self, epoch: ShardEpoch, context: &[u8], wrapped: &[u8]) -> Result<Secret> {
        let context = [&epoch.bytes(), context].concat();
        let plain = Zeroizing::new(self.sealer(epoch)?.open(&context, wrapped).map_err(unwrapped)?);
        Secret::copied(&plain).ok_or_else(|| unwrapped("of another length"))
    }
}

fn unwrapped(refusal: Refusal) -> Error {
    Error::internal(format!("wrapped-key is {refusal}"))
}

impl fmt::Debug for FileRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileRoot({})", self.directory.path().display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        epoch::{Epoch, Shard},
        keys::KeyKind,
        testing::entropy,
    };
    use std::os::unix::fs::PermissionsExt as _;

    fn epoch(kind: KeyKind, number: u8, epoch: u32) -> ShardEpoch {
        ShardEpoch { shard: Shard { kind, number }, epoch: Epoch(epoch) }
    }

    /// What each root of trust must do. `open` opens the same root again, as another process would.
    fn conformance(open: impl Fn() -> Box<dyn Root> + Sync) {
        let (root, other) = (open(), open());
        assert_eq!(root.id().unwrap(), other.id().unwrap());

        let at = epoch(KeyKind::Account, 0x3f, 1);
        let secret = Secret::random(&entropy(1));
        assert!(root.wrap(at, b"context", &secret).is_err(), "no key yet");
        root.ensure(at).unwrap();
        let wrapped = root.wrap(at, b"context", &secret).unwrap();
        other.ensure(at).unwrap();
        assert_eq!(other.unwrap(at, b"context", &wrapped).unwrap().expose(), secret.expose());
        assert!(!wrapped.windows(8).any(|some| secret.expose().windows(8).any(|other| some == other)));

        let elsewhere = [
            epoch(KeyKind::Front, 0x3f, 1),
            epoch(KeyKind::Account, 0x40, 1),
            epoch(KeyKind::Account, 0x3f, 2),
        ];
        for elsewhere in elsewhere {
            assert!(root.unwrap(elsewhere, b"context", &wrapped).is_err(), "no key yet");
            root.ensure(elsewhere).unwrap();
            assert!(root.unwrap(elsewhere, b"context", &wrapped).is_err(), "{elsewhere:?}");
        }
        assert!(root.unwrap(at, b"another", &wrapped).is_err());
        for index in 0..wrapped.len() {
            let mut altered = wrapped.clone();
            altered[index] ^= 1;
            assert!(root.unwrap(at, b"context", &altered).is_err(), "byte {index}");
            assert!(root.unwrap(at, b"context", &wrapped[..index]).is_err(), "cut at {index}");
        }

        let at = epoch(KeyKind::Account, 0x41, 1);
        std::thread::scope(|threads| {
            let all: Vec<_> = (0..8)
                .map(|_| {
                    threads.spawn(|| {
                        let root = open();
                        root.ensure(at).unwrap();
                        root.wrap(at, b"", &secret).unwrap()
                    })
                })
                .collect();
            for wrapped in all {
                assert!(
                    root.unwrap(at, b"", &wrapped.join().unwrap()).is_ok(),
                    "made at once, all use one key"
                );
            }
        });
    }

    #[test]
    fn files_are_a_root_of_trust() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root");
        conformance(|| Box::new(FileRoot::open(&path, entropy(2)).unwrap()));
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("account-3f-1")), 0o600);
    }

    #[test]
    fn a_root_that_others_may_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o750)).unwrap();
        let error = FileRoot::open(folder.path(), entropy(3)).unwrap_err();
        assert!(error.to_string().contains("0700"), "{error}");
    }

    #[test]
    fn a_damaged_file_is_told_from_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root");
        let root = FileRoot::open(&path, entropy(4)).unwrap();
        let at = epoch(KeyKind::Account, 1, 1);
        root.ensure(at).unwrap();
        let file = path.join("account-01-1");
        let whole = std::fs::read(&file).unwrap();
        for index in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[index] ^= 0x10;
            std::fs::write(&file, damaged).unwrap();
            assert!(root.ensure(at).is_err(), "byte {index}");
        }
        std::fs::write(&file, &whole).unwrap();
        assert!(root.ensure(at).is_ok());
    }
}
