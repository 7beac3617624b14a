//! The files of `deploy/` with their places filled in: what is drilled is what is deployed.
//!
//! A place is written `${NAME}`, as `envsubst` knows it, so an operator fills the same files with a tool of their system.

use crate::Result;
use std::{collections::BTreeMap, fmt::Display, fs, path::Path};

/// What belongs in the places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(BTreeMap<&'static str, String>);

impl Places {
    /// The same with one more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.0.insert(name, value.to_string());
        self
    }

    /// The file with its places filled in.
    ///
    /// # Errors
    /// Where it cannot be read, or has a place that nothing is known for.
    pub(crate) fn fill(&self, file: &Path) -> Result<String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        self.fill_text(&text).map_err(|error| format!("{}: {error}", file.display()).into())
    }

    fn fill_text(&self, text: &str) -> Result<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or("a place that does not end")?;
            let value = self.0.get(name).ok_or_else(|| format!("nothing is known for ${{{name}}}"))?;
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_an_unknown_one_is_said() {
        let places = Places::default().with("SITE", "paris").with("PORT", 80);
        assert_eq!(places.fill_text("${SITE}:${PORT}, $5 {x}").unwrap(), "paris:80, $5 {x}");
        assert!(places.fill_text("${HOST}").unwrap_err().to_string().contains("${HOST}"));
        assert!(places.fill_text("${SITE").is_err());
    }
}
