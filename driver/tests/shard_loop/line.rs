//! A transport that does what a script says, and remembers what was done to it.

use fanfare_driver::Transport;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The far end of a transport. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Mutex<State>>);

/// How a direction goes on after its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Then {
    /// It would block.
    #[default]
    Pending,
    /// The stream ends; for writing, nothing is taken.
    End,
    /// It breaks.
    Error,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) input: VecDeque<u8>,
    pub(crate) after_input: Then,
    /// Bytes in one read.
    pub(crate) read_max: usize,
    /// Whether the input never ends: it begins anew.
    pub(crate) repeats: Option<Vec<u8>>,
    /// Bytes in one write.
    pub(crate) write_max: usize,
    /// Bytes that are taken before `after_output`.
    pub(crate) room: usize,
    pub(crate) after_output: Then,
    /// What is written waits for a flush.
    pub(crate) buffers: bool,
    buffered: Vec<u8>,
    pub(crate) output: Vec<u8>,
    pub(crate) reads: usize,
    pub(crate) is_shut: bool,
    pub(crate) is_dropped: bool,
    wakers: Vec<Waker>,
}

impl Default for State {
    fn default() -> State {
        State {
            input: VecDeque::new(),
            after_input: Then::Pending,
            read_max: usize::MAX,
            repeats: None,
            write_max: usize::MAX,
            room: usize::MAX,
            after_output: Then::Pending,
            buffers: false,
            buffered: Vec::new(),
            output: Vec::new(),
            reads: 0,
            is_shut: false,
            is_dropped: false,
            wakers: Vec::new(),
        }
    }
}

impl Line {
    /// Changes the script, or looks at what happened, and wakes the shard.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, wakers) = {
            let mut state = self.0.lock().unwrap();
            (change(&mut state), std::mem::take(&mut state.wakers))
        };
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    pub(crate) fn say(&self, bytes: &[u8]) {
        self.with(|state| state.input.extend(bytes));
    }

    /// Looks without waking.
    pub(crate) fn see<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.lock().unwrap())
    }

    /// The near end, for the shard.
    pub(crate) fn transport(&self) -> Box<dyn Transport> {
        Box::new(Near(self.clone()))
    }
}

#[derive(Debug)]
struct Near(Line);

fn go_on<T>(then: Then, end: T, state: &mut State, cx: &Context<'_>) -> Poll<io::Result<T>> {
    match then {
        Then::Pending => {
            state.wakers.push(cx.waker().clone());
            Poll::Pending
        }
        Then::End => Poll::Ready(Ok(end)),
        Then::Error => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
    }
}

impl Transport for Near {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let state = &mut *self.0.0.lock().unwrap();
        state.reads += 1;
        if state.input.is_empty()
            && let Some(again) = &state.repeats
        {
            state.input.extend(again);
        }
        let count = state.input.len().min(buffer.len()).min(state.read_max);
        if count == 0 {
            return go_on(state.after_input, 0, state, cx);
        }
        for (place, byte) in buffer.iter_mut().zip(state.input.drain(..count)) {
            *place = byte;
        }
        Poll::Ready(Ok(count))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let state = &mut *self.0.0.lock().unwrap();
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        assert!(offered > 0, "a write of nothing");
        let count = offered.min(state.write_max).min(state.room);
        if count == 0 {
            return go_on(state.after_output, 0, state, cx);
        }
        state.room -= count;
        let bytes = pieces.iter().flat_map(|piece| piece.iter()).take(count);
        if state.buffers {
            state.buffered.extend(bytes);
        } else {
            state.output.extend(bytes);
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let state = &mut *self.0.0.lock().unwrap();
        state.output.append(&mut state.buffered);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.0.lock().unwrap().is_shut = true;
        Poll::Ready(Ok(()))
    }

    fn abort(&mut self) {}
}

impl Drop for Near {
    fn drop(&mut self) {
        // A test that has failed may have left the lock poisoned.
        if let Ok(mut state) = self.0.0.lock() {
            state.is_dropped = true;
        }
    }
}
