//! What is wrong with a configuration that can be read: which value, on which line, and why.

use crate::config::Config;
use std::fmt;
use toml::de::{DeTable, DeValue};

/// The longest name of a host, so that an account's label fits before it (RFC 1035).
const HOST: usize = 253 - 64;

/// The most days that anything may last: past that, time is at its end.
const DAYS: u32 = 36_500;
/// The largest body that is held in memory, in bytes.
const JSON: usize = 64 << 20;

/// A value that makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where it stands: `public.scheme`, or `site.1.blobs` in the second of the sites.
    pub(crate) key: String,
    /// Why, in words.
    pub(crate) why: String,
}

impl Mistake {
    pub(crate) fn at(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), why: why.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Which of the sites, the reason says by its name.
        let words: Vec<&str> = self.key.split('.').filter(|word| word.parse::<usize>().is_err()).collect();
        write!(f, "{}: {}", words.join("."), self.why)
    }
}

/// The first mistake.
pub(crate) fn first(config: &Config) -> Option<Mistake> {
    let mail = |config: &Config| config.mail.as_ref()?.open().err();
    let privacy = |config: &Config| config.privacy.read().err();
    let checks = [
        host(config),
        scheme(config),
        database(config),
        sites(config),
        limits(config),
        mail(config),
        privacy(config),
    ];
    checks.into_iter().flatten().next()
}

/// The line, counted from 1, where a value stands, or the table that should have it; none where the text has neither.
pub(crate) fn line(text: &str, key: &str) -> Option<usize> {
    let parsed = DeTable::parse(text).ok()?;
    let mut words = key.split('.');
    let mut value = parsed.get_ref().get(words.next()?)?;
    for word in words {
        let inner = match value.get_ref() {
            DeValue::Table(table) => table.get(word),
            DeValue::Array(array) => word.parse().ok().and_then(|at: usize| array.get(at)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        value = inner;
    }
    let at = value.span().start;
    Some(text.get(..at)?.matches('\n').count() + 1)
}

/// A host name (RFC 1123) with names below it, for each account one.
fn host(config: &Config) -> Option<Mistake> {
    let host = config.host.as_str();
    let fits = |label: &str| {
        let letters = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        letters && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let why = match () {
        () if host.contains("://") || host.contains('/') => "without scheme and path",
        () if host.contains(':') => "without a port, which stands in public.port",
        () if host.split('.').next_back().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) => {
            "not a number: each account has an address below it"
        }
        () if host.len() > HOST => "of at most 189 letters",
        () if !host.split('.').all(fits) => "of letters a to z, digits and hyphens between dots",
        () => return None,
    };
    Some(Mistake::at("host", format!("“{host}” must be a host name {why}")))
}

/// Browsers give the session's cookie back over TLS alone, except to this very machine.
fn scheme(config: &Config) -> Option<Mistake> {
    match config.public.scheme.as_deref() {
        None | Some("https") => None,
        Some("http") if config.is_local() => None,
        Some("http") => {
            let why = "nobody could sign in over http outside .localhost and .test: put a proxy that ends TLS before it";
            Some(Mistake::at("public.scheme", why))
        }
        Some(other) => Some(Mistake::at("public.scheme", format!("“{other}” is neither http nor https"))),
    }
}

/// Three roles, or SQLite: with two of them people would write into a file that nobody looks at.
fn database(config: &Config) -> Option<Mistake> {
    let roles = &config.database;
    let named: [(&str, bool); 3] = [
        ("database.url", roles.url.is_some()),
        ("database.system-url", roles.system_url.is_some()),
        ("database.owner-url", roles.owner_url.is_some()),
    ];
    let missing: Vec<&str> = named
        .iter()
        .filter(|(_, there)| !there)
        .filter_map(|(key, _)| key.strip_prefix("database."))
        .collect();
    let (present, _) = named.iter().find(|(_, there)| *there)?;
    if missing.is_empty() {
        return None;
    }
    Some(Mistake::at(*present, format!("PostgreSQL needs three roles; missing: {}", missing.join(", "))))
}

fn sites(config: &Config) -> Option<Mistake> {
    for (at, site) in config.site.iter().enumerate() {
        let mistake = |field, why| {
            Some(Mistake::at(format!("site.{at}.{field}"), format!("site “{}”: {why}", site.name)))
        };
        if let Err(error) = site.check() {
            return mistake(error.problem().field.as_deref().unwrap_or("name"), error.why());
        }
        let before = config.site.get(..at).unwrap_or_default();
        if before.iter().any(|other| other.name == site.name) {
            return mistake("name", "another site has this name".to_owned());
        }
        if let Some(other) =
            before.iter().find(|other| other.blobs == site.blobs && other.endpoint == site.endpoint)
        {
            return mistake("blobs", format!("those of site “{}”", other.name));
        }
    }
    let staying = config.site.iter().filter(|site| !site.leaving).count();
    let sites = if config.site.is_empty() { 1 } else { staying };
    let copies = config.durability.copies;
    if copies == 0 || copies > sites {
        return Some(Mistake::at("durability.copies", format!("{copies} copies at {sites} sites")));
    }
    let key_sites = config.site.iter().filter(|site| site.keys.is_some()).count();
    if key_sites > 0 && key_sites < copies {
        let why = format!("{copies} copies of each key at {key_sites} sites with `keys`");
        return Some(Mistake::at("durability.copies", why));
    }
    let here = config.here.as_ref().or(config.site.first().map(|site| &site.name));
    let own = config.site.iter().position(|site| Some(&site.name) == here && site.keys.is_none());
    if let (Some(at), true) = (own, key_sites > 0 && config.site.iter().all(|site| site.root.is_none())) {
        let why =
            "this node is at a site without `keys`, so it would open none: give each site with nodes its own";
        return Some(Mistake::at(format!("site.{at}.keys"), why));
    }
    if config.durability.scrub_days == 0 || config.durability.scrub_days > DAYS {
        return Some(Mistake::at("durability.scrub-days", "of 1 day to a hundred years"));
    }
    let here = config.here.as_deref()?;
    if config.site.is_empty() || config.site.iter().any(|site| site.name == here) {
        return None;
    }
    Some(Mistake::at("here", format!("no site is called “{here}”")))
}

fn limits(config: &Config) -> Option<Mistake> {
    let limits = &config.limits;
    let (key, why) = match () {
        () if limits.depth == 0 => ("limits.depth", "0 would allow no folder"),
        () if limits.file_bytes == 0 => ("limits.file-bytes", "0 would allow no file"),
        () if limits.invitation_days == 0 => ("limits.invitation-days", "0 would allow nobody to come"),
        () if limits.reset_link_minutes == 0 => ("limits.reset-link-minutes", "0 would allow no link"),
        () if limits.sign_in_tries == 0 => ("limits.sign-in-tries", "0 would let nobody in"),
        () if limits.sign_in_minutes == 0 => ("limits.sign-in-minutes", "0 would count nothing"),
        () if limits.sign_ups_per_hour == 0 => ("limits.sign-ups-per-hour", "0 is said by sign-up = false"),
        () if limits.json_bytes == 0 => ("limits.json-bytes", "0 would allow no request"),
        () if limits.json_bytes > JSON => ("limits.json-bytes", "a body is held in memory: 64 MiB at most"),
        () if limits.trash_days > DAYS => ("limits.trash-days", "more than a hundred years"),
        () if limits.unfinished_upload_hours == 0 => {
            ("limits.unfinished-upload-hours", "0 would let no upload be resumed")
        }
        () if limits.unfinished_upload_hours > 24 * DAYS => {
            ("limits.unfinished-upload-hours", "more than a hundred years")
        }
        () if limits.invitation_days > DAYS => ("limits.invitation-days", "more than a hundred years"),
        () => return None,
    };
    Some(Mistake::at(key, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<String> {
        first(&toml::from_str(text).unwrap()).map(|mistake| mistake.key)
    }

    #[test]
    fn what_makes_no_sense_is_found() {
        for (text, expected) in [
            ("", None),
            ("host = \"cloud.example\"", None),
            ("host = \"localhost\"", None),
            ("host = \"https://cloud.example\"", Some("host")),
            ("host = \"cloud.example:8080\"", Some("host")),
            ("host = \"192.0.2.7\"", Some("host")),
            ("host = \"cloud_1.example\"", Some("host")),
            ("host = \"-a.example\"", Some("host")),
            ("host = \"\"", Some("host")),
            ("host = \"cloud.example\"\n[public]\nscheme = \"http\"", Some("public.scheme")),
            ("[public]\nscheme = \"ftp\"", Some("public.scheme")),
            ("[public]\nscheme = \"http\"", None),
            ("[database]\nurl = \"a\"\nowner-url = \"b\"", Some("database.url")),
            ("[durability]\ncopies = 2", Some("durability.copies")),
            ("[durability]\ncopies = 0", Some("durability.copies")),
            ("[durability]\nscrub-days = 0", Some("durability.scrub-days")),
            ("[[site]]\nname = \"a\"\nblobs = \"s3://b\"\nleaving = true", Some("durability.copies")),
            (
                "[durability]\ncopies = 2\n[[site]]\nname = \"a\"\nblobs = \"s3://b\"\nkeys = \"s3://k\"\n[[site]]\nname = \"c\"\nblobs = \"s3://d\"",
                Some("durability.copies"),
            ),
            (
                "here = \"c\"\n[[site]]\nname = \"a\"\nblobs = \"s3://b\"\nkeys = \"s3://k\"\n[[site]]\nname = \"c\"\nblobs = \"s3://d\"",
                Some("site.1.keys"),
            ),
            ("here = \"paris\"\n[[site]]\nname = \"lyon\"\nblobs = \"file:///b\"", Some("here")),
            ("[[site]]\nname = \"lyon\"\nblobs = \"gs://b\"", Some("site.0.blobs")),
            ("[[site]]\nname = \"Lyon\"\nblobs = \"s3://b\"", Some("site.0.name")),
            (
                "[[site]]\nname = \"a\"\nblobs = \"s3://b\"\n[[site]]\nname = \"a\"\nblobs = \"s3://c\"",
                Some("site.1.name"),
            ),
            (
                "[[site]]\nname = \"a\"\nblobs = \"s3://b\"\n[[site]]\nname = \"c\"\nblobs = \"s3://b\"",
                Some("site.1.blobs"),
            ),
            ("[mail]\nhost = \"mail.example\"\nfrom = \"nobody\"", Some("mail.from")),
            ("[mail]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\ntls = \"none\"", Some("mail.tls")),
            ("[mail]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\nuser = \"a\"", Some("mail.user")),
            ("[privacy]\nfr = \"/nowhere/policy.md\"", Some("privacy.fr")),
            ("[limits]\ndepth = 0", Some("limits.depth")),
            ("[limits]\ninvitation-days = 0", Some("limits.invitation-days")),
            ("[limits]\nreset-link-minutes = 0", Some("limits.reset-link-minutes")),
            ("[limits]\njson-bytes = 0", Some("limits.json-bytes")),
            ("[limits]\njson-bytes = 70000000", Some("limits.json-bytes")),
            ("[limits]\nsign-in-tries = 0", Some("limits.sign-in-tries")),
            ("[limits]\nsign-in-minutes = 0", Some("limits.sign-in-minutes")),
            ("[limits]\nsign-ups-per-hour = 0", Some("limits.sign-ups-per-hour")),
            ("[limits]\ntrash-days = 4000000000", Some("limits.trash-days")),
            ("[limits]\ninvitation-days = 36501", Some("limits.invitation-days")),
        ] {
            assert_eq!(key(text).as_deref(), expected, "{text}");
        }
        let long = format!("host = \"{}example\"", "abc.".repeat(60));
        assert_eq!(key(&long).as_deref(), Some("host"));
    }

    #[test]
    fn a_value_is_found_on_its_line() {
        let text = "# a\nhost = \"a\"\n\n[public]\n# b\nscheme = \"ftp\"\n";
        assert_eq!((line(text, "host"), line(text, "public.scheme")), (Some(2), Some(6)));
        assert_eq!((line(text, "here"), line(text, "limits.depth")), (None, None));
        let text =
            "[[site]]\nname = \"a\"\nblobs = \"b\"\n\n[[site]]\nname = \"c\"\nblobs = \"d\"\n\n[[site]]\n";
        assert_eq!((line(text, "site.1.blobs"), line(text, "site.2.blobs")), (Some(7), Some(9)));
    }
}
