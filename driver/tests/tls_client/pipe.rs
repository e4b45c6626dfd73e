//! A transport in memory, as wide as one likes.

use fanfare_driver::Transport;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// The far end of a transport. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipe(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    to_near: Vec<u8>,
    to_far: Vec<u8>,
}

impl Pipe {
    pub(crate) fn say(&self, bytes: &[u8]) {
        self.0.lock().unwrap().to_near.extend(bytes);
    }

    pub(crate) fn hear(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap().to_far)
    }

    pub(crate) fn transport(&self) -> Box<dyn Transport> {
        Box::new(self.clone())
    }
}

impl Transport for Pipe {
    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let bytes = &mut self.0.lock().unwrap().to_near;
        let count = bytes.len().min(buffer.len());
        if count == 0 {
            return Poll::Pending;
        }
        for (place, byte) in buffer.iter_mut().zip(bytes.drain(..count)) {
            *place = byte;
        }
        Poll::Ready(Ok(count))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().to_far.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
        self.poll_write(cx, &bytes)
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn abort(&mut self) {}
}
