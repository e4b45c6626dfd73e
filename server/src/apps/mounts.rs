//! Which application is on which path: `--mount`, read and checked.
//!
//! Apart from the applications, which do not know their paths; and from the
//! settings, which do not know the applications.

use super::{APPLICATIONS, Application};
use std::fmt;
use std::str::FromStr;

/// What stands for no mounts at all, where something has to.
const NONE: &str = "none";

/// What was asked for on top of the default paths, no path twice.
#[derive(Clone, Default)]
pub(crate) struct Mounts(Vec<Mount>);

#[derive(Clone)]
struct Mount {
    path: String,
    application: &'static Application,
}

/// A mount that cannot be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MountError {
    #[error("`{text}` is no mount; use PATH=APP, such as /ws=commands")]
    NoPair { text: String },
    #[error("`{path}` is no path; let it start with /, and leave out spaces, ? and #")]
    NoPath { path: String },
    #[error("`{name}` is no application; use {}", names())]
    UnknownApplication { name: String },
    #[error("`{path}` does not say {parameter}, which {name} needs; use a path such as {example}")]
    MissingParameter { path: String, parameter: &'static str, name: &'static str, example: &'static str },
    #[error("`{path}` is there twice, for {first} and for {second}; leave one of them out")]
    Twice { path: String, first: &'static str, second: &'static str },
}

impl Mounts {
    /// The applications with their paths: first the default ones, except where
    /// something else was asked for.
    pub(super) fn resolve(&self) -> impl Iterator<Item = (&str, &'static Application)> {
        let is_free = |path: &str| self.0.iter().all(|mount| mount.path != path);
        let default = APPLICATIONS.iter().map(|application| (application.path, application));
        let asked = self.0.iter().map(|mount| (mount.path.as_str(), mount.application));
        default.filter(move |(path, _)| is_free(path)).chain(asked)
    }

    /// Each as `PATH=APP`.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|Mount { path, application }| format!("{path}={}", application.name))
    }
}

impl FromStr for Mounts {
    type Err = MountError;

    /// `PATH=APP`, several with commas between them.
    fn from_str(text: &str) -> Result<Mounts, MountError> {
        let mut mounts = Mounts::default();
        if text.is_empty() || text == NONE {
            return Ok(mounts);
        }
        for text in text.split(',') {
            let mount: Mount = text.trim().parse()?;
            if let Some(first) = mounts.0.iter().find(|first| first.path == mount.path) {
                let (first, second) = (first.application.name, mount.application.name);
                return Err(MountError::Twice { path: mount.path, first, second });
            }
            mounts.0.push(mount);
        }
        Ok(mounts)
    }
}

impl FromStr for Mount {
    type Err = MountError;

    fn from_str(text: &str) -> Result<Mount, MountError> {
        let (path, name) =
            text.rsplit_once('=').ok_or_else(|| MountError::NoPair { text: text.to_owned() })?;
        let path = path.to_owned();
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
        if !path.starts_with('/') || path.contains(is_odd) {
            return Err(MountError::NoPath { path });
        }
        let application = APPLICATIONS
            .iter()
            .find(|application| application.name == name)
            .ok_or_else(|| MountError::UnknownApplication { name: name.to_owned() })?;
        match parameters(application.path).find(|parameter| !path.contains(parameter)) {
            Some(parameter) => {
                let (name, example) = (application.name, application.path);
                Err(MountError::MissingParameter { path, parameter, name, example })
            }
            None => Ok(Mount { path, application }),
        }
    }
}

/// Writes what is read.
impl fmt::Display for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NONE);
        }
        f.write_str(&self.texts().collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mounts({self})")
    }
}

/// The parameters of a path: `{user}`.
fn parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter(|part| part.starts_with('{'))
}

fn names() -> String {
    let names: Vec<_> = APPLICATIONS.iter().map(|application| application.name).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is mounted where, as `PATH=APP`.
    fn resolved(text: &str) -> Vec<String> {
        let mounts: Mounts = text.parse().unwrap();
        mounts.resolve().map(|(path, application)| format!("{path}={}", application.name)).collect()
    }

    #[test]
    fn a_mount_replaces_what_is_there_and_adds_what_is_not() {
        let default = resolved("none");
        assert_eq!(default, resolved(""));
        assert!(default.contains(&"/ws=lobby".to_owned()));
        let mounted = resolved("/ws=echo, /x=echo,/n/{user}/all=notifications");
        assert_eq!(mounted.len(), default.len() + 2);
        for expected in ["/ws=echo", "/ws/echo=echo", "/x=echo", "/n/{user}/all=notifications"] {
            assert!(mounted.contains(&expected.to_owned()), "{expected} in {mounted:?}");
        }
    }

    #[test]
    fn what_cannot_be_mounted_is_told_with_the_way_out() {
        for (text, told) in [
            ("/ws", "`/ws` is no mount; use PATH=APP, such as /ws=commands"),
            ("/ws=echo,", "`` is no mount; use PATH=APP, such as /ws=commands"),
            ("ws=echo", "`ws` is no path; let it start with /, and leave out spaces, ? and #"),
            ("=echo", "`` is no path; let it start with /, and leave out spaces, ? and #"),
            ("/a?b=echo", "`/a?b` is no path; let it start with /, and leave out spaces, ? and #"),
            ("/ws=echo,/ws=chat", "`/ws` is there twice, for echo and for chat; leave one of them out"),
            (
                "/ws=notifications",
                "`/ws` does not say {user}, which notifications needs; use a path such as \
                 /ws/notifications/{user}",
            ),
        ] {
            assert_eq!(text.parse::<Mounts>().unwrap_err().to_string(), told);
        }
        let unknown = "/ws=comands".parse::<Mounts>().unwrap_err().to_string();
        assert!(unknown.starts_with("`comands` is no application; use lobby, "), "{unknown}");
    }

    #[test]
    fn what_is_written_reads_back_to_the_same() {
        for text in ["none", "/ws=echo", "/ws=echo,/x=chat"] {
            assert_eq!(text.parse::<Mounts>().unwrap().to_string(), text);
        }
    }
}
