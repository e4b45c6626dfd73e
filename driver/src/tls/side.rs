//! The two sides of TLS: what of rustls differs between a server's end and a
//! client's, which is little.
//!
//! Apart so that session and stream are one text for both.

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{UnbufferedConnectionCommon, UnbufferedStatus};
use rustls::{Error, ServerConfig};
use std::convert::Infallible;
use std::ops::DerefMut;
use std::sync::Arc;

/// A connection of rustls's.
pub(super) trait Side:
    DerefMut<Target = UnbufferedConnectionCommon<Self::Data>> + Send + Sized
{
    /// Rustls's name for the side.
    type Data;
    /// What is there before the peer has said anything.
    type Silent: Send;

    /// The connection for a peer that begins to speak.
    fn listen(silent: &Self::Silent) -> Result<Self, Error>;

    /// Rustls's `process_tls_records`, which each side has for itself.
    fn process<'c, 'i>(&'c mut self, ciphertext: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;
}

impl Side for UnbufferedServerConnection {
    type Data = ServerConnectionData;
    type Silent = Arc<ServerConfig>;

    fn listen(silent: &Arc<ServerConfig>) -> Result<Self, Error> {
        UnbufferedServerConnection::new(Arc::clone(silent))
    }

    fn process<'c, 'i>(&'c mut self, ciphertext: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(ciphertext)
    }
}

impl Side for UnbufferedClientConnection {
    type Data = ClientConnectionData;
    /// A client speaks first, so there is no such time.
    type Silent = Infallible;

    fn listen(silent: &Infallible) -> Result<Self, Error> {
        match *silent {}
    }

    fn process<'c, 'i>(&'c mut self, ciphertext: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(ciphertext)
    }
}
