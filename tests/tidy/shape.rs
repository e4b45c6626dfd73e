//! How big files and functions may be, and what every file must say.

use crate::tree::File;
use crate::{Finding, code, items};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// A longer file has grown a second idea.
pub(crate) fn file_length(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().count();
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let advice = format!(
        "the file has {lines} lines, more than {FILE_LINES_MAX}; find its second idea and move it out"
    );
    vec![Finding::new(file, FILE_LINES_MAX + 1, advice)]
}

/// A longer function does more than one thing.
pub(crate) fn function_lengths(file: &File) -> Vec<Finding> {
    let code = code::only(&file.text);
    let long = items::functions(&code).into_iter().filter_map(|function| {
        let lines = function.lines.end() - function.lines.start() + 1;
        let name = function.name;
        let advice = format!(
            "`{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}; name its parts and move them out"
        );
        (lines > FUNCTION_LINES_MAX).then(|| Finding::new(file, *function.lines.start(), advice))
    });
    long.collect()
}

/// The first thing in a file is what it holds and why it is apart.
pub(crate) fn module_doc(file: &File) -> Vec<Finding> {
    let mut lines = file.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_doc = |line: &str| line.starts_with("//!") || line.starts_with("#![doc");
    // A fuzz target has to begin with `#![no_main]`.
    let first = lines.find(|line| is_doc(line) || !line.starts_with("#!["));
    if first.is_some_and(is_doc) {
        return Vec::new();
    }
    vec![Finding::new(
        file,
        1,
        "the file does not begin with a `//!` comment; say what it holds and why it is apart",
    )]
}

/// Marks of work that is not done. Spelled in halves, or this file would have them.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

pub(crate) fn leftovers(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for mark in MARKS {
            let is_mark = |(at, _): (usize, &str)| items::is_whole_word(line, at, mark.len());
            if line.match_indices(mark).any(is_mark) {
                found.push(Finding::new(file, index + 1, format!("`{mark}`; do it, or leave it out")));
            }
        }
    }
    found
}

/// A published package must say under which licence.
pub(crate) fn licence(manifest: &File) -> Vec<Finding> {
    let is_package = manifest.text.lines().any(|line| line == "[package]");
    let is_private = manifest.text.lines().any(|line| line == "publish = false");
    let claims = manifest.text.lines().any(|line| line.starts_with("license"));
    if !is_package || is_private || claims {
        return Vec::new();
    }
    vec![Finding::new(manifest, 1, "the package names no licence; add `license.workspace = true`")]
}

#[cfg(test)]
mod tests {
    use super::{
        FILE_LINES_MAX, FUNCTION_LINES_MAX, MARKS, file_length, function_lengths, leftovers, licence,
        module_doc,
    };
    use crate::tree::File;

    #[test]
    fn a_file_may_have_500_lines_and_no_more() {
        assert!(file_length(&File::new("a.rs", &"x\n".repeat(FILE_LINES_MAX))).is_empty());
        let found = file_length(&File::new("a.rs", &"x\n".repeat(FILE_LINES_MAX + 1)));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("a.rs:501: the file has 501 lines"), "{}", found[0]);
    }

    #[test]
    fn a_function_may_have_70_lines_and_no_more() {
        let function = |lines: usize| format!("\nfn a() {{\n{}}}\n", "b();\n".repeat(lines - 2));
        assert!(function_lengths(&File::new("a.rs", &function(FUNCTION_LINES_MAX))).is_empty());
        let found = function_lengths(&File::new("a.rs", &function(FUNCTION_LINES_MAX + 1)));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("a.rs:2: `a` has 71 lines"), "{}", found[0]);
    }

    #[test]
    fn a_brace_in_a_string_ends_no_function() {
        let text = format!("fn a() {{\n\"}}\";\n{}}}\n", "b();\n".repeat(FUNCTION_LINES_MAX));
        assert_eq!(function_lengths(&File::new("a.rs", &text)).len(), 1);
    }

    #[test]
    fn a_file_without_its_doc_is_found() {
        assert_eq!(module_doc(&File::new("a.rs", "use b;\n//! late\n")).len(), 1);
        assert_eq!(module_doc(&File::new("a.rs", "")).len(), 1);
        assert_eq!(module_doc(&File::new("a.rs", "/// not the file's\nfn a() {}")).len(), 1);
        for good in ["//! A.\n", "#![no_main]\n//! A.\n", "#![doc = include_str!(\"../README.md\")]\n"] {
            assert!(module_doc(&File::new("a.rs", good)).is_empty(), "{good}");
        }
    }

    #[test]
    fn each_mark_of_unfinished_work_is_found() {
        for mark in MARKS {
            let found = leftovers(&File::new("a.rs", &format!("a\n// {mark}: b")));
            assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2], "{mark}");
        }
        assert!(leftovers(&File::new("a.rs", "// MASTODON")).is_empty());
    }

    #[test]
    fn a_package_without_licence_is_found() {
        assert_eq!(licence(&File::new("Cargo.toml", "[package]\nname = \"a\"\n")).len(), 1);
        for good in ["[workspace]\n", "[package]\nlicense.workspace = true\n", "[package]\npublish = false\n"]
        {
            assert!(licence(&File::new("Cargo.toml", good)).is_empty(), "{good}");
        }
    }
}
