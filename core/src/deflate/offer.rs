//! The server's side of the negotiation (RFC 7692 §5, §7.1).
//!
//! Apart from the client's because the two read different texts by different
//! rules. What cannot be agreed on is declined, never an error: the connection
//! opens without compression.

use super::NAME;
use super::window::{Window, parse_bits};
use crate::handshake::{Extension, extensions};
use http::HeaderMap;

/// What a server and its client agree on.
///
/// ```
/// use fanfare_core::deflate::{Agreement, Window};
/// use http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// let offer = "permessage-deflate; server_max_window_bits=10; client_max_window_bits, permessage-deflate";
/// headers.insert("sec-websocket-extensions", offer.parse()?);
/// let agreement = Agreement::find(&headers).expect("the first offer can be met");
/// assert_eq!(agreement.window(), Window::Narrow);
/// assert!(agreement.answer().ends_with("; server_max_window_bits=9"));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreement {
    /// The client said nothing about our window: it has 15 bits.
    Unasked,
    /// The client asked for a window of at most 15 bits.
    Wide,
    /// The client asked for a smaller one: it has 9 bits.
    Narrow,
}

impl Agreement {
    /// The first offer in a request's head that we can meet, if there is one.
    /// An offer with an unknown, repeated or invalid parameter is declined (RFC
    /// 7692 §7.1), and so is a header that is malformed (RFC 6455 §9.1).
    pub fn find(headers: &HeaderMap) -> Option<Agreement> {
        extensions(headers)?.iter().find_map(judge)
    }

    /// The value of `Sec-WebSocket-Extensions` in the answer. It imposes on both
    /// sides what [the module](super) builds on, whatever was offered: §7.1.1
    /// lets a server do so.
    pub const fn answer(self) -> &'static str {
        match self {
            Agreement::Unasked => {
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            }
            Agreement::Wide => {
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                 server_max_window_bits=15"
            }
            Agreement::Narrow => {
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                 server_max_window_bits=9"
            }
        }
    }

    /// What the server's messages are compressed with.
    pub const fn window(self) -> Window {
        match self {
            Agreement::Unasked | Agreement::Wide => Window::Wide,
            Agreement::Narrow => Window::Narrow,
        }
    }
}

/// What comes of one offer.
fn judge(offer: &Extension<'_>) -> Option<Agreement> {
    if offer.name != NAME {
        return None;
    }
    let mut agreement = Agreement::Unasked;
    let mut names = Vec::new();
    for parameter in &offer.parameters {
        if names.contains(&parameter.name) {
            return None;
        }
        names.push(parameter.name);
        match (parameter.name, parameter.value.as_deref()) {
            (
                "server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits",
                None,
            ) => {}
            // Our inflater remembers 15 bits: the client may use what it likes.
            ("client_max_window_bits", Some(bits)) => {
                parse_bits(bits)?;
            }
            ("server_max_window_bits", Some(bits)) => {
                agreement = match Window::within(parse_bits(bits)?)? {
                    Window::Wide => Agreement::Wide,
                    Window::Narrow => Agreement::Narrow,
                };
            }
            _ => return None,
        }
    }
    Some(agreement)
}
