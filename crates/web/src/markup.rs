//! HTML that the program writes itself: mails, and the operator's policy.
//!
//! Markup stands in the source and nowhere else: [`Html::markup`] takes what lives as long as the program. Whatever comes from
//! outside is a `&str` that does not, and goes in by [`Html::text`] alone, where each character is shown as what it is. So a value
//! that is not escaped does not compile, which a template in a file could not promise.

use std::fmt;

/// HTML on its way to be whole.
#[derive(Clone, Default)]
pub struct Html(String);

impl Html {
    /// Markup, as it stands in the source.
    pub fn markup(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A text, between tags or within the quotes of an attribute. Tab and line feed stay; other control characters, which HTML
    /// cannot hold, become the replacement character.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\t' | '\n' => self.0.push(character),
                _ if character.is_control() => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
        self
    }

    /// What another part of the program wrote in the same way.
    pub fn part(&mut self, part: &Self) -> &mut Self {
        self.0.push_str(&part.0);
        self
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Html {
    /// Its length: a mail may hold a link that signs in, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Html({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_markup() {
        let mut html = Html::default();
        html.markup("<a title=\"").text("\" onclick='x' <script>&amp;\0\r\n").markup("\">");
        let expected = "<a title=\"&quot; onclick=&#39;x&#39; &lt;script&gt;&amp;amp;\u{fffd}\u{fffd}\n\">";
        assert_eq!(html.into_string(), expected);
    }
}
