//! What a program compiles that uses one adapter only, with a client or without.
//!
//! Apart because it is cargo that knows: asked offline, for the machine it runs
//! on, under the lock file as it stands.

use std::collections::BTreeSet;
use std::process::Command;

/// The crates that the facade brings along with some of its features.
pub(crate) fn with_features(features: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["tree", "--offline", "--locked", "--package", "fanfare", "--no-default-features"];
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--features", features, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|error| panic!("cargo cannot be run: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    names(&String::from_utf8_lossy(&output.stdout))
}

/// The first word of each line.
fn names(tree: &str) -> BTreeSet<String> {
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn crates_are_known_by_their_names() {
        let tree = "fanfare v0.1.0 (here)\nbytes v1.11.0\nmio v1.2.4\nbytes v1.11.0 (*)\n";
        assert!(names(tree).iter().eq(["bytes", "fanfare", "mio"]));
    }
}
