//! Addresses that mean something on one machine only.

use crate::Finding;
use crate::tree::File;

/// First label of the hosts that package managers fetch from; a lockfile that
/// names one works on one network only.
const REGISTRY_LABELS: [&str; 6] = ["registry", "deb", "static", "index", "files", "snapshot"];

/// Where people and build machines keep their own files.
const PRIVATE_FOLDERS: [&str; 5] = ["home", "Users", "root", "work", "builds"];

/// Every line of `file` that names a private folder or a registry's host.
pub(crate) fn leaks(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(host) = registry_host(line) {
            let advice = format!("`{host}` is a registry's host; leave the choice of registry to the reader");
            found.push(Finding::new(file, index + 1, advice));
        }
        if let Some(path) = private_path(line) {
            let advice =
                format!("`{path}` is a path of one machine; make it relative, or take it as a parameter");
            found.push(Finding::new(file, index + 1, advice));
        }
    }
    found
}

fn registry_host(line: &str) -> Option<&str> {
    line.match_indices("://").find_map(|(at, mark)| {
        let host = line[at + mark.len()..].split(['/', '"', '\'', ' ', ')', '>', '`']).next()?;
        let (label, domain) = host.split_once('.')?;
        (REGISTRY_LABELS.contains(&label) && domain.starts_with(|c: char| c.is_ascii_alphanumeric()))
            .then_some(host)
    })
}

/// An absolute path: its slash follows nothing that could be a part of a path or an address.
fn private_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(at, _)| {
        let is_inner = |c: char| c.is_alphanumeric() || "/.-_}~*$]".contains(c);
        if line[..at].chars().next_back().is_some_and(is_inner) {
            return None;
        }
        let path = line[at..].split(|c: char| !(c.is_alphanumeric() || "/.-_".contains(c))).next()?;
        let mut parts = path.split('/').skip(1);
        let is_private = PRIVATE_FOLDERS.contains(&parts.next()?);
        (is_private && parts.next().is_some_and(|part| !part.is_empty())).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::{PRIVATE_FOLDERS, REGISTRY_LABELS, leaks};
    use crate::tree::File;

    #[test]
    fn each_registry_host_is_found() {
        for label in REGISTRY_LABELS {
            let found =
                leaks(&File::new("a.json", &format!("{{\n\"resolved\": \"https://{label}.b.org/c.tgz\"")));
            assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2], "{label}");
        }
    }

    #[test]
    fn each_private_path_is_found() {
        for folder in PRIVATE_FOLDERS {
            for before in ["", "x = \"", "see `", "cd ", "(", "--path="] {
                let found = leaks(&File::new("a.sh", &format!("{before}/{folder}/me/x")));
                assert_eq!(found.len(), 1, "{before}/{folder}");
            }
        }
    }

    #[test]
    fn what_is_the_same_everywhere_may_be_named() {
        let public = "https://docs.rs/a https://github.com/rust-lang/index.x /usr/bin/env /ws/chat / \"://\"";
        assert_eq!(leaks(&File::new("a.md", public)), []);
        for folder in PRIVATE_FOLDERS {
            let relative = format!("$HOME/{folder}/x ../{folder}/x a/{folder}/b / /{folder} \"://\"");
            assert_eq!(leaks(&File::new("a.md", &relative)), [], "{folder}");
        }
        for label in REGISTRY_LABELS {
            assert_eq!(leaks(&File::new("a.md", &format!("https://{label}.$x/"))), [], "{label}");
        }
    }
}
