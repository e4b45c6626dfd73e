//! The filter: plaintext for the shard loop, ciphertext for the transport.
//!
//! Apart because it keeps a promise of its own, that of [`Transport`]: nothing
//! that was decrypted waits unseen behind a `Pending`, and whoever is told that
//! bytes were taken can rely on the peer's taking some. It holds little: what
//! is read is decrypted where it was read to, and what is written is bounded;
//! both are gone when the connection is idle.
//! Never wakes anybody: what cannot go on waits for the transport below.

use super::backlog::Backlog;
use super::session::{CIPHERTEXT_BYTES_MAX, Session};
use super::side::Side;
use crate::socket::OsSocket;
use crate::transport::Transport;
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::{Error, ServerConfig};
use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How much a peer may send at a stretch that says nothing, such as empty
/// records. The largest handshake is a quarter of it.
const EMPTY_BYTES_MAX: usize = 256 * 1024;

/// For whoever speaks HTTP on a port of HTTPS.
const PLAIN_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 54\r\nConnection: close\r\n\r\nThis port speaks TLS: ask with https:// or with wss://";

/// See the module.
pub(super) struct TlsStream<S: Side> {
    stage: Stage<S>,
    inner: Box<dyn Transport>,
    /// Plaintext that found no room in the buffer it was read for.
    held: Backlog,
    /// Ciphertext that was read and not looked at: what the transport came
    /// with, or what is behind the plaintext that is held.
    unread: Backlog,
}

enum Stage<S: Side> {
    /// The peer has said nothing, and costs nothing yet.
    Silent(S::Silent),
    Speaking(Box<Session<S>>),
}

/// What one read has brought.
enum Brought {
    /// So many bytes of ciphertext, and in them so many of plaintext.
    Bytes { ciphertext: usize, plaintext: usize },
    /// The end of the transport's stream.
    End,
}

impl TlsStream<UnbufferedServerConnection> {
    /// The server's end: it listens first.
    pub(super) fn server(config: Arc<ServerConfig>, inner: Box<dyn Transport>, unread: Vec<u8>) -> Self {
        TlsStream {
            stage: Stage::Silent(config),
            inner,
            held: Backlog::default(),
            unread: Backlog::from(unread),
        }
    }
}

impl TlsStream<UnbufferedClientConnection> {
    /// The client's end: it speaks first.
    pub(super) fn client(
        connection: UnbufferedClientConnection,
        inner: Box<dyn Transport>,
    ) -> Result<Self, Error> {
        let mut session = Session::new(connection);
        // Of no ciphertext comes no plaintext, but the first thing to say.
        session.decrypt(&mut [], &mut [])?;
        Ok(TlsStream {
            stage: Stage::Speaking(Box::new(session)),
            inner,
            held: Backlog::default(),
            unread: Backlog::default(),
        })
    }
}

impl<S: Side> TlsStream<S> {
    fn session(&mut self) -> Option<&mut Session<S>> {
        match &mut self.stage {
            Stage::Speaking(session) => Some(session),
            Stage::Silent(_) => None,
        }
    }

    /// Reads into one half of `buffer`, and decrypts from there into the other:
    /// plaintext is never longer than its ciphertext. A buffer too small for that
    /// is helped out with another.
    fn poll_decrypt(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<Brought>> {
        let begun = self.session().map_or(0, |session| session.begun().len());
        let mut spare = Vec::new();
        let (place, input) = if buffer.len() / 2 > begun {
            buffer.split_at_mut(buffer.len().div_ceil(2))
        } else {
            spare.resize(begun + buffer.len(), 0);
            (buffer, &mut spare[..])
        };
        let (front, back) = input.split_at_mut(begun);
        let count = ready!(self.poll_ciphertext(cx, back))?;
        if count == 0 {
            return Poll::Ready(Ok(Brought::End));
        }
        if let Some(session) = self.session() {
            front.copy_from_slice(session.begun());
        }
        let input = input.get_mut(..begun + count).unwrap_or_default();
        let plaintext = self.decrypt(cx, input, place)?;
        Poll::Ready(Ok(Brought::Bytes { ciphertext: count, plaintext }))
    }

    /// Ciphertext, first what waits here.
    fn poll_ciphertext(&mut self, cx: &mut Context<'_>, place: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.unread.move_to(place) {
            0 => self.inner.poll_read(cx, place),
            count => Poll::Ready(Ok(count)),
        }
    }

    /// Decrypts what was read, and keeps what found no room; says how much
    /// plaintext is in its place.
    fn decrypt(&mut self, cx: &mut Context<'_>, input: &mut [u8], place: &mut [u8]) -> io::Result<usize> {
        self.listen(cx, input.first())?;
        let Some(session) = self.session() else { return Err(ErrorKind::NotConnected.into()) };
        match session.decrypt(input, place) {
            Ok(done) => {
                self.held = Backlog::from(done.excess);
                self.unread.precede(input.get(done.taken..).unwrap_or_default());
                Ok(done.filled)
            }
            Err(error) => {
                // With it goes what we have to say about it, if that can go at once.
                session.explain();
                let _ = self.poll_flush(cx);
                Err(failed(error))
            }
        }
    }

    /// The first byte of the peer decides whether there is a session.
    fn listen(&mut self, cx: &mut Context<'_>, first: Option<&u8>) -> io::Result<()> {
        let Stage::Silent(silent) = &self.stage else { return Ok(()) };
        // A record of TLS starts with a byte below 0x20, a request with its method.
        if first.is_some_and(u8::is_ascii_uppercase) {
            // The answer is a courtesy: who does not take it at once has none.
            let _ = self.inner.poll_write(cx, PLAIN_ANSWER);
            let _ = self.inner.poll_flush(cx);
            return Err(failed("the peer speaks plain HTTP"));
        }
        let connection = S::listen(silent).map_err(failed)?;
        self.stage = Stage::Speaking(Box::new(Session::new(connection)));
        Ok(())
    }

    /// Hands ciphertext to the transport until none is left.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Stage::Speaking(session) = &mut self.stage else { return Poll::Ready(Ok(())) };
        while let bytes @ [_, ..] = session.outgoing.waiting() {
            match ready!(self.inner.poll_write(cx, bytes))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                count => session.outgoing.advance(count),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Side> Transport for TlsStream<S> {
    /// An end without the announcement that TLS has for it is an end like any
    /// other. The announcement tells a whole stream from one that was cut; here
    /// WebSocket's close frames and HTTP's lengths tell that, and many peers
    /// leave without it.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut empty_bytes = 0;
        loop {
            // What the handshake has to say does not wait for anybody's write.
            // That it cannot go is no reason not to listen.
            let _ = self.poll_flush(cx)?;
            let held = self.held.move_to(buffer);
            if held > 0 || self.session().is_some_and(|session| session.has_ended()) {
                return Poll::Ready(Ok(held));
            }
            match ready!(self.poll_decrypt(cx, buffer))? {
                Brought::End => return Poll::Ready(Ok(0)),
                Brought::Bytes { plaintext: 0, ciphertext } => empty_bytes += ciphertext,
                Brought::Bytes { plaintext, .. } => {
                    let _ = self.poll_flush(cx)?;
                    return Poll::Ready(Ok(plaintext));
                }
            }
            if empty_bytes > EMPTY_BYTES_MAX {
                return Poll::Ready(Err(failed("the peer sends records without content")));
            }
        }
    }

    /// Encrypts as much as there is room for, and hands it on. In the handshake
    /// there is none; who waits for its end is to read.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let waits = self.poll_drain(cx)?.is_pending();
        let Some(session) = self.session().filter(|session| !session.is_handshaking()) else {
            return Poll::Pending;
        };
        let count = session.encrypt(bytes).map_err(failed)?;
        if count == 0 && waits {
            return Poll::Pending;
        }
        // What does not go out now is asked for by the next write, or the flush.
        let _ = self.poll_drain(cx)?;
        Poll::Ready(Ok(count))
    }

    /// Puts the pieces together: one record of many costs the peer less than many.
    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut bytes = Vec::new();
        for piece in pieces {
            let room = CIPHERTEXT_BYTES_MAX - bytes.len();
            bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
        }
        self.poll_write(cx, &bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        self.inner.poll_flush(cx)
    }

    /// Announces the end first; what the peer says after that is thrown away.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(session) = self.session() {
            session.announce_end().map_err(failed)?;
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
            Stage::Speaking(session) => session.is_handshaking(),
        }
    }

    fn source(&mut self) -> Option<&mut OsSocket> {
        self.inner.source()
    }
}

/// A hub counts it by its kind; why is told here, where it is known, and to whoever
/// looks into it.
fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    let why = why.into();
    tracing::debug!(error = %why, "TLS failed");
    io::Error::new(ErrorKind::InvalidData, why)
}

impl<S: Side> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("inner", &self.inner).finish_non_exhaustive()
    }
}
