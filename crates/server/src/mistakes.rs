//! What is wrong with a configuration that can be read: which value, on which line, and why.

use crate::config::Config;
use toml::de::{DeTable, DeValue};

/// The longest name of a host, so that an account's label fits before it (RFC 1035).
const HOST: usize = 253 - 64;

/// A value that makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where it stands: `["public", "scheme"]`.
    pub(crate) key: &'static [&'static str],
    /// Why, in words.
    pub(crate) why: String,
}

impl Mistake {
    fn at(key: &'static [&'static str], why: impl Into<String>) -> Self {
        Self { key, why: why.into() }
    }
}

/// The first mistake.
pub(crate) fn first(config: &Config) -> Option<Mistake> {
    let checks = [host(config), scheme(config), database(config), sites(config), limits(config)];
    checks.into_iter().flatten().next()
}

/// The line, counted from 1, where a value stands; none where the text does not have it.
pub(crate) fn line(text: &str, key: &[&str]) -> Option<usize> {
    let parsed = DeTable::parse(text).ok()?;
    let (last, tables) = key.split_last()?;
    let mut table = parsed.get_ref();
    for name in tables {
        let DeValue::Table(inner) = table.get(*name)?.get_ref() else { return None };
        table = inner;
    }
    let at = table.get(*last)?.span().start;
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
    Some(Mistake::at(&["host"], format!("“{host}” must be a host name {why}")))
}

/// Browsers give the session's cookie back over TLS alone, except to this very machine.
fn scheme(config: &Config) -> Option<Mistake> {
    match config.public.scheme.as_deref() {
        None | Some("https") => None,
        Some("http") if config.is_local() => None,
        Some("http") => {
            let why = "nobody could sign in over http outside .localhost and .test: put a proxy that ends TLS before it";
            Some(Mistake::at(&["public", "scheme"], why))
        }
        Some(other) => {
            Some(Mistake::at(&["public", "scheme"], format!("“{other}” is neither http nor https")))
        }
    }
}

/// Three roles, or SQLite: with two of them people would write into a file that nobody looks at.
fn database(config: &Config) -> Option<Mistake> {
    let roles = &config.database;
    let named: [(&'static [&'static str], bool); 3] = [
        (&["database", "url"], roles.url.is_some()),
        (&["database", "system-url"], roles.system_url.is_some()),
        (&["database", "owner-url"], roles.owner_url.is_some()),
    ];
    let missing: Vec<&str> =
        named.iter().filter(|(_, there)| !there).filter_map(|(key, _)| key.last().copied()).collect();
    let (present, _) = named.iter().find(|(_, there)| *there)?;
    if missing.is_empty() {
        return None;
    }
    Some(Mistake::at(present, format!("PostgreSQL needs three roles; missing: {}", missing.join(", "))))
}

fn sites(config: &Config) -> Option<Mistake> {
    let (copies, sites) = (config.durability.copies, config.site.len().max(1));
    if copies == 0 || copies > sites {
        return Some(Mistake::at(&["durability", "copies"], format!("{copies} copies at {sites} sites")));
    }
    let here = config.here.as_deref()?;
    if config.site.is_empty() || config.site.iter().any(|site| site.name == here) {
        return None;
    }
    Some(Mistake::at(&["here"], format!("no site is called “{here}”")))
}

fn limits(config: &Config) -> Option<Mistake> {
    match (config.limits.depth, config.limits.file_bytes) {
        (0, _) => Some(Mistake::at(&["limits", "depth"], "0 would allow no folder")),
        (_, 0) => Some(Mistake::at(&["limits", "file-bytes"], "0 would allow no file")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<String> {
        first(&toml::from_str(text).unwrap()).map(|mistake| mistake.key.join("."))
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
            ("here = \"paris\"\n[[site]]\nname = \"lyon\"\nblobs = \"file:///b\"", Some("here")),
            ("[limits]\ndepth = 0", Some("limits.depth")),
        ] {
            assert_eq!(key(text).as_deref(), expected, "{text}");
        }
        let long = format!("host = \"{}example\"", "abc.".repeat(60));
        assert_eq!(key(&long).as_deref(), Some("host"));
    }

    #[test]
    fn a_value_is_found_on_its_line() {
        let text = "# a\nhost = \"a\"\n\n[public]\n# b\nscheme = \"ftp\"\n";
        assert_eq!((line(text, &["host"]), line(text, &["public", "scheme"])), (Some(2), Some(6)));
        assert_eq!((line(text, &["here"]), line(text, &["limits", "depth"])), (None, None));
    }
}
