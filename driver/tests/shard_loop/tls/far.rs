//! The far end of a line that speaks TLS: rustls's client, moved by hand.

use crate::line::{Line, Then};
use fanfare_driver::Tls;
use fanfare_driver::rustls::crypto::ring;
use fanfare_driver::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use fanfare_driver::rustls::{
    ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig, SupportedProtocolVersion,
};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

/// A server's certificate and key, made for one test.
pub(super) struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(super) fn new() -> Identity {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        Identity {
            certificate: made.cert.into(),
            key: PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap(),
        }
    }

    pub(super) fn server(&self) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap()
    }

    pub(super) fn tls(&self) -> Tls {
        Tls::from_config(Arc::new(self.server())).unwrap()
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

/// See the module.
pub(super) struct Far {
    pub(super) line: Line,
    pub(super) connection: ClientConnection,
    /// Plaintext that came.
    pub(super) heard: Vec<u8>,
    /// The server has announced that nothing follows.
    pub(super) has_ended: bool,
}

impl Far {
    pub(super) fn new(
        identity: &Identity,
        line: &Line,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Far {
        let config = Arc::new(identity.client(versions));
        let mut connection = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
        connection.set_buffer_limit(None);
        Far { line: line.clone(), connection, heard: Vec::new(), has_ended: false }
    }

    /// Goes out with the next exchange, or after the handshake.
    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.connection.writer().write_all(bytes).unwrap();
    }

    /// Announces the end, and ends the stream.
    pub(super) fn end(&mut self) {
        self.connection.send_close_notify();
        self.line.with(|state| state.after_input = Then::End);
    }

    /// Takes what the server has written and hands over what there is to say;
    /// says whether there was anything.
    #[track_caller]
    pub(super) fn exchange(&mut self) -> bool {
        self.try_exchange().unwrap()
    }

    pub(super) fn try_exchange(&mut self) -> Result<bool, Error> {
        let output = self.line.with(|state| std::mem::take(&mut state.output));
        let has_heard = !output.is_empty();
        let mut rest = &output[..];
        while !rest.is_empty() && self.connection.read_tls(&mut rest).unwrap() > 0 {
            let state = self.connection.process_new_packets()?;
            self.has_ended |= state.peer_has_closed();
            match self.connection.reader().read_to_end(&mut self.heard) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
                Ok(_) | Err(_) => {}
            }
        }
        let mut ciphertext = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut ciphertext).unwrap();
        }
        if !ciphertext.is_empty() {
            self.line.say(&ciphertext);
        }
        Ok(has_heard || !ciphertext.is_empty())
    }
}
