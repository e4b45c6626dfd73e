//! `wss://` without a proxy: what a server shows to its peers, whom a client
//! trusts, and the filter between whoever serves a transport and that transport.
//!
//! One filter serves every runtime: it is a [`Transport`] over a [`Transport`],
//! and knows neither sockets nor tasks. The only place that knows rustls; it
//! never relies on a provider of cryptography that a process may have installed.

mod backlog;
mod client;
mod error;
mod failure;
mod files;
mod roots;
mod session;
mod side;
mod stream;

pub use client::ClientTls;
pub use error::TlsError;
pub use failure::TlsFailure;
pub use roots::RootsError;

use crate::transport::Transport;
use rustls::server::{ServerConfig, UnbufferedServerConnection};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use stream::TlsStream;

/// A server's side of TLS. Clones are the same: what is [reloaded](Self::reload)
/// through one is what all of them show from then on.
///
/// ```
/// use fanfare_driver::{Tls, TlsError};
///
/// match Tls::from_pem_files("no/such/chain.pem", "no/such/key.pem") {
///     Err(TlsError::Unreadable { path, .. }) => assert_eq!(path.to_str(), Some("no/such/chain.pem")),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    source: Source,
    /// What the next connection gets.
    config: Mutex<Arc<ServerConfig>>,
}

/// Where a configuration comes from.
enum Source {
    Files { chain: PathBuf, key: PathBuf },
    Given,
}

impl Tls {
    /// From two PEM files: the chain of certificates, the server's own first,
    /// and its private key, in PKCS#8, PKCS#1 or SEC1.
    ///
    /// TLS 1.2 and 1.3; of the protocols that a client names (ALPN) `http/1.1`
    /// is chosen, a client that names others only is refused, one that names
    /// none is welcome. Clients show no certificate.
    ///
    /// # Errors
    /// Each says which file is at fault and what to do. A certificate that has
    /// expired, or is not valid yet, is one.
    pub fn from_pem_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Tls, TlsError> {
        let (chain, key) = (chain.into(), key.into());
        let config = files::load(&chain, &key)?;
        Ok(Tls::new(Source::Files { chain, key }, config))
    }

    /// From a configuration of rustls (see [`rustls`](crate::rustls)), used as
    /// it is: client certificates, several names and other cryptography are
    /// its business, and so is ALPN, which should offer `http/1.1` or nothing.
    ///
    /// # Errors
    /// [`TlsError::Config`] when no connection could be made with it, and
    /// [`TlsError::EarlyData`].
    pub fn from_config(config: Arc<ServerConfig>) -> Result<Tls, TlsError> {
        Ok(Tls::new(Source::Given, checked(config)?))
    }

    /// Reads the files again. New connections get what is in them; open ones
    /// stay as they are.
    ///
    /// # Errors
    /// As [`from_pem_files`](Self::from_pem_files), and [`TlsError::NoFiles`];
    /// what was in force stays so.
    pub fn reload(&self) -> Result<(), TlsError> {
        match &self.shared.source {
            Source::Files { chain, key } => {
                self.put(files::load(chain, key)?);
                Ok(())
            }
            Source::Given => Err(TlsError::NoFiles),
        }
    }

    /// Replaces the configuration for new connections, until the next
    /// [`reload`](Self::reload) at most.
    ///
    /// # Errors
    /// As [`from_config`](Self::from_config); what was in force stays so.
    pub fn replace(&self, config: Arc<ServerConfig>) -> Result<(), TlsError> {
        self.put(checked(config)?);
        Ok(())
    }

    /// The far end of `transport` speaks TLS, the near end need not know.
    /// `unread` is what was read from it before, still encrypted.
    pub fn wrap(&self, transport: Box<dyn Transport>, unread: Vec<u8>) -> Box<dyn Transport> {
        let config = Arc::clone(&self.shared.config.lock().unwrap_or_else(PoisonError::into_inner));
        Box::new(TlsStream::server(config, transport, unread))
    }

    fn new(source: Source, config: Arc<ServerConfig>) -> Tls {
        Tls { shared: Arc::new(Shared { source, config: Mutex::new(config) }) }
    }

    fn put(&self, config: Arc<ServerConfig>) {
        *self.shared.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
    }
}

/// A configuration that a connection was made with, for trial.
fn checked(config: Arc<ServerConfig>) -> Result<Arc<ServerConfig>, TlsError> {
    if config.max_early_data_size > 0 {
        return Err(TlsError::EarlyData { bytes_max: config.max_early_data_size });
    }
    UnbufferedServerConnection::new(Arc::clone(&config)).map_err(TlsError::Config)?;
    Ok(config)
}

/// Names the files, and shows no secret.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shared.source {
            Source::Files { chain, key } => {
                f.debug_struct("Tls").field("chain", chain).field("key", key).finish()
            }
            Source::Given => f.write_str("Tls"),
        }
    }
}
