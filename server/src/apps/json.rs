//! Messages of JSON text.

use fanfare::Message;
use serde::Serialize;

/// `what` as a text message.
pub(super) fn message(what: &impl Serialize) -> Message<'static> {
    // What is sent here always serialises; an empty object says so if ever not.
    serde_json::to_string(what).unwrap_or_else(|_| String::from("{}")).into()
}
