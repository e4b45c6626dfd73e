//! The filter: plaintext for the shard loop, ciphertext for the transport.
//!
//! Apart because it keeps a promise of its own, that of [`Transport`]: nothing
//! that was decrypted waits unseen behind a `Pending`, and whoever is told that
//! bytes were taken can rely on the peer's taking some. It holds little: what
//! is read is decrypted where it was read to, and what is written is bounded
//! by [`CIPHERTEXT_BYTES_MAX`]; both are gone when the connection is idle.
//! Never wakes anybody: what cannot go on waits for the transport below.

use crate::socket::OsSocket;
use crate::transport::Transport;
use bytes::{Buf, Bytes};
use rustls::{ServerConfig, ServerConnection};
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How much that is encrypted waits for a slow peer, give or take a record's
/// header: as much as one record holds. A peer that stops is felt when it is full.
const CIPHERTEXT_BYTES_MAX: usize = 16 * 1024;

/// For whoever speaks HTTP on a port of HTTPS.
const PLAIN_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 54\r\nConnection: close\r\n\r\nThis port speaks TLS: ask with https:// or with wss://";

/// See the module.
pub(super) struct TlsStream {
    stage: Stage,
    inner: Box<dyn Transport>,
    /// Ciphertext that was read and not looked at: what the transport came
    /// with, or what had to wait for plaintext to be taken.
    unread: Bytes,
}

enum Stage {
    /// The peer has said nothing, and costs nothing yet.
    Silent(Arc<ServerConfig>),
    Speaking(Box<ServerConnection>),
}

impl TlsStream {
    pub(super) fn new(config: Arc<ServerConfig>, inner: Box<dyn Transport>, unread: Vec<u8>) -> TlsStream {
        TlsStream { stage: Stage::Silent(config), inner, unread: Bytes::from(unread) }
    }

    /// Ciphertext, first what waits here.
    fn poll_ciphertext(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.unread.is_empty() {
            return self.inner.poll_read(cx, buffer);
        }
        let count = self.unread.len().min(buffer.len());
        if let Some(place) = buffer.get_mut(..count) {
            self.unread.copy_to_slice(place);
        }
        Poll::Ready(Ok(count))
    }

    /// The connection; the first byte of the peer decides whether there is one.
    fn speak(&mut self, cx: &mut Context<'_>, first: Option<&u8>) -> io::Result<&mut ServerConnection> {
        if let Stage::Silent(config) = &self.stage {
            // A record of TLS starts with a byte below 0x20, a request with its method.
            if first.is_some_and(u8::is_ascii_uppercase) {
                // The answer is a courtesy: who does not take it at once has none.
                let _ = self.inner.poll_write(cx, PLAIN_ANSWER);
                let _ = self.inner.poll_flush(cx);
                return Err(failed(&"the peer speaks plain HTTP"));
            }
            let mut connection = ServerConnection::new(Arc::clone(config)).map_err(|error| failed(&error))?;
            connection.set_buffer_limit(Some(CIPHERTEXT_BYTES_MAX));
            self.stage = Stage::Speaking(Box::new(connection));
        }
        match &mut self.stage {
            Stage::Speaking(connection) => Ok(connection),
            Stage::Silent(_) => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Decrypts the first `count` bytes of `buffer`, and puts the plaintext in
    /// their place: it is never ahead of them. Says how many bytes it is.
    fn decrypt(&mut self, cx: &mut Context<'_>, buffer: &mut [u8], count: usize) -> io::Result<usize> {
        let connection = self.speak(cx, buffer.first())?;
        let (mut taken, mut filled) = (0, 0);
        let mut held = 0;
        while let Some(mut rest) = buffer.get(taken..count)
            && !rest.is_empty()
            && held == 0
        {
            let fed = connection.read_tls(&mut rest)?;
            if fed == 0 {
                // The peer has said that nothing follows.
                return Ok(filled);
            }
            taken += fed;
            let Ok(state) = connection.process_new_packets().inspect_err(|error| {
                tracing::debug!(%error, "TLS failed");
            }) else {
                // With it goes what we have to say about it, if that can go at once.
                let _ = self.poll_flush(cx);
                return Err(ErrorKind::InvalidData.into());
            };
            held = state.plaintext_bytes_to_read();
            if let Some(place) = buffer.get_mut(filled..taken)
                && held > 0
            {
                let read = connection.reader().read(place)?;
                filled += read;
                held -= read;
            }
        }
        // A record that began in an earlier read may be more than this one brought.
        if let Some(rest) = buffer.get(taken..count)
            && !rest.is_empty()
        {
            self.unread = Bytes::from([rest, &self.unread].concat());
        }
        if let (Stage::Speaking(connection), Some(place), 1..) =
            (&mut self.stage, buffer.get_mut(filled..), held)
        {
            filled += connection.reader().read(place)?;
        }
        Ok(filled)
    }

    /// Plaintext that is there already; `None` for none.
    fn read_held(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let Stage::Speaking(connection) = &mut self.stage else { return None };
        match connection.reader().read(buffer) {
            Ok(count) => Some(Ok(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            // No more can come, announced or not: see `poll_read`.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Some(Ok(0)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Hands ciphertext to the transport until none is left.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Stage::Speaking(connection) = &mut self.stage else { return Poll::Ready(Ok(())) };
        let mut outlet = Outlet { inner: &mut *self.inner, cx };
        while connection.wants_write() {
            match connection.write_tls(&mut outlet) {
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Encrypts as much as there is room for, and hands it on.
    fn poll_encrypt(
        &mut self,
        cx: &mut Context<'_>,
        encrypt: impl FnOnce(&mut dyn Write) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let waits = self.poll_drain(cx)?.is_pending();
        let Stage::Speaking(connection) = &mut self.stage else {
            return Poll::Ready(Err(ErrorKind::NotConnected.into()));
        };
        if connection.is_handshaking() {
            return Poll::Ready(Err(ErrorKind::NotConnected.into()));
        }
        let count = encrypt(&mut connection.writer())?;
        if count == 0 && waits {
            return Poll::Pending;
        }
        // What does not go out now is asked for by the next write, or the flush.
        let _ = self.poll_drain(cx)?;
        Poll::Ready(Ok(count))
    }
}

impl Transport for TlsStream {
    /// An end without the announcement that TLS has for it is an end like any
    /// other. The announcement tells a whole stream from one that was cut; here
    /// WebSocket's close frames and HTTP's lengths tell that, and many peers
    /// leave without it.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        // Bounded: rustls refuses what says nothing, such as empty records, when
        // there is too much of it.
        loop {
            // What the handshake has to say does not wait for anybody's write.
            // That it cannot go is no reason not to listen.
            let _ = self.poll_flush(cx)?;
            if let Some(result) = self.read_held(buffer) {
                return Poll::Ready(result);
            }
            let count = ready!(self.poll_ciphertext(cx, buffer))?;
            if count == 0 {
                return Poll::Ready(Ok(0));
            }
            let plaintext = self.decrypt(cx, buffer, count)?;
            if plaintext > 0 {
                let _ = self.poll_flush(cx)?;
                return Poll::Ready(Ok(plaintext));
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_encrypt(cx, |writer| writer.write(bytes))
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_encrypt(cx, |writer| writer.write_vectored(pieces))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        self.inner.poll_flush(cx)
    }

    /// Announces the end first.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Stage::Speaking(connection) = &mut self.stage {
            // Said once, however often it is asked for.
            connection.send_close_notify();
        }
        ready!(self.poll_flush(cx))?;
        self.inner.poll_shutdown(cx)
    }

    fn abort(&mut self) {
        self.inner.abort();
    }

    fn is_handshaking(&self) -> bool {
        match &self.stage {
            Stage::Silent(_) => true,
            Stage::Speaking(connection) => connection.is_handshaking(),
        }
    }

    fn source(&mut self) -> Option<&mut OsSocket> {
        self.inner.source()
    }
}

/// The transport as something that rustls can write to.
struct Outlet<'o, 'c> {
    inner: &'o mut dyn Transport,
    cx: &'o mut Context<'c>,
}

impl Write for Outlet<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_pending(self.inner.poll_write(self.cx, bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match pieces {
            // One piece goes out cheaper by itself.
            [piece] => self.write(piece),
            pieces => unless_pending(self.inner.poll_write_vectored(self.cx, pieces)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_pending(self.inner.poll_flush(self.cx))
    }
}

fn unless_pending<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

/// The hub counts it; why is told here, where it is known.
fn failed(why: &dyn fmt::Display) -> io::Error {
    tracing::debug!(error = %why, "TLS failed");
    ErrorKind::InvalidData.into()
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("inner", &self.inner).finish_non_exhaustive()
    }
}
