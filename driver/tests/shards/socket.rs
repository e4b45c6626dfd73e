//! A socket that is two buffers: the server's [`Transport`], and the peer's end.

use fanfare_driver::Transport;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

/// Both ends of a socket; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Socket(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    to_server: VecDeque<u8>,
    to_peer: Vec<u8>,
    /// How many more bytes the peer takes.
    window: usize,
    /// The peer has ended its side.
    is_ended: bool,
    /// The server has shut its side, or dropped the socket.
    is_over: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The server's end.
#[derive(Debug)]
pub(crate) struct ServerEnd(Socket);

impl Socket {
    pub(crate) fn pair() -> (Socket, ServerEnd) {
        let socket = Socket(Arc::new(Mutex::new(State { window: usize::MAX, ..State::default() })));
        (socket.clone(), ServerEnd(socket))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.to_server.extend(bytes);
        wake(state.reader.take());
    }

    /// What the server wrote since last asked.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().to_peer)
    }

    /// Bytes that the server has not read.
    pub(crate) fn unread_len(&self) -> usize {
        self.lock().to_server.len()
    }

    /// Ends the peer's side.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.is_ended = true;
        wake(state.reader.take());
    }

    /// The peer stops reading, or reads on.
    pub(crate) fn set_window(&self, bytes: usize) {
        let mut state = self.lock();
        state.window = bytes;
        wake(state.writer.take());
    }

    /// Whether the server has ended its side.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_over
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Transport for ServerEnd {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock();
        if state.to_server.is_empty() && !state.is_ended {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = state.to_server.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(state.to_server.drain(..count)) {
            *to = from;
        }
        Poll::Ready(Ok(count))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock();
        assert!(!state.is_over, "written after the end");
        if state.window == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = state.window.min(bytes.len());
        state.window -= count;
        state.to_peer.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let piece = pieces.iter().find(|piece| !piece.is_empty()).expect("something to write");
        self.poll_write(cx, piece)
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.lock().is_over = true;
        Poll::Ready(Ok(()))
    }

    fn abort(&mut self) {}
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
    }
}
