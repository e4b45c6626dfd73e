//! Tidy: what the project holds itself to and no compiler checks.
//!
//! One test per rule; each names every place that breaks it and what to do.
//! The rules stand in the modules, as functions from text to [`Finding`]s with
//! tests of their own on made-up text, so that a rule that has gone blind is
//! seen. Nothing here may depend on git, a network or the machine: the tests
//! have to pass in an unpacked archive too.

mod calls;
mod code;
mod defaults;
mod dependencies;
mod items;
mod leaks;
mod markdown;
mod settings;
mod shape;
mod tree;

use std::fmt;
use tree::{File, Tree};

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    /// From 1.
    line: usize,
    /// What is wrong and what to do.
    advice: String,
}

impl Finding {
    fn new(file: &File, line: usize, advice: impl Into<String>) -> Finding {
        Finding { path: file.path.clone(), line, advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

#[track_caller]
fn assert_none(findings: &[Finding]) {
    let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} to mend:\n{}", list.len(), list.join("\n"));
}

/// Applies `rule` to every Rust file; that there are some is part of every rule.
#[track_caller]
fn assert_rust(rule: impl Fn(&File) -> Vec<Finding>) {
    let tree = Tree::of_project();
    assert!(tree.rust().count() > 5, "hardly any Rust file was found: the search is broken");
    assert_none(&tree.rust().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    assert_rust(shape::file_length);
}

#[test]
fn functions_are_short() {
    assert_rust(shape::function_lengths);
}

#[test]
fn modules_say_what_they_hold() {
    assert_rust(shape::module_doc);
}

#[test]
fn nothing_is_left_unfinished() {
    assert_rust(shape::leftovers);
}

#[test]
fn calls_stay_in_their_place() {
    assert_rust(calls::forbidden);
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let tree = Tree::of_project();
    assert_none(&tree.files().iter().flat_map(leaks::leaks).collect::<Vec<_>>());
}

#[test]
fn links_lead_somewhere() {
    let tree = Tree::of_project();
    let readme = tree.file("README.md");
    assert!(!markdown::links(&readme.text).is_empty(), "README.md links to nothing: where is its map?");
    assert_none(&tree.markdown().flat_map(|file| markdown::broken_links(file, tree)).collect::<Vec<_>>());
}

#[test]
fn readme_has_the_two_commands() {
    let readme = Tree::of_project().file("README.md");
    let commands = markdown::commands(&readme.text);
    for command in ["cargo run --release", "cargo test --workspace"] {
        assert!(
            commands.contains(&command),
            "README.md: a `sh` block must have the line `{command}`; it has {commands:?}"
        );
    }
}

#[test]
fn the_examples_of_readme_are_those_that_are_compiled() {
    let tree = Tree::of_project();
    let shown = markdown::blocks(&tree.file("README.md").text, "rust");
    let compiled = ["chat/app", "chat/tokio", "heartbeat_client"]
        .map(|name| tree.file(&format!("examples/{name}.rs")).text.as_str());
    assert_eq!(shown, compiled.map(markdown::without_introduction), "README.md must show these files");
}

#[test]
fn to_move_between_runtimes_takes_no_more_lines_than_readme_says() {
    let tree = Tree::of_project();
    let main = |name| markdown::without_introduction(&tree.file(&format!("examples/chat/{name}.rs")).text);
    let moves = ["smol", "std_threads"].map(|name| markdown::differences(main("tokio"), main(name)));
    for lines in &moves {
        let changed = lines.iter().filter(|line| line.starts_with('-')).count();
        assert!(changed <= 3, "a diff of at most three lines is promised: {lines:?}");
    }
    let shown = markdown::blocks(&tree.file("README.md").text, "diff");
    let shown = shown.iter().map(|block| block.lines().collect::<Vec<_>>()).collect::<Vec<_>>();
    assert_eq!(shown, moves, "README.md must show these differences");
}

#[test]
fn every_setting_is_documented() {
    let tree = Tree::of_project();
    let fields = settings::fields(tree);
    assert!(fields.len() > 20, "only {} settings were found: the search is broken", fields.len());
    assert_none(&settings::undocumented(&fields, tree));
}

#[test]
fn the_documented_settings_and_defaults_are_those_of_the_code() {
    let tree = Tree::of_project();
    let rows = settings::rows(tree.file("docs/configuration.md"));
    assert!(rows.len() > 20, "only {} rows of settings were found: the search is broken", rows.len());
    assert_none(&settings::disagreements(&rows, &settings::fields(tree), &defaults::defaults(tree)));
}

/// What only an async runtime brings, by the feature that brings it.
const RUNTIMES: [(&str, &[&str]); 2] = [
    ("tokio", &["tokio", "fanfare-tokio"]),
    ("smol", &["smol", "fanfare-smol", "async-io", "async-executor", "futures-lite"]),
];

#[test]
fn an_adapter_brings_no_runtime_but_its_own() {
    for (feature, others) in
        ["tokio", "smol", "std-threads"].map(|feature| [(feature, ""), (feature, ",client")]).as_flattened()
    {
        let brought = dependencies::with_features(&format!("{feature}{others}"));
        assert!(brought.contains(&format!("fanfare-{feature}")) && brought.contains("mio"), "{brought:?}");
        for (runtime, crates) in RUNTIMES {
            for name in crates {
                assert_eq!(brought.contains(*name), runtime == *feature, "`{feature}{others}` and {name}");
            }
        }
        for name in ["futures-util", "rustls", "rustls-native-certs"] {
            assert!(!brought.contains(name), "`{feature}{others}` must not bring {name}");
        }
    }
}

#[test]
fn licences_are_there_and_claimed() {
    let tree = Tree::of_project();
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        assert!(tree.file(licence).text.len() > 500, "{licence}: has to hold the whole licence");
    }
    assert_none(&tree.manifests().flat_map(shape::licence).collect::<Vec<_>>());
}
