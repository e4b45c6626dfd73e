//! What TLS says to bytes, without moving any: ciphertext in, plaintext out, and
//! the other way round.
//!
//! Apart because it is the only place that knows the states of rustls, and
//! because rustls is used here in the way in which it keeps nothing: what came
//! is decrypted where it lies, and what is to go is put into a buffer of ours.
//! So the bounds on both are kept here. Never does I/O, and never goes on
//! after an error but to hand out what there is to say about it.

use super::backlog::Backlog;
use super::side::Side;
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError};
use rustls::{Error, InvalidMessage};

/// How much that is encrypted waits for a slow peer, give or take a record's
/// header: as much as one record holds. A peer that stops is felt when it is full.
pub(super) const CIPHERTEXT_BYTES_MAX: usize = 16 * 1024;

/// What does not fit as a whole waits until this much does, so that a slow peer
/// does not get a record for each of a few bytes.
const PART_BYTES_MIN: usize = 1024;

/// How much may have begun and not ended: a record is a quarter of it, a message
/// of the handshake may be cut into records as small as the peer likes.
const BEGUN_BYTES_MAX: usize = 64 * 1024;

/// What a record takes beside its plaintext, at most: a header, a nonce, a kind
/// and a tag.
const RECORD_BYTES: usize = 5 + 8 + 1 + 16;

/// See the module.
pub(super) struct Session<S> {
    connection: S,
    /// The beginning of a record, or of a message of the handshake: rustls has
    /// seen it, left its marks in it, and wants it again with what follows.
    begun: Vec<u8>,
    /// Ciphertext that is to go.
    pub(super) outgoing: Backlog,
    /// The peer has announced that nothing follows.
    has_ended: bool,
    /// So have we.
    has_announced_end: bool,
}

/// What became of ciphertext.
#[derive(Default)]
pub(super) struct Decrypted {
    /// How much plaintext is in its place.
    pub(super) filled: usize,
    /// The plaintext that found no room there. Empty for a place that is as large
    /// as the ciphertext.
    pub(super) excess: Vec<u8>,
    /// How much ciphertext was looked at; the rest is to be given again when the
    /// excess was taken. All of it, unless there is excess.
    pub(super) taken: usize,
}

impl<S: Side> Session<S> {
    pub(super) fn new(connection: S) -> Session<S> {
        Session {
            connection,
            begun: Vec::new(),
            outgoing: Backlog::default(),
            has_ended: false,
            has_announced_end: false,
        }
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Whether the peer has announced that nothing follows.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// What is to be put before the next ciphertext.
    pub(super) fn begun(&self) -> &[u8] {
        &self.begun
    }

    /// Decrypts `input`, which starts with what has [begun](Self::begun), into
    /// `place`; what has begun in it and not ended is kept. After our own end it
    /// is thrown away: nobody waits for it, and rustls relies on it that no fault
    /// of a peer's is found once the last word was said (in a build with debug
    /// assertions the peer could have us panic).
    pub(super) fn decrypt(&mut self, input: &mut [u8], place: &mut [u8]) -> Result<Decrypted, Error> {
        self.begun = Vec::new();
        let mut done = Decrypted::default();
        if self.has_announced_end {
            done.taken = input.len();
            return Ok(done);
        }
        while done.excess.is_empty() {
            let rest = input.get_mut(done.taken..).unwrap_or_default();
            let status = self.connection.process(rest);
            done.taken += status.discard;
            match status.state? {
                ConnectionState::ReadTraffic(mut records) => {
                    while let Some(record) = records.next_record() {
                        let record = record?;
                        done.taken += record.discard;
                        done.put(record.payload, place);
                    }
                }
                ConnectionState::EncodeTlsData(message) => encode(message, &mut self.outgoing)?,
                // Out of rustls' hands is what it is to hear.
                ConnectionState::TransmitTlsData(sent) => sent.done(),
                // Whatever follows is ignored (RFC 8446 §6.1).
                ConnectionState::PeerClosed | ConnectionState::Closed => {
                    self.has_ended = true;
                    done.taken = input.len();
                    break;
                }
                ConnectionState::BlockedHandshake | ConnectionState::WriteTraffic(_) => {
                    self.begun = input.get(done.taken..).unwrap_or_default().to_vec();
                    if self.begun.len() > BEGUN_BYTES_MAX {
                        return Err(InvalidMessage::HandshakePayloadTooLarge.into());
                    }
                    done.taken = input.len();
                    break;
                }
                ConnectionState::ReadEarlyData(_) | _ => return Err(unexpected()),
            }
        }
        Ok(done)
    }

    /// Encrypts as much of `plaintext` as there is room for; says how much.
    pub(super) fn encrypt(&mut self, plaintext: &[u8]) -> Result<usize, Error> {
        let room = CIPHERTEXT_BYTES_MAX.saturating_sub(self.outgoing.waiting().len());
        if room < plaintext.len().min(PART_BYTES_MIN) {
            return Ok(0);
        }
        let Some(plaintext @ [_, ..]) = plaintext.get(..room.min(plaintext.len())) else { return Ok(0) };
        let is_written = self.write(What::Plaintext(plaintext))?;
        Ok(if is_written { plaintext.len() } else { 0 })
    }

    /// Announces that nothing follows, once, however often it is called. Before
    /// the handshake is over there is nobody to announce it to.
    pub(super) fn announce_end(&mut self) -> Result<(), Error> {
        self.has_announced_end |= self.write(What::End)?;
        Ok(())
    }

    /// What there is to say about an error.
    pub(super) fn explain(&mut self) {
        while self.connection.wants_write() {
            let status = self.connection.process(&mut []);
            let Ok(ConnectionState::EncodeTlsData(message)) = status.state else { return };
            if encode(message, &mut self.outgoing).is_err() {
                return;
            }
        }
    }

    /// Has rustls write, after what else there is to go; says whether it may.
    /// Nothing is decrypted by it: all that rustls gets to see it has seen. After
    /// our own end that would be missing.
    fn write(&mut self, what: What<'_>) -> Result<bool, Error> {
        if self.has_announced_end {
            return Ok(false);
        }
        loop {
            match self.connection.process(&mut self.begun).state? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    return put(&mut self.outgoing, what.likely_bytes(), |place| match what {
                        What::Plaintext(plaintext) => traffic.encrypt(plaintext, place),
                        What::End => traffic.queue_close_notify(place),
                    })
                    .map(|()| true);
                }
                ConnectionState::EncodeTlsData(message) => encode(message, &mut self.outgoing)?,
                ConnectionState::TransmitTlsData(sent) => sent.done(),
                ConnectionState::PeerClosed => self.has_ended = true,
                ConnectionState::Closed | ConnectionState::BlockedHandshake => return Ok(false),
                ConnectionState::ReadTraffic(_) | ConnectionState::ReadEarlyData(_) | _ => {
                    return Err(unexpected());
                }
            }
        }
    }

    /// How much memory is held beside that of rustls.
    #[cfg(test)]
    fn held_bytes(&self) -> usize {
        self.begun.capacity() + self.outgoing.capacity()
    }
}

/// What can be written when the handshake is over.
#[derive(Clone, Copy)]
enum What<'p> {
    Plaintext(&'p [u8]),
    End,
}

impl What<'_> {
    /// How long it is in a record, of which there is one; an answer to new keys
    /// of the peer's may come before it.
    fn likely_bytes(self) -> usize {
        match self {
            What::Plaintext(plaintext) => plaintext.len() + RECORD_BYTES,
            What::End => RECORD_BYTES,
        }
    }
}

impl Decrypted {
    fn put(&mut self, plaintext: &[u8], place: &mut [u8]) {
        let room = place.get_mut(self.filled..).unwrap_or_default();
        let (fitting, excess) = plaintext.split_at(room.len().min(plaintext.len()));
        if let Some(room) = room.get_mut(..fitting.len()) {
            room.copy_from_slice(fitting);
        }
        self.filled += fitting.len();
        self.excess.extend_from_slice(excess);
    }
}

fn encode<D>(mut message: EncodeTlsData<'_, D>, to: &mut Backlog) -> Result<(), Error> {
    put(to, 0, |place| match message.encode(place) {
        Ok(count) => Ok(count),
        Err(EncodeError::InsufficientSize(size)) => Err(EncryptError::InsufficientSize(size)),
        Err(EncodeError::AlreadyEncoded) => Ok(0),
    })
}

/// Rustls says how much room it needs when it has too little, and writes nothing then.
fn put(
    to: &mut Backlog,
    likely_bytes: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), Error> {
    let written = match to.append(likely_bytes, &mut write) {
        Err(EncryptError::InsufficientSize(size)) => to.append(size.required_size, write),
        other => other,
    };
    written.map_err(|error| Error::General(error.to_string()))
}

/// Early data is not asked for, see `Tls::from_config`.
fn unexpected() -> Error {
    Error::General("rustls is in a state that nothing leads to".to_owned())
}

#[cfg(test)]
mod tests;
