//! From Markdown to the few elements that a policy needs. Each is written here, so nothing gets through that is not; what is left
//! out is left out with its words standing.

use super::Policy;
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::collections::HashMap;
use web::{Html, Language};

/// What the ids of headings begin with, so that none is one of the page's own.
const PREFIX: &str = "policy-";

/// The policy that this text is.
pub(super) fn read(language: Language, text: &str) -> Policy {
    // As some editors save it.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let events: Vec<Event<'_>> =
        Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).collect();
    let first_level =
        |event: &Event<'_>| matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }));
    let titles = events.iter().filter(|event| first_level(event)).count();
    let ends = events.iter().position(|event| matches!(event, Event::End(TagEnd::Heading(HeadingLevel::H1))));
    // One heading of the first level, with which it begins, is its title; the page has the only other one.
    let (title, rest) = match ends {
        Some(end) if titles == 1 && events.first().is_some_and(first_level) => {
            (Some(words(&events[..=end])), &events[end + 1..])
        }
        _ => (None, &events[..]),
    };
    let lower = titles > 0 && title.is_none();
    let writer = Writer { html: Html::default(), lower, ids: HashMap::new(), links: Vec::new(), table: None };
    Policy { language, title, html: writer.write(rest).into_string() }
}

/// The words of these events alone.
fn words(events: &[Event<'_>]) -> String {
    let words = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        Event::SoftBreak | Event::HardBreak => Some(" "),
        _ => None,
    });
    words.collect()
}

/// Where a link may lead.
enum Way {
    /// Another host: in a tab of its own.
    Out,
    /// A mail program.
    Mail,
    /// This host.
    Here,
    /// A heading of the policy.
    Heading,
}

fn way(address: &str) -> Option<Way> {
    let begins =
        |scheme: &str| address.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    match () {
        () if begins("https://") || begins("http://") => Some(Way::Out),
        () if begins("mailto:") => Some(Way::Mail),
        () if address.starts_with('#') => Some(Way::Heading),
        // `//host` and `/\host` are other hosts.
        () if address.starts_with('/') && !address[1..].starts_with(['/', '\\']) => Some(Way::Here),
        () => None,
    }
}

/// The id of a heading: its letters and digits, with hyphens between them.
fn slug(words: &str) -> String {
    let letters = words.to_lowercase();
    let pieces = letters.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty());
    pieces.collect::<Vec<_>>().join("-")
}

struct Writer {
    html: Html,
    /// Whether headings go one level down, where the first level is not a title.
    lower: bool,
    /// How often each id was given.
    ids: HashMap<String, usize>,
    /// For each link that is open, whether it is written.
    links: Vec<bool>,
    /// The alignments of the table that is open, whether its head is, and the column.
    table: Option<(Vec<Alignment>, bool, usize)>,
}

impl Writer {
    fn write(mut self, events: &[Event<'_>]) -> Html {
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let end =
                        events[at..].iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
                    self.heading(*level, &words(&events[at..at + end.unwrap_or(0)]));
                }
                Event::Start(tag) => self.start(tag),
                Event::End(end) => self.end(*end),
                // Markup of their own is shown, so that they see that it does nothing.
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(text),
                Event::Code(text) => {
                    self.html.markup("<code>").text(text).markup("</code>");
                }
                Event::SoftBreak => self.markup("\n"),
                Event::HardBreak => self.markup("<br>\n"),
                Event::Rule => self.markup("<hr>\n"),
                // Their syntax is not switched on.
                Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::FootnoteReference(_)
                | Event::TaskListMarker(_) => {}
            }
        }
        self.html
    }

    fn markup(&mut self, markup: &'static str) {
        self.html.markup(markup);
    }

    fn text(&mut self, text: &CowStr<'_>) {
        self.html.text(text);
    }

    fn heading(&mut self, level: HeadingLevel, words: &str) {
        let id = slug(words);
        let times = self.ids.entry(id.clone()).or_default();
        *times += 1;
        let id = if *times == 1 { id } else { format!("{id}-{times}") };
        let begin = match self.level(level) {
            2 => "<h2 id=\"",
            3 => "<h3 id=\"",
            4 => "<h4 id=\"",
            5 => "<h5 id=\"",
            _ => "<h6 id=\"",
        };
        self.html.markup(begin).markup(PREFIX).text(&id).markup("\">");
    }

    fn level(&self, level: HeadingLevel) -> usize {
        (level as usize + usize::from(self.lower)).max(2)
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph => self.markup("<p>"),
            Tag::BlockQuote(_) => self.markup("<blockquote>\n"),
            Tag::CodeBlock(_) => self.markup("<pre><code>"),
            Tag::List(None) => self.markup("<ul>\n"),
            Tag::List(Some(1)) => self.markup("<ol>\n"),
            Tag::List(Some(first)) => {
                self.html.markup("<ol start=\"").text(&first.to_string()).markup("\">\n");
            }
            Tag::Item => self.markup("<li>"),
            Tag::Emphasis => self.markup("<em>"),
            Tag::Strong => self.markup("<strong>"),
            Tag::Strikethrough => self.markup("<del>"),
            Tag::Link { dest_url, .. } => self.link(dest_url),
            Tag::Table(columns) => {
                self.table = Some((columns.clone(), false, 0));
                self.markup("<table>\n");
            }
            Tag::TableHead => {
                self.row(true);
                self.markup("<thead><tr>");
            }
            Tag::TableRow => {
                self.row(false);
                self.markup("<tr>");
            }
            Tag::TableCell => self.cell(),
            // The alternative of a picture stands as words, markup is shown, and the syntax of the others is not switched on.
            _ => {}
        }
    }

    fn row(&mut self, head: bool) {
        if let Some((_, in_head, column)) = &mut self.table {
            (*in_head, *column) = (head, 0);
        }
    }

    fn cell(&mut self) {
        let Some((columns, head, column)) = &mut self.table else { return };
        let right = matches!(columns.get(*column), Some(Alignment::Right));
        *column += 1;
        let begin = match (*head, right) {
            (true, true) => "<th scope=\"col\" class=\"right\">",
            (true, false) => "<th scope=\"col\">",
            (false, true) => "<td class=\"right\">",
            (false, false) => "<td>",
        };
        self.markup(begin);
    }

    fn link(&mut self, address: &str) {
        let way = way(address.trim());
        self.links.push(way.is_some());
        match way {
            Some(Way::Out) => {
                self.html
                    .markup("<a target=\"_blank\" rel=\"noopener noreferrer\" href=\"")
                    .text(address.trim());
            }
            Some(Way::Mail | Way::Here) => {
                self.html.markup("<a href=\"").text(address.trim());
            }
            Some(Way::Heading) => {
                self.html.markup("<a href=\"#").markup(PREFIX).text(&slug(address));
            }
            None => return,
        }
        self.markup("\">");
    }

    fn end(&mut self, end: TagEnd) {
        let markup = match end {
            TagEnd::Paragraph => "</p>\n",
            TagEnd::Heading(level) => match self.level(level) {
                2 => "</h2>\n",
                3 => "</h3>\n",
                4 => "</h4>\n",
                5 => "</h5>\n",
                _ => "</h6>\n",
            },
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock => "</code></pre>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Link if self.links.pop() == Some(true) => "</a>",
            TagEnd::Table => "</tbody></table>\n",
            TagEnd::TableHead => "</tr></thead><tbody>\n",
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell if self.table.as_ref().is_some_and(|(_, head, _)| *head) => "</th>",
            TagEnd::TableCell => "</td>",
            _ => "",
        };
        self.markup(markup);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        read(Language::English, text).html
    }

    #[test]
    fn what_a_policy_needs_is_written() {
        let text = include_str!("example.md");
        let policy = read(Language::English, text);
        assert_eq!(policy.title.as_deref(), Some("Privacy at Example & Co."));
        insta::assert_snapshot!(policy.html);
    }

    #[test]
    fn nothing_gets_through_that_runs_or_asks_another_host() {
        for (text, shown) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>\n"),
            ("![our office](https://evil.example/pixel.gif)", "<p>our office</p>\n"),
            ("[a](javascript:alert(1))", "<p>a</p>\n"),
            ("[a](JaVaScRiPt:alert(1))", "<p>a</p>\n"),
            ("[a](data:text/html,x)", "<p>a</p>\n"),
            ("[a](//evil.example)", "<p>a</p>\n"),
            ("[a](/\\evil.example)", "<p>a</p>\n"),
            (
                "[a](<https://b.example/\" onclick=\"x>)",
                "href=\"https://b.example/&quot; onclick=&quot;x\">a</a>",
            ),
            ("[a *b*](vbscript:x) [c](/trust)", "<p>a <em>b</em> <a href=\"/trust\">c</a></p>\n"),
            ("`<b>` &lt;i&gt;", "<p><code>&lt;b&gt;</code> &lt;i&gt;</p>\n"),
            ("<div style=\"x\">\n\n# One\n\n</div>", "<h2 id=\"policy-one\">One</h2>"),
        ] {
            let html = html(text);
            assert!(html.contains(shown), "{text}: {html}");
            for bad in ["<script", "<img", "<div", " style=\"", " src=\"", "href=\"javascript"] {
                assert!(!html.contains(bad), "{text}: {html}");
            }
        }
    }

    #[test]
    fn a_file_of_another_system_says_the_same() {
        let text = include_str!("example.md");
        let other = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(read(Language::English, &other), read(Language::English, text));
    }

    #[test]
    fn headings_are_below_the_title_and_have_ids_of_their_own() {
        assert_eq!(read(Language::French, "text\n\n# Titre").title, None);
        assert_eq!(
            html("# One\n\n# One\n\n## Two"),
            "<h2 id=\"policy-one\">One</h2>\n<h2 id=\"policy-one-2\">One</h2>\n<h3 id=\"policy-two\">Two</h3>\n"
        );
        assert_eq!(
            html("# Title\n\n## Qui *êtes*-vous ?"),
            "<h2 id=\"policy-qui-êtes-vous\">Qui <em>êtes</em>-vous ?</h2>\n"
        );
        assert_eq!(html("[a](#Qui-êtes-vous)"), "<p><a href=\"#policy-qui-êtes-vous\">a</a></p>\n");
    }
}
