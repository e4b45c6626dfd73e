//! What can be wrong with the form of a head, whoever sent it.
//!
//! Apart from the errors of requests and of answers because form comes before
//! meaning, and is the same for both. Nothing here is answered or reported by
//! itself: it becomes a [`HandshakeError`] or an
//! [`AnswerFault`](super::AnswerFault).

use super::HandshakeError;

/// A breach of HTTP's rules for heads, or of a limit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadFault {
    /// It is longer than `head_bytes_max`.
    #[error("the head exceeds the limit of {bytes_max} bytes")]
    TooLarge {
        /// The limit in force, in bytes, the blank line included.
        bytes_max: usize,
    },
    /// It has more header lines than `headers_max`.
    #[error("the head has more than {headers_max} header lines")]
    TooManyHeaders {
        /// The limit in force, in lines.
        headers_max: usize,
    },
    /// It holds a byte other than printable ASCII, space or tab.
    #[error("byte {byte:#04x} at offset {offset} must not appear in a head")]
    ForbiddenByte {
        /// The byte as received.
        byte: u8,
        /// Its place, in bytes from the start of the head.
        offset: usize,
    },
    /// A CR without LF, or a LF without CR.
    #[error("lines must end in CR LF; one of the two is missing at offset {offset}")]
    BareLineBreak {
        /// The place of the byte that is wrong, in bytes from the start of the head.
        offset: usize,
    },
    /// A header line starts with space (obs-fold).
    #[error("a header line must not start with space (folded lines are obsolete)")]
    FoldedHeader,
    /// The first line is not what a request or an answer begins with.
    #[error("the first line is malformed")]
    MalformedFirstLine,
    /// A header line is no `name: value`.
    #[error("a header line is malformed; expected name: value")]
    MalformedHeader,
    /// The version is none of HTTP that is understood.
    #[error("the version of HTTP is not supported")]
    UnsupportedVersion,
}

impl From<HeadFault> for HandshakeError {
    fn from(fault: HeadFault) -> HandshakeError {
        match fault {
            HeadFault::TooLarge { bytes_max } => HandshakeError::HeadTooLarge { bytes_max },
            HeadFault::TooManyHeaders { headers_max } => HandshakeError::TooManyHeaders { headers_max },
            HeadFault::ForbiddenByte { byte, offset } => HandshakeError::ForbiddenByte { byte, offset },
            HeadFault::BareLineBreak { offset } => HandshakeError::BareLineBreak { offset },
            HeadFault::FoldedHeader => HandshakeError::FoldedHeader,
            HeadFault::MalformedFirstLine => HandshakeError::MalformedRequestLine,
            HeadFault::MalformedHeader => HandshakeError::MalformedHeader,
            HeadFault::UnsupportedVersion => HandshakeError::UnsupportedHttpVersion,
        }
    }
}
