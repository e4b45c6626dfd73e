//! What the tests of the wire share: streams to decode, and the decoder run over
//! one of them in any pieces.

pub(crate) mod outcome;
mod streams;

pub(crate) use outcome::MESSAGE_BYTES_MAX;
pub(crate) use streams::streams;

use proptest::collection::vec;
use proptest::prelude::*;

/// How a stream is cut: mostly into small pieces, so that every header and
/// payload is split somewhere; sometimes not at all.
pub(crate) fn piece_sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![Just(vec![1]), vec(1_usize..20, 1..20), Just(vec![])]
}
