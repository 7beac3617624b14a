//! What is asked of a bucket beyond its objects, of a server that answers as the test says.

use crate::support::{name, until};
use bytes::Bytes;
use hyper::{
    Request, Response,
    body::Incoming,
    header::{AUTHORIZATION, DATE},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use sites::{Config, Examined, Secret, SiteConfig, Sites, WhenShort};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

type Answers = HashMap<&'static str, (u16, String)>;

/// A server that answers each kind of question in one way, and notes what it was asked.
struct Server {
    endpoint: String,
    answers: Arc<Mutex<Answers>>,
    date: Arc<Mutex<Option<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { endpoint, answers: Arc::default(), date: Arc::default(), asked: Arc::default() };
        let (answers, date, asked) =
            (Arc::clone(&server.answers), Arc::clone(&server.date), Arc::clone(&server.asked));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (answers, date, asked) = (Arc::clone(&answers), Arc::clone(&date), Arc::clone(&asked));
                let service = service_fn(move |request: Request<Incoming>| {
                    let answer = answer(&request, &answers.lock().unwrap(), *date.lock().unwrap());
                    asked.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
                    async { Ok::<_, Infallible>(answer) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service),
                );
            }
        });
        server
    }

    fn says(&self, question: &'static str, status: u16, body: &str) {
        self.answers.lock().unwrap().insert(question, (status, body.to_owned()));
    }

    fn sites(&self, no_versions: bool) -> Sites {
        let site = SiteConfig {
            name: "paris".to_owned(),
            blobs: "s3://blobs/some/prefix".to_owned(),
            endpoint: Some(self.endpoint.clone()),
            access_key: Some("key".to_owned()),
            secret_key: Some(Secret::new("secret".to_owned())),
            allow_http: true,
            no_versions,
            ..SiteConfig::default()
        };
        let config = Config {
            here: None,
            sites: vec![site],
            copies: 1,
            when_short: WhenShort::Refuse,
            patience: Duration::from_secs(5),
        };
        Sites::open(&config).unwrap()
    }
}

fn answer(
    request: &Request<Incoming>,
    answers: &Answers,
    date: Option<&str>,
) -> Response<http_body_util::Full<Bytes>> {
    let signed = request
        .headers()
        .get(AUTHORIZATION)
        .is_some_and(|header| header.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=key/"));
    let query = request.uri().query().unwrap_or_default();
    let question = answers.keys().find(|question| query.split(['&', '=']).next() == Some(question));
    let (status, body) = match question {
        _ if !signed => (403, "<Error><Code>AccessDenied</Code></Error>".to_owned()),
        Some(question) => answers[question].clone(),
        None => (501, "<Error><Code>NotImplemented</Code></Error>".to_owned()),
    };
    let mut answer = Response::builder().status(status);
    if let Some(date) = date {
        answer = answer.header(DATE, date);
    }
    answer.body(body.into()).unwrap()
}

async fn examine(sites: &Sites) -> Result<Examined, String> {
    sites.examine().await.remove(0).1
}

const OFF: &str = "<VersioningConfiguration xmlns='http://s3.amazonaws.com/doc/2006-03-01/'/>";
const NO_LOCK: &str = "<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>";

#[tokio::test]
async fn a_bucket_that_keeps_what_was_deleted_is_found() {
    let status = |status: &str| {
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
    };
    let locked =
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    let denied = "<Error><Code>AccessDenied</Code></Error>";
    let cases = [
        ((200, OFF.to_owned()), (404, NO_LOCK), None),
        ((200, status("Enabled")), (404, NO_LOCK), Some("versioning is enabled")),
        ((200, status("Suspended")), (404, NO_LOCK), Some("versioning is suspended")),
        ((200, OFF.to_owned()), (200, locked), Some("object lock on")),
        ((403, denied.to_owned()), (404, NO_LOCK), Some("s3:GetBucketVersioning")),
    ];
    for ((code, versioning), (lock_code, lock), expected) in cases {
        let server = Server::start().await;
        server.says("versioning", code, &versioning);
        server.says("object-lock", lock_code, lock);
        let keeps = examine(&server.sites(false)).await.unwrap().keeps;
        match expected {
            None => assert_eq!(keeps, None),
            Some(expected) => {
                assert!(keeps.as_ref().is_some_and(|keeps| keeps.contains(expected)), "{keeps:?}");
            }
        }
    }
}

#[tokio::test]
async fn not_implemented_is_off_only_where_the_operator_says_so() {
    let server = Server::start().await;
    let keeps = examine(&server.sites(false)).await.unwrap().keeps.unwrap();
    assert!(keeps.contains("no-versions = true"), "{keeps}");
    assert_eq!(examine(&server.sites(true)).await.unwrap().keeps, None);
    server.says(
        "versioning",
        200,
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    );
    assert!(examine(&server.sites(true)).await.unwrap().keeps.is_some(), "what it says itself goes before");
    server.says("versioning", 404, "<Error><Code>NoSuchBucket</Code></Error>");
    assert!(examine(&server.sites(true)).await.unwrap_err().contains("NoSuchBucket"));
}

#[tokio::test]
async fn a_bucket_whose_clock_is_wrong_is_found() {
    let server = Server::start().await;
    server.says("versioning", 200, OFF);
    server.says("object-lock", 404, NO_LOCK);
    assert_eq!(examine(&server.sites(false)).await.unwrap().ahead, Some(0));
    *server.date.lock().unwrap() = Some("Tue, 15 Nov 1994 08:12:31 GMT");
    let ahead = examine(&server.sites(false)).await.unwrap().ahead.unwrap();
    assert!(ahead < -1_000_000_000_000_000, "{ahead}");
}

#[tokio::test]
async fn uploads_that_were_never_completed_are_found_and_given_up() {
    let (server, sites) = {
        let server = Server::start().await;
        let sites = server.sites(false);
        (server, sites)
    };
    assert_eq!(sites.unfinished("paris").await.unwrap(), [], "a server that cannot tell is believed");
    let part = name(1, 3);
    let upload = |key: &str| {
        format!(
            "<Upload><Key>{key}</Key><UploadId>it is</UploadId><Initiated>2026-11-10T20:48:33.000Z</Initiated></Upload>"
        )
    };
    let uploads =
        [upload(&format!("some/prefix/{part}")), upload("some/prefix/of another hand"), upload("else")]
            .concat();
    server.says(
        "uploads",
        200,
        &format!("<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>"),
    );
    let found = sites.unfinished("paris").await.unwrap();
    assert_eq!(found.iter().map(|found| found.name).collect::<Vec<_>>(), [part]);
    server.says("uploadId", 204, "");
    sites.abandon("paris", &found[0]).await.unwrap();
    let expected = format!("DELETE /blobs/some/prefix/{part}?uploadId=it+is");
    until(
        || server.asked.lock().unwrap().contains(&expected),
        || format!("{:?}", server.asked.lock().unwrap()),
    )
    .await;
    server.says("uploadId", 404, "<Error><Code>NoSuchUpload</Code></Error>");
    sites.abandon("paris", &found[0]).await.unwrap();
    server.says("uploadId", 500, "");
    assert_eq!(sites.abandon("paris", &found[0]).await.unwrap_err().code(), "unavailable");
}
