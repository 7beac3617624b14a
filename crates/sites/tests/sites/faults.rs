//! Sites that fail, fall silent or lie, in the middle of an upload or a download.

use crate::{
    frail::{Frail, Ill, frail},
    support::{MIB, content, get, name, put, send, source, until},
};
use futures_util::{FutureExt, TryStreamExt};
use kernel::Kind;
use sites::{
    Config, Secret, SiteConfig, Sites,
    WhenShort::{Continue, Refuse},
};
use std::{
    pin::pin,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_millis(300);
const SIZE: usize = 30 * MIB;

/// Every illness that an upload of `SIZE` meets before its end.
const ILL: [Ill; 6] =
    [Ill::Fails(0), Ill::Fails(10 << 20), Ill::Hangs(0), Ill::Hangs(10 << 20), Ill::HangsAtTheEnd, Ill::Full];

#[tokio::test]
async fn one_ill_site_stops_no_upload_that_others_can_hold() {
    for ill in ILL {
        for size in [100, SIZE] {
            let (sites, stores) = frail(3, 2, Refuse, PATIENCE);
            stores[1].falls(ill);
            let (content, begun) = (content(size), Instant::now());
            let copies = put(&sites, name(1, 0), &content).await.unwrap();
            assert!(begun.elapsed() < 3 * PATIENCE, "{ill:?} took {:?}", begun.elapsed());
            if !(size == 100 && matches!(ill, Ill::Fails(1..) | Ill::Hangs(1..))) {
                assert_eq!(copies.sites, ["paris".into(), "zurich".into()], "{ill:?}");
                assert!(!copies.short);
                stores[1].settles_without_objects().await;
            }
            assert!(get(&sites, name(1, 0), 0..size as u64).await.unwrap() == content);
        }
    }
}

#[tokio::test]
async fn too_few_sites_refuse_and_keep_nothing() {
    for ill in ILL {
        let (sites, stores) = frail(2, 2, Refuse, PATIENCE);
        stores[1].falls(ill);
        let error = put(&sites, name(1, 0), &content(SIZE)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{ill:?}");
        assert_eq!(error.code(), if ill == Ill::Full { "storage-full" } else { "unavailable" }, "{ill:?}");
        assert!(error.to_string().contains("site frankfurt: "), "{error}");
        assert_eq!(stores[0].objects().await, [""; 0], "{ill:?}: gone when the answer is there");
        stores[1].settles_without_objects().await;
    }
}

#[tokio::test]
async fn too_few_sites_continue_where_they_may_and_say_so() {
    for ill in ILL {
        let (sites, stores) = frail(2, 2, Continue, PATIENCE);
        stores[0].falls(ill);
        let copies = put(&sites, name(1, 0), &content(SIZE)).await.unwrap();
        assert_eq!(copies.sites, ["frankfurt".into()], "{ill:?}");
        assert!(copies.short);
        stores[0].settles_without_objects().await;

        stores[1].falls(ill);
        assert_eq!(put(&sites, name(2, 0), &content(SIZE)).await.unwrap_err().kind(), Kind::Unavailable);
    }
}

#[tokio::test]
async fn a_hopeless_upload_is_refused_before_all_its_bytes_came() {
    let (sites, stores) = frail(2, 2, Refuse, PATIENCE);
    stores[0].falls(Ill::Fails(0));
    let mut upload = sites.upload(name(1, 0));
    let content = content(MIB);
    for sent in 0.. {
        assert!(sent < 40, "it takes bytes in vain");
        if let Err(error) = upload.write(content.clone()).await {
            assert_eq!(error.kind(), Kind::Unavailable);
            break;
        }
    }
    assert_eq!(stores[1].aborted(), 1);
    assert_eq!(upload.finish().await.unwrap_err().kind(), Kind::Unavailable, "and stays refused");
}

#[tokio::test]
async fn a_name_that_is_taken_at_one_site_is_taken() {
    for size in [100, SIZE] {
        let (one, stores) = frail(1, 1, Refuse, PATIENCE);
        put(&one, name(1, 0), &content(7)).await.unwrap();
        let rules = sites::Rules { copies: 1, when_short: Continue, patience: PATIENCE };
        let other = Frail::default();
        let sites = [("a", other.clone()), ("b", stores[0].clone())]
            .map(|(name, store)| sites::Site::bucket(name, std::sync::Arc::new(store)));
        let both = Sites::new(sites.into(), rules).unwrap();
        assert_eq!(put(&both, name(1, 0), &content(size)).await.unwrap_err().code(), "blob-exists");
        assert_eq!(other.objects().await, [""; 0]);
        assert_eq!(get(&one, name(1, 0), 0..7).await.unwrap(), content(7), "what was there is left alone");
    }
}

#[tokio::test]
async fn nobody_waits_for_the_answer() {
    let (sites, stores) = frail(2, 2, Refuse, Duration::from_mins(1));
    stores[1].falls(Ill::HangsAtTheEnd);
    for size in [100, SIZE] {
        let mut upload = sites.upload(name(1, 0));
        send(&mut upload, &content(size)).await.unwrap();
        let mut finish = Box::pin(upload.finish());
        while stores[0].objects().await.is_empty() {
            assert!(finish.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        drop(finish); // as when the client hangs up: one site has the part, the other never will
        stores[0].settles_without_objects().await;
    }
}

#[tokio::test]
async fn a_dropped_upload_is_aborted_at_the_server() {
    let (sites, stores) = frail(2, 2, Refuse, PATIENCE);
    let mut upload = sites.upload(name(1, 0));
    send(&mut upload, &content(SIZE)).await.unwrap();
    drop(upload);
    until(|| stores.iter().all(|store| store.aborted() == 1), || "not aborted".to_owned()).await;
}

#[tokio::test]
async fn a_download_goes_on_at_the_next_site() {
    let (sites, stores) = frail(3, 3, Refuse, Duration::from_secs(10));
    let content = content(5 * MIB);
    put(&sites, name(1, 0), &content).await.unwrap();
    for after in [0, 1, 2 << 20] {
        for ill in [Ill::Fails(after), Ill::Hangs(after), Ill::Ends(after)] {
            stores[0].falls(ill);
            let begun = Instant::now();
            let got = get(&sites, name(1, 0), 11..content.len() as u64).await.unwrap();
            assert!(got == content[11..], "{ill:?}");
            assert!(begun.elapsed() < Duration::from_millis(1500), "{ill:?}: {:?}", begun.elapsed());
        }
    }
}

#[tokio::test]
async fn each_site_gives_a_little() {
    let (sites, stores) = frail(3, 3, Refuse, PATIENCE);
    let content = content(5 * MIB);
    put(&sites, name(1, 0), &content).await.unwrap();
    for store in &stores {
        store.falls(Ill::Fails(300 << 10));
    }
    assert!(get(&sites, name(1, 0), 0..content.len() as u64).await.unwrap() == content);
}

#[tokio::test]
async fn a_single_site_that_breaks_off_is_asked_for_the_rest() {
    let (sites, stores) = frail(1, 1, Refuse, PATIENCE);
    let content = content(5 * MIB);
    put(&sites, name(1, 0), &content).await.unwrap();
    stores[0].falls(Ill::Fails(300 << 10));
    assert!(get(&sites, name(1, 0), 0..content.len() as u64).await.unwrap() == content);
}

#[tokio::test]
async fn a_download_that_no_site_can_go_on_with_ends_in_an_error() {
    let (sites, stores) = frail(2, 2, Refuse, PATIENCE);
    put(&sites, name(1, 0), &content(MIB)).await.unwrap();
    for (ill, code) in
        [(Ill::Ends(0), "blob-missing"), (Ill::Fails(0), "unavailable"), (Ill::Hangs(0), "unavailable")]
    {
        // The first site serves what it has, then says that this was all.
        stores[0].falls(Ill::Ends(128 << 10));
        stores[1].falls(ill);
        let mut stream = pin!(sites.read(name(1, 0), 0..MIB as u64).await.unwrap());
        let mut got = Vec::new();
        let error = loop {
            match stream.try_next().await {
                Ok(Some(bytes)) => got.extend_from_slice(&bytes),
                Ok(None) => panic!("{ill:?}: it ends as if it were whole"),
                Err(error) => break error,
            }
            stores[0].falls(Ill::Ends(0));
        };
        assert_eq!(error.code(), code, "{error}");
        assert!(got == content(MIB)[..128 << 10]);

        let error = get(&sites, name(1, 0), 0..MIB as u64).await.unwrap_err();
        assert_eq!(error.code(), code, "nor begin: {error}");
    }
}

#[tokio::test]
async fn a_silent_site_is_remembered() {
    let (sites, stores) = frail(2, 1, Refuse, Duration::from_secs(10));
    put(&sites, name(1, 0), &content(10)).await.unwrap();
    stores[0].falls(Ill::Hangs(0));
    get(&sites, name(1, 0), 0..10).await.unwrap();
    let begun = Instant::now();
    get(&sites, name(1, 0), 0..10).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "the other site is asked first");
    put(&sites, name(2, 0), &content(10)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(1500), "it is waited for a second, not ten");
}

#[tokio::test]
async fn a_check_says_which_site_is_ill() {
    let (sites, stores) = frail(2, 2, Refuse, PATIENCE);
    stores[1].falls(Ill::Hangs(0));
    let health = sites.check(&source()).await;
    assert!(health[0].is_well());
    assert_eq!(health[1].fault.as_deref(), Some("no answer within 300ms"));
    assert!(!sites.suffice(&health));
}

/// Servers that are not there, and one that takes connections and says nothing.
#[tokio::test]
async fn a_bucket_without_a_server_is_given_up_in_time() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (address, size) in
        [mute.local_addr().unwrap(), closed].into_iter().flat_map(|at| [(at, 100), (at, SIZE)])
    {
        let site = SiteConfig {
            name: "paris".to_owned(),
            blobs: "s3://blobs".to_owned(),
            endpoint: Some(format!("http://{address}")),
            access_key: Some("key".to_owned()),
            secret_key: Some(Secret::new("secret".to_owned())),
            allow_http: true,
            ..SiteConfig::default()
        };
        let config = Config { sites: vec![site], patience: PATIENCE, ..Config::embedded("", String::new()) };
        let sites = Sites::open(&config).unwrap();
        let begun = Instant::now();
        assert_eq!(put(&sites, name(1, 0), &content(size)).await.unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(get(&sites, name(1, 0), 0..1).await.unwrap_err().kind(), Kind::Unavailable);
        assert_eq!(
            sites.delete(name(1, 0).account, &[name(1, 0).blob]).await.unwrap_err().kind(),
            Kind::Unavailable
        );
        assert!(!sites.check(&source()).await[0].is_well());
        assert!(begun.elapsed() < 8 * PATIENCE, "{address}: {:?}", begun.elapsed());
    }
}
