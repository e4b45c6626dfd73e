//! New certificates without a new start: SIGHUP reads the files again.
//!
//! Apart from the signals that end the server, since this one must never.

use crate::failure::Failure;
use fanfare::Tls;
use tokio::signal::unix::{SignalKind, signal};

/// From now on SIGHUP ends nothing, with TLS or without.
pub(crate) fn on_hangup(tls: Option<Tls>) -> Result<(), Failure> {
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::Start)?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match tls.as_ref().map(Tls::reload) {
                Some(Ok(())) => {
                    tracing::info!("new connections get the certificate that was read again");
                }
                Some(Err(error)) => {
                    tracing::error!(%error, "the certificate was not reloaded; the old one stays");
                }
                None => tracing::info!("SIGHUP ignored: there is no TLS, hence no certificate to read again"),
            }
        }
    });
    Ok(())
}
