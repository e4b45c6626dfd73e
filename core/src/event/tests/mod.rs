//! Envelopes, byte for byte: what is read, what is written, what is refused.

mod hostile;
mod properties;
mod wire;

use super::{Envelope, Malformed, ReadLimits, Refused, Said, read};
use crate::config::ConnectionSettings;
use crate::wire::Message;

fn limits() -> ReadLimits {
    ReadLimits::of(&ConnectionSettings::default())
}

/// What a text says under the default limits.
fn said<T>(envelope: Envelope, text: &str, look: impl FnOnce(Result<Said<'_>, Refused>) -> T) -> T {
    let message = Message::from(text);
    look(read(envelope, &message, &limits()))
}

/// Why a text cannot be understood.
#[track_caller]
fn malformed(envelope: Envelope, text: &str) -> Malformed {
    said(envelope, text, |said| match said {
        Err(Refused::Malformed(malformed)) => malformed,
        other => panic!("{other:?} from {text:.200}"),
    })
}
