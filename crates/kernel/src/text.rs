//! What no name may hold.

/// Whether a character is a control character; turns the direction of the text around it or marks one (Unicode Standard
/// Annex 9, sections 2.1 to 2.6), with which `gpj.exe` can be made to look like `exe.jpg`; or shows nothing, so that two
/// names look like one (`Default_Ignorable_Code_Point` of the Unicode Character Database, and the marks of annotations). What
/// people write with is none: joiner and non-joiner (U+200D, U+200C) of Persian and emoji, variation selectors, the grapheme
/// joiner of Hebrew, and the tags of flags.
pub fn misleads(character: char) -> bool {
    let unseen = matches!(
        character,
        '\u{ad}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e001f}'
            | '\u{e0080}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    );
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || unseen || turns
}

/// Whether a text shows nothing: no character, or only spaces and what is drawn as nothing (`Default_Ignorable_Code_Point`
/// of the Unicode Character Database, and the empty braille pattern).
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || misleads(character)
            || matches!(
                character,
                '\u{34f}'
                    | '\u{180b}'..='\u{180f}'
                    | '\u{200c}'
                    | '\u{200d}'
                    | '\u{2800}'
                    | '\u{fe00}'..='\u{fe0f}'
                    | '\u{e0000}'..='\u{e0fff}'
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_text_around_or_is_unseen_misleads_and_what_people_write_does_not() {
        assert!("\0\n\u{7f}\u{202e}\u{2066}".chars().all(misleads));
        assert!("\u{200b}\u{200e}\u{200f}\u{ad}\u{2060}\u{feff}\u{61c}".chars().all(misleads));
        assert!("\u{3164}\u{ffa0}\u{1160}\u{180e}\u{206f}\u{fff9}\u{fffb}\u{e0001}".chars().all(misleads));
        assert!(!"é日本語עברית \u{301}".chars().any(misleads));
        assert!(
            !"葛\u{e0100}城 \u{fffd} 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"
                .chars()
                .any(misleads)
        );
        assert!(!"می\u{200c}خواهم 👩\u{200d}👧 ❤\u{fe0f}".chars().any(misleads));
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for blank in ["", " \u{3000}", "\u{200b}", "\u{200d}\u{200c}", "\u{feff} \u{ad}", "\u{3164}\u{2800}"]
        {
            assert!(is_blank(blank), "{blank:?}");
        }
        for shown in ["a", "👩\u{200d}👧", "می\u{200c}", "\u{301}", "."] {
            assert!(!is_blank(shown), "{shown:?}");
        }
    }
}
