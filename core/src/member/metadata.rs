//! What is known of a connection from its handshake on. Cold: one allocation
//! for all texts, extras only where there are any.

use crate::broadcast::{Facts, Label};
use crate::time::Instant;
use http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// What an application can ask about a connection.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Client id, path, query, user agent and subprotocol, one after another.
    texts: Box<str>,
    ends: [u32; 5],
    has: u8,
    extras: Option<Box<Extras>>,
    peer: Option<SocketAddr>,
    /// The client's address where it is not the peer's.
    forwarded: Option<Box<IpAddr>>,
    connected_at: Instant,
}

#[derive(Clone, Debug, Default)]
struct Extras {
    headers: HeaderMap,
    labels: Vec<Label>,
}

/// What [`Metadata`] is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetadataParts<'a> {
    /// The application's name for the client; not unique.
    pub(crate) client_id: &'a str,
    /// The request's path, without the query.
    pub(crate) path: &'a str,
    /// The request's query, undecoded.
    pub(crate) query: Option<&'a str>,
    /// The `User-Agent` header.
    pub(crate) user_agent: Option<&'a str>,
    /// The negotiated subprotocol.
    pub(crate) subprotocol: Option<&'a str>,
    /// The headers that are kept (`keep_headers`).
    pub(crate) headers: HeaderMap,
    /// The application's own labels, by which broadcasts can be filtered.
    pub(crate) labels: Vec<Label>,
    /// The transport's other end; `None` for Unix sockets.
    pub(crate) peer: Option<SocketAddr>,
    /// The client's address, behind trusted proxies too.
    pub(crate) address: Option<IpAddr>,
}

/// Places in `texts`.
const CLIENT_ID: usize = 0;
const PATH: usize = 1;
const QUERY: usize = 2;
const USER_AGENT: usize = 3;
const SUBPROTOCOL: usize = 4;

impl Metadata {
    /// Packs `parts` for a connection that opened at `connected_at`.
    pub(crate) fn new(parts: MetadataParts<'_>, connected_at: Instant) -> Metadata {
        let fields =
            [Some(parts.client_id), Some(parts.path), parts.query, parts.user_agent, parts.subprotocol];
        let mut texts = String::with_capacity(fields.iter().flatten().map(|text| text.len()).sum());
        let mut has = 0;
        let ends = std::array::from_fn(|place| {
            if let Some(text) = fields.get(place).copied().flatten() {
                texts.push_str(text);
                has |= 1 << place;
            }
            u32::try_from(texts.len()).unwrap_or(u32::MAX)
        });
        let extras = (!parts.headers.is_empty() || !parts.labels.is_empty())
            .then(|| Box::new(Extras { headers: parts.headers, labels: parts.labels }));
        let forwarded = parts.address.filter(|&address| parts.peer.is_none_or(|peer| peer.ip() != address));
        Metadata {
            texts: texts.into(),
            ends,
            has,
            extras,
            peer: parts.peer,
            forwarded: forwarded.map(Box::new),
            connected_at,
        }
    }

    /// The application's name for the client; not unique. By default the client's address.
    pub fn client_id(&self) -> &str {
        self.text(CLIENT_ID).unwrap_or_default()
    }

    /// The request's path, without the query.
    pub fn path(&self) -> &str {
        self.text(PATH).unwrap_or_default()
    }

    /// The request's query, undecoded.
    pub fn query(&self) -> Option<&str> {
        self.text(QUERY)
    }

    /// The `User-Agent` header.
    pub fn user_agent(&self) -> Option<&str> {
        self.text(USER_AGENT)
    }

    /// The negotiated subprotocol.
    pub fn subprotocol(&self) -> Option<&str> {
        self.text(SUBPROTOCOL)
    }

    /// A header of the request, if headers are kept (`keep_headers`).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.extras.as_ref()?.headers.get(name)?.to_str().ok()
    }

    /// The application's labels, in the order they were given.
    pub fn labels(&self) -> &[Label] {
        self.extras.as_ref().map_or(&[], |extras| &extras.labels)
    }

    /// The transport's other end; `None` for Unix sockets.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The client's address, behind trusted proxies too; `None` for Unix sockets.
    pub fn address(&self) -> Option<IpAddr> {
        self.forwarded.as_deref().copied().or_else(|| self.peer.map(|peer| peer.ip()))
    }

    /// What a filter may look at.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            client_id: self.client_id(),
            path: self.path(),
            user_agent: self.user_agent(),
            connected_at: self.connected_at,
            labels: self.labels(),
        }
    }

    /// When the handshake was accepted.
    pub fn connected_at(&self) -> Instant {
        self.connected_at
    }

    fn text(&self, place: usize) -> Option<&str> {
        if self.has & (1 << place) == 0 {
            return None;
        }
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(place).copied().unwrap_or(0);
        self.texts.get(start as usize..end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went_in() {
        let parts = MetadataParts {
            client_id: "ann",
            path: "/ws",
            user_agent: Some(""),
            labels: vec![Label::new("plan", "free")],
            ..MetadataParts::default()
        };
        let metadata = Metadata::new(parts, Instant::ZERO);
        assert_eq!(metadata.client_id(), "ann");
        assert_eq!(metadata.path(), "/ws");
        assert_eq!(metadata.query(), None);
        assert_eq!(metadata.user_agent(), Some(""));
        assert_eq!(metadata.subprotocol(), None);
        assert_eq!(metadata.labels(), [Label::new("plan", "free")]);
        assert_eq!(metadata.header("cookie"), None);
    }

    #[test]
    fn the_address_is_the_peers_unless_a_proxy_says_otherwise() {
        let addresses = |peer: Option<[u8; 4]>, address: Option<[u8; 4]>| {
            let peer = peer.map(|ip| SocketAddr::from((ip, 7)));
            let parts =
                MetadataParts { peer, address: address.map(IpAddr::from), ..MetadataParts::default() };
            let metadata = Metadata::new(parts, Instant::ZERO);
            assert_eq!(metadata.peer(), peer);
            metadata.address()
        };
        let (proxy, client) = ([10, 0, 0, 1], [192, 0, 2, 1]);
        assert_eq!(addresses(Some(proxy), Some(client)), Some(client.into()));
        assert_eq!(addresses(Some(client), Some(client)), Some(client.into()));
        assert_eq!(addresses(None, Some(client)), Some(client.into()));
        assert_eq!(addresses(None, None), None);
    }
}
