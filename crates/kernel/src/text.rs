//! What no name may hold.

/// Whether a character is a control character, or turns the direction of the text around it (Unicode Standard Annex 9,
/// sections 2.1, 2.2 and 2.4): with one, `gpj.exe` can be made to look like `exe.jpg`.
pub fn misleads(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_text_around_misleads_and_what_people_write_does_not() {
        assert!("\0\n\u{7f}\u{202e}\u{2066}".chars().all(misleads));
        assert!(!"é日本語עברית\u{200f} \u{301}".chars().any(misleads));
    }
}
