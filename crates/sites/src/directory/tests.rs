//! What reaches the disk before the acknowledgement, on a disk that writes down what it is asked to do and can
//! fail or hang at any of it.

use super::{
    Directory,
    disk::{Disk, RealDisk},
};
use crate::{PartName, Rules, Site, Sites, WhenShort};
use bytes::Bytes;
use kernel::{AccountId, BlobId, Kind, Result};
use object_store::{ObjectStoreExt, local::LocalFileSystem};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

/// One call, and the path that it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    MakeFolder,
    Create,
    Write,
    Sync,
    Publish,
    SyncFolder,
}

type Fault = Box<dyn Fn(Call, &Path) -> io::Result<()> + Send + Sync>;

/// The real disk, watched.
struct Watched {
    root: PathBuf,
    calls: Mutex<Vec<(Call, String)>>,
    fault: Mutex<Fault>,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watched")
    }
}

impl Watched {
    fn new(root: &Path) -> Arc<Self> {
        Arc::new(Self {
            root: root.canonicalize().unwrap(),
            calls: Mutex::default(),
            fault: Mutex::new(Box::new(|_, _| Ok(()))),
        })
    }

    fn falls(&self, fault: impl Fn(Call, &Path) -> io::Result<()> + Send + Sync + 'static) {
        *self.fault.lock().unwrap() = Box::new(fault);
    }

    /// What was asked since the last time, each account and blob by its first byte.
    fn calls(&self) -> Vec<(Call, String)> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// Does as the real disk does, then notes that it was done.
    fn note<T>(&self, call: Call, path: &Path, real: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        (self.fault.lock().unwrap())(call, path)?;
        let done = real()?;
        let path = path.strip_prefix(&self.root).unwrap().to_str().unwrap();
        let short: Vec<_> =
            path.split('/').map(|part| part.replace("-0101-0101-0101-010101010101", "")).collect();
        self.calls.lock().unwrap().push((call, short.join("/")));
        Ok(done)
    }
}

impl Disk for Watched {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.note(Call::MakeFolder, path, || RealDisk.make_folder(path))
    }
    fn create(&self, path: &Path) -> io::Result<File> {
        self.note(Call::Create, path, || RealDisk.create(path))
    }
    fn write(&self, path: &Path, file: &File, pieces: &[Bytes]) -> io::Result<()> {
        self.note(Call::Write, path, || RealDisk.write(path, file, pieces))
    }
    fn sync(&self, path: &Path, file: &File) -> io::Result<()> {
        self.note(Call::Sync, path, || RealDisk.sync(path, file))
    }
    fn publish(&self, staged: &Path, path: &Path) -> io::Result<()> {
        self.note(Call::Publish, path, || RealDisk.publish(staged, path))
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.note(Call::SyncFolder, path, || RealDisk.sync_folder(path))
    }
}

struct World {
    sites: Sites,
    disk: Arc<Watched>,
    temp: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let disk = Watched::new(temp.path());
        let directory = Directory::on(Arc::clone(&disk) as Arc<dyn Disk>, temp.path()).unwrap();
        let rules = Rules { copies: 1, when_short: WhenShort::Refuse, patience: Duration::from_millis(200) };
        let sites = Sites::new(vec![Site::on("paris", directory)], rules).unwrap();
        Self { sites, disk, temp }
    }

    async fn put(&self, name: PartName, size: usize) -> Result<()> {
        let mut upload = self.sites.upload(name);
        for _ in 0..size.div_ceil(1 << 20) {
            upload.write(Bytes::from(vec![7; size.min(1 << 20)])).await?;
        }
        upload.finish().await.map(drop)
    }

    fn folder(&self) -> PathBuf {
        self.temp.path().join(name(1).account.to_string())
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder()).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

async fn until(happened: impl Fn() -> bool) {
    for _ in 0..500 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never happened");
}

fn name(blob: u8) -> PartName {
    let mut bytes = [1; 16];
    bytes[0] = blob;
    PartName { account: AccountId::from_bytes([1; 16]), blob: BlobId::from_bytes(bytes), part: 0 }
}

fn calls<const N: usize>(expected: [(Call, &str); N]) -> Vec<(Call, String)> {
    expected.map(|(call, path)| (call, path.to_owned())).to_vec()
}

#[tokio::test]
async fn file_and_folders_reach_the_disk_before_the_acknowledgement() {
    let world = World::new();
    world.put(name(0xaa), 100).await.unwrap();
    let first = [
        (Call::MakeFolder, "01010101"),
        (Call::SyncFolder, ""),
        (Call::Create, "01010101/aa010101#1"),
        (Call::Write, "01010101/aa010101#1"),
        (Call::Sync, "01010101/aa010101#1"),
        (Call::Publish, "01010101/aa010101"),
        (Call::SyncFolder, "01010101"),
    ];
    assert_eq!(world.disk.calls(), calls(first));

    world.put(name(0xbb), 100).await.unwrap();
    let second = [
        (Call::Create, "01010101/bb010101#1"),
        (Call::Write, "01010101/bb010101#1"),
        (Call::Sync, "01010101/bb010101#1"),
        (Call::Publish, "01010101/bb010101"),
        (Call::SyncFolder, "01010101"),
    ];
    assert_eq!(world.disk.calls(), calls(second), "the folder is known to be durable");

    world.put(name(0xcc), 40 << 20).await.unwrap();
    let large = world.disk.calls();
    let syncs = large.iter().filter(|(call, _)| *call == Call::Sync).count();
    assert!(syncs >= 3, "a large file is synced on its way: {large:?}");
    let last = [
        (Call::Sync, "01010101/cc010101#1"),
        (Call::Publish, "01010101/cc010101"),
        (Call::SyncFolder, "01010101"),
    ];
    assert_eq!(large[large.len() - 3..], calls(last));
    assert!(
        large[..large.len() - 3].iter().rposition(|(call, _)| *call == Call::Write) < Some(large.len() - 3)
    );
}

#[tokio::test]
async fn a_folder_of_another_upload_counts_only_when_it_is_durable() {
    let world = World::new();
    fs::create_dir(world.folder()).unwrap(); // as another upload, or a process that was killed, left it
    world.put(name(0xaa), 100).await.unwrap();
    assert_eq!(world.disk.calls()[1], (Call::SyncFolder, String::new()));
}

#[tokio::test]
async fn a_failure_at_any_step_refuses_and_leaves_nothing() {
    for step in [Call::MakeFolder, Call::Create, Call::Write, Call::Sync, Call::Publish, Call::SyncFolder] {
        for (kind, code) in
            [(io::ErrorKind::StorageFull, "storage-full"), (io::ErrorKind::Other, "unavailable")]
        {
            for size in [100, 40 << 20] {
                let world = World::new();
                world.disk.falls(move |call, path| {
                    let root =
                        call == Call::SyncFolder && path.file_name().is_some_and(|name| name.len() < 36);
                    if call == step && !root { Err(kind.into()) } else { Ok(()) }
                });
                let error = world.put(name(0xaa), size).await.unwrap_err();
                assert_eq!((error.kind(), error.code()), (Kind::Unavailable, code), "{step:?}: {error}");
                until(|| world.files().is_empty()).await;

                world.disk.falls(|_, _| Ok(()));
                world.put(name(0xaa), size).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn an_early_sync_that_fails_is_not_forgotten() {
    let world = World::new();
    let failed = Mutex::new(false);
    world.disk.falls(move |call, _| {
        let mut failed = failed.lock().unwrap();
        let fails = call == Call::Sync && !*failed; // the system tells it once, and the next sync succeeds
        *failed |= fails;
        if fails { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
    });
    world.put(name(0xaa), 20 << 20).await.unwrap_err();
    until(|| world.files().is_empty()).await;
}

#[tokio::test]
async fn a_disk_that_hangs_is_not_waited_for_and_leaves_nothing_when_it_wakes() {
    for step in [Call::Create, Call::Write, Call::Sync, Call::Publish, Call::SyncFolder] {
        let world = World::new();
        world.put(name(0xbb), 1).await.unwrap();
        let (wake, sleep) = mpsc::channel::<()>();
        let sleep = Mutex::new(sleep);
        world.disk.falls(move |call, _| {
            if call == step {
                let _ = sleep.lock().unwrap().recv();
            }
            Ok(())
        });
        let error = world.put(name(0xaa), 100).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{step:?}");
        assert!(error.to_string().contains("no answer within 200ms"), "{error}");
        drop(wake);
        // The step ends where nobody waits for it, and what it published is taken back.
        let published = (Call::Publish, "01010101/aa010101".to_owned());
        until(|| world.disk.calls().contains(&published)).await;
        until(|| world.files() == [name(0xbb).file()]).await;
    }
}

#[tokio::test]
async fn what_a_killed_process_left_stops_nobody_and_can_be_found_and_deleted() {
    let world = World::new();
    world.put(name(0xbb), 1).await.unwrap();
    let left = world.folder().join(format!("{}#1", name(0xaa).file()));
    fs::write(&left, "half").unwrap();
    fs::write(world.folder().join("of another hand"), "").unwrap();

    let listed: Vec<_> =
        futures_util::TryStreamExt::try_collect(world.sites.list("paris", name(1).account).unwrap())
            .await
            .unwrap();
    let staged = crate::Listed { name: name(0xaa), bytes: 4, staged: true };
    assert!(listed.len() == 2 && listed.contains(&staged), "{listed:?}");

    world.put(name(0xaa), 100).await.unwrap();
    assert!(left.exists());
    world.disk.calls();
    world.sites.delete(name(1).account, &[name(0xaa).blob, name(0xbb).blob]).await.unwrap();
    assert_eq!(world.files(), ["of another hand"]);
    assert_eq!(world.disk.calls(), calls([(Call::SyncFolder, "01010101")]), "removals are durable");
}

#[tokio::test]
async fn object_store_reads_the_same_layout() {
    let world = World::new();
    world.put(name(0xaa), 100).await.unwrap();
    fs::write(world.folder().join(format!("{}#1", name(0xbb).file())), "half").unwrap();
    let other = LocalFileSystem::new_with_prefix(world.temp.path()).unwrap();
    assert_eq!(other.get(&name(0xaa).path()).await.unwrap().bytes().await.unwrap(), [7; 100][..]);
    let listed: Vec<_> =
        futures_util::TryStreamExt::try_collect(object_store::ObjectStore::list(&other, None)).await.unwrap();
    assert_eq!(listed.len(), 1, "what is staged is invisible");
}

#[test]
fn the_root_is_made_durable_up_to_what_was_there() {
    let temp = tempfile::tempdir().unwrap();
    let disk = Watched::new(temp.path());
    let root = disk.root.join("a/b");
    Directory::on(Arc::clone(&disk) as Arc<dyn Disk>, &root).unwrap();
    let expected =
        [(Call::MakeFolder, "a"), (Call::SyncFolder, ""), (Call::MakeFolder, "a/b"), (Call::SyncFolder, "a")];
    assert_eq!(disk.calls(), calls(expected));
}

#[test]
fn many_pieces_are_written_in_order() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("file");
    let pieces: Vec<_> =
        (0..5000_u32).flat_map(|n| [Bytes::new(), Bytes::copy_from_slice(&n.to_be_bytes())]).collect();
    let file = RealDisk.create(&path).unwrap();
    RealDisk.write(&path, &file, &pieces).unwrap();
    assert_eq!(fs::read(&path).unwrap(), pieces.concat());
    assert_eq!(RealDisk.create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
}
