//! The body of a plain request.
//!
//! Apart from the head because the limit is the route's, known only once the
//! head has been read. Memory grows with what was received, never with what was
//! declared.

use super::HandshakeError;
use bytes::Bytes;

/// What to send, where [`Request::expects_continue`](super::Request::expects_continue),
/// once the body's length has been accepted and while none of it has arrived
/// (RFC 9110 §10.1.1). Without it such clients wait a second before they go on.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What one [`BodyReader::push`] did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodyProgress {
    /// How many of the pushed bytes belong to the body. The rest is to be
    /// ignored: no second request is served.
    pub consumed: usize,
    /// The body, once: in the call that completes it.
    pub body: Option<Bytes>,
}

/// Collects a body of a declared length.
#[derive(Debug)]
pub struct BodyReader(State);

#[derive(Debug)]
enum State {
    Reading { received: Vec<u8>, missing_bytes: usize },
    Done,
}

impl BodyReader {
    /// A reader for a body of `body_bytes` bytes.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::BodyTooLarge`] (413) when that is more than
    /// `body_bytes_max`.
    ///
    /// ```
    /// use fanfare_core::handshake::BodyReader;
    ///
    /// let mut reader = BodyReader::new(5, 1024)?;
    /// assert_eq!(reader.push(b"hel").body, None);
    /// let last = reader.push(b"lo, more");
    /// assert_eq!((last.consumed, last.body.as_deref()), (2, Some(&b"hello"[..])));
    /// # Ok::<(), fanfare_core::handshake::HandshakeError>(())
    /// ```
    pub fn new(body_bytes: usize, body_bytes_max: usize) -> Result<BodyReader, HandshakeError> {
        if body_bytes > body_bytes_max {
            return Err(HandshakeError::BodyTooLarge { bytes: body_bytes, bytes_max: body_bytes_max });
        }
        Ok(BodyReader(State::Reading { received: Vec::new(), missing_bytes: body_bytes }))
    }

    /// Takes the bytes that arrived next. Push what followed the head first,
    /// even when it is nothing: an empty body is complete at once.
    pub fn push(&mut self, bytes: &[u8]) -> BodyProgress {
        match std::mem::replace(&mut self.0, State::Done) {
            State::Reading { mut received, missing_bytes } => {
                let ours = bytes.get(..missing_bytes).unwrap_or(bytes);
                received.extend_from_slice(ours);
                let missing_bytes = missing_bytes.saturating_sub(ours.len());
                let body = if missing_bytes == 0 {
                    Some(received.into())
                } else {
                    self.0 = State::Reading { received, missing_bytes };
                    None
                };
                BodyProgress { consumed: ours.len(), body }
            }
            State::Done => BodyProgress { consumed: 0, body: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_over_the_limit_is_refused_before_a_byte_is_read() {
        let error = BodyReader::new(11, 10).unwrap_err();
        assert_eq!(error, HandshakeError::BodyTooLarge { bytes: 11, bytes_max: 10 });
        assert_eq!(error.status(), 413);
        assert!(BodyReader::new(10, 10).is_ok());
    }

    #[test]
    fn an_empty_body_is_complete_at_once_and_only_once() {
        let mut reader = BodyReader::new(0, 0).unwrap();
        assert_eq!(reader.push(b"GET"), BodyProgress { consumed: 0, body: Some(Bytes::new()) });
        assert_eq!(reader.push(b"GET"), BodyProgress { consumed: 0, body: None });
    }

    #[test]
    fn a_declared_length_reserves_no_memory() {
        let reader = BodyReader::new(usize::MAX, usize::MAX).unwrap();
        assert!(matches!(reader.0, State::Reading { received, .. } if received.capacity() == 0));
    }
}
