//! Both ends of a pipe that speaks TLS: the client's transport, and rustls's
//! server, moved by hand.

use crate::pipe::Pipe;
use fanfare_driver::rustls::crypto::ring;
use fanfare_driver::rustls::pki_types::PrivateKeyDer;
use fanfare_driver::rustls::version::{TLS12, TLS13};
use fanfare_driver::rustls::{Error, ServerConfig, ServerConnection, SupportedProtocolVersion};
use fanfare_driver::{ClientTls, Transport};
use rcgen::{Certificate, CertificateParams, DnType, KeyPair, date_time_ymd};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A server's certificate and key, made for one test.
pub(crate) struct Identity {
    certificate: Certificate,
    key: KeyPair,
}

/// The client's end.
pub(crate) struct Near {
    pub(crate) transport: Box<dyn Transport>,
}

/// The server's end.
pub(crate) struct Far {
    pub(crate) pipe: Pipe,
    pub(crate) connection: ServerConnection,
    /// Plaintext that came.
    pub(crate) heard: Vec<u8>,
    pub(crate) has_ended: bool,
    /// What it takes amiss.
    pub(crate) error: Option<Error>,
}

impl Identity {
    pub(crate) fn named(name: &str) -> Identity {
        Identity::valid(name, 2020, 4000)
    }

    pub(crate) fn valid(name: &str, from_year: i32, to_year: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(from_year, 1, 1);
        params.not_after = date_time_ymd(to_year, 1, 1);
        Identity { certificate: params.self_signed(&key).unwrap(), key }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// What trusts this server alone.
    pub(crate) fn tls(&self) -> ClientTls {
        ClientTls::from_pem(self.pem().as_bytes()).unwrap()
    }

    /// A client that trusts this server, and the server.
    pub(crate) fn meet(&self, host: &str, versions: &[&'static SupportedProtocolVersion]) -> (Near, Far) {
        self.meet_with(&self.tls(), host, versions, b"http/1.1")
    }

    pub(crate) fn meet_one_who_trusts(&self, tls: &ClientTls, host: &str) -> (Near, Far) {
        self.meet_with(tls, host, &[&TLS12, &TLS13], b"http/1.1")
    }

    pub(crate) fn meet_one_who_speaks_otherwise(&self, host: &str) -> (Near, Far) {
        self.meet_with(&self.tls(), host, &[&TLS12, &TLS13], b"h2")
    }

    fn meet_with(
        &self,
        tls: &ClientTls,
        host: &str,
        versions: &[&'static SupportedProtocolVersion],
        protocol: &[u8],
    ) -> (Near, Far) {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![self.certificate.der().clone()],
                PrivateKeyDer::try_from(self.key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let connection = ServerConnection::new(Arc::new(config)).unwrap();
        let pipe = Pipe::default();
        let near = Near { transport: tls.wrap(host, pipe.transport()).unwrap() };
        (near, Far { pipe, connection, heard: Vec::new(), has_ended: false, error: None })
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl Near {
    /// How much was taken; `None` when it would block.
    pub(crate) fn says(&mut self, bytes: &[u8]) -> Option<usize> {
        match self.transport.poll_write(&mut context(), bytes) {
            Poll::Ready(count) => Some(count.unwrap()),
            Poll::Pending => None,
        }
    }

    /// All that has come.
    pub(crate) fn hears(&mut self) -> io::Result<Vec<u8>> {
        let (mut heard, mut buffer) = (Vec::new(), [0; 1_000]);
        while let Poll::Ready(count) = self.transport.poll_read(&mut context(), &mut buffer) {
            heard.extend(&buffer[..count?]);
        }
        Ok(heard)
    }

    pub(crate) fn shuts(&mut self) -> bool {
        self.transport.poll_shutdown(&mut context()).is_ready()
    }
}

impl Far {
    pub(crate) fn shake_hands(&mut self, near: &mut Near) {
        for _ in 0..4 {
            assert!(near.hears().unwrap().is_empty());
            self.exchange();
        }
        assert_eq!(self.error, None);
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.connection.writer().write_all(bytes).unwrap();
        self.send();
    }

    pub(crate) fn hear(&mut self) {
        let ciphertext = self.pipe.hear();
        let mut rest = &ciphertext[..];
        while !rest.is_empty() && self.error.is_none() {
            self.connection.read_tls(&mut rest).unwrap();
            match self.connection.process_new_packets() {
                Ok(state) => self.has_ended |= state.peer_has_closed(),
                Err(error) => self.error = Some(error),
            }
            let _ = self.connection.reader().read_to_end(&mut self.heard);
        }
    }

    /// Hears, and says what there is to say to that.
    pub(crate) fn exchange(&mut self) {
        self.hear();
        self.send();
    }

    fn send(&mut self) {
        let mut ciphertext = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut ciphertext).unwrap();
        }
        self.pipe.say(&ciphertext);
    }
}
