//! Files that live as long as a test.

use std::path::PathBuf;
use std::{env, fs, process};

/// A file that is gone when the test is over.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// `name` is nobody else's in this binary.
    pub(crate) fn file(name: &str, text: &str) -> Scratch {
        let path = env::temp_dir().join(format!("fanfare-{}-{name}", process::id()));
        fs::write(&path, text).unwrap();
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
