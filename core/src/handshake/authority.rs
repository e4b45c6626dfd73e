//! `host[:port]`, as `Host`, `Origin` and an absolute request target write it.
//!
//! Apart because all three must be read the same way: where two readings differ,
//! a foreign page looks like our own. Deliberately narrower than RFC 3986: no
//! user information, no percent-encoding, no empty port, no zone ids.

use std::net::Ipv6Addr;

/// A host and, where written, a port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority<'a> {
    host: Host<'a>,
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug)]
enum Host<'a> {
    /// A DNS name or an IPv4 address; compared as text, without case.
    Name(&'a str),
    /// An IPv6 literal; compared as an address, since it has many spellings.
    V6(Ipv6Addr),
}

impl<'a> Authority<'a> {
    /// Reads all of `text`; `None` when it is anything else or more.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(literal) => {
                let (address, rest) = literal.split_once(']')?;
                let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
                (Host::V6(address.parse().ok()?), port)
            }
            None => match text.split_once(':') {
                Some((name, port)) => (Host::name(name)?, Some(port)),
                None => (Host::name(text)?, None),
            },
        };
        let port = match port {
            Some(digits) => Some(parse_port(digits)?),
            None => None,
        };
        Some(Authority { host, port })
    }

    /// The host as a resolver wants it: an IPv6 address has no brackets.
    pub(crate) fn host(&self) -> String {
        match self.host {
            Host::Name(name) => name.to_owned(),
            Host::V6(address) => address.to_string(),
        }
    }

    /// The port, where it is written.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether both name the same host and port, where a port that is not
    /// written is `default_port`.
    pub(super) fn is_same(self, other: Authority<'_>, default_port: Option<u16>) -> bool {
        let same_host = match (self.host, other.host) {
            (Host::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (Host::V6(a), Host::V6(b)) => a == b,
            (Host::Name(_), Host::V6(_)) | (Host::V6(_), Host::Name(_)) => false,
        };
        same_host && self.port.or(default_port) == other.port.or(default_port)
    }
}

impl<'a> Host<'a> {
    fn name(text: &'a str) -> Option<Self> {
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (!text.is_empty() && text.bytes().all(is_name_byte)).then_some(Host::Name(text))
    }
}

/// Digits only: `u16::from_str` would take a sign as well.
fn parse_port(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        match (Authority::parse(a), Authority::parse(b)) {
            (Some(a), Some(b)) => a.is_same(b, Some(80)),
            _ => false,
        }
    }

    #[test]
    fn hosts_are_compared_without_case_and_with_default_port() {
        assert!(same("Example.COM", "example.com:80"));
        assert!(same("[::1]:80", "[0:0:0:0:0:0:0:1]"));
        assert!(!same("example.com", "example.com:8080"));
        assert!(!same("example.com", "example.com.evil.org"));
        assert!(!same("[::1]", "1"));
    }

    #[test]
    fn what_is_no_plain_host_and_port_is_refused() {
        for text in [
            "",
            ":80",
            "a:",
            "a:+80",
            "a:65536",
            "a:b",
            "a:80:80",
            "u@a",
            "a b",
            "a,b",
            "a/b",
            "a%2eb",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[fe80::1%eth0]",
            "::1",
            "[1.2.3.4]",
            "[]",
            "é",
        ] {
            assert!(Authority::parse(text).is_none(), "{text:?}");
        }
    }
}
