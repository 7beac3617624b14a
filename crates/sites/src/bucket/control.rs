//! What is asked of a bucket beyond its objects: whether it keeps what was deleted, which uploads into it were never
//! completed, and what time it is there.
//!
//! `object_store` has no call for these, so they are requests of ours, signed by its signer. They name the bucket in the path,
//! as it does.

use crate::{
    fault::{Fault, Outcome},
    name::PartName,
};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header::DATE};
use kernel::{Clock, Timestamp};
use object_store::{
    aws::{AwsAuthorizer, AwsCredentialProvider},
    client::{HttpClient, HttpRequestBody},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::fmt;
use url::Url;

/// Pages of unfinished uploads, of a thousand each, that are looked at in one go.
const PAGES: usize = 16;

/// Asks one bucket.
pub(crate) struct Control {
    client: HttpClient,
    credentials: AwsCredentialProvider,
    region: String,
    /// Where the bucket is: `https://host/bucket`.
    bucket: Url,
    /// What each of our keys begins with: nothing, or a path that ends in `/`.
    prefix: String,
    /// Whether a server that knows nothing of versions and locks is believed to have none.
    no_versions: bool,
}

/// What a bucket says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// Why what is deleted here may live on, in a sentence for operators; none where it does not.
    pub keeps: Option<String>,
    /// By how many microseconds its clock is ahead of ours; it tells whole seconds. None where there is no clock but ours.
    pub ahead: Option<i64>,
}

/// An upload in pieces that was begun and not completed: it takes room, and nobody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The part that it was to become.
    pub name: PartName,
    /// When it was begun, by the bucket's clock.
    pub begun: Timestamp,
    key: String,
    upload: String,
}

struct Answer {
    status: StatusCode,
    body: Bytes,
    ahead: Option<i64>,
}

#[derive(Deserialize)]
struct Versioning {
    #[serde(rename = "Status")]
    status: Option<String>,
}

#[derive(Deserialize)]
struct ObjectLock {
    #[serde(rename = "ObjectLockEnabled")]
    enabled: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "Code")]
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Uploads {
    #[serde(default)]
    upload: Vec<Upload>,
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    key: String,
    #[serde(rename = "UploadId")]
    id: String,
    initiated: String,
}

impl Control {
    pub(crate) fn new(
        client: HttpClient,
        credentials: AwsCredentialProvider,
        region: String,
        bucket: Url,
        prefix: &str,
        no_versions: bool,
    ) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { client, credentials, region, bucket, prefix, no_versions }
    }

    /// Whether it keeps what was deleted, and its clock.
    pub(crate) async fn examine(&self) -> Outcome<Examined> {
        let versions = self.ask(&Method::GET, "", &[("versioning", "")]).await?;
        let ahead = versions.ahead;
        let lock = self.ask(&Method::GET, "", &[("object-lock", "")]).await?;
        let keeps = match self.versions(&versions)? {
            Some(keeps) => Some(keeps),
            None => self.lock(&lock)?,
        };
        Ok(Examined { keeps, ahead })
    }

    fn versions(&self, answer: &Answer) -> Outcome<Option<String>> {
        if answer.status.is_success() {
            // Suspended is not off: the versions from before live on, and nothing says that there are none.
            return Ok(match read::<Versioning>(&answer.body)?.status.as_deref() {
                None | Some("") => None,
                Some(status) => Some(format!(
                    "the bucket's versioning is {}: what is deleted lives on as an old version. Use a bucket that never had any",
                    status.to_lowercase()
                )),
            });
        }
        self.unknown(answer, "versioning")
    }

    fn lock(&self, answer: &Answer) -> Outcome<Option<String>> {
        if answer.status.is_success() {
            let enabled =
                read::<ObjectLock>(&answer.body)?.enabled.is_some_and(|enabled| enabled == "Enabled");
            return Ok(enabled.then(|| {
                "the bucket has object lock on: nothing in it can be deleted. Use a bucket without".to_owned()
            }));
        }
        if refusal(answer) == "ObjectLockConfigurationNotFoundError" {
            return Ok(None);
        }
        self.unknown(answer, "object lock")
    }

    /// What it means that the server does not say.
    fn unknown(&self, answer: &Answer, what: &str) -> Outcome<Option<String>> {
        let code = refusal(answer);
        match answer.status {
            StatusCode::NOT_IMPLEMENTED if self.no_versions => Ok(None),
            StatusCode::NOT_IMPLEMENTED => Ok(Some(format!(
                "the server knows nothing of {what}. Where that means that it has none, say no-versions = true"
            ))),
            StatusCode::FORBIDDEN => Ok(Some(format!(
                "the access key may not ask for the bucket's {what} ({code}): allow it s3:GetBucketVersioning and \
                 s3:GetBucketObjectLockConfiguration"
            ))),
            status => {
                Err(Fault::Broken(format!("it answers {status} {code} when asked for its {what}").into()))
            }
        }
    }

    /// The uploads under our prefix that were begun and not completed.
    pub(crate) async fn unfinished(&self) -> Outcome<Vec<Unfinished>> {
        let (mut found, mut key, mut upload) = (Vec::new(), String::new(), String::new());
        for _ in 0..PAGES {
            let mut query = vec![("uploads", ""), ("prefix", self.prefix.as_str())];
            if !key.is_empty() {
                query.extend([("key-marker", key.as_str()), ("upload-id-marker", upload.as_str())]);
            }
            let answer = self.ask(&Method::GET, "", &query).await?;
            if answer.status == StatusCode::NOT_IMPLEMENTED {
                return Ok(found); // its life-cycle rule must do
            }
            let page: Uploads = read(&done(answer, "list its unfinished uploads")?.body)?;
            found.extend(page.upload.into_iter().filter_map(|upload| self.unfinished_one(upload)));
            match (page.is_truncated, page.next_key_marker) {
                (true, Some(next)) => key = next,
                _ => break,
            }
            upload = page.next_upload_id_marker.unwrap_or_default();
        }
        Ok(found)
    }

    /// One of ours; what another hand uploads is passed over.
    fn unfinished_one(&self, upload: Upload) -> Option<Unfinished> {
        let (account, file) = upload.key.strip_prefix(&self.prefix)?.split_once('/')?;
        let name = PartName::parse(account.parse().ok()?, file)?;
        let begun: jiff::Timestamp = upload.initiated.parse().ok()?;
        let begun = Timestamp::from_micros(begun.as_microsecond());
        Some(Unfinished { name, begun, key: upload.key, upload: upload.id })
    }

    /// Gives an unfinished upload up; that it is gone is as good.
    pub(crate) async fn abandon(&self, upload: &Unfinished) -> Outcome<()> {
        let answer = self.ask(&Method::DELETE, &upload.key, &[("uploadId", &upload.upload)]).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        done(answer, "give an upload up").map(drop)
    }

    async fn ask(&self, method: &Method, key: &str, query: &[(&str, &str)]) -> Outcome<Answer> {
        let mut url = self.bucket.clone();
        if !key.is_empty() {
            url.path_segments_mut().map_err(|()| broken("no path"))?.extend(key.split('/'));
        }
        url.query_pairs_mut().extend_pairs(query);
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .body(HttpRequestBody::empty())
            .map_err(broken)?;
        let credential = self.credentials.get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(&mut request, None)?;
        let clock = Clock::system();
        let before = clock.now();
        let response = self.client.execute(request).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let told = head.headers.get(DATE).and_then(|date| date.to_str().ok());
        let ahead = told.and_then(|date| ahead(date, before, clock.now()));
        Ok(Answer { status: head.status, body: body.bytes().await.map_err(broken)?, ahead })
    }
}

/// By how much a clock is ahead that told this date, in whole seconds, at a moment between the two of ours.
fn ahead(date: &str, before: Timestamp, after: Timestamp) -> Option<i64> {
    let told = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_microsecond();
    // It was `told` or up to a second more, at some time between the two: no difference is the nearest that can be so.
    let (least, most) = (told - after.micros(), told + 1_000_000 - before.micros());
    Some(if least > 0 { least } else { most.min(0) })
}

fn broken(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::Broken(why.into())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Outcome<T> {
    quick_xml::de::from_reader(body).map_err(broken)
}

fn refusal(answer: &Answer) -> String {
    read::<Refusal>(&answer.body).map(|refusal| refusal.code).unwrap_or_default()
}

fn done(answer: Answer, what: &str) -> Outcome<Answer> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(broken(format!("it answers {} {} when asked to {what}", answer.status, refusal(&answer))))
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Control({})", self.bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_tells_seconds_is_ahead_only_where_it_must_be() {
        let at =
            |text: &str| Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
        let date = "Tue, 15 Nov 1994 08:12:31 GMT"; // RFC 9110, section 5.6.7
        for (before, after, expected) in [
            ("1994-11-15T08:12:31.2Z", "1994-11-15T08:12:31.3Z", 0),
            ("1994-11-15T08:12:30.9Z", "1994-11-15T08:12:32.1Z", 0),
            ("1994-11-15T08:12:20Z", "1994-11-15T08:12:21Z", 10_000_000),
            ("1994-11-15T08:12:42Z", "1994-11-15T08:12:43Z", -10_000_000),
        ] {
            assert_eq!(ahead(date, at(before), at(after)), Some(expected), "{before}");
        }
        assert_eq!(ahead("yesterday", at("1994-11-15T08:12:31Z"), at("1994-11-15T08:12:31Z")), None);
    }

    #[test]
    fn a_list_of_unfinished_uploads_is_read() {
        let page = "<?xml version='1.0'?><ListMultipartUploadsResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>\
            <Bucket>b</Bucket><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
            <Upload><Key>a</Key><UploadId>1</UploadId><Initiated>2026-11-10T20:48:33.000Z</Initiated></Upload>\
            <Upload><Key>b</Key><UploadId>2</UploadId><Initiated>2026-11-10T20:48:33.000Z</Initiated></Upload>\
            </ListMultipartUploadsResult>";
        let page: Uploads = read(page.as_bytes()).unwrap();
        assert!(page.is_truncated && page.upload.len() == 2 && page.upload[1].id == "2");
        assert_eq!(page.next_key_marker.as_deref(), Some("k"));
        let none: Uploads = read(b"<ListMultipartUploadsResult></ListMultipartUploadsResult>").unwrap();
        assert!(none.upload.is_empty() && !none.is_truncated);
    }
}
