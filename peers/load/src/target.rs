//! Where to send the load: a WebSocket URL on this machine, and nowhere else.

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

/// A server on the loopback interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddrV4,
    /// Whether TLS is spoken.
    pub(crate) is_secured: bool,
    /// Path and query.
    pub(crate) path: String,
}

/// The text is no URL this tool may load.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{url:?} is no ws://127.x.y.z:PORT/PATH and no wss:// either: only IPv4 loopback is loaded")]
pub(crate) struct InvalidTarget {
    url: String,
}

impl FromStr for Target {
    type Err = InvalidTarget;

    /// `http://` and `https://` are taken as well: it is what servers print.
    fn from_str(url: &str) -> Result<Target, InvalidTarget> {
        parse(url).ok_or_else(|| InvalidTarget { url: url.to_owned() })
    }
}

fn parse(url: &str) -> Option<Target> {
    let (scheme, rest) = url.split_once("://")?;
    let is_secured = match scheme {
        "ws" | "http" => false,
        "wss" | "https" => true,
        _ => return None,
    };
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, format!("/{path}")),
        None => (rest, "/".to_owned()),
    };
    let (host, port) = authority.rsplit_once(':')?;
    let ip = match host {
        "localhost" => Ipv4Addr::LOCALHOST,
        literal => match literal.parse().ok()? {
            IpAddr::V4(ip) if ip.is_loopback() => ip,
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        },
    };
    // What would break the request line breaks the measurement.
    let printable = path.bytes().all(|byte| byte.is_ascii_graphic());
    printable.then_some(Target { address: SocketAddrV4::new(ip, port.parse().ok()?), is_secured, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_taken_and_nothing_else() {
        let target: Target = "ws://127.0.0.1:8080/ws/echo?a=b".parse().unwrap();
        assert_eq!(target.address, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(target.path, "/ws/echo?a=b");
        assert!(!target.is_secured);
        assert_eq!("http://localhost:1".parse::<Target>().unwrap().path, "/");
        assert!("wss://127.0.0.1:1/".parse::<Target>().unwrap().is_secured);
        for url in
            ["ws://192.0.2.1:80/", "ws://example.org:80/", "tcp://127.0.0.1:80/", "ws://127.0.0.1/", ""]
        {
            assert_eq!(url.parse::<Target>(), Err(InvalidTarget { url: url.to_owned() }));
        }
    }
}
