//! The one catalogue of the texts that Rust writes: problems and mails, in English and French (Project Fluent).

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use serde::{Deserialize, Serialize};
use std::{str::FromStr, sync::LazyLock};
use unic_langid::LanguageIdentifier;

/// A language that Palisade speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
}

impl Language {
    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The best of ours for an `Accept-Language` header (RFC 9110, section 12.5.4); English where none fits.
    pub fn accepted(header: &str) -> Self {
        let weighed = header.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let primary = tag.trim().split('-').next()?;
            let quality = weight.trim().strip_prefix(['q', 'Q'])?.strip_prefix('=')?;
            Some((primary.parse().ok()?, quality.parse::<f32>().ok()?))
        });
        // The first of equals wins, so `max_by` (which keeps the last) will not do.
        let mut best: Option<(Self, f32)> = None;
        for (language, quality) in weighed {
            if quality > best.map_or(0.0, |(_, most)| most) {
                best = Some((language, quality));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }
}

impl FromStr for Language {
    type Err = kernel::Error;
    fn from_str(tag: &str) -> kernel::Result<Self> {
        match tag.to_ascii_lowercase().as_str() {
            "en" => Ok(Self::English),
            "fr" => Ok(Self::French),
            _ => Err(kernel::Error::invalid("unknown-language", "language")),
        }
    }
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Language::English, include_str!("../texts/en.ftl")));
static FRENCH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Language::French, include_str!("../texts/fr.ftl")));

fn bundle(language: Language, source: &str) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false); // texts go into JSON and mail, where the marks would show
    // A line that does not parse is left out; the tests see to it that there is none.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let _ = bundle.add_resource(resource);
    bundle
}

fn catalogue(language: Language) -> &'static FluentBundle<FluentResource> {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
    }
}

/// The text of `key` with its arguments; none where the catalogue lacks it.
pub fn text(language: Language, key: &str, args: &[(&'static str, String)]) -> Option<String> {
    let bundle = catalogue(language);
    let pattern = bundle.get_message(key)?.value()?;
    let args: FluentArgs<'_> = args
        .iter()
        .map(|(name, value)| {
            // A group may be called 007: only what is written as a number is taken for one.
            let number = value.parse::<i64>().ok().filter(|number| number.to_string() == *value);
            (*name, number.map_or_else(|| value.as_str().into(), FluentValue::from))
        })
        .collect();
    let mut errors = Vec::new();
    Some(bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(source: &str) -> Vec<&str> {
        let mut keys: Vec<_> = source
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn both_languages_have_the_same_texts_and_all_parse() {
        let (english, french) = (include_str!("../texts/en.ftl"), include_str!("../texts/fr.ftl"));
        assert_eq!(keys(english), keys(french));
        for source in [english, french] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
        for key in keys(english) {
            for language in [Language::English, Language::French] {
                assert!(text(language, key, &[]).is_some(), "{key} in {language:?}");
            }
        }
    }

    #[test]
    fn a_name_stays_as_it_was_typed() {
        for name in ["007", "1e3", "1.0", "inf", "+5", "42"] {
            let said = text(Language::English, "problem-name-reserved", &[("name", name.to_owned())]);
            assert_eq!(said.as_deref(), Some(format!("“{name}” cannot be a name.").as_str()));
        }
    }

    #[test]
    fn the_language_is_the_one_that_is_liked_most() {
        for (header, language) in [
            ("fr-CH, fr;q=0.9, en;q=0.8", Language::French),
            ("de, en;q=0.5, fr;q=0.4", Language::English),
            ("fr;q=0, en", Language::English),
            ("fr; q=0.9", Language::French),
            ("en ;Q=0.5 , fr\t; q=0.8", Language::French),
            ("de", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
