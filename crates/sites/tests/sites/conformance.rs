//! What every kind of store must do. Each case runs over a directory, over S3, and over one of each.

use crate::support::{MIB, World, content, get, list, name, put, send, source};
use bytes::Bytes;
use kernel::{BlobId, Kind};
use sites::{Checksum, Listed, Pace, Setback, Verdict};
use std::fs;

macro_rules! suite {
    ($($case:ident)*) => {
        mod directory { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() { super::$case(crate::support::World::directory().await).await }
        )* }
        mod s3 { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() { super::$case(crate::support::World::s3().await).await }
        )* }
        mod mixed { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() { super::$case(crate::support::World::mixed().await).await }
        )* }
    };
}

suite! {
    a_part_of_any_size_comes_back
    a_part_lies_at_all_sites
    ranges_are_exact
    a_small_part_is_never_overwritten
    a_large_part_is_never_overwritten
    of_two_writers_of_one_name_one_wins
    an_aborted_upload_leaves_nothing
    a_dropped_upload_leaves_nothing
    an_upload_whose_write_was_cut_cannot_end_well
    a_deletion_takes_all_parts_and_no_others
    what_is_missing_is_said_to_be_missing
    a_part_that_ends_too_early_is_said_to_be_missing
    a_check_finds_the_sites_well_and_leaves_nothing
    a_copy_is_read_back_and_told_from_what_it_should_not_be
    a_copy_that_is_gone_or_altered_is_brought_again
}

async fn a_part_of_any_size_comes_back(World { sites, .. }: World) {
    let sizes = [0, 1, 10 << 10, MIB - 1, MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 21 * MIB + 7];
    for (part, size) in (0..).zip(sizes) {
        let content = content(size);
        let copies = put(&sites, name(1, part), &content).await.unwrap();
        assert_eq!(copies.sites.len(), sites.copies());
        assert!(!copies.short);
        assert!(get(&sites, name(1, part), 0..size as u64).await.unwrap() == content, "{size} bytes");
    }
}

async fn a_part_lies_at_all_sites(World { sites, .. }: World) {
    put(&sites, name(1, 0), &content(5)).await.unwrap();
    put(&sites, name(1, 12), &content(9 * MIB)).await.unwrap();
    for site in sites.names() {
        let expected = [
            Listed { name: name(1, 0), bytes: 5, staged: false },
            Listed { name: name(1, 12), bytes: 9 * MIB as u64, staged: false },
        ];
        assert_eq!(list(&sites, site).await, expected, "{site}");
    }
    assert_eq!(sites.list("nowhere", name(1, 0).account).err().unwrap().code(), "site-unknown");
}

async fn ranges_are_exact(World { sites, .. }: World) {
    let size = 3 * MIB as u64;
    let content = content(3 * MIB);
    put(&sites, name(1, 0), &content).await.unwrap();
    for range in [0..1, 0..size, 7..7, size - 1..size, 262_143..262_145, 100_000..2_500_000, size..size] {
        let (from, to) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
        assert!(get(&sites, name(1, 0), range).await.unwrap() == content[from..to], "{from}..{to}");
    }
}

async fn a_small_part_is_never_overwritten(world: World) {
    is_never_overwritten(world, 100).await;
}

async fn a_large_part_is_never_overwritten(world: World) {
    is_never_overwritten(world, 17 * MIB).await;
}

async fn is_never_overwritten(World { sites, .. }: World, size: usize) {
    let first = content(100);
    put(&sites, name(1, 0), &first).await.unwrap();
    let error = put(&sites, name(1, 0), &content(size).slice(1..)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Conflict, "blob-exists"), "{error}");
    assert_eq!(get(&sites, name(1, 0), 0..100).await.unwrap(), first);
    for site in sites.names() {
        assert_eq!(list(&sites, site).await.len(), 1, "{site}");
    }
}

/// The second begins before the first has ended, so that only the last step can tell.
async fn of_two_writers_of_one_name_one_wins(World { sites, .. }: World) {
    for (blob, size) in [(1, 100), (2, 17 * MIB)] {
        let content = content(size);
        let (mut first, mut second) = (sites.upload(name(blob, 0)), sites.upload(name(blob, 0)));
        send(&mut first, &content).await.unwrap();
        send(&mut second, &content.slice(1..)).await.unwrap();
        first.finish().await.unwrap();
        assert_eq!(second.finish().await.unwrap_err().code(), "blob-exists");
        assert!(get(&sites, name(blob, 0), 0..size as u64).await.unwrap() == content);
    }
    for site in sites.names() {
        assert_eq!(list(&sites, site).await.len(), 2, "{site}");
    }
}

async fn an_aborted_upload_leaves_nothing(world: World) {
    for size in [0, 100, 3 * MIB, 30 * MIB] {
        let mut upload = world.sites.upload(name(1, 0));
        send(&mut upload, &content(size)).await.unwrap();
        upload.abort().await;
        assert_eq!(world.files(), [""; 0], "{size} bytes");
    }
    put(&world.sites, name(1, 0), &content(1)).await.unwrap();
}

async fn a_dropped_upload_leaves_nothing(world: World) {
    for size in [100, 3 * MIB, 30 * MIB] {
        let mut upload = world.sites.upload(name(1, 0));
        send(&mut upload, &content(size)).await.unwrap();
        drop(upload);
        world.settles_without_files().await;
    }
}

async fn an_upload_whose_write_was_cut_cannot_end_well(world: World) {
    let mut upload = world.sites.upload(name(1, 0));
    let content = content(40 * MIB);
    let mut cut = false;
    for at in 0..40 {
        let write = upload.write(content.slice(at * MIB..(at + 1) * MIB));
        cut |= futures_util::FutureExt::now_or_never(write).is_none();
        if cut {
            break;
        }
    }
    assert!(cut, "no write had to wait");
    assert_eq!(upload.finish().await.unwrap_err().kind(), Kind::Unavailable);
    world.settles_without_files().await;
}

async fn a_deletion_takes_all_parts_and_no_others(world: World) {
    let sites = &world.sites;
    for part in [0, 1, 2, 10, 700] {
        put(sites, name(5, part), &content(10)).await.unwrap();
    }
    put(sites, name(6, 3), &content(10)).await.unwrap();
    put(sites, name(4, 0), &content(10)).await.unwrap();
    put(sites, name(7, 0), &content(10)).await.unwrap();

    let blobs = |of: &[u8]| of.iter().map(|byte| BlobId::from_bytes([*byte; 16])).collect::<Vec<_>>();
    for _ in 0..2 {
        sites.delete(name(5, 0).account, &blobs(&[5, 6])).await.unwrap(); // the second time nothing is there
        for site in sites.names() {
            let left: Vec<_> = list(sites, site).await.into_iter().map(|listed| listed.name).collect();
            assert_eq!(left, [name(4, 0), name(7, 0)], "{site}");
        }
    }
    sites.delete(name(5, 0).account, &blobs(&[4, 7])).await.unwrap();
    assert_eq!(world.files(), [""; 0]);
}

async fn what_is_missing_is_said_to_be_missing(World { sites, .. }: World) {
    let error = get(&sites, name(1, 0), 0..10).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "blob-missing"));
    for site in sites.names() {
        assert!(error.to_string().contains(&format!("site {site}: it is not there")), "{error}");
    }
}

async fn a_part_that_ends_too_early_is_said_to_be_missing(World { sites, .. }: World) {
    put(&sites, name(1, 0), &content(100)).await.unwrap();
    let error = get(&sites, name(1, 0), 50..101).await.unwrap_err();
    assert_eq!(error.code(), "blob-missing", "{error}");
    assert!(error.to_string().contains("it ends at byte 100"), "{error}");
}

async fn a_check_finds_the_sites_well_and_leaves_nothing(world: World) {
    let health = world.sites.check(&source()).await;
    assert_eq!(health.len(), world.sites.names().count());
    for site in &health {
        assert!(site.is_well(), "{site:?}");
    }
    assert!(world.sites.suffice(&health));
    assert_eq!(world.files(), [""; 0]);
}

async fn a_copy_is_read_back_and_told_from_what_it_should_not_be(World { sites, .. }: World) {
    let site = sites.names().next().unwrap().clone();
    for (part, size) in (0..).zip([1, 5, MIB, 9 * MIB]) {
        let checksum = put(&sites, name(1, part), &content(size)).await.unwrap().checksum;
        assert_eq!(checksum.bytes, size as u64);
        let verify =
            async |checksum| sites.verify(&site, name(1, part), checksum, &Pace::free()).await.unwrap();
        assert_eq!(verify(checksum).await, Verdict::Good, "{size} bytes");
        let mut sha256 = checksum.sha256;
        sha256[31] ^= 1;
        assert_eq!(verify(Checksum { sha256, ..checksum }).await, Verdict::Altered);
        assert_eq!(verify(Checksum { bytes: checksum.bytes + 1, ..checksum }).await, Verdict::Altered);
        if size > 1 {
            assert_eq!(verify(Checksum { bytes: checksum.bytes - 1, ..checksum }).await, Verdict::Altered);
        }
    }
    let never = Checksum { bytes: 3, sha256: [0; 32] };
    assert_eq!(sites.verify(&site, name(2, 0), never, &Pace::free()).await.unwrap(), Verdict::Missing);
    assert_eq!(
        sites.verify("nowhere", name(2, 0), never, &Pace::free()).await.unwrap_err().code(),
        "site-unknown"
    );
}

async fn a_copy_that_is_gone_or_altered_is_brought_again(world: World) {
    let sites = &world.sites;
    let names: Vec<_> = sites.names().cloned().collect();
    for size in [5, 9 * MIB] {
        let blob = u8::try_from(size / MIB + 1).unwrap();
        let content = content(size);
        let checksum = put(sites, name(blob, 0), &content).await.unwrap().checksum;
        let here = &names[0];
        let bring = async || sites.bring(here, name(blob, 0), checksum, &Pace::free()).await;
        let file = || {
            let ours = |path: &&String| path.contains(&name(blob, 0).blob.to_string());
            // The nearest is the first that was made.
            world.files().iter().filter(ours).max_by_key(|path| path.contains(&**here)).unwrap().clone()
        };
        if let [_, _] = &names[..] {
            assert_eq!(bring().await.unwrap().bytes, 0, "it is there");
            let mut altered = content.to_vec();
            altered[size / 2] ^= 1;
            for ill in [None, Some(&altered[..]), Some(&content[..size - 1]), Some(&[][..])] {
                match ill {
                    Some(bytes) => fs::write(file(), bytes).unwrap(),
                    None => fs::remove_file(file()).unwrap(),
                }
                let brought = bring().await.unwrap();
                assert_eq!(
                    (brought.bytes, brought.doubted.len()),
                    (size as u64, 0),
                    "{:?}",
                    ill.map(<[u8]>::len)
                );
                assert_eq!(
                    sites.verify(here, name(blob, 0), checksum, &Pace::free()).await.unwrap(),
                    Verdict::Good
                );
            }
            let read = get(sites, name(blob, 0), 0..size as u64).await.unwrap();
            assert!(read == content);
        } else {
            assert_eq!(bring().await.unwrap().bytes, 0, "the site itself has it");
            fs::write(file(), Bytes::from_static(b"else")).unwrap();
            assert!(matches!(bring().await, Err(Setback::Lost)));
            assert_eq!(fs::read(file()).unwrap(), b"else", "nobody has better, so it stays");
        }
    }
}
