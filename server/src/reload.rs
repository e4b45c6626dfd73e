//! New certificates without a new start: SIGHUP reads the files again.
//!
//! Apart from the signals that end the server, since this one must never.

use crate::failure::Failure;
use fanfare::Tls;
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;
use std::thread;

/// From now on SIGHUP ends nothing, with TLS or without. The thread that waits
/// for it ends with the process.
pub(crate) fn on_hangup(tls: Option<Tls>) -> Result<(), Failure> {
    let mut hangups = Signals::new([SIGHUP]).map_err(Failure::Start)?;
    let reload = move || {
        for _ in hangups.forever() {
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
    };
    thread::Builder::new().name("reload".into()).spawn(reload).map_err(Failure::Start)?;
    Ok(())
}
