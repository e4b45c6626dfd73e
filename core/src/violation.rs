//! What a peer can do wrong, one variant each.
//!
//! Every variant names the rule it breaks and maps to the one close code that
//! answers it. Nothing here decides *when* something is wrong; the decoder and
//! the link do.

use tungstenite::protocol::frame::coding::CloseCode;

/// A breach of the protocol, or of a limit, by the peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// RSV1, RSV2 or RSV3 is set without an extension that defines it.
    #[error("reserved bits {bits:#05b} are set without a negotiated extension")]
    ReservedBits {
        /// RSV1 RSV2 RSV3, as three bits.
        bits: u8,
    },
    /// RSV1, which says that a message is compressed, is set on a control frame
    /// or on a frame that does not begin a message.
    #[error("the bit that marks a compressed message is set on another frame than a message's first")]
    CompressedBitMisplaced,
    /// The opcode is reserved.
    #[error("opcode {opcode:#x} is reserved")]
    UnknownOpcode {
        /// The opcode as received.
        opcode: u8,
    },
    /// A client sent a frame without a mask.
    #[error("a client's frame must be masked")]
    UnmaskedClientFrame,
    /// A server sent a frame with a mask.
    #[error("a server's frame must not be masked")]
    MaskedServerFrame,
    /// A length was written with more bytes than it needs.
    #[error("the payload length is not minimally encoded")]
    NonMinimalLength,
    /// The most significant bit of a 64-bit length is set.
    #[error("the top bit of a 64-bit payload length is set")]
    LengthTopBitSet,
    /// A control frame's payload is longer than 125 bytes.
    #[error("a control frame is longer than 125 bytes")]
    ControlTooLong,
    /// A control frame is not final.
    #[error("a control frame is fragmented")]
    ControlFragmented,
    /// A continuation frame arrived while no message was unfinished.
    #[error("a continuation frame without a message to continue")]
    ContinuationWithoutStart,
    /// A text or binary frame arrived inside an unfinished message.
    #[error("a new message started inside a fragmented one")]
    MessageInsideMessage,
    /// A text message is not UTF-8.
    #[error("a text message is not valid UTF-8")]
    InvalidUtf8,
    /// A compressed message is no DEFLATE stream, or breaks off.
    #[error("a compressed message cannot be inflated")]
    MalformedDeflate,
    /// A message is longer than `message_bytes_max`, as it was sent or inflated.
    #[error("a message of at least {bytes} bytes exceeds the limit of {bytes_max} bytes")]
    MessageTooBig {
        /// What was announced, received or inflated so far, in bytes.
        bytes: u64,
        /// The limit in force, in bytes.
        bytes_max: u64,
    },
    /// A message has more fragments than `fragments_max`.
    #[error("a message has more than {fragments_max} fragments")]
    TooManyFragments {
        /// The limit in force.
        fragments_max: u32,
    },
    /// A message took longer than `message_time_max` to arrive.
    #[error("a message took too long to arrive")]
    MessageTooSlow,
    /// More control frames within a second than `control_frames_per_second_max`.
    #[error("more than {per_second_max} control frames in a second")]
    ControlRate {
        /// The limit in force.
        per_second_max: u32,
    },
    /// More messages within a second than `messages_per_second_max`.
    #[error("more than {per_second_max} messages in a second")]
    MessageRate {
        /// The limit in force.
        per_second_max: u32,
    },
    /// More messages than `malformed_events_max` that do not fit the envelope.
    #[error("more than {malformed_events_max} malformed events")]
    MalformedEvents {
        /// The limit in force.
        malformed_events_max: u32,
    },
    /// A close frame's body is a single byte.
    #[error("a close frame with a body of one byte")]
    CloseBodyTooShort,
    /// A close frame carries a code that must not appear on the wire.
    #[error("close code {code} must not be sent")]
    CloseCodeInvalid {
        /// The code as received.
        code: u16,
    },
    /// A close frame's reason is not UTF-8.
    #[error("a close reason is not valid UTF-8")]
    CloseReasonNotUtf8,
}

impl Violation {
    /// The close code that answers this violation (RFC 6455 §7.4.1).
    pub const fn close_code(self) -> CloseCode {
        match self {
            Violation::ReservedBits { .. }
            | Violation::CompressedBitMisplaced
            | Violation::UnknownOpcode { .. }
            | Violation::UnmaskedClientFrame
            | Violation::MaskedServerFrame
            | Violation::NonMinimalLength
            | Violation::LengthTopBitSet
            | Violation::ControlTooLong
            | Violation::ControlFragmented
            | Violation::ContinuationWithoutStart
            | Violation::MessageInsideMessage
            | Violation::CloseBodyTooShort
            | Violation::CloseCodeInvalid { .. } => CloseCode::Protocol,
            Violation::InvalidUtf8
            | Violation::MalformedDeflate
            | Violation::CloseReasonNotUtf8
            | Violation::MalformedEvents { .. } => CloseCode::Invalid,
            Violation::MessageTooBig { .. } => CloseCode::Size,
            Violation::TooManyFragments { .. }
            | Violation::MessageTooSlow
            | Violation::ControlRate { .. }
            | Violation::MessageRate { .. } => CloseCode::Policy,
        }
    }

    /// The section of RFC 6455 whose rule was broken, or of another RFC that is
    /// named; for a limit of ours, the section that allows it.
    pub const fn rfc_section(self) -> &'static str {
        match self {
            Violation::ReservedBits { .. }
            | Violation::UnknownOpcode { .. }
            | Violation::NonMinimalLength
            | Violation::LengthTopBitSet => "5.2",
            Violation::UnmaskedClientFrame | Violation::MaskedServerFrame => "5.1",
            Violation::ControlTooLong | Violation::ControlFragmented => "5.5",
            Violation::ContinuationWithoutStart | Violation::MessageInsideMessage => "5.4",
            Violation::CompressedBitMisplaced => "6 of RFC 7692",
            Violation::MalformedDeflate => "7.2.2 of RFC 7692",
            Violation::InvalidUtf8 => "8.1",
            Violation::MessageTooBig { .. }
            | Violation::TooManyFragments { .. }
            | Violation::MessageTooSlow
            | Violation::ControlRate { .. }
            | Violation::MessageRate { .. }
            | Violation::MalformedEvents { .. } => "10.4",
            Violation::CloseBodyTooShort | Violation::CloseReasonNotUtf8 => "5.5.1",
            Violation::CloseCodeInvalid { .. } => "7.4",
        }
    }
}
