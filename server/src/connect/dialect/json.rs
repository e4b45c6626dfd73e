//! JSON laid out anew, and left as it is otherwise: no number is rounded, no key
//! moved.

use super::Layout;
use serde::de::IgnoredAny;

/// Deeper than this nothing is indented further, so that a megabyte of brackets
/// does not become a terabyte of blanks.
const INDENTED_LEVELS_MAX: usize = 32;

/// Whether a text is JSON, and if not, why.
pub(super) fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|error| error.to_string())
}

/// A text that is JSON, in another layout.
pub(super) fn laid_out(json: &str, layout: Layout) -> String {
    match layout {
        Layout::Line => significant(json).map(|(c, _)| c).collect(),
        Layout::Roomy => indented(json),
    }
}

/// Where a character is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Structure,
    String,
    /// Behind the backslash in a string.
    Escape,
}

/// All characters that mean something, and where they are.
fn significant(json: &str) -> impl Iterator<Item = (char, Place)> {
    let mut next = Place::Structure;
    json.chars().filter_map(move |c| {
        let place = next;
        next = match (place, c) {
            (Place::Structure, '"') | (Place::Escape, _) => Place::String,
            (Place::String, '\\') => Place::Escape,
            (Place::String, '"') => Place::Structure,
            (Place::Structure | Place::String, _) => place,
        };
        (place != Place::Structure || !c.is_ascii_whitespace()).then_some((c, place))
    })
}

fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut characters = significant(json).peekable();
    while let Some((c, place)) = characters.next() {
        let is_empty = matches!(characters.peek(), Some((']' | '}', Place::Structure)));
        match (place, c) {
            (Place::Structure, '[' | '{') => {
                out.push(c);
                depth += 1;
                if !is_empty {
                    new_line(&mut out, depth);
                }
            }
            (Place::Structure, ']' | '}') => {
                depth = depth.saturating_sub(1);
                if !out.ends_with(['[', '{']) {
                    new_line(&mut out, depth);
                }
                out.push(c);
            }
            (Place::Structure, ',') => {
                out.push(c);
                new_line(&mut out, depth);
            }
            (Place::Structure, ':') => out.push_str(": "),
            (Place::Structure | Place::String | Place::Escape, _) => out.push(c),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(INDENTED_LEVELS_MAX) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn numbers_keys_and_strings_stay_as_they_are() {
        let json = r#" { "z" : 12345678901234567890.10 , "a":[1, {"q":"a \" , { b"}, [ ], {}], "":null } "#;
        let line = r#"{"z":12345678901234567890.10,"a":[1,{"q":"a \" , { b"},[],{}],"":null}"#;
        assert_eq!(laid_out(json, Layout::Line), line);
        let roomy = laid_out(json, Layout::Roomy);
        assert_eq!(laid_out(&roomy, Layout::Line), line);
        let value: Value = serde_json::from_str(r#"{"a":[1,{"q":"x"},[],{}],"b":[[2]]}"#).unwrap();
        assert_eq!(
            laid_out(&value.to_string(), Layout::Roomy),
            serde_json::to_string_pretty(&value).unwrap()
        );
    }

    #[test]
    fn depth_costs_no_more_than_length() {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let json = open + &close;
        check(&json).unwrap();
        assert!(laid_out(&json, Layout::Roomy).len() < json.len() * 70);
    }
}
