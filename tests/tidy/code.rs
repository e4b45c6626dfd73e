//! Rust source with everything blanked that is not code.
//!
//! Apart because the other rules may then look for plain text: a brace is a
//! brace, a call is a call. Lines stay where they are. Knows tokens only, no
//! grammar.

/// `source` with each character of a comment or of a string, byte or character
/// literal turned into a space; line breaks stay.
pub(crate) fn only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    let mut in_word = false;
    while let Some(first) = rest.chars().next() {
        let hidden = hidden_len(rest, in_word);
        let (span, after) = rest.split_at(hidden.unwrap_or(first.len_utf8()));
        if hidden.is_some() {
            code.extend(span.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(span);
        }
        in_word = hidden.is_none() && is_word(first);
        rest = after;
    }
    code
}

/// Whether `c` can be part of a name or a number.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length in bytes of the comment or literal that starts here, if one does.
fn hidden_len(rest: &str, in_word: bool) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment_len(rest));
    }
    if rest.starts_with('"') {
        return Some(quoted_len(rest, '"'));
    }
    if rest.starts_with('\'') {
        return is_char_literal(rest).then(|| quoted_len(rest, '\''));
    }
    // `r` inside a word, as in `for"…"`, starts nothing.
    if in_word { None } else { raw_string_len(rest) }
}

/// Block comments nest.
fn block_comment_len(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted_len(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_char_literal(rest: &str) -> bool {
    let mut after = rest.chars().skip(1);
    match after.next() {
        Some('\\') => true,
        Some(_) => after.next() == Some('\''),
        None => false,
    }
}

fn raw_string_len(rest: &str) -> Option<usize> {
    let opened = ["r", "br", "cr"].iter().find_map(|prefix| {
        let after = rest.strip_prefix(prefix)?;
        after.starts_with(['"', '#']).then_some(after)
    })?;
    let from_quote = opened.trim_start_matches('#');
    let hashes = &opened[..opened.len() - from_quote.len()];
    // Without a quote it is a raw name, such as `r#type`.
    let content = from_quote.strip_prefix('"')?;
    let end = format!("\"{hashes}");
    let content_len = content.find(&end).map_or(content.len(), |at| at + end.len());
    Some(rest.len() - content.len() + content_len)
}

#[cfg(test)]
mod tests {
    use super::only;

    #[track_caller]
    fn becomes(source: &str, code: &str) {
        assert_eq!(only(source), code, "from {source:?}");
    }

    #[test]
    fn comments_are_blanked_and_lines_stay() {
        becomes("a // b\nc", "a     \nc");
        becomes("a /* b\n /* c */ d */ e", "a     \n              e");
    }

    #[test]
    fn strings_are_blanked_with_their_escapes() {
        becomes(r#"f("}\"{", b"x")"#, "f(      , b   )");
        becomes("f(r\"a\\\", r#\"b\"c\"#, br\"{\")", "f(     ,         ,      )");
        becomes("\"// no comment\"; x", "               ; x");
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        becomes("fn f<'a>(c: &'a str) { '{' }", "fn f<'a>(c: &'a str) {     }");
        becomes(r"['\'', '\u{7d}', b'}', 'ü', 'x']", r"[    ,         , b   ,    ,    ]");
    }

    #[test]
    fn raw_names_are_code() {
        becomes("r#type { r#fn }", "r#type { r#fn }");
    }

    #[test]
    fn what_does_not_end_is_blanked_to_the_end() {
        becomes("a \"b", "a   ");
        becomes("a /* b", "a     ");
    }
}
