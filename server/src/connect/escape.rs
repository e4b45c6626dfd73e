//! What a server says, made harmless for a terminal.
//!
//! Apart because it is a wall: nothing that comes from a server may reach a
//! terminal without having been through here.

use std::borrow::Cow;

/// The text with each character escaped that could control a terminal, or make it
/// show things in another order than they are. Line breaks are left.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    escaped.into()
}

/// The same in one line.
pub(super) fn harmless_line(text: &str) -> String {
    harmless(text).replace('\n', "\\n")
}

fn is_harmful(c: char) -> bool {
    let is_control = c.is_control() && c != '\n';
    // Directional marks, embeddings, overrides and isolates; separators of lines
    // and paragraphs (Unicode UAX #9).
    let is_direction = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    is_control || is_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_controls_a_terminal() {
        for (text, shown) in [
            ("größer 🎺\nja", "größer 🎺\nja"),
            ("\x1b[31mred", "\\u{1b}[31mred"),
            ("a\rb\tc\x07\x7f", "a\\rb\\tc\\u{7}\\u{7f}"),
            // The same as ESC [ in one character.
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
        ] {
            assert_eq!(harmless(text), shown);
        }
        assert_eq!(harmless_line("a\nb"), "a\\nb");
        for c in (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control()) {
            let line = harmless_line(&c.to_string());
            assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{c:?} is shown as {line:?}");
        }
    }
}
