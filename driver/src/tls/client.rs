//! A client's side of TLS: whom it trusts, and how it begins.

use super::failure::TlsFailure;
use super::roots::{self, RootsError};
use super::stream::TlsStream;
use crate::transport::Transport;
use rustls::RootCertStore;
use rustls::client::{ClientConfig, Resumption, UnbufferedClientConnection};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Whom a client trusts on `wss://`. There is no way to trust everybody: a server
/// with a certificate of its own making is trusted by giving that as a root.
///
/// A certificate is checked for its chain, its time and its name, and the name, or
/// the IP address, is that of the URL. Clones are the same, and resume each
/// other's sessions.
///
/// ```
/// use fanfare_driver::{ClientTls, RootsError};
///
/// match ClientTls::from_pem_file("no/such/roots.pem") {
///     Err(RootsError::Unreadable { path, .. }) => assert_eq!(path.to_str(), Some("no/such/roots.pem")),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
}

impl ClientTls {
    /// Trusts whom the operating system trusts. Reads its files: a few
    /// milliseconds. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    ///
    /// # Errors
    /// [`RootsError::System`] when there is not one usable root.
    pub fn system() -> Result<ClientTls, RootsError> {
        ClientTls::trusting(roots::system()?)
    }

    /// Trusts the certificates in a PEM file, and nobody else.
    ///
    /// # Errors
    /// Each says what is wrong with the file and what to do.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<ClientTls, RootsError> {
        ClientTls::trusting(roots::from_file(path.as_ref())?)
    }

    /// The same for text that is at hand.
    ///
    /// # Errors
    /// As [`from_pem_file`](Self::from_pem_file).
    pub fn from_pem(pem: &[u8]) -> Result<ClientTls, RootsError> {
        ClientTls::trusting(roots::from_pem(pem, Path::new("the given text"))?)
    }

    /// Uses a configuration of rustls (see [`rustls`](crate::rustls)) as it is: a
    /// certificate of the client's, other cryptography and ALPN, which should offer
    /// `http/1.1` or nothing, are its business.
    pub fn from_config(config: Arc<ClientConfig>) -> ClientTls {
        ClientTls { config }
    }

    /// The same, with a whole handshake for every connection: for whoever measures.
    #[must_use]
    pub fn without_resumption(self) -> ClientTls {
        let mut config = ClientConfig::clone(&self.config);
        config.resumption = Resumption::disabled();
        ClientTls::from_config(Arc::new(config))
    }

    /// The far end of `transport` is to speak TLS and to be `host`, a name or an
    /// IP address; the near end need not know. The handshake goes on as the
    /// transport is read, and nothing is written until it is over.
    ///
    /// What it fails with is inside of the error of the read: see
    /// [`TlsFailure::of`].
    ///
    /// # Errors
    /// [`TlsFailure::Name`].
    pub fn wrap(&self, host: &str, transport: Box<dyn Transport>) -> Result<Box<dyn Transport>, TlsFailure> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| TlsFailure::Name { host: host.to_owned() })?;
        let stream = UnbufferedClientConnection::new(Arc::clone(&self.config), name)
            .and_then(|connection| TlsStream::client(connection, transport))
            .map_err(|error| TlsFailure::new(host, &error))?;
        Ok(Box::new(stream))
    }

    fn trusting(roots: RootCertStore) -> Result<ClientTls, RootsError> {
        // The provider of the process may be missing, or somebody else's choice.
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(RootsError::Config)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(ClientTls { config: Arc::new(config) })
    }
}

/// Shows no secret.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls")
    }
}
