//! The socket of a connection, and TLS over it where that is spoken.
//!
//! Apart so that what is measured knows nothing of either. It trusts every
//! certificate: both ends are on this machine, and only the cost is of interest.

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) struct Socket {
    descriptor: OwnedFd,
    secured: Option<Box<ClientConnection>>,
}

/// What connections over TLS have in common.
pub(crate) struct Secrets(Arc<ClientConfig>);

impl Secrets {
    pub(crate) fn new() -> io::Result<Secrets> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth();
        // Every handshake is to cost what a stranger's does.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Secrets(Arc::new(config)))
    }
}

impl Socket {
    pub(crate) fn plain(descriptor: OwnedFd) -> Socket {
        Socket { descriptor, secured: None }
    }

    pub(crate) fn secured(descriptor: OwnedFd, secrets: &Secrets) -> io::Result<Socket> {
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::clone(&secrets.0), name).map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        Ok(Socket { descriptor, secured: Some(Box::new(connection)) })
    }

    /// Sends some of `bytes`; under TLS it takes all, and what does not go out
    /// waits for a [`flush`](Self::flush).
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let Some(secured) = &mut self.secured else {
            return send(&self.descriptor, bytes, SendFlags::NOSIGNAL);
        };
        let taken = secured.writer().write(bytes).map_err(|_| Errno::IO)?;
        self.flush()?;
        Ok(taken)
    }

    /// Reads until nothing is left or the room is full; 0 is the end of input.
    pub(crate) fn receive(&mut self, room: &mut [u8]) -> Result<usize, Errno> {
        if self.secured.is_none() {
            return recv(&self.descriptor, room, RecvFlags::empty()).map(|(got, _)| got);
        }
        let mut got = 0;
        loop {
            let Socket { descriptor, secured: Some(secured) } = self else { return Ok(got) };
            let rest = room.get_mut(got..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(got);
            }
            match secured.reader().read(rest) {
                // The end can be told again once all before it was taken.
                Ok(0) => return Ok(got),
                Ok(count) => {
                    got += count;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Ok(got),
            }
            match secured.read_tls(&mut Descriptor(descriptor)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && got > 0 => return Ok(got),
                Err(error) => return Err(errno(&error)),
            }
            secured.process_new_packets().map_err(|_| Errno::PROTO)?;
            self.flush()?;
        }
    }

    /// Hands over what waits encrypted, as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> Result<(), Errno> {
        let Socket { descriptor, secured: Some(secured) } = self else { return Ok(()) };
        while secured.wants_write() {
            match secured.write_tls(&mut Descriptor(descriptor)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(errno(&error)),
            }
        }
        Ok(())
    }

    /// Says that nothing follows.
    pub(crate) fn shut(&mut self) -> Result<(), Errno> {
        if let Some(secured) = &mut self.secured {
            secured.send_close_notify();
            self.flush()?;
        }
        shutdown(&self.descriptor, Shutdown::Write)
    }
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// A socket as rustls wants it.
struct Descriptor<'d>(&'d OwnedFd);

impl Read for Descriptor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.0, buffer, RecvFlags::empty()).map(|(got, _)| got)?)
    }
}

impl Write for Descriptor<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Trusts whoever answers.
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
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
