//! A file system without space. It is a real one, so this test must be able to mount it.

use crate::support::{MIB, content, get, name, put};
use kernel::Kind;
use sites::{Rules, Site, Sites, WhenShort};
use std::{path::Path, process::Command};

/// A file system of 8 MiB in memory.
struct Small(tempfile::TempDir);

impl Small {
    fn mount() -> Self {
        let temp = tempfile::tempdir().unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=8m", "tmpfs"], temp.path());
        Self(temp)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        run("umount", &[], self.0.path());
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) {
    let done = Command::new(program).args(arguments).arg(path).status();
    assert!(
        done.as_ref().is_ok_and(std::process::ExitStatus::success),
        "{program} failed ({done:?}): this test mounts a small file system, for which it must run as root"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_to_be_full_and_nothing_is_half_there() {
    let small = Small::mount();
    let rules = Rules { copies: 1, when_short: WhenShort::Refuse, patience: Rules::PATIENCE };
    let sites = Sites::new(vec![Site::directory("paris", small.0.path()).unwrap()], rules).unwrap();
    put(&sites, name(1, 0), &content(5 * MIB)).await.unwrap();

    for size in [4 * MIB, 100 * MIB] {
        let error = put(&sites, name(2, 0), &content(size)).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "storage-full"), "{error}");
    }
    assert_eq!(crate::support::list(&sites, "paris").await.len(), 1);

    put(&sites, name(3, 0), &content(2 * MIB)).await.unwrap(); // what the refused ones took is free again
    assert!(get(&sites, name(1, 0), 0..5 * MIB as u64).await.unwrap() == content(5 * MIB));
}
