//! One connection of the load: handshake, messages, closing.
//!
//! What the server sends is judged as strictly as any peer of fanfare's is; what
//! we send is made elsewhere. It keeps no deadlines: whoever waits for something
//! knows for how long.

use crate::ending::Ending;
use crate::opening::Opening;
use fanfare_core::random::Random;
use fanfare_core::wire::{
    CloseCode, CloseFrame, ControlPayload, Decoded, Decoder, Frame, Incoming, Limits, Role,
};
use fanfare_driver::{TlsFailure, Transport};
use mio::event::Event as Readiness;
use std::io;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Far above what the load sends: whatever else a server says must not end a run.
const LIMITS: Limits = Limits { message_bytes_max: 16 * 1_024 * 1_024, fragments_max: 65_536 };

/// What happened on a connection.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The handshake is done.
    Opened,
    /// A message has arrived, and when it was read.
    Message(&'a [u8], Instant),
    /// It is over; nothing follows.
    Ended(Ending),
}

#[derive(Debug)]
enum Stage {
    /// The server's answer is awaited.
    Opening(Opening),
    Open(Decoder),
    /// Our close frame is out.
    Closing(Decoder),
    /// Both close frames are through; the end of input is awaited.
    Closed,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Client {
    transport: Box<dyn Transport>,
    stage: Stage,
    /// What the transport did not take.
    unsent: Vec<u8>,
}

impl Client {
    /// A connection on a transport that is being established: it will send `request`.
    pub(crate) fn new(transport: Box<dyn Transport>, opening: Opening, request: Vec<u8>) -> Client {
        Client { transport, stage: Stage::Opening(opening), unsent: request }
    }

    /// Whether the server's answer is awaited.
    pub(crate) fn is_opening(&self) -> bool {
        matches!(self.stage, Stage::Opening(_))
    }

    /// Sends encoded frames, or queues what the transport does not take.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let mut rest = bytes;
        while let [_, ..] = rest
            && self.unsent.is_empty()
        {
            match self.transport.poll_write(&mut context(), rest) {
                Poll::Ready(Ok(count)) => rest = rest.get(count..).unwrap_or_default(),
                Poll::Ready(Err(error)) => return Err(self.failed(&error)),
                Poll::Pending => break,
            }
        }
        self.unsent.extend_from_slice(rest);
        self.push_on()
    }

    /// Says goodbye; the answer ends the connection.
    pub(crate) fn close(&mut self, random: &mut Random) -> Result<(), Ending> {
        let Stage::Open(decoder) = &mut self.stage else { return Ok(()) };
        let decoder = std::mem::replace(decoder, Decoder::new(Role::Client));
        self.stage = Stage::Closing(decoder);
        self.send_control(&Frame::close(CloseCode::Normal, ""), random)
    }

    /// The readiness set has told something: sends what waits, reads until nothing
    /// is left, and reports what arrived. The last word is the error.
    pub(crate) fn told(
        &mut self,
        readiness: &Readiness,
        buffer: &mut [u8],
        random: &mut Random,
        mut on: impl FnMut(Event<'_>),
    ) -> Result<(), Ending> {
        if let Some(socket) = self.transport.source() {
            socket.told(readiness);
        }
        if readiness.is_writable() || readiness.is_error() {
            self.flush()?;
        }
        if !(readiness.is_readable() || readiness.is_read_closed() || readiness.is_error()) {
            return Ok(());
        }
        loop {
            match self.transport.poll_read(&mut context(), buffer) {
                Poll::Ready(Ok(0)) => return Err(self.ending_at_end_of_input()),
                Poll::Ready(Ok(count)) => {
                    let at = Instant::now();
                    let bytes = buffer.get_mut(..count).unwrap_or_default();
                    self.take_in(bytes, at, random, &mut on)?;
                }
                Poll::Ready(Err(error)) => return Err(self.failed(&error)),
                // What was read may have been what writing waited for: TLS.
                Poll::Pending => return self.flush(),
            }
        }
    }

    /// Goes on with what was queued.
    fn flush(&mut self) -> Result<(), Ending> {
        if self.unsent.is_empty() {
            return self.push_on();
        }
        let unsent = std::mem::take(&mut self.unsent);
        self.send(&unsent)
    }

    /// Hands on what the transport holds back.
    fn push_on(&mut self) -> Result<(), Ending> {
        if !self.transport.holds_back() {
            return Ok(());
        }
        match self.transport.poll_flush(&mut context()) {
            Poll::Ready(Err(error)) => Err(self.failed(&error)),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    fn take_in(
        &mut self,
        bytes: &mut [u8],
        at: Instant,
        random: &mut Random,
        on: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Ending> {
        let mut start = 0;
        while let Some(rest @ [_, ..]) = bytes.get_mut(start..) {
            let decoder = match &mut self.stage {
                Stage::Open(decoder) | Stage::Closing(decoder) => decoder,
                Stage::Opening(opening) => {
                    let answered = opening.receive(rest).map_err(Ending::NotOpened)?;
                    start += answered.consumed;
                    if answered.is_open {
                        self.stage = Stage::Open(Decoder::new(Role::Client));
                        on(Event::Opened);
                    }
                    continue;
                }
                // RFC 6455 §5.5.1: behind a close frame comes nothing.
                Stage::Closed => return Ok(()),
            };
            let Decoded { consumed, incoming } = decoder.decode(&LIMITS, rest).map_err(Ending::Violation)?;
            match incoming {
                Some(Incoming::Message(message)) => on(Event::Message(message.as_bytes(), at)),
                Some(Incoming::Ping(payload)) => self.answer(&payload, random)?,
                Some(Incoming::Close(frame)) => self.meet_close(frame.as_ref())?,
                // Compression is not offered, so the decoder refuses it.
                Some(Incoming::Pong(_) | Incoming::Compressed(_)) | None => {}
            }
            start += consumed;
        }
        Ok(())
    }

    fn answer(&mut self, ping: &ControlPayload<'_>, random: &mut Random) -> Result<(), Ending> {
        match self.stage {
            Stage::Open(_) => self.send_control(&Frame::pong(ping), random),
            Stage::Opening(_) | Stage::Closing(_) | Stage::Closed => Ok(()),
        }
    }

    /// The end of our writing tells even a server that waits for us to hang up;
    /// the one that hangs up first keeps the port in `TIME_WAIT`, so we let it.
    fn meet_close(&mut self, frame: Option<&CloseFrame>) -> Result<(), Ending> {
        match self.stage {
            Stage::Closing(_) => {
                self.stage = Stage::Closed;
                // A server that is quick has already gone, which is as good.
                let _ = self.transport.poll_shutdown(&mut context());
                Ok(())
            }
            Stage::Opening(_) | Stage::Open(_) | Stage::Closed => {
                Err(Ending::ClosedByServer(frame.map(|frame| frame.code.into())))
            }
        }
    }

    fn send_control(&mut self, frame: &Frame, random: &mut Random) -> Result<(), Ending> {
        self.send(frame.masked(random.next_u32().to_be_bytes()).as_bytes())
    }

    fn ending_at_end_of_input(&mut self) -> Ending {
        match &mut self.stage {
            Stage::Closed => Ending::Closed,
            Stage::Opening(opening) => Ending::NotOpened(opening.end_of_input()),
            Stage::Open(_) | Stage::Closing(_) => Ending::HungUp,
        }
    }

    fn failed(&mut self, error: &io::Error) -> Ending {
        match &mut self.stage {
            Stage::Opening(opening) => match TlsFailure::of(error, opening.host()) {
                Some(failure) => Ending::Tls(failure),
                None => Ending::NotOpened(opening.failed(error.kind())),
            },
            Stage::Open(_) | Stage::Closing(_) | Stage::Closed => Ending::Failed(error.kind()),
        }
    }
}

/// Nobody needs to be woken: the readiness set tells.
fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[cfg(test)]
mod tests;
