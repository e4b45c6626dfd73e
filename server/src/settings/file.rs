//! The settings as a TOML file: one key per row of their table, no sections.
//!
//! A key that is no setting is refused: a limit that was misspelled is a limit
//! that does not hold.

use super::{Draft, InvalidValue, place_in_file, table};
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};
use toml::Value;

/// The one key that is no row of the table: it stands for many.
const PRESET: &str = "preset";

/// A file's keys, all of them known, and their values as text.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    preset: Option<String>,
    values: Vec<(&'static table::Setting, String)>,
}

/// Reads the file at `path`.
pub(super) fn read(path: &Path) -> Result<File, Failure> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::FileUnreadable { path: path.to_owned(), error })?;
    let keys: toml::Table = text.parse().map_err(|error| malformed(path, &text, &error))?;
    let mut file = File { path: path.to_owned(), preset: None, values: Vec::new() };
    for (key, value) in &keys {
        let setting = table::all().find(|setting| setting.name == key);
        if setting.is_none() && key != PRESET {
            return Err(Failure::UnknownKey { path: path.to_owned(), key: key.clone() });
        }
        let text =
            as_text(value).map_err(|invalid| Failure::Value { place: place_in_file(key, path), invalid })?;
        match setting {
            Some(setting) => file.values.push((setting, text)),
            None => file.preset = Some(text),
        }
    }
    Ok(file)
}

impl File {
    /// The preset that the file names, and how to call the place.
    pub(super) fn preset(&self) -> Option<(String, String)> {
        self.preset.clone().map(|name| (place_in_file(PRESET, &self.path), name))
    }

    /// Lays the values over `draft`.
    pub(super) fn apply(&self, draft: &mut Draft) -> Result<(), Failure> {
        self.values.iter().try_for_each(|(setting, text)| {
            draft.set(setting, text, &place_in_file(setting.name, &self.path))
        })
    }
}

/// The text that a flag would have: numbers as they are, lists with commas.
fn as_text(value: &Value) -> Result<String, InvalidValue> {
    let expected = "a string, a whole number, or a list of strings";
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            let texts = texts.ok_or_else(|| InvalidValue::new("value", &value.to_string(), expected))?;
            Ok(texts.join(","))
        }
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Table(_) => {
            Err(InvalidValue::new("value", &value.to_string(), expected))
        }
    }
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Failure::FileMalformed { path: path.to_owned(), line, what: error.message().to_owned() }
}
