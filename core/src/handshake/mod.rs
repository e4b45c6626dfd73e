//! The HTTP/1.1 heads of a connection: for a server WebSocket upgrades and plain
//! requests on one listener, for a client the upgrade it asks for.
//!
//! Apart from the link because it speaks another protocol: everything here ends
//! where the first WebSocket byte begins. It decides nothing that belongs to the
//! application (routes, permissions, limits of admission) and never looks behind
//! the head it was given.
//!
//! One request per connection. What follows an upgrade's head is WebSocket, what
//! follows a plain request's body is ignored, and every answer but 101 says
//! `Connection: close`: no second request can be smuggled in.
//!
//! ```
//! use fanfare_core::config::OriginRule;
//! use fanfare_core::handshake::{HeadLimits, HeadReader, accept, check_origin};
//!
//! let limits = HeadLimits { bytes_max: 8 * 1024, headers_max: 100 };
//! let received = b"GET /ws?room=blue HTTP/1.1\r\nHost: example.com\r\n\
//!     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x80....";
//!
//! let mut reader = HeadReader::default();
//! let progress = reader.push(received, &limits)?;
//! let request = progress.request.expect("the head is complete");
//! assert_eq!(received.len() - progress.consumed, 6, "a frame follows");
//! assert_eq!(request.query_param("room").as_deref(), Some("blue"));
//!
//! check_origin(&OriginRule::Same, &request)?;
//! let answer = accept(request.require_upgrade()?, None, None, &http::HeaderMap::new())?;
//! assert!(answer.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod answer;
mod ask;
mod authority;
mod base64;
mod body;
mod collect;
mod date;
mod error;
mod extensions;
mod fault;
mod fields;
mod forwarded;
mod head;
mod origin;
mod request;
mod response;
mod retry;
mod scan;
#[cfg(test)]
mod tests;
mod upgrade;
mod verify;

pub use accept::{AcceptError, accept};
pub(crate) use answer::{Answer, AnswerReader};
pub(crate) use ask::{Key, UpgradeRequest, basic_credentials, reserved_header, tunnel_request};
pub(crate) use authority::Authority;
pub use body::{BodyProgress, BodyReader, CONTINUE};
pub(crate) use collect::hide_secrets;
pub use error::HandshakeError;
pub(crate) use extensions::{Extension, extensions};
pub use fault::HeadFault;
pub(crate) use fields::is_token;
pub use forwarded::{InvalidNetwork, Network, client_address, is_forwarded};
pub use head::{HeadLimits, HeadProgress, HeadReader};
pub use origin::{check_origin, is_origin};
pub use request::Request;
pub use response::Response;
pub(crate) use retry::retry_after;
pub use upgrade::Upgrade;
pub use verify::AnswerFault;
pub(crate) use verify::{Asked, verify};
