//! A client's settings that were checked, and why settings are refused.
//!
//! Apart from the editable form so that nothing unchecked can reach the machine;
//! there must never be a way to change a value in here. Nothing is corrected: a
//! setting is either kept as it was given or refused.

use super::settings::{ClientSettings, Offline, Proxy, Reconnect};
use crate::config::validate::{
    HEAD_BYTES_RANGE, HEADERS_RANGE, in_range, limits_above_zero, times_above_zero,
};
use crate::config::{ConfigError, ConnectionConfig};
use crate::handshake::{Authority, basic_credentials, hide_secrets, is_token, reserved_header};
use http::{HeaderName, HeaderValue};
use std::ops::Deref;
use std::time::Duration;

/// The largest header of a frame that a client sends: two bytes, a 64-bit length
/// and a mask (RFC 6455 §5.2).
pub(super) const HEADER_BYTES_MAX: usize = 14;

/// Settings that were checked. Read like [`ClientSettings`]; made by
/// [`ClientSettings::build`].
#[derive(Clone, PartialEq, Debug)]
pub struct ClientConfig {
    settings: ClientSettings,
    /// What its machines are given.
    connection: ConnectionConfig,
    proxy_authorization: Option<HeaderValue>,
}

/// A setting, or a combination of two, that cannot work.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientConfigError {
    /// A limit or a time, of the client or of its connection.
    #[error(transparent)]
    Limit(#[from] ConfigError),
    /// A header of the handshake itself.
    #[error("headers has {name}, which the handshake sets by itself or must not have; take it out")]
    ReservedHeader {
        /// The header in question.
        name: HeaderName,
    },
    /// RFC 6455 §4.1: the offered names are tokens and all different.
    #[error("subprotocols has {subprotocol:?}, which is no token, or there twice; write each name once")]
    InvalidSubprotocol {
        /// The name as given.
        subprotocol: String,
    },
    /// The proxy's host is no name and no address.
    #[error("the proxy's host {host:?} is no name and no address; write it without a scheme and a port")]
    ProxyHost {
        /// The host as given.
        host: String,
    },
    /// RFC 7617 §2: a colon ends the name.
    #[error(
        "the proxy's user name must not have a colon; everything behind it would be taken for the password"
    )]
    ProxyUser,
    /// The first attempt would wait longer than any attempt may.
    #[error(
        "the base {base:?} of the reconnect times exceeds their cap {cap:?}; lower the first or raise the second"
    )]
    BaseOverCap {
        /// The longest that the first attempt waits.
        base: Duration,
        /// The longest that any attempt waits.
        cap: Duration,
    },
    /// What may wait for a connection does not fit what may wait on one.
    #[error(
        "offline messages_max {messages_max} exceeds outbox_messages_max {outbox_messages_max}, where all \
         have to go at once; lower the first or raise the second"
    )]
    OfflineMessagesOverOutbox {
        /// How many messages may wait for a connection.
        messages_max: usize,
        /// How many may wait on one.
        outbox_messages_max: usize,
    },
    /// The same in bytes.
    #[error(
        "offline bytes_max {bytes_max}, with {header_bytes} bytes for each of messages_max {messages_max}, \
         exceeds outbox_bytes_max {outbox_bytes_max}, where all have to go at once; lower the first or raise \
         the last"
    )]
    OfflineBytesOverOutbox {
        /// How many bytes may wait for a connection.
        bytes_max: usize,
        /// How many messages.
        messages_max: usize,
        /// The largest header of a frame that a client sends.
        header_bytes: usize,
        /// How many bytes may wait on a connection.
        outbox_bytes_max: usize,
    },
}

impl ClientConfig {
    pub(super) fn check(mut settings: ClientSettings) -> Result<ClientConfig, ClientConfigError> {
        times_above_zero(&[
            ("connect_time_max", settings.connect_time_max),
            ("stable_time", settings.stable_time),
            ("retry_after_time_max", settings.retry_after_time_max),
        ])?;
        in_range("head_bytes_max", settings.head_bytes_max, HEAD_BYTES_RANGE)?;
        in_range("headers_max", settings.headers_max, HEADERS_RANGE)?;
        let connection = settings.connection.clone().build()?;
        outbox_holds_a_message(&settings)?;
        request_is_ours(&settings)?;
        let proxy_authorization = settings.proxy.as_ref().map_or(Ok(None), proxy_can_be_asked)?;
        reconnect_times(settings.reconnect)?;
        outbox_holds_the_offline(&settings)?;
        hide_secrets(&mut settings.headers);
        Ok(ClientConfig { settings, connection, proxy_authorization })
    }

    /// What holds for the connection.
    pub(super) fn connection(&self) -> &ConnectionConfig {
        &self.connection
    }

    pub(super) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.proxy_authorization.as_ref()
    }
}

impl Deref for ClientConfig {
    type Target = ClientSettings;

    fn deref(&self) -> &ClientSettings {
        &self.settings
    }
}

/// What a server may send unmasked is four bytes longer from us.
fn outbox_holds_a_message(settings: &ClientSettings) -> Result<(), ConfigError> {
    let connection = &settings.connection;
    let (outbox_bytes_max, message_bytes_max) = (connection.outbox_bytes_max, connection.message_bytes_max);
    let room = outbox_bytes_max.checked_sub(HEADER_BYTES_MAX);
    if room.is_some_and(|room| room >= message_bytes_max) {
        return Ok(());
    }
    Err(ConfigError::OutboxUnderMessage {
        outbox_bytes_max,
        message_bytes_max,
        header_bytes: HEADER_BYTES_MAX,
    })
}

fn request_is_ours(settings: &ClientSettings) -> Result<(), ClientConfigError> {
    if let Some(name) = reserved_header(&settings.headers) {
        return Err(ClientConfigError::ReservedHeader { name: name.clone() });
    }
    let mut names: Vec<&str> = Vec::new();
    for name in &settings.subprotocols {
        if !is_token(name) || names.contains(&name.as_str()) {
            return Err(ClientConfigError::InvalidSubprotocol { subprotocol: name.clone() });
        }
        names.push(name);
    }
    Ok(())
}

fn proxy_can_be_asked(proxy: &Proxy) -> Result<Option<HeaderValue>, ClientConfigError> {
    let Proxy { host, credentials, .. } = proxy;
    let written = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    if Authority::parse(&written).is_none() {
        return Err(ClientConfigError::ProxyHost { host: host.clone() });
    }
    let Some((user, password)) = credentials else { return Ok(None) };
    if user.contains(':') {
        return Err(ClientConfigError::ProxyUser);
    }
    Ok(basic_credentials(user, password))
}

fn reconnect_times(reconnect: Reconnect) -> Result<(), ClientConfigError> {
    match reconnect {
        Reconnect::Off => Ok(()),
        Reconnect::Fixed { delay } => Ok(times_above_zero(&[("the delay of reconnect", delay)])?),
        Reconnect::Exponential { base, cap } => {
            times_above_zero(&[("the base of reconnect", base)])?;
            if base > cap { Err(ClientConfigError::BaseOverCap { base, cap }) } else { Ok(()) }
        }
    }
}

/// On a new connection the outbox is empty, so all that waited has room in it.
fn outbox_holds_the_offline(settings: &ClientSettings) -> Result<(), ClientConfigError> {
    let Offline::Queue { messages_max, bytes_max } = settings.offline else { return Ok(()) };
    limits_above_zero(&[
        ("the messages_max of offline", messages_max == 0),
        ("the bytes_max of offline", bytes_max == 0),
    ])?;
    let (outbox_messages_max, outbox_bytes_max) =
        (settings.connection.outbox_messages_max, settings.connection.outbox_bytes_max);
    if messages_max > outbox_messages_max {
        return Err(ClientConfigError::OfflineMessagesOverOutbox { messages_max, outbox_messages_max });
    }
    if bytes_max.saturating_add(messages_max.saturating_mul(HEADER_BYTES_MAX)) > outbox_bytes_max {
        return Err(ClientConfigError::OfflineBytesOverOutbox {
            bytes_max,
            messages_max,
            header_bytes: HEADER_BYTES_MAX,
            outbox_bytes_max,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Edit = Box<dyn FnOnce(&mut ClientSettings)>;

    fn refusal(edit: impl FnOnce(&mut ClientSettings)) -> String {
        let settings = ClientSettings::new("ws://example.com".parse().unwrap());
        settings.with(edit).build().unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_work() {
        let config = ClientSettings::new("ws://example.com".parse().unwrap()).build().unwrap();
        assert_eq!(config.reconnect, Reconnect::FIXED);
        assert_eq!((config.offline, config.attempts_max), (Offline::Refuse, 0));
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = ClientSettings::new("ws://example.com".parse().unwrap()).with(|client| {
            let authorization = HeaderValue::from_static("Bearer secret");
            client.headers.insert("authorization", authorization);
            client.proxy = Some(Proxy::new("proxy", 1).with_credentials("ann", "secret"));
        });
        let shown = format!("{:?}", settings.build().unwrap());
        assert!(shown.contains("authorization") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn each_refusal_names_settings_and_values() {
        let header = |name: &'static str| (HeaderName::from_static(name), HeaderValue::from_static("x"));
        let second = Duration::from_secs(1);
        let cases: [(&str, Edit); 13] = [
            ("connect_time_max is 0s", Box::new(|client| client.connect_time_max = Duration::ZERO)),
            ("stable_time is 0s", Box::new(|client| client.stable_time = Duration::ZERO)),
            ("head_bytes_max is 1, outside 256", Box::new(|client| client.head_bytes_max = 1)),
            ("headers_max is 1, outside 5", Box::new(|client| client.headers_max = 1)),
            (
                "ping_interval 30s is not",
                Box::new(move |client| client.connection.liveness_time_max = second),
            ),
            (
                "outbox_bytes_max 524298 does not hold a message of message_bytes_max 524288 and its header of 14",
                Box::new(|client| {
                    client.connection.outbox_bytes_max = 512 * 1024 + 10;
                    client.connection.outbox_pressure_bytes = 1;
                }),
            ),
            (
                "headers has sec-websocket-key",
                Box::new(move |client| {
                    client.headers.extend([header("sec-websocket-key")]);
                }),
            ),
            ("subprotocols has \"a b\"", Box::new(|client| client.subprotocols = vec!["a b".to_owned()])),
            ("subprotocols has \"a\"", Box::new(|client| client.subprotocols = vec!["a".to_owned(); 2])),
            ("host \"http://a\"", Box::new(|client| client.proxy = Some(Proxy::new("http://a", 1)))),
            (
                "user name",
                Box::new(|client| {
                    client.proxy = Some(Proxy::new("::1", 1).with_credentials("a:b", "c"));
                }),
            ),
            (
                "base 2s of the reconnect times exceeds their cap 1s",
                Box::new(move |client| {
                    client.reconnect = Reconnect::Exponential { base: 2 * second, cap: second };
                }),
            ),
            (
                "offline bytes_max 1048576, with 14 bytes for each of messages_max 1",
                Box::new(|client| {
                    client.offline = Offline::Queue { messages_max: 1, bytes_max: 1024 * 1024 };
                }),
            ),
        ];
        for (expected, edit) in cases {
            let told = refusal(edit);
            assert!(told.contains(expected), "{told:?} does not say {expected:?}");
        }
    }
}
