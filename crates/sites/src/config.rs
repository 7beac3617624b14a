//! What the operator says about the sites.

use crate::{
    bucket::{Bucket, Control, CreateOnly},
    site::Site,
    sites::Rules,
};
use kernel::{Error, Result};
use object_store::{
    ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, client::HttpConnector,
    path::Path as ObjectPath, prefix::PrefixStore,
};
use serde::Deserialize;
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};
use url::Url;

/// How long it may take to connect to a bucket's server.
const CONNECT: Duration = Duration::from_secs(2);
/// How often a request to a bucket is repeated after the server said that it failed.
const RETRIES: usize = 3;

/// The sites and their rules.
#[derive(Clone, Debug)]
pub struct Config {
    /// The site that this node is at; reads begin there. None: the first.
    pub here: Option<String>,
    /// The sites.
    pub sites: Vec<SiteConfig>,
    /// How many sites must have a part before it is acknowledged.
    pub copies: usize,
    /// What happens where fewer are reachable.
    pub when_short: WhenShort,
    /// How long one step at a site may take; [`Rules::PATIENCE`] suits most.
    pub patience: Duration,
}

impl Config {
    /// One site, which is a directory: the embedded installation.
    pub fn embedded(name: &str, blobs: String) -> Self {
        let site = SiteConfig { name: name.to_owned(), blobs, ..SiteConfig::default() };
        Self {
            here: None,
            sites: vec![site],
            copies: 1,
            when_short: WhenShort::Refuse,
            patience: Rules::PATIENCE,
        }
    }
}

/// What happens to an upload where fewer sites are reachable than must have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenShort {
    /// It is refused with 503 and may be tried again.
    #[default]
    Refuse,
    /// It is acknowledged by one site at least, and marked.
    Continue,
}

/// One site, as in `[[site]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SiteConfig {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// Where its blobs lie: `file:///var/lib/palisade/blobs` or `s3://bucket/prefix`.
    pub blobs: String,
    /// The bucket's server, as `https://host:port`; without it that of AWS in `region`.
    pub endpoint: Option<String>,
    /// The bucket's region; without it `us-east-1`.
    pub region: Option<String>,
    /// Who signs the requests; without it the credentials that AWS gives to its machines.
    pub access_key: Option<String>,
    /// The secret to `access_key`.
    pub secret_key: Option<Secret>,
    /// Whether `endpoint` may be without TLS.
    pub allow_http: bool,
    /// Whether the server, where it knows nothing of versions and object lock, is believed to have none.
    pub no_versions: bool,
    /// Whether the site is being taken out: it is given nothing more, and its copies do not count.
    pub leaving: bool,
    /// Where its keyring lies, as `blobs`, where it is a key site. The vault's; here it is only opened.
    pub keys: Option<String>,
    /// The folder with its root of trust, where this machine is at the site. The vault's.
    pub root: Option<PathBuf>,
}

/// Where blobs, or keys, lie.
#[derive(Debug)]
pub enum Place {
    /// In a directory of this machine.
    Directory(PathBuf),
    /// In a bucket.
    Bucket(Bucket),
}

impl SiteConfig {
    /// Whether it makes sense. Nothing is made for it, and no server is asked.
    ///
    /// # Errors
    /// `site-invalid`, with the field that is wrong.
    pub fn check(&self) -> Result<()> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(fits) {
            return Err(self.refuse("name", "a name has lower-case letters, digits and hyphens"));
        }
        let places = [
            ("blobs", Some(self.place("blobs", &self.blobs, Rules::PATIENCE)?)),
            ("keys", self.keys(Rules::PATIENCE)?),
        ];
        for (field, place) in places {
            let Some(Place::Directory(path)) = place else { continue };
            let there = path.ancestors().find(|folder| folder.exists());
            if let Some(there) = there.filter(|there| !there.is_dir()) {
                return Err(self.refuse(field, format!("{} is no directory", there.display())));
            }
        }
        Ok(())
    }

    /// Where its keyring lies; none where it is no key site. Nothing is made for it, and no server is asked.
    ///
    /// # Errors
    /// `site-invalid`.
    pub fn keys(&self, patience: Duration) -> Result<Option<Place>> {
        self.keys.as_ref().map(|keys| self.place("keys", keys, patience)).transpose()
    }

    /// Opens the site.
    pub(crate) fn open(&self, patience: Duration) -> Result<Site> {
        self.check()?;
        let site = match self.place("blobs", &self.blobs, patience)? {
            Place::Directory(path) => Site::directory(&self.name, &path)?,
            Place::Bucket(bucket) => Site::controlled(&self.name, bucket),
        };
        Ok(if self.leaving { site.leaving() } else { site })
    }

    fn place(&self, field: &'static str, url: &str, patience: Duration) -> Result<Place> {
        let url = Url::parse(url).map_err(|error| self.refuse(field, error))?;
        match url.scheme() {
            "file" => Ok(Place::Directory(self.path(field, &url)?)),
            "s3" => Ok(Place::Bucket(self.bucket(field, &url, patience)?)),
            scheme => Err(self.refuse(field, format!("{scheme}:// is none of file:// and s3://"))),
        }
    }

    fn path(&self, field: &'static str, url: &Url) -> Result<PathBuf> {
        let bucket = |url: &String| url.starts_with("s3:");
        let has_bucket = bucket(&self.blobs) || self.keys.as_ref().is_some_and(bucket);
        let foreign = [
            self.endpoint.is_some(),
            self.region.is_some(),
            self.access_key.is_some(),
            self.secret_key.is_some(),
            self.allow_http,
            self.no_versions,
        ];
        if !has_bucket && foreign.contains(&true) {
            return Err(self.refuse(
                field,
                "a directory has no endpoint, region, access-key, secret-key, allow-http or no-versions",
            ));
        }
        url.to_file_path().map_err(|()| self.refuse(field, "it is no path on this machine: file:///path"))
    }

    fn bucket(&self, field: &'static str, url: &Url, patience: Duration) -> Result<Bucket> {
        let Some(bucket) = url.host_str() else {
            return Err(self.refuse(field, "the bucket is missing: s3://bucket/prefix"));
        };
        let region = self.region.as_deref().unwrap_or("us-east-1");
        // No limit on a whole request, which may be a download of hours: each step has its own patience.
        let options = ClientOptions::new()
            .with_connect_timeout(CONNECT.min(patience))
            .with_timeout_disabled()
            .with_allow_http(self.allow_http);
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: patience, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_http_connector(CreateOnly)
            .with_client_options(options.clone())
            .with_retry(retry);
        let endpoint = self.endpoint.clone().unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let mut address = Url::parse(&endpoint).map_err(|error| self.refuse("endpoint", error))?;
        if address.scheme() == "http" && !self.allow_http {
            return Err(self.refuse("endpoint", "it is without TLS, and allow-http is not set"));
        }
        if self.endpoint.is_some() {
            builder = builder.with_endpoint(endpoint);
        }
        builder = match (&self.access_key, &self.secret_key) {
            (Some(key), Some(secret)) => builder.with_access_key_id(key).with_secret_access_key(&secret.0),
            (None, None) => builder,
            _ => return Err(self.refuse("access-key", "access-key and secret-key go together")),
        };
        let store = builder.build().map_err(|error| self.refuse(field, error))?;
        let prefix = ObjectPath::from_url_path(url.path()).map_err(|error| self.refuse(field, error))?;
        match address.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().push(bucket),
            Err(()) => return Err(self.refuse("endpoint", "it is no address of a server")),
        };
        let client = CreateOnly.connect(&options).map_err(|error| self.refuse("endpoint", error))?;
        let (credentials, region) = (Arc::clone(store.credentials()), region.to_owned());
        let control = Control::new(client, credentials, region, address, prefix.as_ref(), self.no_versions);
        let store: Arc<dyn ObjectStore> =
            if prefix.is_root() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, prefix)) };
        Ok(Bucket::new(store, control))
    }

    fn refuse(&self, field: &'static str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::invalid("site-invalid", field).with("site", &self.name).because(why)
    }
}

/// A secret that no log shows.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// This secret.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sites;

    /// A site as the operator writes it; `ROOT` is a directory that is there.
    fn site(text: &str, root: &std::path::Path) -> SiteConfig {
        toml::from_str(&text.replace("ROOT", root.to_str().unwrap())).unwrap()
    }

    #[test]
    fn what_is_wrong_with_a_site_is_said_with_its_name() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join("file"), "").unwrap();
        let cases = [
            ("name = 'Paris'\nblobs = 'file://ROOT'", "name", "lower-case"),
            ("name = ''\nblobs = 'file://ROOT'", "name", "lower-case"),
            ("name = 'p'\nblobs = 'ROOT'", "blobs", "relative URL"),
            ("name = 'p'\nblobs = 'file://host/path'", "blobs", "file:///path"),
            ("name = 'p'\nblobs = 'gs://bucket'", "blobs", "none of file:// and s3://"),
            ("name = 'p'\nblobs = 'file://ROOT/file'", "blobs", "directory"),
            ("name = 'p'\nblobs = 'file://ROOT'\nregion = 'x'", "blobs", "a directory has no endpoint"),
            ("name = 'p'\nblobs = 's3://'", "blobs", "bucket is missing"),
            ("name = 'p'\nblobs = 's3://b'\nendpoint = 'http://h'", "endpoint", "without TLS"),
            ("name = 'p'\nblobs = 's3://b'\naccess-key = 'k'", "access-key", "go together"),
            ("name = 'p'\nblobs = 'file://ROOT'\nkeys = 'ROOT'", "keys", "relative URL"),
            ("name = 'p'\nblobs = 'file://ROOT'\nkeys = 'file://ROOT/file'", "keys", "directory"),
            ("name = 'p'\nblobs = 'file://ROOT'\nkeys = 's3://'", "keys", "bucket is missing"),
        ];
        for (text, field, why) in cases {
            let site = site(text, temp.path());
            let error = site.open(Rules::PATIENCE).unwrap_err();
            let checked = site.check().unwrap_err();
            assert_eq!(checked.problem().field.as_deref(), Some(field), "{text}: before it is opened");
            assert_eq!(error.problem().field.as_deref(), Some(field), "{text}: {error}");
            assert!(
                error.to_string().contains("site=") && error.to_string().contains(why),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_refused_and_a_secret_is_not_shown() {
        assert!(toml::from_str::<SiteConfig>("name = 'p'\nblob = 'file:///x'").is_err());
        let text = "name = 'p'\nblobs = 's3://bucket/some/prefix'\naccess-key = 'k'\nsecret-key = 'hush'";
        let site: SiteConfig = toml::from_str(text).unwrap();
        let opened = site.open(Rules::PATIENCE).unwrap();
        for shown in [format!("{site:?}"), format!("{opened:?}")] {
            assert!(!shown.contains("hush"), "{shown}");
        }
    }

    #[test]
    fn rules_and_sites_must_fit() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str, folder: &str| {
            site(&format!("name = '{name}'\nblobs = 'file://ROOT/{folder}'"), temp.path())
        };
        let open = |here: Option<&str>, sites: Vec<SiteConfig>, copies| {
            let here = here.map(str::to_owned);
            Sites::open(&Config { here, sites, copies, ..Config::embedded("x", String::new()) })
        };
        let code = |result: Result<Sites>| result.unwrap_err().code();
        assert_eq!(code(open(None, vec![], 1)), "sites-missing");
        assert_eq!(code(open(None, vec![at("a", "1")], 0)), "copies-invalid");
        assert_eq!(code(open(None, vec![at("a", "1")], 2)), "copies-invalid");
        assert_eq!(code(open(None, vec![at("a", "1"), at("a", "2")], 1)), "site-twice");
        assert_eq!(code(open(None, vec![at("a", "1"), at("b", "2/../1")], 1)), "site-twice");
        assert_eq!(code(open(Some("c"), vec![at("a", "1")], 1)), "site-unknown");

        assert!(
            at("d", "new/folder").check().is_ok() && !temp.path().join("new").exists(),
            "nothing is made"
        );

        let sites = open(Some("c"), vec![at("a", "1"), at("b", "2"), at("c", "3")], 2).unwrap();
        assert_eq!(
            sites.names().map(|name| &**name).collect::<Vec<_>>(),
            ["c", "a", "b"],
            "the nearest first"
        );
    }
}
