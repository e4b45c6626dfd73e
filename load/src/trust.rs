//! Whom the load trusts on `wss://`.
//!
//! Apart because of what must stay here alone: the verifier that trusts anybody,
//! which nobody gets without asking for it.

use crate::error::LoadError;
use fanfare_driver::rustls::client::ClientConfig;
use fanfare_driver::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use fanfare_driver::rustls::crypto::{CryptoProvider, ring};
use fanfare_driver::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use fanfare_driver::rustls::{DigitallySignedStruct, Error, SignatureScheme};
use fanfare_driver::{ClientTls, RootsError};
use std::path::Path;
use std::sync::Arc;

/// The roots in a file, or else the system's; and whoever answers, with `anybody`.
/// Every handshake costs what a stranger's does.
pub(crate) fn whom(file: Option<&Path>, anybody: bool) -> Result<ClientTls, LoadError> {
    let trusted = if anybody { anyone() } else { roots(file) };
    trusted.map(ClientTls::without_resumption)
}

fn roots(file: Option<&Path>) -> Result<ClientTls, LoadError> {
    let Some(file) = file else { return ClientTls::system().map_err(without_roots) };
    ClientTls::from_pem_file(file).map_err(LoadError::Roots)
}

fn anyone() -> Result<ClientTls, LoadError> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| LoadError::Roots(RootsError::Config(error)))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(ClientTls::from_config(Arc::new(config)))
}

fn without_roots(error: RootsError) -> LoadError {
    if matches!(error, RootsError::System { .. }) {
        return LoadError::NoSystemRoots { what: "this system has no usable root certificate" };
    }
    LoadError::Roots(error)
}

/// Trusts whoever answers; that it is the same throughout is still checked.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        fanfare_driver::rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        fanfare_driver::rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
