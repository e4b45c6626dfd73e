//! The choices among behaviours, as opposed to limits and times.
//!
//! How they are written as text is in `text`; what they do is told by the
//! machines that obey them.

/// What happens to a message for a connection whose outbox is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Overflow {
    /// The new message is dropped and counted.
    DropNewest,
    /// The oldest message that is not being written is dropped; when there is
    /// none, the new one.
    DropOldest,
    /// The connection is closed with 1013 (try again later).
    Disconnect,
}

/// Whether messages may be compressed (permessage-deflate, RFC 7692).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Compression {
    /// Offers are declined.
    Off,
    /// Agreed on with every client that offers it.
    On,
}

/// What a second connection with a client id that is in use does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ClientIdPolicy {
    /// Joins the others: one client, many connections.
    Allow,
    /// Takes the place of the old one, which is closed with 4001.
    Replace,
    /// Is refused.
    Reject,
}

/// What a connection keeps of its request headers.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KeepHeaders {
    /// Nothing but the user agent.
    None,
    /// The named ones.
    List(Vec<http::HeaderName>),
    /// All of them.
    All,
}

/// Which origins may open a connection (RFC 6455 §10.2). A request without an
/// `Origin` comes from no browser and is always allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OriginRule {
    /// Host and port of `Origin` are those of `Host`; the scheme is ignored,
    /// because proxies end TLS.
    Same,
    /// Any origin. For services without cookies or other ambient authority.
    Any,
    /// Exactly these, as `scheme://host[:port]`.
    List(Vec<String>),
}
