//! The defaults of the settings, read from the code and written as a user would.
//!
//! Apart because it evaluates expressions, if only the few that a default is
//! made of. What it cannot read stays as it is, so that the comparison with the
//! documentation shows it.

use crate::settings::{STRUCTS, sources};
use crate::tree::{File, Tree};
use crate::{code, items};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The default of one setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Default {
    pub(crate) name: String,
    /// As in a command line or a file: `512KiB`, `30s`, `off`, `drop-newest`.
    pub(crate) text: String,
}

/// Every default that the `Default` implementations of the settings give.
pub(crate) fn defaults(tree: &Tree) -> Vec<Default> {
    sources(tree).flat_map(|file| STRUCTS.iter().flat_map(|name| defaults_of(file, name))).collect()
}

fn defaults_of(file: &File, name: &str) -> Vec<Default> {
    let code = code::only(&file.text);
    let Some((body, _)) = items::body(&code, &format!("impl Default for {name}")) else { return Vec::new() };
    let initialisers = body.lines().filter_map(|line| {
        let (name, expression) = line.trim().strip_suffix(',')?.split_once(": ")?;
        Some(Default { name: name.to_owned(), text: as_written(expression) })
    });
    initialisers.collect()
}

/// What a user writes for the value of `expression`.
fn as_written(expression: &str) -> String {
    if let Some(inner) = between(expression, "Some(", ")") {
        return as_written(inner);
    }
    if expression == "None" {
        return "off".to_owned();
    }
    if let Some(seconds) = between(expression, "Duration::from_secs(", ")").and_then(number) {
        return format!("{seconds}s");
    }
    if let Some(count) = number(expression) {
        return count.to_string();
    }
    if let Some(bytes) = bytes(expression) {
        return if bytes % MIB == 0 { format!("{}MiB", bytes / MIB) } else { format!("{}KiB", bytes / KIB) };
    }
    match expression.split_once("::") {
        Some((_, variant)) if variant.chars().all(char::is_alphanumeric) => kebab_case(variant),
        _ => expression.to_owned(),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

fn number(text: &str) -> Option<u64> {
    text.replace('_', "").parse().ok()
}

fn unit(name: &str) -> Option<u64> {
    match name {
        "KIB" => Some(KIB),
        "MIB" => Some(MIB),
        _ => None,
    }
}

/// `KIB`, `8 * KIB` or `MIB / 2`.
fn bytes(expression: &str) -> Option<u64> {
    if let Some((count, name)) = expression.split_once(" * ") {
        return Some(number(count)? * unit(name)?);
    }
    if let Some((name, parts)) = expression.split_once(" / ") {
        return unit(name)?.checked_div(number(parts)?);
    }
    unit(expression)
}

fn kebab_case(variant: &str) -> String {
    let mut text = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::as_written;

    #[test]
    fn values_are_written_as_a_user_would() {
        for (expression, written) in [
            ("0", "0"),
            ("65_536", "65536"),
            ("8 * KIB", "8KiB"),
            ("MIB", "1MiB"),
            ("MIB / 2", "512KiB"),
            ("Duration::from_secs(10)", "10s"),
            ("Some(Duration::from_secs(30))", "30s"),
            ("None", "off"),
            ("Overflow::DropNewest", "drop-newest"),
            ("KeepHeaders::None", "none"),
        ] {
            assert_eq!(as_written(expression), written);
        }
    }

    #[test]
    fn what_cannot_be_read_stays() {
        assert_eq!(as_written("ConnectionSettings::default()"), "ConnectionSettings::default()");
    }
}
