//! What the machine wants done with the transport: bytes, TLS, and its end.

use super::line::{Line, Securing, Up};
use super::task::ClientTask;
use crate::shard::{PIECES_PER_WRITE, write_pieces};
use fanfare_core::client::Transmit;
use std::task::{Context, Poll};

impl ClientTask {
    /// Does what the machine wants done, until it is done or the transport would
    /// block. Says whether the machine may want something else now: the transport
    /// failed, or is gone.
    pub(super) fn write(&mut self, cx: &mut Context<'_>) -> bool {
        let mut scratch = Vec::new();
        loop {
            let now = self.core.now();
            match self.core.machine.transmit(PIECES_PER_WRITE) {
                Transmit::Nothing => return self.flush(cx),
                Transmit::Write(outgoing) => {
                    let Line::Up(up) = &mut self.line else { return false };
                    match write_pieces(&mut *up.transport, cx, outgoing, &mut scratch) {
                        Poll::Pending => {
                            // What was lent is not in flight: a policy may have it.
                            self.core.machine.sent(now, 0);
                            return false;
                        }
                        Poll::Ready(Ok(0)) => {
                            self.core.machine.failed(now, std::io::ErrorKind::WriteZero);
                            return true;
                        }
                        Poll::Ready(Ok(count)) => {
                            self.core.machine.sent(now, count);
                        }
                        Poll::Ready(Err(error)) => {
                            self.core.machine.failed(now, error.kind());
                            return true;
                        }
                    }
                }
                Transmit::StartTls => return self.start_tls(),
                Transmit::Release { abort } => {
                    match &mut self.line {
                        Line::Up(up) if abort => up.transport.abort(),
                        // TLS has a goodbye of its own, which goes if it can go at once.
                        Line::Up(up) => _ = up.transport.poll_shutdown(cx),
                        Line::Dialing { .. } | Line::Down => {}
                    }
                    self.line = Line::Down;
                    self.core.machine.released();
                    return true;
                }
            }
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> bool {
        let Line::Up(up) = &mut self.line else { return false };
        if !up.transport.holds_back() {
            return false;
        }
        match up.transport.poll_flush(cx) {
            Poll::Pending | Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(error)) => {
                let now = self.core.now();
                self.core.machine.failed(now, error.kind());
                true
            }
        }
    }

    /// Asked for until the handshake is over; begun once. Says whether it failed.
    fn start_tls(&mut self) -> bool {
        let Line::Up(up) = &mut self.line else { return false };
        let Securing::Wanted(host) = &up.securing else { return false };
        let host = host.clone();
        let Line::Up(up) = std::mem::replace(&mut self.line, Line::Down) else { return false };
        // A server that has spoken first is not heard.
        match self.reach.trust.wrap(&host, up.transport) {
            Ok(transport) => {
                self.line = Line::Up(Up::securing(transport, host));
                false
            }
            Err(error) => {
                self.connect_failed(error);
                true
            }
        }
    }
}
