//! Why a client and a server came to no understanding in TLS: what happened, with
//! whom, and what to do.

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};
use std::io;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Why a connection to a server by TLS failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFailure {
    /// Nobody who is trusted has signed the certificate.
    #[error(
        "the certificate of {host} is signed by nobody who is trusted here; if it is the right one, give its root \
         with `ClientTls::from_pem_file`"
    )]
    UnknownIssuer {
        /// The server, as in the URL.
        host: String,
    },
    /// The certificate is for others.
    #[error("{host} shows a certificate for {}; connect by one of these names", names(.presented))]
    WrongName {
        /// The server, as in the URL.
        host: String,
        /// Whom it is for.
        presented: Vec<String>,
    },
    /// The certificate is past its time.
    #[error(
        "the certificate of {host} expired {days} days ago; have it renewed, or check this machine's clock"
    )]
    Expired {
        /// The server, as in the URL.
        host: String,
        /// Whole days since then.
        days: u64,
    },
    /// The certificate is before its time.
    #[error("the certificate of {host} is valid in {days} days only; check this machine's clock")]
    NotYetValid {
        /// The server, as in the URL.
        host: String,
        /// Whole days until then.
        days: u64,
    },
    /// The certificate cannot be used for something else.
    #[error("the certificate of {host} cannot be used: {what}; have it issued anew")]
    Certificate {
        /// The server, as in the URL.
        host: String,
        /// What is wrong with it.
        what: String,
    },
    /// The server refuses.
    #[error("{host} refuses: {alert}; its log says more")]
    Refused {
        /// The server, as in the URL.
        host: String,
        /// The alert by its name.
        alert: String,
    },
    /// What answers does not speak TLS.
    #[error("{host} does not speak TLS on this port; use another, or ws:// if it is to be plain")]
    NotTls {
        /// The server, as in the URL.
        host: String,
    },
    /// The host of a URL that no certificate can be for.
    #[error("{host:?} is neither a name nor an IP address; correct the URL")]
    Name {
        /// As given.
        host: String,
    },
    /// Anything else.
    #[error("TLS with {host} failed: {what}")]
    Other {
        /// The server, as in the URL.
        host: String,
        /// As rustls says it.
        what: String,
    },
}

impl TlsFailure {
    /// What is inside of a transport's error, if TLS is to blame for it.
    pub fn of(error: &io::Error, host: &str) -> Option<TlsFailure> {
        let error = error.get_ref()?.downcast_ref::<Error>()?;
        Some(TlsFailure::new(host, error))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls has more errors than there are remedies")]
    pub(super) fn new(host: &str, error: &Error) -> TlsFailure {
        let host = host.to_owned();
        match error {
            Error::InvalidCertificate(error) => TlsFailure::of_certificate(host, error),
            Error::AlertReceived(alert) => TlsFailure::Refused { host, alert: name(*alert) },
            Error::InvalidMessage(_) => TlsFailure::NotTls { host },
            other => TlsFailure::Other { host, what: other.to_string() },
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls has more errors than there are remedies")]
    fn of_certificate(host: String, error: &CertificateError) -> TlsFailure {
        let days =
            |from: &UnixTime, to: &UnixTime| to.as_secs().saturating_sub(from.as_secs()) / SECONDS_PER_DAY;
        match error {
            // The last two: by somebody who is called like one who is trusted.
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                TlsFailure::UnknownIssuer { host }
            }
            CertificateError::NotValidForNameContext { presented, .. } => {
                TlsFailure::WrongName { host, presented: presented.iter().map(|name| bare(name)).collect() }
            }
            CertificateError::ExpiredContext { time, not_after } => {
                TlsFailure::Expired { host, days: days(not_after, time) }
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                TlsFailure::NotYetValid { host, days: days(time, not_before) }
            }
            other => TlsFailure::Certificate { host, what: other.to_string() },
        }
    }
}

/// `DnsName("example.org")`, as rustls has it, is `example.org` to people.
fn bare(presented: &str) -> String {
    let inside = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(presented).trim_matches('"').to_owned()
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() { "nobody".to_owned() } else { presented.join(", ") }
}

fn name(alert: AlertDescription) -> String {
    alert.as_str().map_or_else(|| format!("{alert:?}"), str::to_owned)
}
