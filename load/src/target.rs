//! Where the load goes: from what was given to addresses, a request and TLS.

use crate::arguments::Connection;
use crate::ending::Ending;
use crate::error::LoadError;
use crate::trust;
use fanfare_core::client::{ClientConfig, ClientSettings, ConnectError, Reconnect, Url};
use fanfare_core::config::Compression;
use fanfare_driver::ClientTls;
use http::HeaderMap;
use http::header::ORIGIN;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// A server that can be dialed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// How the upgrade is asked for.
    pub(crate) config: Arc<ClientConfig>,
    /// What is needed to speak TLS, if that is spoken.
    pub(crate) tls: Option<ClientTls>,
    /// How long nothing may happen before it is given up.
    pub(crate) patience: Duration,
}

impl Target {
    /// Looks the host up, and reads whom to trust.
    pub(crate) fn find(connection: &Connection) -> Result<Target, LoadError> {
        let config = settings(connection).build()?;
        let trusted = || trust::whom(connection.ca_file.as_deref(), connection.insecure);
        let tls = connection.url.is_tls().then(trusted).transpose()?;
        let patience = connection.patience();
        let address = reachable(&connection.url, patience)?;
        Ok(Target { address, config: Arc::new(config), tls, patience })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.config.url
    }
}

fn settings(connection: &Connection) -> ClientSettings {
    let mut headers = HeaderMap::new();
    for (name, value) in &connection.headers {
        headers.append(name, value.clone());
    }
    if let Some(origin) = &connection.origin {
        headers.insert(ORIGIN, origin.clone());
    }
    ClientSettings::new(connection.url.clone()).with(|settings| {
        settings.headers = headers;
        settings.subprotocols.clone_from(&connection.subprotocols);
        settings.reconnect = Reconnect::Off;
        // A refusal is told by its status.
        settings.refusal_bytes_max = 0;
        settings.connection.compression = Compression::Off;
    })
}

/// The address that all connections go to: the only one, or the first that
/// answers. A name commonly leads to an IPv6 address and an IPv4 one, of which the
/// server listens on one.
fn reachable(url: &Url, patience: Duration) -> Result<SocketAddr, LoadError> {
    let unknown = |error| LoadError::UnknownHost { host: url.host().to_owned(), error };
    if let Ok(ip) = url.host().parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, url.port()));
    }
    let found: Vec<SocketAddr> = (url.host(), url.port()).to_socket_addrs().map_err(unknown)?.collect();
    if let [only] = *found {
        return Ok(only);
    }
    let mut refused = None;
    for address in found {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(_) => return Ok(address),
            Err(error) => refused = Some(error),
        }
    }
    let Some(error) = refused else { return Err(unknown(io::ErrorKind::NotFound.into())) };
    let ending = Ending::NotOpened(ConnectError::from(error.kind()));
    Err(LoadError::NotReached { url: url.to_string(), ending })
}
