//! Whom a client trusts: from files to roots, or to an error that helps.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Roots that cannot be trusted in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}; check the path, and that this user may read the file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file is no PEM, or was cut off, or has a certificate that is none.
    #[error("{path} is damaged: {what}; write it anew, in PEM")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file has no certificate.
    #[error(
        "{path} has no certificate; it must have the roots in PEM, each between BEGIN CERTIFICATE and END \
         CERTIFICATE"
    )]
    None {
        /// The file.
        path: PathBuf,
    },
    /// The operating system trusts nobody.
    #[error(
        "this system has no usable root certificate ({what}); install its `ca-certificates`, or give roots with \
         `ClientTls::from_pem_file`"
    )]
    System {
        /// What was found instead.
        what: String,
    },
    /// Rustls refuses the configuration.
    #[error("TLS cannot be configured: {0}")]
    Config(rustls::Error),
}

/// The roots of the operating system. Some that cannot be used are no reason to
/// do without the others.
pub(super) fn system() -> Result<RootCertStore, RootsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (_, unusable) = roots.add_parsable_certificates(found.certs);
    for error in &found.errors {
        tracing::warn!(%error, "some roots of the system could not be read");
    }
    if roots.is_empty() {
        let error = found.errors.first().map_or_else(|| "no file".to_owned(), ToString::to_string);
        return Err(RootsError::System { what: format!("{error}; {unusable} unusable") });
    }
    Ok(roots)
}

pub(super) fn from_file(path: &Path) -> Result<RootCertStore, RootsError> {
    let pem = fs::read(path).map_err(|error| RootsError::Unreadable { path: path.to_owned(), error })?;
    from_pem(&pem, path)
}

/// All of them must be usable: they were chosen.
pub(super) fn from_pem(pem: &[u8], path: &Path) -> Result<RootCertStore, RootsError> {
    let malformed = |what: String| RootsError::Malformed { path: path.to_owned(), what };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| malformed(error.to_string()))?;
        roots.add(certificate).map_err(|error| malformed(error.to_string()))?;
    }
    if roots.is_empty() { Err(RootsError::None { path: path.to_owned() }) } else { Ok(roots) }
}
