//! What a line says, and how a message is shown: two directions of one form.
//!
//! Apart from where lines come from and go to, so that all that is ever sent or
//! shown can be tested as text. Nothing here makes text harmless for a terminal:
//! `escape` does.

pub(super) mod binary;
mod events;
mod json;

use binary::{Coding, NoCode};
use events::NoEvent;
use fanfare::{Message, OwnedEvent};

/// Whether there is room for more than a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// For whoever looks.
    Roomy,
    /// For whoever reads line by line.
    Line,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// A line is a text message.
    Text,
    /// The same, and must be JSON.
    Json,
    /// A line is a binary message.
    Binary(Coding),
    /// A line is an event: `EVENT ROOM DATA`.
    Events {
        /// Where the events that are sent belong.
        namespace: String,
        /// Whether data is spread out where there is room.
        is_indented: bool,
    },
}

/// Why a line says nothing that can be sent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Misread {
    #[error("{0:?} is no JSON: {1}")]
    Json(String, String),
    #[error(transparent)]
    Code(#[from] NoCode),
    #[error(transparent)]
    Event(#[from] NoEvent),
}

impl Dialect {
    /// The message that a line stands for. A blank line stands for none where no
    /// message can be blank.
    pub(super) fn read(&self, line: &str) -> Result<Option<Message<'static>>, Misread> {
        match self {
            Dialect::Text => Ok(Some(Message::from(line).into_owned())),
            Dialect::Binary(coding) => Ok(Some(Message::Binary(coding.decode(line)?.into()))),
            Dialect::Json | Dialect::Events { .. } if line.trim().is_empty() => Ok(None),
            Dialect::Json => match json::check(line) {
                Ok(()) => Ok(Some(Message::from(line).into_owned())),
                Err(why) => Err(Misread::Json(line.to_owned(), why)),
            },
            Dialect::Events { namespace, .. } => {
                Ok(Some(Message::Text(events::read(namespace, line)?.into())))
            }
        }
    }

    /// What is to be seen of a message.
    pub(super) fn show(&self, message: &Message<'_>, layout: Layout) -> String {
        match (message, self) {
            (Message::Text(text), Dialect::Json) => match json::check(text) {
                Ok(()) => json::laid_out(text, layout),
                Err(_) => text.to_string(),
            },
            (Message::Text(text), Dialect::Text | Dialect::Binary(_) | Dialect::Events { .. }) => {
                text.to_string()
            }
            (Message::Binary(bytes), Dialect::Binary(coding)) => coding.encode(bytes),
            (Message::Binary(bytes), Dialect::Text | Dialect::Json | Dialect::Events { .. }) => {
                Coding::Hex.encode(bytes)
            }
        }
    }

    /// What is to be seen of an event.
    pub(super) fn show_event(&self, event: &OwnedEvent, layout: Layout) -> String {
        let data = match self {
            Dialect::Events { is_indented: true, .. } => json::laid_out(event.raw().raw(), layout),
            Dialect::Events { is_indented: false, .. }
            | Dialect::Text
            | Dialect::Json
            | Dialect::Binary(_) => json::laid_out(event.raw().raw(), Layout::Line),
        };
        events::show(event.name(), event.room(), &data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [Layout; 2] = [Layout::Roomy, Layout::Line];

    #[test]
    fn text_is_text_in_either_direction() {
        let message = Dialect::Text.read(" hi ").unwrap().unwrap();
        assert_eq!(message, Message::from(" hi "));
        for layout in EVERY {
            assert_eq!(Dialect::Text.show(&message, layout), " hi ");
        }
        assert_eq!(Dialect::Text.read("").unwrap(), Some(Message::from("")));
    }

    #[test]
    fn json_goes_out_as_it_is_written_and_other_text_does_not() {
        let message = Dialect::Json.read(r#"{ "b": 1.50, "a": [] }"#).unwrap().unwrap();
        assert_eq!(message.as_text(), Some(r#"{ "b": 1.50, "a": [] }"#));
        assert_eq!(Dialect::Json.show(&message, Layout::Line), r#"{"b":1.50,"a":[]}"#);
        assert_eq!(Dialect::Json.show(&message, Layout::Roomy), "{\n  \"b\": 1.50,\n  \"a\": []\n}");
        assert_eq!(Dialect::Json.read(" ").unwrap(), None);
        let refused = Dialect::Json.read("hi").unwrap_err().to_string();
        assert!(refused.starts_with("\"hi\" is no JSON: "), "{refused}");
    }

    #[test]
    fn what_comes_is_shown_whatever_it_is() {
        let (text, bytes) = (Message::from("{"), Message::Binary(vec![0x1b, 0xff].into()));
        for layout in EVERY {
            assert_eq!(Dialect::Json.show(&text, layout), "{");
            assert_eq!(Dialect::Text.show(&bytes, layout), "1bff");
            assert_eq!(Dialect::Binary(Coding::Base64).show(&bytes, layout), "G/8=");
            assert_eq!(Dialect::Binary(Coding::Hex).show(&text, layout), "{");
        }
    }
}
