//! The configuration: a TOML file, over which the command line goes.

use crate::{
    Place,
    mistakes::{self, Mistake},
};
use app::{
    notifications::{Post, PostConfig, Tls},
    privacy::Policies,
};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};
use web::Language;

/// A complete configuration with comments.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// What the operator says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The folder for the database, the keys, the blobs and the control socket.
    pub(crate) data: PathBuf,
    /// Where the node listens.
    pub(crate) listen: SocketAddr,
    /// Where the node shows its metrics to the operator; nowhere without it.
    pub(crate) metrics: Option<SocketAddr>,
    /// The installation's host name.
    pub(crate) host: String,
    /// How people reach it, where that differs from how the node listens.
    pub(crate) public: Public,
    /// Where rows are.
    pub(crate) database: Database,
    /// Where keys are kept a second time.
    pub(crate) keys: Keys,
    /// How mail leaves; without it, none does.
    pub(crate) mail: Option<Mail>,
    /// The files with the privacy policy.
    pub(crate) privacy: Privacy,
    /// The site that this node is at.
    pub(crate) here: Option<String>,
    /// The data centers.
    pub(crate) site: Vec<sites::SiteConfig>,
    /// What must hold a write.
    pub(crate) durability: Durability,
    /// Rehearsals of a loss.
    pub(crate) drill: Drill,
    /// The limits.
    pub(crate) limits: Limits,
    /// Whether an empty database may be begun where there are keys; said on the command line alone.
    #[serde(skip)]
    pub(crate) new_database: bool,
}

/// How people reach the installation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Public {
    /// `http` or `https`.
    pub(crate) scheme: Option<String>,
    /// The port, where it is not the scheme's own.
    pub(crate) port: Option<u16>,
    /// The proxies that are believed when they say for whom they ask.
    pub(crate) trusted_proxies: Vec<web::Network>,
}

/// Where rows are: SQLite in the data folder, or PostgreSQL.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Database {
    /// The role that serves requests.
    pub(crate) url: Option<String>,
    /// The role that works across accounts.
    pub(crate) system_url: Option<String>,
    /// The role that owns the tables.
    pub(crate) owner_url: Option<String>,
    /// A PEM file of the authorities that may vouch for its certificate.
    pub(crate) authorities: Option<PathBuf>,
    /// Who keeps the copies of what is committed.
    pub(crate) replication: Replication,
}

/// Who keeps the copies of what is committed.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Replication {
    /// PostgreSQL's standbys, at as many sites as `durability` says.
    #[default]
    Standbys,
    /// Whoever runs PostgreSQL, below it, where nobody can see them.
    Service,
}

/// Rehearsals of a loss.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Drill {
    /// The file in which the last one left what came of it.
    pub(crate) report: Option<PathBuf>,
}

/// Where keys are kept a second time.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Keys {
    /// A folder on another machine.
    pub(crate) mirror: Option<PathBuf>,
}

/// How mail leaves: the operator's mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Mail {
    /// Its host name.
    pub(crate) host: String,
    /// Its port, where it is not the usual one.
    pub(crate) port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub(crate) tls: Tls,
    /// A PEM file of the authorities that may vouch for it.
    pub(crate) authorities: Option<PathBuf>,
    /// As whom it is spoken to.
    pub(crate) user: Option<String>,
    /// The file with their password.
    pub(crate) password_file: Option<PathBuf>,
    /// Whom mails are from.
    pub(crate) from: String,
}

/// The operator's privacy policy: a file of Markdown for each language that it is written in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Privacy {
    /// In English.
    pub(crate) en: Option<PathBuf>,
    /// In French.
    pub(crate) fr: Option<PathBuf>,
}

/// The longest policy, in bytes.
const POLICY: usize = 256 << 10;

/// What must hold a write before it is acknowledged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Durability {
    /// How many sites.
    pub(crate) copies: usize,
    /// What happens where fewer are reachable.
    pub(crate) when_short: sites::WhenShort,
    /// How many MiB a second copies that are missing are brought with; 0 for as fast as it goes.
    pub(crate) repair_mib_per_second: u32,
    /// How many MiB a second copies are read back with; 0 for as fast as it goes.
    pub(crate) scrub_mib_per_second: u32,
    /// How many days there are at least from the beginning of one reading of all copies to that of the next.
    pub(crate) scrub_days: u32,
}

/// The limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Limits {
    /// The largest file, in bytes.
    pub(crate) file_bytes: u64,
    /// What a new account may store, in bytes.
    pub(crate) account_bytes: u64,
    /// How deep folders may be nested.
    pub(crate) depth: usize,
    /// How many days the trash keeps what is put into it.
    pub(crate) trash_days: u32,
    /// How many hours an upload waits to be resumed.
    pub(crate) unfinished_upload_hours: u32,
    /// How many days an invitation is good.
    pub(crate) invitation_days: u32,
    /// How many minutes a link to a new password is good.
    pub(crate) reset_link_minutes: u32,
    /// How many wrong passwords one client may try at one address in the window.
    pub(crate) sign_in_tries: usize,
    /// How many minutes the window has in which they are counted.
    pub(crate) sign_in_minutes: u32,
    /// The largest body in JSON, in bytes.
    pub(crate) json_bytes: usize,
    /// Whether anybody may open an account.
    pub(crate) sign_up: bool,
    /// How many accounts everybody together may open in an hour.
    pub(crate) sign_ups_per_hour: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics: None,
            host: "palisade.localhost".to_owned(),
            public: Public::default(),
            database: Database::default(),
            keys: Keys::default(),
            mail: None,
            privacy: Privacy::default(),
            here: None,
            site: Vec::new(),
            durability: Durability::default(),
            drill: Drill::default(),
            limits: Limits::default(),
            new_database: false,
        }
    }
}

impl Default for Durability {
    fn default() -> Self {
        Self {
            copies: 1,
            when_short: sites::WhenShort::Refuse,
            repair_mib_per_second: 64,
            scrub_mib_per_second: 8,
            scrub_days: 7,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let app::Limits {
            file_bytes,
            account_bytes,
            depth,
            sign_in_tries,
            json_bytes,
            sign_up,
            sign_ups_per_hour,
            ..
        } = app::Limits::default();
        Self {
            file_bytes,
            account_bytes,
            depth,
            trash_days: 30,
            unfinished_upload_hours: 24,
            invitation_days: 7,
            reset_link_minutes: 60,
            sign_in_tries,
            sign_in_minutes: 15,
            json_bytes,
            sign_up,
            sign_ups_per_hour,
        }
    }
}

impl Mail {
    /// The way to the server.
    pub(crate) fn open(&self) -> Result<Post, Mistake> {
        Post::open(self.post()?).map_err(|error| {
            let field = error.problem().field.as_deref().map(|field| format!(".{field}"));
            Mistake::at(format!("mail{}", field.unwrap_or_default()), error.why())
        })
    }

    /// The same for the post, with the password that its file holds.
    fn post(&self) -> Result<PostConfig, Mistake> {
        let usual = match self.tls {
            Tls::None => 25,
            Tls::Starttls => 587,
            Tls::Tls => 465,
        };
        let user = match (&self.user, &self.password_file) {
            (None, None) => None,
            (Some(user), Some(file)) => {
                let password = std::fs::read_to_string(file).map_err(|error| {
                    Mistake::at("mail.password-file", format!("{}: {error}", file.display()))
                })?;
                Some((user.clone(), password.trim_end_matches(['\r', '\n']).to_owned()))
            }
            (Some(_), None) => return Err(Mistake::at("mail.user", "without its password-file")),
            (None, Some(_)) => return Err(Mistake::at("mail.password-file", "without its user")),
        };
        Ok(PostConfig {
            host: self.host.clone(),
            port: self.port.unwrap_or(usual),
            tls: self.tls,
            authorities: self.authorities.clone(),
            user,
            from: self.from.clone(),
        })
    }
}

impl Privacy {
    /// What is written, read from its files.
    pub(crate) fn read(&self) -> Result<Policies, Mistake> {
        let mut texts = Vec::new();
        for (language, path) in [(Language::English, &self.en), (Language::French, &self.fr)] {
            let Some(path) = path else { continue };
            let mistake = |why: String| {
                Mistake::at(format!("privacy.{}", language.tag()), format!("{}: {why}", path.display()))
            };
            let text = std::fs::read_to_string(path).map_err(|error| mistake(error.to_string()))?;
            if kernel::is_blank(&text) {
                return Err(mistake("nothing is written there".to_owned()));
            }
            if text.len() > POLICY {
                return Err(mistake("longer than 256 KiB".to_owned()));
            }
            texts.push((language, text));
        }
        Ok(Policies::new(texts.iter().map(|(language, text)| (*language, text.as_str()))))
    }
}

impl Config {
    /// Reads the file, if one is named, and puts the command line over it.
    pub(crate) fn load(place: &Place) -> Result<Self, String> {
        let mut file = None;
        let mut config = match &place.config {
            None => Self::default(),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                let config = Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
                file = Some((path, text));
                config
            }
        };
        if let Some(data) = &place.data {
            config.data.clone_from(data);
        }
        if let Some(host) = &place.host {
            host.clone_into(&mut config.host);
        }
        config.host.make_ascii_lowercase();
        let Some(mistake) = mistakes::first(&config) else { return Ok(config) };
        if mistake.key == "host" && place.host.is_some() {
            return Err(format!("--host: {}", mistake.why));
        }
        let line = file.and_then(|(path, text)| Some((path, mistakes::line(&text, &mistake.key)?)));
        Err(match line {
            Some((path, line)) => format!("{}, line {line}: {mistake}", path.display()),
            None => mistake.to_string(),
        })
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// How the installation is reached.
    pub(crate) fn address(&self) -> app::Address {
        let local = self.is_local();
        let scheme =
            self.public.scheme.clone().unwrap_or_else(|| if local { "http" } else { "https" }.to_owned());
        let port = self.public.port.or_else(|| local.then(|| self.listen.port()));
        let own = if scheme == "https" { 443 } else { 80 };
        app::Address {
            host: self.host.clone(),
            port: port.filter(|port| *port != own),
            scheme,
            proxies: self.public.trusted_proxies.clone(),
        }
    }

    /// Whether it is for one machine or for tests; only there may the clock be turned.
    pub(crate) fn is_local(&self) -> bool {
        [".localhost", ".test"].iter().any(|end| self.host.ends_with(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_what_stands_without_a_file() {
        let example = Config::parse(EXAMPLE).unwrap();
        assert_eq!(format!("{example:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn a_mistake_names_its_line() {
        let error = Config::parse("host = \"a.test\"\n\n[limits]\nfile-byte = 5\n").unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("file-byte"), "{error}");
    }

    #[test]
    fn mail_has_its_usual_ports_and_a_user_has_a_password() {
        let mail = |rest: &str| {
            let text = format!("[mail]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\n{rest}");
            Config::parse(&text).unwrap().mail.unwrap().post()
        };
        assert_eq!(mail("").unwrap().port, 587);
        assert_eq!(mail("tls = \"tls\"").unwrap().port, 465);
        assert_eq!(mail("tls = \"none\"").unwrap().port, 25);
        assert_eq!(mail("port = 2525").unwrap().port, 2525);
        assert!(mail("user = \"palisade\"").unwrap_err().why.contains("password-file"));
        assert!(
            mail("user = \"palisade\"\npassword-file = \"/nowhere/secret\"")
                .unwrap_err()
                .why
                .contains("/nowhere")
        );
        assert!(Config::parse("[mail]\nhost = \"mail.example\"\n").is_err(), "mail is from somebody");
    }

    #[test]
    fn a_policy_is_read_from_its_files_and_what_is_wrong_with_them_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let read = |en: PathBuf| Privacy { en: Some(en), fr: None }.read();
        let policies = read(file("policy.md", b"# Policy\n\nWe keep little.")).unwrap();
        assert_eq!(policies.speaking(Language::French).unwrap().language, Language::English);
        assert!(Privacy::default().read().unwrap().is_empty());
        for (path, why) in [
            (folder.path().join("nowhere.md"), "No such file"),
            (folder.path().to_owned(), "directory"),
            (file("blank.md", b" \n\n"), "nothing is written"),
            (file("latin.md", b"d\xe9claration"), "UTF-8"),
            (file("long.md", &vec![b'a'; POLICY + 1]), "256 KiB"),
        ] {
            let mistake = read(path.clone()).unwrap_err();
            assert_eq!(mistake.key, "privacy.en");
            assert!(mistake.why.starts_with(&path.display().to_string()), "{mistake}");
            assert!(mistake.why.contains(why), "{mistake}");
        }
        assert!(Config::parse("[privacy]\nde = \"policy.md\"").is_err());
    }

    #[test]
    fn links_carry_the_port_only_where_it_is_not_the_schemes_own() {
        let config = Config::parse("host = \"cloud.example\"").unwrap();
        assert_eq!(config.address().origin("a.cloud.example"), "https://a.cloud.example");
        let config = Config::parse("listen = \"127.0.0.1:9000\"").unwrap();
        assert_eq!(config.address().origin("a.palisade.localhost"), "http://a.palisade.localhost:9000");
    }
}
