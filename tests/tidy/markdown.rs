//! What Markdown files link to, and the commands they show.

use crate::Finding;
use crate::tree::{File, Tree};

/// The targets of the links, with their lines; code is left out.
pub(crate) fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, text) in outside_of_code_blocks(text) {
        for (at, mark) in text.match_indices("](") {
            let in_code = text[..at].matches('`').count() % 2 == 1;
            if let Some((target, _)) = text[at + mark.len()..].split_once(')').filter(|_| !in_code) {
                found.push((line, target));
            }
        }
    }
    found
}

/// Every link of `file` to a file that the project does not have.
pub(crate) fn broken_links(file: &File, tree: &Tree) -> Vec<Finding> {
    let broken = links(&file.text).into_iter().filter_map(|(line, target)| {
        let path = target.split('#').next().unwrap_or_default();
        if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
            return None;
        }
        let is_there = resolve(&file.path, path).is_some_and(|path| path.is_empty() || tree.has(&path));
        let advice = format!("the link to `{target}` leads nowhere; mend it, or add the file");
        (!is_there).then(|| Finding::new(file, line, advice))
    });
    broken.collect()
}

/// The lines of the blocks that are marked as `sh`.
pub(crate) fn commands(text: &str) -> Vec<&str> {
    let mut language = None;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        match (line.strip_prefix("```"), language) {
            (Some(opened), None) => language = Some(opened),
            (Some(_), Some(_)) => language = None,
            (None, Some("sh")) => found.push(line),
            (None, _) => {}
        }
    }
    found
}

/// The text of the blocks that are marked as `language`.
pub(crate) fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let opening = format!("\n```{language}\n");
    let blocks = text.split(opening.as_str()).skip(1);
    blocks.map(|block| block.split_once("```\n").map_or(block, |(inside, _)| inside)).collect()
}

/// The lines that only one of two texts has, marked as a diff marks them; those
/// that go before those that come.
pub(crate) fn differences(before: &str, after: &str) -> Vec<String> {
    let only_in = |mark: char, one: &str, other: &str| {
        let lines = one.lines().filter(|line| !other.lines().any(|theirs| theirs == *line));
        lines.map(|line| format!("{mark}{line}")).collect::<Vec<_>>()
    };
    [only_in('-', before, after), only_in('+', after, before)].concat()
}

/// A source file without the comment that introduces it.
pub(crate) fn without_introduction(source: &str) -> &str {
    let is_introduction = |line: &&str| line.starts_with("//!") || line.trim().is_empty();
    let length = source.split_inclusive('\n').take_while(is_introduction).map(str::len).sum();
    source.get(length..).unwrap_or_default()
}

fn outside_of_code_blocks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_block = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        (!in_block && !is_fence).then_some((index + 1, line))
    })
}

/// `target` as seen from the file at `from`; `None` when it leaves the project.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{blocks, broken_links, commands, differences, links, without_introduction};
    use crate::tree::{File, Tree};

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "[a](b.md) and [c](d.md#e)\n```sh\n[x](y)\n```\n`[x](y)` [f](g)";
        assert_eq!(links(text), [(1, "b.md"), (1, "d.md#e"), (5, "g")]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text =
            "[a](../README.md) [b](#here) [c](https://d.e) [f](b.md#x)\n[g](gone.md) [h](../../out.md)";
        let file = File::new("docs/a.md", text);
        let tree = Tree::new(vec![File::new("README.md", ""), File::new("docs/b.md", "")]);
        let found: Vec<String> = broken_links(&file, &tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("docs/a.md:2: the link to `gone.md`"), "{found:?}");
        assert!(found[1].contains("../../out.md"), "{found:?}");
    }

    #[test]
    fn programs_are_those_of_rust_blocks() {
        assert_eq!(blocks("a\n```rust\nfn b() {}\n```\nc\n```sh\nd\n```\n", "rust"), ["fn b() {}\n"]);
        assert_eq!(without_introduction("//! A.\n//!\n\nfn b() {}\n// c\n"), "fn b() {}\n// c\n");
    }

    #[test]
    fn lines_of_one_text_only_are_told() {
        assert_eq!(differences("a\nb\nc\n", "a\nd\nc\n"), ["-b", "+d"]);
        assert!(differences("a\n", "a\n").is_empty());
    }

    #[test]
    fn commands_are_those_of_shell_blocks() {
        assert_eq!(commands("```sh\ncargo a\n```\ncargo b\n```rust\ncargo c\n```\n"), ["cargo a"]);
    }
}
