//! Whether the page that asks may open a connection (RFC 6455 §10.2).
//!
//! Apart from the request, because it is a rule of the route. Browsers do not
//! hold WebSocket back across origins; this check is what stands between a
//! foreign page and the user's cookies. It must never be cleverer than the
//! browser that wrote the header: what it cannot read, it refuses.

use super::authority::Authority;
use super::{HandshakeError, Request};
use crate::config::OriginRule;

/// Checks a request's `Origin` against the rule. A request without one comes
/// from no browser and is allowed; one with several was refused with its head.
///
/// # Errors
///
/// [`HandshakeError::OriginRefused`] (403).
pub fn check_origin(rule: &OriginRule, request: &Request) -> Result<(), HandshakeError> {
    let Some(text) = request.origin() else { return Ok(()) };
    let allowed = match rule {
        OriginRule::Same => is_same(text, request.host()),
        OriginRule::Any => true,
        OriginRule::List(entries) => is_listed(text, entries),
    };
    if allowed { Ok(()) } else { Err(HandshakeError::OriginRefused { origin: text.to_owned() }) }
}

/// Whether the text can stand in [`OriginRule::List`]: `scheme://host[:port]`,
/// without a path, user information or wildcards.
///
/// ```
/// use fanfare_core::handshake::is_origin;
///
/// assert!(is_origin("https://example.com") && is_origin("http://[::1]:8080"));
/// assert!(!is_origin("example.com") && !is_origin("https://example.com/") && !is_origin("null"));
/// ```
pub fn is_origin(text: &str) -> bool {
    Origin::parse(text).is_some()
}

/// RFC 6454 §4: scheme, host and port.
#[derive(Clone, Copy)]
struct Origin<'a> {
    scheme: &'a str,
    authority: Authority<'a>,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        // RFC 3986 §3.1.
        let is_scheme_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(is_scheme_byte);
        let authority = Authority::parse(authority)?;
        is_scheme.then_some(Origin { scheme, authority })
    }

    fn default_port(self) -> Option<u16> {
        match self.scheme {
            scheme if scheme.eq_ignore_ascii_case("http") => Some(80),
            scheme if scheme.eq_ignore_ascii_case("https") => Some(443),
            _ => None,
        }
    }

    fn is_same(self, other: Origin<'_>) -> bool {
        self.scheme.eq_ignore_ascii_case(other.scheme)
            && self.authority.is_same(other.authority, self.default_port())
    }
}

/// A `Host` without a port means the default one of the page's scheme: ours is
/// unknown here, since a proxy may have ended TLS.
fn is_same(origin: &str, host: &str) -> bool {
    let (Some(origin), Some(host)) = (Origin::parse(origin), Authority::parse(host)) else { return false };
    origin.default_port().is_some_and(|port| origin.authority.is_same(host, Some(port)))
}

fn is_listed(origin: &str, entries: &[String]) -> bool {
    let Some(origin) = Origin::parse(origin) else { return false };
    entries.iter().filter_map(|entry| Origin::parse(entry)).any(|entry| entry.is_same(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_origin_compares_host_and_port_and_ignores_the_scheme() {
        for (origin, host) in [
            ("http://example.com", "example.com"),
            ("https://example.com", "example.com"),
            ("https://EXAMPLE.com", "example.COM:443"),
            ("http://example.com:80", "example.com"),
            ("http://localhost:8080", "localhost:8080"),
            ("https://localhost:8080", "localhost:8080"),
            ("http://[::1]:9000", "[0:0::1]:9000"),
        ] {
            assert!(is_same(origin, host), "{origin} {host}");
        }
    }

    #[test]
    fn foreign_null_and_look_alike_origins_are_refused() {
        for origin in [
            "null",
            "",
            "http://evil.org",
            "http://example.com.evil.org",
            "http://evil-example.com",
            "http://example.com@evil.org",
            "http://evil.org@example.com",
            "http://example.com/",
            "http://example.com#",
            "http://example.com?",
            "http://example.com:8080",
            "http://example.com:443",
            "http://example.com:",
            "http://example.com http://evil.org",
            "http://example.com,http://evil.org",
            "http://example%2ecom",
            "http://[::1]",
            "//example.com",
            "example.com",
            "ftp://example.com",
            "file://",
        ] {
            assert!(!is_same(origin, "example.com"), "{origin}");
        }
    }

    #[test]
    fn listed_origins_are_compared_normalised() {
        let entries = ["https://Example.com".to_owned(), "app://shell".to_owned(), "nonsense".to_owned()];
        assert!(is_listed("https://example.com:443", &entries));
        assert!(is_listed("app://shell", &entries));
        for origin in ["http://example.com", "https://example.com:444", "https://a.example.com", "nonsense"] {
            assert!(!is_listed(origin, &entries), "{origin}");
        }
    }
}
