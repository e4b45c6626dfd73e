//! Turning a peer away after the upgrade, in words that its program can read.
//!
//! Apart from [`Refusal`](super::Refusal), which is about one message of a peer
//! that stays. Browsers hide the HTTP status of a refused upgrade from their
//! scripts; what is said here they hear. The shape is the envelope's, the close
//! that follows is not decided here.

use super::refusal::Content;
use super::{Envelope, Kind, Payload, PayloadError, TypedMessage};
use crate::close::CloseCode;
use crate::rooms::ROOT;
use serde::ser::Serialize;
use std::ops::RangeInclusive;

/// Close codes that RFC 6455 §7.4.2 leaves to applications.
const CODES: RangeInclusive<u16> = 4_000..=4_999;

/// Why a peer is turned away: a code of the application's own, a message, and
/// details. It is told both in a message and by the close code behind it.
///
/// ```
/// use fanfare_core::event::{Envelope, Rejection};
///
/// let rejection = Rejection::default().because("no room");
/// assert_eq!(
///     rejection.write(Envelope::Session),
///     r#"{"code":4000,"message":"Connection Error","details":"no room"}"#,
/// );
/// let error = Rejection::new(1000, "Bye").unwrap_err();
/// assert_eq!(error.to_string(), "1000 is no close code of an application's own; choose one of 4000 to 4999");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    code: u16,
    message: Box<str>,
    details: Payload<'static>,
}

/// A close code that says something else already (RFC 6455 §7.4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} is no close code of an application's own; choose one of {min} to {max}", min = CODES.start(), max = CODES.end())]
pub struct NotAnApplicationCode(pub u16);

impl Rejection {
    /// A rejection with a code of 4000 to 4999, and without details.
    ///
    /// # Errors
    /// Other codes are not an application's to choose.
    pub fn new(code: u16, message: impl Into<Box<str>>) -> Result<Rejection, NotAnApplicationCode> {
        if !CODES.contains(&code) {
            return Err(NotAnApplicationCode(code));
        }
        Ok(Rejection { code, message: message.into(), details: Payload::NONE })
    }

    /// The same with a text as its details.
    #[must_use]
    pub fn because(self, details: &str) -> Rejection {
        // A text always has a JSON form.
        Rejection { details: Payload::of(details).unwrap_or_default(), ..self }
    }

    /// The same with any value as its details. Runs the value's own `Serialize`.
    ///
    /// # Errors
    /// The value has no JSON form.
    pub fn details<T: Serialize + ?Sized>(self, details: &T) -> Result<Rejection, PayloadError> {
        Ok(Rejection { details: Payload::of(details)?, ..self })
    }

    /// The code of the close frame.
    pub fn code(&self) -> CloseCode {
        CloseCode::from(self.code)
    }

    /// The message, which is the reason of the close frame, too.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The text of the error message: the bare object, `details` being `null`
    /// where there are none; in the typed envelope an error whose data that is.
    pub fn write(&self, envelope: Envelope) -> String {
        let content = Content { code: self.code, message: &self.message, details: &self.details };
        // A number, a text and JSON always have a JSON form.
        let bare = Payload::of(&content).unwrap_or_default();
        match envelope {
            Envelope::Raw | Envelope::Session => bare.raw().to_owned(),
            Envelope::Typed => {
                let mut message = TypedMessage::new(Kind::Error, ROOT);
                message.error = Some((&*self.message).into());
                message.data = bare;
                message.write()
            }
        }
    }
}

/// 4000, `Connection Error`, without details.
impl Default for Rejection {
    fn default() -> Rejection {
        Rejection { code: 4_000, message: "Connection Error".into(), details: Payload::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_envelope_says_it_in_its_own_shape() {
        let rejection = Rejection::new(4_242, "Full \"house\"").unwrap().details(&("seats", 0)).unwrap();
        let bare = r#"{"code":4242,"message":"Full \"house\"","details":["seats",0]}"#;
        assert_eq!([Envelope::Raw, Envelope::Session].map(|envelope| rejection.write(envelope)), [bare; 2]);
        let typed = format!(r#"{{"type":"error","namespace":"/","data":{bare},"error":"Full \"house\""}}"#);
        assert_eq!(rejection.write(Envelope::Typed), typed);
        let plain = r#"{"code":4000,"message":"Connection Error","details":null}"#;
        assert_eq!(Rejection::default().write(Envelope::Raw), plain);
    }

    #[test]
    fn the_code_is_one_of_the_applications_own() {
        for code in [0, 999, 1_000, 1_001, 3_999, 5_000, u16::MAX] {
            assert_eq!(Rejection::new(code, ""), Err(NotAnApplicationCode(code)));
        }
        for code in [4_000, 4_001, 4_999] {
            assert_eq!(Rejection::new(code, "").map(|rejection| rejection.code()), Ok(CloseCode::from(code)));
        }
    }
}
