//! Where a client connects to: a `ws` or `wss` URL (RFC 6455 §3), judged once.
//!
//! Apart from the other settings because it is text from people. What it lets
//! through is safe in a request and in a resolver; credentials it does not let
//! through, since URLs end up in logs.

use crate::handshake::Authority;
use http::Uri;
use http::uri::PathAndQuery;
use std::fmt;
use std::str::FromStr;

/// A WebSocket URL.
///
/// ```
/// use fanfare_core::client::Url;
///
/// let url: Url = "wss://example.com/ws?room=blue".parse()?;
/// assert_eq!((url.host(), url.port(), url.is_tls()), ("example.com", 443, true));
/// assert_eq!(url.path_and_query(), "/ws?room=blue");
/// assert_eq!("ws://[::1]:8080".parse::<Url>()?.to_string(), "ws://[::1]:8080/");
/// assert!("https://example.com".parse::<Url>().is_err());
/// # Ok::<(), fanfare_core::client::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    is_tls: bool,
    host: String,
    port: u16,
    /// As `Host` has it: in brackets where it must be, the port where it is not
    /// the scheme's.
    authority: String,
    path: PathAndQuery,
}

/// Why a text is no URL to connect to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not of the form `ws://host[:port][/path][?query]`.
    #[error("{url:?} is not of the form ws://host[:port][/path][?query], or wss://…, in ASCII")]
    Malformed {
        /// The text as given.
        url: String,
    },
    /// Its scheme is neither `ws` nor `wss`.
    #[error("the scheme {scheme:?} is neither ws nor wss; write ws:// for http://, and wss:// for https://")]
    Scheme {
        /// The scheme as given.
        scheme: String,
    },
    /// It has a user name, and perhaps a password. They are not repeated here.
    #[error("a WebSocket URL must not have credentials; set the `authorization` header instead")]
    Credentials,
    /// RFC 6455 §3: it has a fragment.
    #[error("a WebSocket URL must not have a fragment (#…); leave it out, or write # as %23")]
    Fragment,
    /// The host is no name and no address that can be connected to.
    #[error(
        "{host:?} is not of the form host or host:port; write a name in ASCII, an IPv6 address in brackets"
    )]
    Host {
        /// Host and port as given.
        host: String,
    },
}

impl Url {
    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host: a name, or an address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, which is 80 or 443 where the URL has none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path, `/` where the URL has none, and the query.
    pub fn path_and_query(&self) -> &str {
        self.path.as_str()
    }

    pub(super) fn path(&self) -> &PathAndQuery {
        &self.path
    }

    /// What `Host` says (RFC 6455 §4.1): the port only if it is not the scheme's.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Host and port, for a proxy.
    pub(super) fn target(&self) -> String {
        bracketed(&self.host, Some(self.port))
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Url, UrlError> {
        let malformed = || UrlError::Malformed { url: text.to_owned() };
        if text.contains('#') {
            return Err(UrlError::Fragment);
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(malformed)?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "ws" => false,
            "wss" => true,
            _ => return Err(UrlError::Scheme { scheme: scheme.to_owned() }),
        };
        let host_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(host_end);
        if host.contains('@') {
            return Err(UrlError::Credentials);
        }
        let parsed = Authority::parse(host).ok_or_else(|| UrlError::Host { host: host.to_owned() })?;
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        // Only what a request line may hold.
        let path = Some(path).filter(|path| path.is_ascii()).and_then(|path| Uri::try_from(path).ok());
        let path = path.and_then(|uri| uri.into_parts().path_and_query);

        let default_port = if is_tls { 443 } else { 80 };
        let port = parsed.port().unwrap_or(default_port);
        let host = parsed.host();
        let authority = bracketed(&host, (port != default_port).then_some(port));
        Ok(Url { is_tls, host, port, authority, path: path.ok_or_else(malformed)? })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// Host and port as a URL and a header write them.
fn bracketed(host: &str, port: Option<u16>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_says() {
        for (text, host, port, authority, path) in [
            ("ws://a", "a", 80, "a", "/"),
            ("WSS://a:443/", "a", 443, "a", "/"),
            ("wss://a:80/x", "a", 80, "a:80", "/x"),
            ("ws://127.0.0.1:8080/a/b?c=d&e", "127.0.0.1", 8080, "127.0.0.1:8080", "/a/b?c=d&e"),
            ("ws://[::1]:80?q", "::1", 80, "[::1]", "/?q"),
            ("wss://[0:0::1]:1", "::1", 1, "[::1]:1", "/"),
            ("ws://a/%2f@:", "a", 80, "a", "/%2f@:"),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!((url.host(), url.port(), url.authority()), (host, port, authority), "{text}");
            assert_eq!(url.path_and_query(), path, "{text}");
            assert_eq!(url.to_string().parse(), Ok(url), "{text}");
        }
        assert_eq!("wss://[::1]/".parse::<Url>().unwrap().target(), "[::1]:443");
    }

    #[test]
    fn what_is_no_url_to_connect_to() {
        let error = |text: &str| text.parse::<Url>().unwrap_err();
        for text in ["", "a", "//a", "ws:/a", "ws://a/ b", "ws://a/\r\nHost: b", "ws://a/é"] {
            assert!(matches!(error(text), UrlError::Malformed { .. }), "{text:?}");
        }
        assert!(matches!(error("http://a"), UrlError::Scheme { .. }));
        assert_eq!(error("ws://user:secret@a/"), UrlError::Credentials);
        assert_eq!(error("ws://a/#b"), UrlError::Fragment);
        for text in
            ["ws://", "ws:///x", "ws://a:", "ws://a:65536", "ws://::1", "ws://ä", "ws://a b", "ws://a,b"]
        {
            assert!(matches!(error(text), UrlError::Host { .. }), "{text:?}");
        }
        assert!(!error("ws://user:secret@a/").to_string().contains("secret"));
    }
}
