//! Whom a client trusts on `wss://`: the one place that knows whether TLS was
//! compiled.

use super::error::ClientStartError;
#[cfg(feature = "tls")]
use crate::tls::{ClientTls, TlsFailure};
use crate::transport::Transport;
use fanfare_core::client::{ClientConfig, ConnectError};
use std::io;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Trust {
    #[cfg(feature = "tls")]
    tls: Option<ClientTls>,
}

#[cfg(feature = "tls")]
impl Trust {
    /// Whom it is given.
    pub(super) fn given(tls: ClientTls) -> Trust {
        Trust { tls: Some(tls) }
    }

    /// Whom it is given, or else whom the system trusts, which is looked up only
    /// where somebody is to be trusted.
    pub(super) fn suffices(self, config: &ClientConfig) -> Result<Trust, ClientStartError> {
        match &self.tls {
            None if config.url.is_tls() => Ok(Trust::given(ClientTls::system()?)),
            None | Some(_) => Ok(self),
        }
    }

    /// The transport, with TLS on it.
    pub(super) fn wrap(
        &self,
        host: &str,
        transport: Box<dyn Transport>,
    ) -> Result<Box<dyn Transport>, ConnectError> {
        let Some(tls) = &self.tls else { return Err(ConnectError::Tls("nobody is trusted".to_owned())) };
        tls.wrap(host, transport).map_err(|failure| ConnectError::Tls(failure.to_string()))
    }

    /// What the failure of a handshake is called.
    pub(super) fn failure(error: &io::Error, host: &str) -> ConnectError {
        match TlsFailure::of(error, host) {
            Some(failure) => ConnectError::Tls(failure.to_string()),
            None => ConnectError::from(error.kind()),
        }
    }
}

#[cfg(not(feature = "tls"))]
impl Trust {
    /// There is nobody who could be trusted.
    pub(super) fn suffices(self, config: &ClientConfig) -> Result<Trust, ClientStartError> {
        if config.url.is_tls() { Err(ClientStartError::NoTls) } else { Ok(self) }
    }

    /// Never asked for: such a client is not started.
    #[expect(clippy::unused_self, reason = "with TLS it is used")]
    pub(super) fn wrap(&self, _: &str, _: Box<dyn Transport>) -> Result<Box<dyn Transport>, ConnectError> {
        Err(ConnectError::Tls(ClientStartError::NoTls.to_string()))
    }

    /// What the failure of a handshake is called.
    pub(super) fn failure(error: &io::Error, _: &str) -> ConnectError {
        ConnectError::from(error.kind())
    }
}
