//! Where the prompt's history is kept: by the XDG base directories, a state.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Entries kept; older ones are forgotten.
pub(super) const ENTRIES_MAX: usize = 1_000;

/// The file, in a folder that is there; `None` where there is no home.
pub(super) fn file() -> io::Result<Option<PathBuf>> {
    // A relative path is to be ignored, the specification says.
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    let Some(folder) = state.map(|state| state.join("fanfare")) else { return Ok(None) };
    fs::create_dir_all(&folder)?;
    Ok(Some(folder.join("connect_history")))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
