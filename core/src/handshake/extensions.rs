//! The value of `Sec-WebSocket-Extensions` (RFC 6455 §9.1): which extensions,
//! with which parameters.
//!
//! Apart because it is grammar alone, the same in a request and in an answer.
//! What an extension's parameters mean is told where the extension is.

use super::fields::{is_token, lines, token_bytes, trim_start};
use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use std::borrow::Cow;

/// One extension, as it is offered or granted.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Extension<'h> {
    pub(crate) name: &'h str,
    /// In the order they were written.
    pub(crate) parameters: Vec<Parameter<'h>>,
}

/// One parameter of an extension.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Parameter<'h> {
    pub(crate) name: &'h str,
    /// A token, whether it was quoted or not.
    pub(crate) value: Option<Cow<'h, str>>,
}

/// All extensions of a head, over all lines of the header, in order. `None`
/// when a line is not formed as it must be: then none of them can be trusted.
pub(crate) fn extensions(headers: &HeaderMap) -> Option<Vec<Extension<'_>>> {
    let mut found = Vec::new();
    for line in lines(headers, &SEC_WEBSOCKET_EXTENSIONS) {
        // Empty elements of a list mean nothing (RFC 9110 §5.6.1.2).
        let mut rest = skip_commas(line);
        while !rest.is_empty() {
            let (extension, after) = extension(rest)?;
            found.push(extension);
            if !after.is_empty() && !after.starts_with(',') {
                return None;
            }
            rest = skip_commas(after);
        }
    }
    Some(found)
}

fn skip_commas(text: &str) -> &str {
    text.trim_start_matches([',', ' ', '\t'])
}

/// The extension at the front of `text`, and what follows it and its white space.
fn extension(text: &str) -> Option<(Extension<'_>, &str)> {
    let (name, mut rest) = token(text)?;
    let mut parameters = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let (parameter, after) = parameter(trim_start(after))?;
        parameters.push(parameter);
        rest = after;
    }
    Some((Extension { name, parameters }, rest))
}

fn parameter(text: &str) -> Option<(Parameter<'_>, &str)> {
    let (name, rest) = token(text)?;
    let Some(after) = rest.strip_prefix('=') else { return Some((Parameter { name, value: None }, rest)) };
    let after = trim_start(after);
    let (value, rest) = match after.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => token(after).map(|(value, rest)| (Cow::Borrowed(value), rest))?,
    };
    Some((Parameter { name, value: Some(value) }, rest))
}

/// The token at the front of `text`, and what follows it and its white space.
fn token(text: &str) -> Option<(&str, &str)> {
    let (token, rest) = text.split_at_checked(token_bytes(text))?;
    (!token.is_empty()).then(|| (token, trim_start(rest)))
}

/// What stands before the closing quote, without its escapes, and what follows.
/// It must be a token as well (RFC 6455 §9.1).
fn unquote(quoted: &str) -> Option<(Cow<'_, str>, &str)> {
    let (mut value, mut characters) = (String::new(), quoted.chars());
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
    is_token(&value).then(|| (Cow::Owned(value), trim_start(characters.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let line = |line: &&'static str| (SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(line));
        lines.iter().map(line).collect()
    }

    /// As `name; parameter=value`, one string an extension.
    fn read(lines: &[&'static str]) -> Option<Vec<String>> {
        let headers = headers(lines);
        let shown = extensions(&headers)?.into_iter().map(|extension| {
            let parameters = extension.parameters.iter().map(|parameter| match &parameter.value {
                Some(value) => format!("; {}={value}", parameter.name),
                None => format!("; {}", parameter.name),
            });
            extension.name.to_owned() + &parameters.collect::<String>()
        });
        Some(shown.collect())
    }

    #[test]
    fn lists_over_several_lines_are_one_list() {
        assert_eq!(read(&[]), Some(Vec::new()));
        assert_eq!(
            read(&["a, b;c ;d = 1,,", " ,e;f=\"2\"", "a"]),
            Some(["a", "b; c; d=1", "e; f=2", "a"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn a_quoted_value_is_the_token_it_quotes() {
        assert_eq!(read(&[r#"a;b="\1\5" ; c"#]), Some(vec!["a; b=15; c".to_owned()]));
        for not_a_token in [r#"a;b="""#, r#"a;b="1,2""#, r#"a;b="1 2""#, r#"a;b="\"""#] {
            assert_eq!(read(&[not_a_token]), None, "{not_a_token}");
        }
    }

    #[test]
    fn one_malformed_line_spoils_all() {
        for malformed in [
            ";",
            "a;",
            "a;;b",
            "a=1",
            "a;b=",
            "a;b=,",
            "a;b=1=2",
            "a b",
            "a;=1",
            r#"a;b="1"#,
            r#"a;b="1\"#,
            "(a)",
        ] {
            assert_eq!(read(&["x", malformed]), None, "{malformed}");
        }
    }
}
