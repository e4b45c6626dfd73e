//! The choices as text, for command lines, environments and files.
//!
//! One spelling each: what [`Display`](fmt::Display) writes, [`FromStr`] reads.

use super::{ClientIdPolicy, Compression, KeepHeaders, OriginRule, Overflow};
use std::fmt;
use std::str::FromStr;

/// A text that names none of the choices.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` is no {subject}; use {expected}")]
#[non_exhaustive]
pub struct UnknownChoice {
    /// What was to be chosen.
    pub subject: &'static str,
    /// The text as given.
    pub text: String,
    /// The spellings that are accepted.
    pub expected: &'static str,
}

impl UnknownChoice {
    pub(super) fn new(subject: &'static str, text: &str, expected: &'static str) -> UnknownChoice {
        UnknownChoice { subject, text: text.to_owned(), expected }
    }
}

/// `drop-newest`, `drop-oldest` or `disconnect`.
///
/// ```
/// use fanfare_core::config::Overflow;
///
/// assert_eq!("drop-oldest".parse(), Ok(Overflow::DropOldest));
/// assert!("drop".parse::<Overflow>().is_err());
/// ```
impl FromStr for Overflow {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Overflow, UnknownChoice> {
        match text {
            "drop-newest" => Ok(Overflow::DropNewest),
            "drop-oldest" => Ok(Overflow::DropOldest),
            "disconnect" => Ok(Overflow::Disconnect),
            _ => Err(UnknownChoice::new(
                "overflow policy",
                text,
                "`drop-newest`, `drop-oldest` or `disconnect`",
            )),
        }
    }
}

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Overflow::DropNewest => "drop-newest",
            Overflow::DropOldest => "drop-oldest",
            Overflow::Disconnect => "disconnect",
        })
    }
}

/// `on` or `off`.
impl FromStr for Compression {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Compression, UnknownChoice> {
        match text {
            "on" => Ok(Compression::On),
            "off" => Ok(Compression::Off),
            _ => Err(UnknownChoice::new("choice about compression", text, "`on` or `off`")),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::On => "on",
            Compression::Off => "off",
        })
    }
}

/// `allow`, `replace` or `reject`.
impl FromStr for ClientIdPolicy {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<ClientIdPolicy, UnknownChoice> {
        match text {
            "allow" => Ok(ClientIdPolicy::Allow),
            "replace" => Ok(ClientIdPolicy::Replace),
            "reject" => Ok(ClientIdPolicy::Reject),
            _ => Err(UnknownChoice::new("client id policy", text, "`allow`, `replace` or `reject`")),
        }
    }
}

impl fmt::Display for ClientIdPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClientIdPolicy::Allow => "allow",
            ClientIdPolicy::Replace => "replace",
            ClientIdPolicy::Reject => "reject",
        })
    }
}

/// `none`, `all`, or header names separated by commas.
impl FromStr for KeepHeaders {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<KeepHeaders, UnknownChoice> {
        match text {
            "none" => Ok(KeepHeaders::None),
            "all" => Ok(KeepHeaders::All),
            _ => {
                entries(text).map(str::parse).collect::<Result<_, _>>().map(KeepHeaders::List).map_err(|_| {
                    UnknownChoice::new(
                        "list of headers",
                        text,
                        "`none`, `all`, or header names separated by commas",
                    )
                })
            }
        }
    }
}

impl fmt::Display for KeepHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeepHeaders::None => f.write_str("none"),
            KeepHeaders::All => f.write_str("all"),
            KeepHeaders::List(names) => separated(f, names),
        }
    }
}

/// `same`, `any`, or origins separated by commas.
///
/// ```
/// use fanfare_core::config::OriginRule;
///
/// let rule: OriginRule = "https://a.example, https://b.example:8443".parse()?;
/// assert_eq!(rule.to_string(), "https://a.example,https://b.example:8443");
/// # Ok::<(), fanfare_core::config::UnknownChoice>(())
/// ```
impl FromStr for OriginRule {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<OriginRule, UnknownChoice> {
        match text {
            "same" => Ok(OriginRule::Same),
            "any" => Ok(OriginRule::Any),
            _ if entries(text).all(is_origin) => {
                Ok(OriginRule::List(entries(text).map(str::to_owned).collect()))
            }
            _ => Err(UnknownChoice::new(
                "origin rule",
                text,
                "`same`, `any`, or origins as scheme://host[:port] in lower case, separated by commas",
            )),
        }
    }
}

impl fmt::Display for OriginRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OriginRule::Same => f.write_str("same"),
            OriginRule::Any => f.write_str("any"),
            OriginRule::List(origins) => separated(f, origins),
        }
    }
}

/// Whether `text` is an origin in the one form that browsers send: lower case,
/// nothing after the port (RFC 6454 §6.2).
pub(super) fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let in_scheme = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    let in_authority = |byte: u8| {
        byte.is_ascii_graphic()
            && !byte.is_ascii_uppercase()
            && !matches!(byte, b'/' | b'?' | b'#' | b'@' | b',')
    };
    !scheme.is_empty()
        && !authority.is_empty()
        && scheme.bytes().all(in_scheme)
        && authority.bytes().all(in_authority)
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}
