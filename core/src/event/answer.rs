//! What a peer answers when it is asked.

use super::payload::{Payload, PayloadError};
use serde::de::Deserialize;
use std::borrow::Cow;

/// What a client answers when it is asked.
///
/// ```
/// use fanfare_core::event::{Answer, Payload};
///
/// assert_eq!(Answer::Data(Payload::of(&7)?).data::<u8>()?, 7);
/// let refused = Answer::Error("not my turn".into()).data::<u8>().unwrap_err();
/// assert_eq!(refused.to_string(), "the peer answered with an error: not my turn");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer<'m> {
    /// Its answer.
    Data(Payload<'m>),
    /// It will not, or cannot: why, in its words.
    Error(Cow<'m, str>),
}

/// An answer is not what was hoped for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The peer says that it will not, or cannot.
    #[error("the peer answered with an error: {0}")]
    Refused(String),
    /// It is of another type.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl Answer<'_> {
    /// The value that the peer answered with.
    ///
    /// # Errors
    /// It answered with an error, or with something of another type.
    pub fn data<'s, T: Deserialize<'s>>(&'s self) -> Result<T, AnswerError> {
        match self {
            Answer::Data(data) => Ok(data.parse()?),
            Answer::Error(why) => Err(AnswerError::Refused(why.clone().into_owned())),
        }
    }

    /// The same, independent of the message.
    pub fn into_owned(self) -> Answer<'static> {
        match self {
            Answer::Data(data) => Answer::Data(data.into_owned()),
            Answer::Error(why) => Answer::Error(Cow::Owned(why.into_owned())),
        }
    }

    /// What it holds, in bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Answer::Data(data) => data.raw().len(),
            Answer::Error(why) => why.len(),
        }
    }
}
