//! One setting's value, seen as text: how each kind is read, written and named.

use super::placement::{Placement, Runtime};
use super::token::Token;
use super::units::{format_bytes, format_time, parse_bytes, parse_time};
use crate::apps::{MountError, Mounts};
use fanfare_core::config::{ClientIdPolicy, Compression, KeepHeaders, OriginRule, Overflow, UnknownChoice};
use fanfare_core::handshake::Network;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use toml::Value;

/// Switches an optional time, a file or a secret off.
const OFF: &str = "off";
/// Leaves the number of shards to the machine.
const AUTO: &str = "auto";
/// A list of networks without any.
const NONE: &str = "none";
/// A server cannot be divided further.
const SHARDS_MAX: u16 = 1_024;

/// A borrowed value of a draft, with the kind of text that it takes.
pub(super) enum Field<'a> {
    Count(&'a mut usize),
    Count32(&'a mut u32),
    Bytes(&'a mut usize),
    Time(&'a mut Duration),
    TimeOrOff(&'a mut Option<Duration>),
    Overflow(&'a mut Overflow),
    ClientIds(&'a mut ClientIdPolicy),
    Compression(&'a mut Compression),
    Headers(&'a mut KeepHeaders),
    Origin(&'a mut OriginRule),
    Address(&'a mut SocketAddr),
    Runtime(&'a mut Runtime),
    Placement(&'a mut Placement),
    Shards(&'a mut Option<NonZeroU16>),
    Text(&'a mut String),
    FileOrOff(&'a mut Option<PathBuf>),
    Networks(&'a mut Vec<Network>),
    /// Never shown, and no flag: every user of a machine can read those.
    Secret(&'a mut Option<Token>),
    Mounts(&'a mut Mounts),
}

/// A text that a setting does not take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidValue {
    #[error("`{text}` is no {subject}; use {expected}")]
    Unreadable { subject: &'static str, text: String, expected: &'static str },
    #[error(transparent)]
    Mount(#[from] MountError),
}

impl InvalidValue {
    pub(super) fn new(subject: &'static str, text: &str, expected: &'static str) -> InvalidValue {
        InvalidValue::Unreadable { subject, text: text.to_owned(), expected }
    }
}

impl From<UnknownChoice> for InvalidValue {
    fn from(unknown: UnknownChoice) -> InvalidValue {
        let UnknownChoice { subject, text, expected, .. } = unknown;
        InvalidValue::Unreadable { subject, text, expected }
    }
}

impl Field<'_> {
    /// Replaces the value by the one that `text` stands for; unchanged on error.
    pub(super) fn set(self, text: &str) -> Result<(), InvalidValue> {
        match self {
            Field::Count(count) => *count = whole_number(text)?,
            Field::Count32(count) => *count = whole_number(text)?,
            Field::Bytes(bytes) => *bytes = bytes_from(text)?,
            Field::Time(time) => *time = time_from(text, "a number with its unit: 500ms, 30s, 5m, 1h")?,
            Field::TimeOrOff(time) => *time = time_or_off(text)?,
            Field::Overflow(policy) => *policy = text.parse()?,
            Field::ClientIds(policy) => *policy = text.parse()?,
            Field::Compression(choice) => *choice = text.parse()?,
            Field::Headers(headers) => *headers = text.parse()?,
            Field::Origin(rule) => *rule = text.parse()?,
            Field::Address(address) => *address = address_from(text)?,
            Field::Runtime(runtime) => *runtime = text.parse()?,
            Field::Placement(placement) => *placement = text.parse()?,
            Field::Shards(shards) => *shards = shards_from(text)?,
            Field::Text(value) => text.clone_into(value),
            Field::FileOrOff(file) => *file = (text != OFF).then(|| PathBuf::from(text)),
            Field::Networks(networks) => *networks = networks_from(text)?,
            Field::Secret(token) => *token = if text == OFF { None } else { Some(text.parse()?) },
            Field::Mounts(mounts) => *mounts = text.parse()?,
        }
        Ok(())
    }

    /// What the help calls the value.
    pub(super) fn value_name(&self) -> &'static str {
        match self {
            Field::Count(_) | Field::Count32(_) => "COUNT",
            Field::Bytes(_) => "BYTES",
            Field::Time(_) => "TIME",
            Field::TimeOrOff(_) => "TIME|off",
            Field::Overflow(_) | Field::ClientIds(_) => "POLICY",
            Field::Compression(_) => "on|off",
            Field::Headers(_) => "HEADERS",
            Field::Origin(_) => "ORIGINS",
            Field::Address(_) => "ADDRESS",
            Field::Runtime(_) | Field::Placement(_) => "NAME",
            Field::Shards(_) => "COUNT|auto",
            Field::Text(_) => "FILTER",
            Field::FileOrOff(_) => "FILE|off",
            Field::Networks(_) => "NETWORKS",
            Field::Secret(_) => "TOKEN|off",
            Field::Mounts(_) => "PATH=APP",
        }
    }

    /// Whether a flag may come several times, which is the same as once with commas.
    pub(super) fn is_repeatable(&self) -> bool {
        matches!(self, Field::Mounts(_))
    }

    /// The value as TOML: counts as numbers, mounts as a list, all else as strings.
    pub(super) fn to_toml(&self) -> String {
        match self {
            Field::Count(_) | Field::Count32(_) => self.to_string(),
            Field::Mounts(mounts) => Value::Array(mounts.texts().map(Value::String).collect()).to_string(),
            Field::Bytes(_)
            | Field::Time(_)
            | Field::TimeOrOff(_)
            | Field::Overflow(_)
            | Field::ClientIds(_)
            | Field::Compression(_)
            | Field::Headers(_)
            | Field::Origin(_)
            | Field::Address(_)
            | Field::Runtime(_)
            | Field::Placement(_)
            | Field::Shards(_)
            | Field::Text(_)
            | Field::FileOrOff(_)
            | Field::Networks(_)
            | Field::Secret(_) => Value::String(self.to_string()).to_string(),
        }
    }

    /// Whether there is a value that must not be shown.
    pub(super) fn is_hidden(&self) -> bool {
        matches!(self, Field::Secret(Some(_)))
    }

    /// Whether a flag may give the value.
    pub(super) fn is_flag(&self) -> bool {
        !matches!(self, Field::Secret(_))
    }
}

/// Writes what [`Field::set`] reads, secrets apart.
impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Count(count) => write!(f, "{count}"),
            Field::Count32(count) => write!(f, "{count}"),
            Field::Bytes(bytes) => f.write_str(&format_bytes(**bytes)),
            Field::Time(time) => f.write_str(&format_time(**time)),
            Field::TimeOrOff(Some(time)) => f.write_str(&format_time(*time)),
            Field::TimeOrOff(None) | Field::FileOrOff(None) | Field::Secret(None) => f.write_str(OFF),
            Field::Overflow(policy) => write!(f, "{policy}"),
            Field::ClientIds(policy) => write!(f, "{policy}"),
            Field::Compression(choice) => write!(f, "{choice}"),
            Field::Headers(headers) => write!(f, "{headers}"),
            Field::Origin(rule) => write!(f, "{rule}"),
            Field::Address(address) => write!(f, "{address}"),
            Field::Runtime(runtime) => write!(f, "{runtime}"),
            Field::Placement(placement) => write!(f, "{placement}"),
            Field::Shards(Some(shards)) => write!(f, "{shards}"),
            Field::Shards(None) => f.write_str(AUTO),
            Field::Text(text) => f.write_str(text),
            Field::FileOrOff(Some(file)) => write!(f, "{}", file.display()),
            Field::Networks(networks) if networks.is_empty() => f.write_str(NONE),
            Field::Networks(networks) => {
                let texts: Vec<_> = networks.iter().map(Network::to_string).collect();
                f.write_str(&texts.join(","))
            }
            Field::Secret(Some(_)) => f.write_str("set"),
            Field::Mounts(mounts) => write!(f, "{mounts}"),
        }
    }
}

fn whole_number<N: FromStr>(text: &str) -> Result<N, InvalidValue> {
    text.parse().map_err(|_| InvalidValue::new("count", text, "a whole number"))
}

fn bytes_from(text: &str) -> Result<usize, InvalidValue> {
    let expected = "a number, or one with its unit: 512KiB, 1MiB, 2GiB";
    parse_bytes(text).ok_or_else(|| InvalidValue::new("number of bytes", text, expected))
}

fn time_from(text: &str, expected: &'static str) -> Result<Duration, InvalidValue> {
    parse_time(text).ok_or_else(|| InvalidValue::new("time", text, expected))
}

fn time_or_off(text: &str) -> Result<Option<Duration>, InvalidValue> {
    if text == OFF {
        return Ok(None);
    }
    time_from(text, "a number with its unit (500ms, 30s, 5m, 1h) or off").map(Some)
}

fn networks_from(text: &str) -> Result<Vec<Network>, InvalidValue> {
    if text == NONE {
        return Ok(Vec::new());
    }
    let expected = "addresses or networks such as 10.0.0.0/8, separated by commas, or none";
    let network = |text: &str| {
        let text = text.trim();
        text.parse().map_err(|_| InvalidValue::new("network", text, expected))
    };
    text.split(',').map(network).collect()
}

fn shards_from(text: &str) -> Result<Option<NonZeroU16>, InvalidValue> {
    if text == AUTO {
        return Ok(None);
    }
    let expected = "a whole number from 1 to 1024, or auto for one per core";
    let shards = text.parse().ok().filter(|shards: &NonZeroU16| shards.get() <= SHARDS_MAX);
    shards.map(Some).ok_or_else(|| InvalidValue::new("number of shards", text, expected))
}

/// `IP:PORT`; without an IP, or with `localhost`, the loopback address, so that
/// nothing is reachable from outside unless that was said.
fn address_from(text: &str) -> Result<SocketAddr, InvalidValue> {
    let local_port = text.strip_prefix("localhost").unwrap_or(text).strip_prefix(':');
    let address = match local_port {
        Some(port) => port.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => text.parse().ok(),
    };
    let expected = "IP:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080, [::1]:8080 or :8080 (this machine only)";
    address.ok_or_else(|| InvalidValue::new("address", text, expected))
}
