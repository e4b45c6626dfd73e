//! One direction of a connection: bytes that are under way, and when they arrive.
//!
//! It knows time and bytes, and wakes nobody by itself: what is to be woken it
//! gives back.

use super::weather::Weather;
use fanfare_core::time::Instant;
use std::collections::VecDeque;
use std::task::Waker;

/// See the module.
#[derive(Debug)]
pub(super) struct Pipe {
    pieces: VecDeque<Piece>,
    bytes: usize,
    last_arrival: Instant,
    stalled_until: Instant,
    /// Nothing is behind what is under way; from then on, the reader may know.
    end: Option<Instant>,
    /// Nobody will read it any more.
    pub(super) is_deserted: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// When the reader has asked to be woken.
    alarm: Option<Instant>,
}

#[derive(Debug)]
struct Piece {
    arrival: Instant,
    bytes: VecDeque<u8>,
}

/// What there is to read.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Bytes(usize),
    End,
    /// Nothing yet; something may have arrived by then.
    Nothing {
        until: Option<Instant>,
    },
}

impl Pipe {
    pub(super) fn new() -> Pipe {
        Pipe {
            pieces: VecDeque::new(),
            bytes: 0,
            last_arrival: Instant::ZERO,
            stalled_until: Instant::ZERO,
            end: None,
            is_deserted: false,
            reader: None,
            writer: None,
            alarm: None,
        }
    }

    /// How many bytes are under way, or arrived and not read.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sends bytes on their way, in pieces. What is behind an end is lost.
    pub(super) fn send(&mut self, now: Instant, mut bytes: &[u8], weather: &mut Weather) {
        if self.end.is_some() {
            return;
        }
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(weather.piece(bytes.len()));
            self.last_arrival = self.last_arrival.max(now + weather.delay());
            weather.trace.add(self.last_arrival.as_nanos());
            weather.trace.add_bytes(piece);
            self.bytes += piece.len();
            self.pieces
                .push_back(Piece { arrival: self.last_arrival, bytes: piece.iter().copied().collect() });
            bytes = rest;
        }
    }

    /// Reads what has arrived of one piece.
    pub(super) fn read(&mut self, now: Instant, buffer: &mut [u8]) -> Heard {
        let Some(first) = self.pieces.front_mut() else {
            let until = self.end.map(|end| end.max(self.stalled_until));
            return if until.is_some_and(|until| until <= now) {
                Heard::End
            } else {
                Heard::Nothing { until }
            };
        };
        let until = first.arrival.max(self.stalled_until);
        if until > now {
            return Heard::Nothing { until: Some(until) };
        }
        let count = buffer.len().min(first.bytes.len());
        for (place, byte) in buffer.iter_mut().zip(first.bytes.drain(..count)) {
            *place = byte;
        }
        if first.bytes.is_empty() {
            self.pieces.pop_front();
        }
        self.bytes -= count;
        Heard::Bytes(count)
    }

    /// Nothing comes behind what is under way.
    pub(super) fn finish(&mut self, now: Instant) {
        self.end.get_or_insert(now.max(self.last_arrival));
    }

    /// Nothing arrives until then.
    pub(super) fn stall(&mut self, until: Instant) {
        self.stalled_until = self.stalled_until.max(until);
    }

    /// All that is under way is lost.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.bytes = 0;
    }

    /// The reader waits; says whether an alarm is to be set for it.
    pub(super) fn await_bytes(&mut self, waker: &Waker, until: Option<Instant>) -> bool {
        let is_known = self.reader.as_ref().is_some_and(|known| known.will_wake(waker));
        if is_known && self.alarm == until {
            return false;
        }
        self.reader = Some(waker.clone());
        self.alarm = until;
        until.is_some()
    }

    /// The writer waits for room.
    pub(super) fn await_room(&mut self, waker: &Waker) {
        self.writer = Some(waker.clone());
    }

    /// Whoever waits for bytes, to be told that there is something new.
    pub(super) fn take_reader(&mut self) -> Option<Waker> {
        self.alarm = None;
        self.reader.take()
    }

    /// Whoever waits for room.
    pub(super) fn take_writer(&mut self) -> Option<Waker> {
        self.writer.take()
    }
}
