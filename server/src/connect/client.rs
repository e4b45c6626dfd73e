//! The client that the arguments ask for.

use super::arguments::Arguments;
use super::failure::ConnectFailure;
use super::verdict::is_worth_another;
use fanfare::{Client, ClientHandle, ClientSettings, ClientTls, CloseCode, CloseReason, Envelope, Reconnect};
use http::header::{HeaderValue, ORIGIN, USER_AGENT};
use std::sync::mpsc::{self, Receiver};

/// What a server may say at once, and what it may be told. More than a server's own
/// default, so that one can look.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
const FRAME_HEADER_BYTES_MAX: usize = 14;

/// How a connection ended.
pub(super) struct End {
    pub(super) reason: CloseReason,
    /// Whether there is no other.
    pub(super) is_final: bool,
}

/// The client, and how its connections end: told there at once, so that it does not
/// come back where that is no use.
pub(super) fn client(arguments: &Arguments) -> Result<(Client, Receiver<End>), ConnectFailure> {
    let mut client = Client::from(settings(arguments));
    if let Some(file) = &arguments.ca_file {
        client = client.tls(ClientTls::from_pem_file(file)?);
    }
    let comes_back = !arguments.no_reconnect;
    if arguments.verbose {
        client = client.hear_pings();
    }
    let (end, ends) = mpsc::channel();
    let client = client.on_disconnected(move |client, over| {
        let is_final = !(comes_back && is_worth_another(&over.reason));
        if is_final {
            client.close(CloseCode::Normal, "");
        }
        // Nobody looks where it ended otherwise.
        let _ = end.send(End { reason: over.reason.clone(), is_final });
    });
    Ok((client, ends))
}

fn settings(arguments: &Arguments) -> ClientSettings {
    ClientSettings::new(arguments.url.clone()).with(|client| {
        client
            .headers
            .insert(USER_AGENT, HeaderValue::from_static(concat!("fanfare/", env!("CARGO_PKG_VERSION"))));
        client.headers.extend(arguments.origin.iter().map(|origin| (ORIGIN, origin.clone())));
        for (name, value) in &arguments.headers {
            if name == USER_AGENT {
                client.headers.remove(name);
            }
            client.headers.append(name, value.clone());
        }
        client.subprotocols.clone_from(&arguments.subprotocols);
        client.connect_time_max = arguments.connect_time_max;
        client.reconnect = if arguments.no_reconnect { Reconnect::Off } else { Reconnect::EXPONENTIAL };
        let connection = &mut client.connection;
        connection.message_bytes_max = MESSAGE_BYTES_MAX;
        connection.inbox_bytes_max = MESSAGE_BYTES_MAX;
        connection.outbox_bytes_max = MESSAGE_BYTES_MAX + FRAME_HEADER_BYTES_MAX;
        if arguments.has_events() {
            connection.envelope = Envelope::Typed;
        }
    })
}

/// Now, and on each connection that follows.
pub(super) fn join(arguments: &Arguments, handle: &ClientHandle) -> Result<(), ConnectFailure> {
    let namespace = arguments.namespace();
    let refused = |name: &str| {
        let name = name.to_owned();
        move |error| ConnectFailure::Join { name, error }
    };
    if namespace != "/" {
        handle.join_namespace(namespace).wait().map_err(refused(namespace))?;
    }
    for room in &arguments.rooms {
        handle.join_in(namespace, room).wait().map_err(refused(room))?;
    }
    Ok(())
}
