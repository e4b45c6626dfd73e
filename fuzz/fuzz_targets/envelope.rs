//! Any text in either envelope: it is judged without a panic, what is understood
//! keeps to the limits, and says the same when it is written and read again.
//!
//! Input: the text.

#![no_main]

use fanfare_core::config::ConnectionSettings;
use fanfare_core::event::{
    Envelope, Malformed, ReadLimits, Refused, Said, SessionMessage, Stamp, TypedMessage, read,
};
use fanfare_core::wire::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let message = Message::from(&*text);
    let limits = ReadLimits::of(&ConnectionSettings::default());
    for envelope in Envelope::WITH_EVENTS {
        match read(envelope, &message, &limits) {
            Ok(said) => check_names(&said, &limits),
            Err(refused) => check_refusal(&refused),
        }
    }
    check_typed(&text);
    check_session(&text);
});

fn check_names(said: &Said<'_>, limits: &ReadLimits) {
    let Said::Event(event) = said else { return };
    for name in [Some(&event.namespace), Some(&event.name), event.room.as_ref()].into_iter().flatten() {
        assert_eq!(limits.names.check_name(name), Ok(()));
        assert_ne!(name, "__proto__");
    }
}

fn check_refusal(refused: &Refused) {
    assert!(!refused.refusal().to_string().is_empty());
    if let Refused::Malformed(Malformed::Binary) = refused {
        panic!("a text is no binary message");
    }
}

fn check_typed(text: &str) {
    if let Ok(Ok(message)) = TypedMessage::read(text) {
        let written = message.write();
        let again =
            TypedMessage::read(&written).expect("what is written can be read").expect("and has a type");
        assert_eq!(again, message);
        assert_eq!(again.write(), written);
    }
}

fn check_session(text: &str) {
    if let Ok(message) = SessionMessage::read(text) {
        let written = message.write(&Stamp { session: None, message: 0, unix_seconds: 0 });
        assert_eq!(SessionMessage::read(&written).expect("what is written can be read"), message);
    }
}
