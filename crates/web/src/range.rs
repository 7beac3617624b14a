//! One range of bytes of a download (RFC 9110, section 14). Several ranges at once are answered with the whole, as the RFC allows.

use crate::Etag;
use http::{HeaderMap, HeaderValue, header};
use kernel::{Error, Kind, Result};
use std::ops::Range;

/// The range of a resource of `length` bytes that a request asks for; none for the whole, also where it goes on with a
/// version that is not the present one (`If-Range`, RFC 9110, section 13.1.5). A date there is never known here.
///
/// # Errors
/// `bad-range` (416) where it lies outside.
pub fn requested(headers: &HeaderMap, etag: &Etag, length: u64) -> Result<Option<Range<u64>>> {
    if headers.get(header::IF_RANGE).is_some_and(|wanted| Some(wanted) != etag.header().as_ref()) {
        return Ok(None);
    }
    let Some(spec) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let Some((first, last)) = spec.trim().strip_prefix("bytes=").and_then(|spec| spec.split_once('-')) else {
        return Ok(None); // another unit, or malformed: ignored
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), None) if last.trim().is_empty() => first..length,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (None, Some(suffix)) if first.trim().is_empty() => length.saturating_sub(suffix)..length,
        _ => return Ok(None),
    };
    if range.is_empty() { Err(Error::new(Kind::BadRange, "bad-range")) } else { Ok(Some(range)) }
}

/// The `Content-Range` of a refusal, which tells how many bytes there are (RFC 9110, section 15.5.17).
pub fn refused(length: u64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("bytes */{length}")).ok()
}

/// The `Content-Range` of an answer with `range` of `length` bytes.
pub fn content_range(range: &Range<u64>, length: u64) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_another_version_is_the_whole() {
        for (version, range) in [
            ("\"1\"", Some(5..10)),
            ("\"2\"", None),
            ("W/\"1\"", None),
            ("Tue, 15 Nov 1994 12:45:26 GMT", None),
        ] {
            let headers = [(header::RANGE, "bytes=5-"), (header::IF_RANGE, version)];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            assert_eq!(
                requested(&HeaderMap::from_iter(headers), &Etag::of(1), 10).unwrap(),
                range,
                "{version}"
            );
        }
    }

    #[test]
    fn ranges_of_ten_bytes() {
        let ask = |spec: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(spec));
            requested(&headers, &Etag::of(1), 10)
        };
        for (spec, range) in [
            ("bytes=0-4", Some(0..5)),
            ("bytes=5-", Some(5..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=8-99", Some(8..10)),
            ("bytes=0-1,4-5", None),
            ("bytes=4-2", None),
            ("lines=1-2", None),
            ("bytes=x-y", None),
        ] {
            assert_eq!(ask(spec).unwrap(), range, "{spec}");
        }
        for outside in ["bytes=10-", "bytes=11-12", "bytes=-0"] {
            assert_eq!(ask(outside).unwrap_err().code(), "bad-range", "{outside}");
        }
    }
}
