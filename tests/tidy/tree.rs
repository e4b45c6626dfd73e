//! The files of the project, as text.
//!
//! Apart because only this knows where they come from: git's index with what is
//! new and not ignored, or, without git, a walk. Never reads what a build, a
//! package manager or a test suite has put there.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// What a walk leaves out; with git, the ignore file says the same.
const BUILT: [&str; 7] =
    [".git", "target", "node_modules", ".suite", "fuzz/artifacts", "fuzz/coverage", "fuzz/corpus"];

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// From the root of the project, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }
}

/// Every text file, ordered by path.
#[derive(Debug)]
pub(crate) struct Tree(Vec<File>);

impl Tree {
    /// The project that this test belongs to. Read once.
    pub(crate) fn of_project() -> &'static Tree {
        static TREE: LazyLock<Tree> = LazyLock::new(|| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let paths = from_git(root).map_or_else(|| from_walk(root), Ok);
            Tree::read(root, paths.unwrap_or_else(|error| panic!("the tree cannot be walked: {error}")))
        });
        &TREE
    }

    #[cfg(test)]
    pub(crate) fn new(files: Vec<File>) -> Tree {
        Tree(files)
    }

    fn read(root: &Path, mut paths: Vec<String>) -> Tree {
        paths.sort_unstable();
        // What is no text, or was deleted and is still in the index, is left out.
        let read = |path: String| fs::read_to_string(root.join(&path)).ok().map(|text| File { path, text });
        Tree(paths.into_iter().filter_map(read).collect())
    }

    pub(crate) fn files(&self) -> &[File] {
        &self.0
    }

    /// The file at `path`, which the project must have.
    #[track_caller]
    pub(crate) fn file(&self, path: &str) -> &File {
        let found = self.0.iter().find(|file| file.path == path);
        found.unwrap_or_else(|| panic!("{path}: the project must have this file"))
    }

    /// Whether `path` is a file, or a folder that has one.
    pub(crate) fn has(&self, path: &str) -> bool {
        let below = |file: &File| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.0.iter().any(|file| file.path == path || below(file))
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.0.iter().filter(|file| ends_with(file, "rs"))
    }

    pub(crate) fn markdown(&self) -> impl Iterator<Item = &File> {
        self.0.iter().filter(|file| ends_with(file, "md"))
    }

    pub(crate) fn manifests(&self) -> impl Iterator<Item = &File> {
        self.0.iter().filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"))
    }
}

fn ends_with(file: &File, extension: &str) -> bool {
    Path::new(&file.path).extension().is_some_and(|found| found == extension)
}

/// What git tracks or would track; `None` when git cannot say.
fn from_git(root: &Path) -> Option<Vec<String>> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let listing = String::from_utf8(listing.stdout).ok()?;
    let paths: Vec<String> = listing.split_terminator('\0').map(str::to_owned).collect();
    // An archive unpacked inside somebody's repository is not in that one's index.
    paths.iter().any(|path| path == "Cargo.toml").then_some(paths)
}

fn from_walk(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let is_built = BUILT.contains(&name.as_str()) || BUILT.contains(&path.as_str());
            let kind = entry.file_type()?;
            if kind.is_dir() && !is_built {
                folders.push(path);
            } else if kind.is_file() {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

#[test]
fn the_walk_finds_what_git_tracks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let walked = from_walk(root).unwrap();
    for path in ["Cargo.toml", "tests/tidy/tree.rs", "core/src/lib.rs"] {
        assert!(walked.iter().any(|walked| walked == path), "the walk missed {path}");
    }
    assert!(!walked.iter().any(|path| path.contains("target/") || path.contains(".git/")));
}

#[test]
fn a_folder_is_there_when_a_file_is_below_it() {
    let tree = Tree::new(vec![File::new("docs/a.md", "")]);
    assert!(tree.has("docs") && tree.has("docs/a.md"));
    assert!(!tree.has("doc") && !tree.has("docs/b.md"));
}
