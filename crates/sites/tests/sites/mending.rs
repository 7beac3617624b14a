//! Copies brought from site to site while sites fail, fall silent or lie.

use crate::{
    frail::{Ill, frail},
    support::{MIB, World, content, get, name, put, source},
};
use bytes::Bytes;
use futures_util::TryStreamExt;
use sites::{Pace, Setback, Verdict, WhenShort::Continue};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_millis(300);
const SIZE: usize = 30 * MIB;

#[tokio::test]
async fn a_copy_is_brought_from_the_first_site_that_has_a_good_one() {
    for ill in [Ill::Fails(0), Ill::Fails(10 << 20), Ill::Hangs(0), Ill::Hangs(10 << 20), Ill::Ends(10 << 20)]
    {
        let (sites, stores) = frail(3, 1, Continue, PATIENCE);
        stores[2].falls(Ill::Fails(0));
        let copies = put(&sites, name(1, 0), &content(SIZE)).await.unwrap();
        assert_eq!((copies.missing.as_slice(), copies.short), (&["zurich".into()][..], false));
        stores[2].falls(Ill::Not);
        stores[0].falls(ill);
        let begun = Instant::now();
        let brought = sites.bring("zurich", name(1, 0), copies.checksum, &Pace::free()).await.unwrap();
        assert_eq!(brought.bytes, SIZE as u64);
        let lies = matches!(ill, Ill::Ends(_));
        assert_eq!(brought.doubted, if lies { vec!["paris".into()] } else { vec![] }, "{ill:?}");
        assert!(begun.elapsed() < 10 * PATIENCE, "{ill:?} took {:?}", begun.elapsed());
        let verdict = sites.verify("zurich", name(1, 0), copies.checksum, &Pace::free()).await.unwrap();
        assert_eq!(verdict, Verdict::Good, "{ill:?}");
        assert_eq!(stores[2].objects().await.len(), 1);
    }
}

#[tokio::test]
async fn a_site_that_does_not_take_a_copy_is_told_from_one_that_does_not_give_it() {
    for ill in [Ill::Fails(0), Ill::Hangs(10 << 20), Ill::Full] {
        let (sites, stores) = frail(2, 1, Continue, PATIENCE);
        stores[1].falls(ill);
        let checksum = put(&sites, name(1, 0), &content(SIZE)).await.unwrap().checksum;
        let bring = async || sites.bring("frankfurt", name(1, 0), checksum, &Pace::free()).await;
        assert!(matches!(bring().await, Err(Setback::Away(_))), "{ill:?}");
        stores[1].falls(Ill::Not);
        stores[1].settles_without_objects().await;
        stores[0].falls(Ill::Fails(0));
        assert!(matches!(bring().await, Err(Setback::NoSource(_))), "{ill:?}");
        stores[0].falls(Ill::Ends(0));
        assert!(matches!(bring().await, Err(Setback::Lost)), "{ill:?}");
        stores[0].falls(Ill::Not);
        assert_eq!(bring().await.unwrap().bytes, SIZE as u64, "{ill:?}");
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_let_us_in_is_away_and_nothing_is_lost() {
    let world = World::with_wrong_secret().await;
    let sites = &world.sites;
    let copies = put(sites, name(1, 0), &content(100)).await.unwrap();
    assert_eq!((copies.sites, copies.missing), (vec!["paris".into()], vec!["frankfurt".into()]));
    let brought = sites.bring("frankfurt", name(1, 0), copies.checksum, &Pace::free()).await;
    assert!(matches!(brought, Err(Setback::Away(_))), "{brought:?}");
    let verdict = sites.verify("frankfurt", name(1, 0), copies.checksum, &Pace::free()).await.unwrap();
    assert!(matches!(&verdict, Verdict::Away(_)), "it is not said to be gone: {verdict:?}");
    assert_eq!(get(sites, name(1, 0), 0..100).await.unwrap(), content(100));
    let health = sites.check(&source()).await;
    assert!(health[0].is_well() && !health[1].is_well());
}

#[tokio::test]
async fn a_site_that_failed_is_not_asked_first_again_for_a_while() {
    for ill in [Ill::Fails(0), Ill::Hangs(0)] {
        let (sites, stores) = frail(2, 2, Continue, Duration::from_secs(5));
        put(&sites, name(1, 0), &content(100)).await.unwrap();
        stores[0].falls(ill);
        let read = async || get(&sites, name(1, 0), 0..100).await.unwrap();
        assert!(!sites.is_ill("paris"));
        let begun = Instant::now();
        assert_eq!(read().await, content(100));
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{ill:?} took {:?}", begun.elapsed());
        assert!(sites.is_ill("paris"));
        let begun = Instant::now();
        for _ in 0..50 {
            assert_eq!(read().await, content(100));
        }
        assert!(begun.elapsed() < Duration::from_millis(500), "{ill:?}: fifty took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn whoever_finds_a_copy_bad_reads_on_elsewhere() {
    let (sites, _stores) = frail(3, 3, Continue, PATIENCE);
    put(&sites, name(1, 0), &content(SIZE)).await.unwrap();
    let all = async |distrusted: &[std::sync::Arc<str>]| {
        let mut reading = sites.reading(name(1, 0), 7..SIZE as u64, distrusted);
        let mut bytes = Vec::new();
        while let Some(more) = reading.next().await? {
            bytes.push(more);
        }
        Ok::<_, kernel::Error>((reading.site().unwrap().to_string(), Bytes::from(bytes.concat())))
    };
    let expected = content(SIZE).slice(7..);
    for (distrusted, site) in [
        (&[][..], "paris"),
        (&["paris".into()], "frankfurt"),
        (&["paris".into(), "frankfurt".into()], "zurich"),
    ] {
        let (from, bytes) = all(distrusted).await.unwrap();
        assert!(from == site && bytes == expected, "{from}");
    }
    let everyone: Vec<_> = sites.names().cloned().collect();
    assert_eq!(all(&everyone).await.unwrap_err().code(), "blob-missing");
}

#[tokio::test]
async fn a_site_that_is_leaving_is_given_nothing_and_read_last() {
    use std::sync::Arc;
    let rules = sites::Rules { copies: 1, when_short: Continue, patience: PATIENCE };
    let stores: Vec<Arc<object_store::memory::InMemory>> = (0..2).map(|_| Arc::default()).collect();
    let site = |name: &str, at: usize| sites::Site::bucket(name, Arc::clone(&stores[at]) as _);
    let before = sites::Sites::new(vec![site("old", 0)], rules).unwrap();
    let checksum = put(&before, name(1, 0), &content(100)).await.unwrap().checksum;

    let both = sites::Sites::new(vec![site("old", 0).leaving(), site("new", 1)], rules).unwrap();
    assert_eq!(both.names().map(|name| &**name).collect::<Vec<_>>(), ["new"]);
    assert_eq!(both.leaving().map(|name| &**name).collect::<Vec<_>>(), ["old"]);
    let copies = put(&both, name(2, 0), &content(100)).await.unwrap();
    assert_eq!((copies.sites, copies.missing), (vec!["new".into()], vec![]));
    assert_eq!(get(&both, name(1, 0), 0..100).await.unwrap(), content(100), "it is read from there still");
    both.bring("new", name(1, 0), checksum, &Pace::free()).await.unwrap();
    both.delete(name(1, 0).account, &[name(1, 0).blob, name(2, 0).blob]).await.unwrap();
    for store in &stores {
        let left: Vec<_> = object_store::ObjectStore::list(&**store, None).try_collect().await.unwrap();
        assert!(left.is_empty(), "and deleted from both: {left:?}");
    }
    let alone = sites::Sites::new(vec![site("old", 0).leaving()], rules);
    assert_eq!(alone.unwrap_err().code(), "copies-invalid");
}
