//! From two PEM files to a configuration of rustls, or to an error that helps.
//!
//! Apart because everything that people get wrong about certificates is told
//! here. Never logs or returns a byte of a key.

use super::TlsError;
use crate::clock::unix_time;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ServerConfig;
use rustls::{Error, InconsistentKeys};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use webpki::{EndEntityCert, KeyUsage};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What a server shows to its peers.
#[expect(clippy::wildcard_enum_match_arm, reason = "rustls has more errors than files have faults")]
pub(super) fn load(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = read_chain(chain)?;
    let private_key = read_key(key)?;
    if let Some(own) = certificates.first() {
        check_validity(own, chain)?;
    }
    // The one of the process may be missing, or somebody else's choice.
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    provider
        .key_provider
        .load_private_key(private_key.clone_key())
        .map_err(|error| TlsError::Key { path: key.to_owned(), what: error.to_string() })?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Config)?
        .with_no_client_auth()
        .with_single_cert(certificates, private_key)
        .map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { chain: chain.to_owned(), key: key.to_owned() }
            }
            Error::InvalidCertificate(what) => {
                TlsError::Certificate { path: chain.to_owned(), what: what.to_string() }
            }
            other => TlsError::Config(other),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // The peers keep their sessions, encrypted: no memory here for each.
    config.ticketer = ring::Ticketer::new().map_err(TlsError::Config)?;
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::Malformed { path: path.to_owned(), what: error.to_string() })?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { path: path.to_owned() });
    }
    Ok(certificates)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else it is, the file is damaged")]
fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    use rustls::pki_types::pem::Error as Pem;
    let pem = read(path)?;
    let path = path.to_owned();
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        Pem::NoItemsFound if is_encrypted(&pem) => TlsError::EncryptedKey { path },
        Pem::NoItemsFound => TlsError::NoKey { path },
        other => TlsError::Malformed { path, what: other.to_string() },
    })
}

fn is_encrypted(pem: &[u8]) -> bool {
    const LABEL: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    pem.windows(LABEL.len()).any(|window| window == LABEL)
}

/// Asks for a chain to nobody: the dates are looked at before it is found that
/// nobody is trusted, and nothing else is of interest.
fn check_validity(own: &CertificateDer<'_>, path: &Path) -> Result<(), TlsError> {
    let path = path.to_owned();
    let own = EndEntityCert::try_from(own)
        .map_err(|error| TlsError::Certificate { path: path.clone(), what: error.to_string() })?;
    let now = UnixTime::since_unix_epoch(unix_time());
    let days = |from: UnixTime, to: UnixTime| to.as_secs().saturating_sub(from.as_secs()) / SECONDS_PER_DAY;
    match own.verify_for_usage(&[], &[], &[], now, KeyUsage::server_auth(), None, None) {
        Err(webpki::Error::CertExpired { time, not_after }) => {
            Err(TlsError::Expired { path, days: days(not_after, time) })
        }
        Err(webpki::Error::CertNotValidYet { time, not_before }) => {
            Err(TlsError::NotYetValid { path, days: days(time, not_before) })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
