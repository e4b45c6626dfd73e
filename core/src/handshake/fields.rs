//! Small readings of header values that several files here share.
//!
//! Apart because they know lists and tokens and no header in particular. The
//! scanner has let only ASCII through, so every value is text.

use http::{HeaderMap, HeaderName};

/// All lines of a header, as text, in order.
pub(super) fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

/// The elements of a comma-separated list, over all lines of the header; empty
/// ones are skipped (RFC 9110 §5.6.1.2).
pub(super) fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    lines(headers, name).flat_map(|line| line.split(',')).map(trim).filter(|element| !element.is_empty())
}

/// Whether the list has `token` among its elements, in any case.
pub(super) fn lists_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    list(headers, name).any(|element| element.eq_ignore_ascii_case(token))
}

/// Without the white space that may surround a value (RFC 9110 §5.6.3).
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Without the white space that may precede a value.
pub(super) fn trim_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// A token of RFC 9110 §5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && token_bytes(text) == text.len()
}

/// How many bytes of a token `text` begins with.
pub(super) fn token_bytes(text: &str) -> usize {
    let in_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    text.bytes().take_while(in_token).count()
}
