//! Lists come in pages.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// One page of a list, and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// What to ask the next page with; none after the last.
    #[cfg_attr(feature = "utoipa", schema(required))]
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page that holds all there is.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of at most `limit` of `items`, of which one more than `limit` was read to see whether others follow.
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    /// The page with each item changed.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// An opaque place in a list: hexadecimal, good only for the list that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Cursor(String);

impl Cursor {
    /// The cursor that stands for these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        use std::fmt::Write;
        Self(bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
            text
        }))
    }

    /// The bytes it stands for.
    ///
    /// # Errors
    /// `invalid-cursor` where it was not made by [`Cursor::new`].
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let invalid = || Error::invalid("invalid-cursor", "cursor");
        if !self.0.is_ascii() || !self.0.len().is_multiple_of(2) {
            return Err(invalid());
        }
        (0..self.0.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&self.0[i..i + 2], 16).map_err(|_| invalid()))
            .collect()
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_refuses_others() {
        assert_eq!(Cursor::new(&[0, 255, 16]).bytes().unwrap(), [0, 255, 16]);
        for bad in ["0", "zz", "é0"] {
            assert!(Cursor::from(bad.to_owned()).bytes().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cut_page_says_where_the_next_begins() {
        let page = Page::cut(vec![1, 2, 3], 2, |item| Cursor::new(&[*item]));
        assert_eq!((page.items, page.next), (vec![1, 2], Some(Cursor::new(&[2]))));
        assert_eq!(Page::cut(vec![1, 2], 2, |_| Cursor::new(&[])).next, None);
    }
}
