//! Whose request it is, when a proxy stands between.
//!
//! Apart from the request because the answer depends on who the peer is. Anyone
//! can write these headers; they count only as far as configured proxies vouch
//! for them, and where they contradict each other they count for nothing.

use super::fields::{lines, list, trim};
use http::HeaderMap;
use http::header::{FORWARDED, HeaderName, VIA};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// A range of addresses, as `address/prefix` or a single address. IPv4 is written
/// as IPv4.
///
/// ```
/// use fanfare_core::handshake::Network;
///
/// let private: Network = "10.0.0.0/8".parse()?;
/// assert!(private.contains("10.1.2.3".parse()?));
/// assert!(!private.contains("11.0.0.1".parse()?));
/// assert!("10.0.0.0/33".parse::<Network>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

/// The text is no network.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text:?} is not a network: expected an IP address, or address/prefix like 10.0.0.0/8")]
pub struct InvalidNetwork {
    /// The text as given.
    pub text: String,
}

impl Network {
    /// Whether the address is in this range. An IPv4 address that is written as
    /// IPv6 (`::ffff:10.0.0.1`, what a dual-stack listener reports) is IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(u32::BITS - self.prefix_bits).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(u128::BITS - self.prefix_bits).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (address, prefix) = match text.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix)),
                None => (text, None),
            };
            // `::ffff:10.0.0.0` would match nothing: addresses are compared as IPv4.
            let address: IpAddr = address.parse().ok().filter(|ip: &IpAddr| ip.to_canonical() == *ip)?;
            let bits_max = if address.is_ipv4() { u32::BITS } else { u128::BITS };
            let prefix_bits = match prefix {
                Some(digits) => digits.parse().ok().filter(|bits| *bits <= bits_max)?,
                None => bits_max,
            };
            Some(Network { address, prefix_bits })
        };
        parse().ok_or_else(|| InvalidNetwork { text: text.to_owned() })
    }
}

/// Writes what `FromStr` reads; a single address without its prefix.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits_max = if self.address.is_ipv4() { u32::BITS } else { u128::BITS };
        write!(f, "{}", self.address)?;
        if self.prefix_bits == bits_max { Ok(()) } else { write!(f, "/{}", self.prefix_bits) }
    }
}

/// Whether some proxy, trusted or not, says that it forwards for another: by
/// `Forwarded`, `X-Real-IP`, `Via` (RFC 9110 §7.6.3) or anything that begins with
/// `X-Forwarded-`.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    let names = [FORWARDED, X_REAL_IP, VIA];
    headers.keys().any(|name| names.contains(name) || name.as_str().starts_with("x-forwarded-"))
}

/// The client's address: the peer's, unless the peer is one of the `trusted`
/// proxies and names another.
///
/// `X-Forwarded-For` and `Forwarded` (RFC 7239) are read from the right: each
/// trusted proxy vouches for the entry before it, and the first address that is
/// not trusted is the client. `X-Real-IP` counts unless it names a trusted proxy.
/// When several of them are present and disagree, at least one was written by the
/// client, and the answer is the peer: forging a header that the proxy passes on
/// unchecked gains nobody another's address.
///
/// ```
/// use fanfare_core::handshake::client_address;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", HeaderValue::from_static("1.1.1.1, 203.0.113.7, 10.0.0.2"));
/// let trusted = ["10.0.0.0/8".parse()?];
/// assert_eq!(client_address("10.0.0.1".parse()?, &trusted, &headers).to_string(), "203.0.113.7");
/// assert_eq!(client_address("192.0.2.1".parse()?, &trusted, &headers).to_string(), "192.0.2.1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn client_address(peer: IpAddr, trusted: &[Network], headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let walked = |name: &HeaderName, chain: Vec<Option<IpAddr>>| {
        headers.contains_key(name).then(|| walk(peer, chain, is_trusted))
    };
    let real_ip = lines(headers, &X_REAL_IP).last().and_then(parse_node);
    let claims = [
        walked(&X_FORWARDED_FOR, list(headers, &X_FORWARDED_FOR).map(parse_node).collect()),
        walked(&FORWARDED, list(headers, &FORWARDED).map(forwarded_for).collect()),
        real_ip.filter(|address| !is_trusted(*address)),
    ];
    let mut claims = claims.into_iter().flatten();
    match claims.next() {
        Some(client) if claims.all(|other| other == client) => client,
        Some(_) | None => peer,
    }
}

/// From the peer leftwards, as far as trusted proxies vouch; an entry that is no
/// address ends it.
fn walk(peer: IpAddr, chain: Vec<Option<IpAddr>>, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut client = peer;
    for hop in chain.into_iter().rev() {
        match hop {
            Some(address) if is_trusted(client) => client = address,
            Some(_) | None => break,
        }
    }
    client
}

/// The `for` parameter of one element of `Forwarded` (RFC 7239 §4), where it may
/// stand once.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| trim(name).eq_ignore_ascii_case("for")).map(|(_, value)| value);
    let value = trim(values.next().filter(|_| values.next().is_none())?);
    parse_node(value.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or(value))
}

/// An address with or without port, IPv6 with or without brackets. `unknown` and
/// obfuscated names (RFC 7239 §6) are none.
fn parse_node(text: &str) -> Option<IpAddr> {
    let bare = || text.parse::<IpAddr>().ok();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare().or_else(bracketed).or_else(with_port).map(|address| address.to_canonical())
}
