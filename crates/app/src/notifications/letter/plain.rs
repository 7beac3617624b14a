//! A letter as plain text, and its subject.

use super::{ISOLATE, Parts};

/// The longest line (RFC 5322, section 2.1.1, recommends 78), where no word is longer: a link is never broken.
const COLUMNS: usize = 72;

pub(super) fn write(parts: &Parts) -> String {
    let Parts { title, body, before_link, link, note, reason, .. } = parts;
    let [title, body, before_link, note, reason] =
        [title, body, before_link, note, reason].map(|text| wrapped(text));
    // A line of two hyphens and a space ends what the letter says (RFC 3676, section 4.3).
    format!("{title}\n\n{body}\n\n{before_link}\n{link}\n\n{note}\n\n-- \n{reason}\n")
}

/// A text on one line: a header is one, whatever a name was made of.
pub(super) fn line(text: &str) -> String {
    isolated(text).chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // Not at spaces that keep words together.
    for word in line(text).split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// The text with isolates only round what runs from right to left.
fn isolated(text: &str) -> String {
    let (begin, end) = ISOLATE;
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(begin) {
        let (typed, after) = after.split_once(end).unwrap_or((after, ""));
        whole.push_str(before);
        if typed.chars().any(runs_leftwards) {
            whole.extend([begin]);
            whole.push_str(typed);
            whole.extend([end]);
        } else {
            whole.push_str(typed);
        }
        rest = after;
    }
    whole + rest
}

/// Whether a character is of a script that is written from right to left: the blocks that Unicode keeps for those.
fn runs_leftwards(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isolates_stay_where_there_is_something_to_isolate() {
        let said = |name: &str| isolated(&format!("a \u{2068}{name}\u{2069} b \u{2068}c\u{2069}."));
        assert_eq!(said("Inès"), "a Inès b c.");
        assert_eq!(said("سارا"), "a \u{2068}سارا\u{2069} b c.");
        assert_eq!(said("שרה (London)"), "a \u{2068}שרה (London)\u{2069} b c.");
    }

    #[test]
    fn lines_are_short_but_words_are_whole() {
        let long = "w".repeat(90);
        let text = format!("{} {long} {}", "word ".repeat(30).trim(), "mot\u{a0}: ".repeat(30).trim());
        let wrapped = wrapped(&text);
        assert!(wrapped.lines().all(|line| line.chars().count() <= COLUMNS || line == long), "{wrapped}");
        assert!(wrapped.lines().all(|line| !line.starts_with(':')), "{wrapped}");
        assert_eq!(wrapped.replace('\n', " "), text);
    }
}
