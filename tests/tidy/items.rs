//! Where functions and tests begin and end in blanked code (see [`code`]).
//!
//! Counts brackets; no grammar. Never looks at text that is not code.
//!
//! [`code`]: crate::code

use crate::code::is_word;
use std::ops::RangeInclusive;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// From 1: that of the word `fn` to that of the closing brace.
    pub(crate) lines: RangeInclusive<usize>,
}

/// Every function with a body, nested ones too.
pub(crate) fn functions(code: &str) -> Vec<Function<'_>> {
    let starts = code.match_indices("fn").filter(|&(at, _)| is_whole_word(code, at, 2));
    starts
        .filter_map(|(at, _)| {
            let name = first_word(code[at + 2..].trim_start());
            // `fn(u8)` is a type.
            let Ending::Body(end) = ending(code, at) else { return None };
            (!name.is_empty()).then(|| Function { name, lines: line_of(code, at)..=line_of(code, end) })
        })
        .collect()
}

/// The lines that are compiled for tests only.
pub(crate) fn test_lines(code: &str) -> Vec<RangeInclusive<usize>> {
    let attributes = code.match_indices("#[").filter(|&(at, _)| is_test_attribute(&code[at..]));
    attributes
        .map(|(at, _)| {
            let (Ending::Body(end) | Ending::Semicolon(end) | Ending::Enclosing(end)) = ending(code, at);
            line_of(code, at)..=line_of(code, end)
        })
        .collect()
}

/// What is between the braces of the first item that starts with `head`, and
/// the line on which that starts.
pub(crate) fn body<'a>(code: &'a str, head: &str) -> Option<(&'a str, usize)> {
    let (at, _) = code.match_indices(head).find(|&(at, _)| {
        // `struct Settings` is no beginning of `struct SettingsError`.
        is_whole_word(code, at, head.len())
    })?;
    let Ending::Body(end) = ending(code, at) else { return None };
    let open = at + code[at..].find('{')?;
    Some((&code[open + 1..end], line_of(code, open + 1)))
}

/// The line of the byte at `at`, from 1.
pub(crate) fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Whether the `len` bytes at `at` neither start nor end inside a word.
pub(crate) fn is_whole_word(code: &str, at: usize, len: usize) -> bool {
    let before = code[..at].chars().next_back();
    let after = code[at + len..].chars().next();
    !before.is_some_and(|c| is_word(c) || c == '#') && !after.is_some_and(is_word)
}

fn first_word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}

fn is_test_attribute(from: &str) -> bool {
    let attribute = from.split(']').next().unwrap_or_default();
    let is_condition = attribute.starts_with("#[cfg(") && !attribute.contains("not(");
    let names_test = |(at, _): (usize, &str)| is_whole_word(attribute, at, 4);
    attribute == "#[test" || (is_condition && attribute.match_indices("test").any(names_test))
}

/// How an item ends, and where.
enum Ending {
    /// With the brace that closes its body.
    Body(usize),
    Semicolon(usize),
    /// It has no end of its own, like a field: what it is part of ends here.
    Enclosing(usize),
}

fn ending(code: &str, start: usize) -> Ending {
    let mut round_or_square = 0_usize;
    let mut braces = 0_usize;
    for (offset, c) in code[start..].char_indices() {
        let at = start + offset;
        match c {
            '(' | '[' => round_or_square += 1,
            ')' | ']' if round_or_square == 0 => return Ending::Enclosing(at),
            ')' | ']' => round_or_square -= 1,
            ';' if braces == 0 && round_or_square == 0 => return Ending::Semicolon(at),
            '{' => braces += 1,
            '}' if braces == 0 => return Ending::Enclosing(at),
            '}' => {
                braces -= 1;
                // A constant's braces, as in `[u8; { N }]`, are no body.
                if braces == 0 && round_or_square == 0 {
                    return Ending::Body(at);
                }
            }
            _ => {}
        }
    }
    Ending::Enclosing(code.len())
}

#[cfg(test)]
mod tests {
    use super::{Function, body, functions, test_lines};

    #[test]
    fn functions_are_found_with_their_lines() {
        let code =
            "impl A {\n  fn a() -> [u8; 2] {\n    b(|| {});\n  }\n}\nfn b<F>(f: F)\nwhere F: Fn() {\n}\n";
        let found = functions(code);
        assert_eq!(found, [Function { name: "a", lines: 2..=4 }, Function { name: "b", lines: 6..=8 }]);
    }

    #[test]
    fn declarations_and_types_are_no_functions() {
        assert_eq!(
            functions("trait T { fn a(&self); }\ntype F = fn(u8) -> u8;\nlet r#fn = 1; define!{}"),
            []
        );
    }

    #[test]
    fn nested_functions_are_found_too() {
        let names: Vec<&str> = functions("fn a() {\nfn b() {}\n}").iter().map(|found| found.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn test_code_is_found() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\n#[test]\nfn c() {\n}\n";
        assert_eq!(test_lines(code), [2..=5, 6..=8]);
        assert_eq!(test_lines("#[cfg(test)]\nmod tests;\nfn a() {}"), [1..=2]);
        assert_eq!(test_lines("#[cfg(all(test, unix))]\nuse a;\n"), [1..=2]);
    }

    #[test]
    fn other_conditions_are_no_tests() {
        assert_eq!(test_lines("#[cfg(not(test))]\nfn a() {}\n#[cfg(latest)]\nfn b() {}"), []);
    }

    #[test]
    fn a_body_is_that_of_the_whole_name() {
        let code = "struct AB { x }\nstruct A {\n y\n}";
        assert_eq!(body(code, "struct A"), Some(("\n y\n", 2)));
        assert_eq!(body(code, "struct B"), None);
    }
}
