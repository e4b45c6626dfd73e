//! Why a server cannot speak TLS: which file, what is wrong with it, what to do.

use std::io;
use std::path::PathBuf;

/// A certificate, key or configuration that cannot be served with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {error}; check the path, and that this user may read the file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file is no PEM, or was cut off.
    #[error("{path} is damaged: {what}; write it anew, in PEM")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file for the chain has no certificate.
    #[error(
        "{path} has no certificate; it must have the chain in PEM, the server's own first, each between \
         BEGIN CERTIFICATE and END CERTIFICATE"
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file for the key has no private key.
    #[error("{path} has no private key; it must have one in PEM, in PKCS#8, PKCS#1 or SEC1")]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The private key asks for a password.
    #[error("the key in {path} is encrypted; decrypt it, as with `openssl pkey -in FILE -out NEW`")]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// The server's own certificate cannot be used.
    #[error("the first certificate in {path} cannot be used: {what}; have it issued anew")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The server's own certificate is past its time.
    #[error("the first certificate in {path} expired {days} days ago; renew it")]
    Expired {
        /// The file.
        path: PathBuf,
        /// Whole days since then.
        days: u64,
    },
    /// The server's own certificate is before its time.
    #[error("the first certificate in {path} is valid in {days} days only; check this machine's clock")]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// Whole days until then.
        days: u64,
    },
    /// The private key is of a kind that is not supported.
    #[error(
        "the key in {path} cannot be used: {what}; use RSA of 2,048 bits or more, P-256, P-384 or Ed25519"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Certificate and key are no pair.
    #[error(
        "the key in {key} is not that of the first certificate in {chain}; check that they belong together"
    )]
    Mismatch {
        /// The file of the chain.
        chain: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// Rustls refuses the configuration.
    #[error("this TLS configuration cannot be used: {0}; see the documentation of rustls")]
    Config(rustls::Error),
    /// The configuration invites early data, which anybody who saw it can send again.
    #[error(
        "this TLS configuration takes {bytes_max} bytes of early data, which can be replayed; set \
         `max_early_data_size` to 0"
    )]
    EarlyData {
        /// What it is set to.
        bytes_max: u32,
    },
    /// There are no files to read again.
    #[error("made from a configuration, TLS has no files to reload; use `Tls::replace`")]
    NoFiles,
}
