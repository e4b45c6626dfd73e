//! The same for events: a conversation in both envelopes, its questions and its
//! ends, twice and under another seed.
//!
//! Apart from the script, whose format knows bytes and not what they say.

use fanfare_core::broadcast::Target;
use fanfare_core::config::{ConnectionSettings, Settings};
use fanfare_core::event::{Emission, Envelope, Payload};
use fanfare_core::hub::{Acceptance, Decision, Event, Hub, HubConfig, Incoming, Transmit};
use fanfare_core::id::{ConnectionId, ProfileId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::time::Instant;
use fanfare_core::wire::Message;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct Conversation {
    hub: Hub,
    now: Instant,
    transcript: String,
}

impl Conversation {
    fn new(seed: u8) -> (Conversation, Vec<ConnectionId>) {
        let mut config = HubConfig::new(Settings::default().build().unwrap());
        let profiles = Envelope::WITH_EVENTS.map(|envelope| {
            let route = ConnectionSettings::default().with(|route| route.envelope = envelope);
            config.add_profile(route.build().unwrap())
        });
        let mut hub = Hub::new(Instant::ZERO, ShardId(0), Arc::new(config), Random::from_seed([seed; 32]));
        hub.grant_budget(1 << 20);
        hub.set_unix_time(1_700_000_000);
        let mut conversation = Conversation { hub, now: Instant::ZERO, transcript: String::new() };
        let ids =
            [profiles, profiles].concat().into_iter().map(|profile| conversation.open(profile)).collect();
        (conversation, ids)
    }

    fn open(&mut self, profile: ProfileId) -> ConnectionId {
        let id = self.hub.accept(self.now).unwrap();
        let mut head = HEAD.to_vec();
        let received = self.hub.receive(self.now, id, &mut head).unwrap();
        let Some(Event::Request(request)) = received.event else { panic!("a request") };
        let acceptance = Acceptance { profile, ..Acceptance::new(&request, "x") };
        self.hub.decide(self.now, id, Decision::Accept(acceptance)).unwrap();
        id
    }

    fn say(&mut self, id: ConnectionId, text: &str) {
        let message = Message::from(text);
        match self.hub.interpret(self.now, id, &message).unwrap() {
            Incoming::Membership { asked, is_declared: true } => {
                self.hub.grant(self.now, id, asked).unwrap();
            }
            Incoming::Membership { asked, .. } => self.hub.refuse(self.now, id, asked),
            incoming @ (Incoming::Event(_) | _) => writeln!(self.transcript, "{incoming:?}").unwrap(),
        }
    }

    /// All that the hub has to say.
    fn listen(&mut self) {
        while let Some(notice) = self.hub.next_notice() {
            writeln!(self.transcript, "{notice:?}").unwrap();
        }
        while let Some(id) = self.hub.next_listed() {
            while let Transmit::Write(pieces) = self.hub.transmit(id, 64).unwrap() {
                let bytes: Vec<u8> = pieces.flat_map(|piece| piece.as_bytes().to_vec()).collect();
                writeln!(self.transcript, "{id} {}", bytes.escape_ascii()).unwrap();
                self.hub.sent(self.now, id, bytes.len()).unwrap();
            }
        }
    }
}

fn run(seed: u8) -> String {
    let (mut it, ids) = Conversation::new(seed);
    let [typed, session, other, ..] = ids[..] else { panic!("four connections") };
    for text in [
        r#"{"type":"join","room":"lobby","ackId":"1"}"#,
        r#"{"type":"join","namespace":"/x"}"#,
        r#"{"type":"event","event":"chat","data":[1],"ackId":"2"}"#,
        r#"{"type":"ping"}"#,
        "nonsense",
    ] {
        it.say(typed, text);
    }
    it.say(session, r#"{"event":"ping","content":1}"#);
    let emission =
        Emission { data: Payload::of("hi").unwrap(), sender: Some(typed), ..Emission::new("news") };
    it.hub.broadcast_event(it.now, Target::Everyone, &emission);
    it.hub.ask(it.now, other, &emission, Duration::from_secs(1)).unwrap();
    let question = it.hub.question(Target::Everyone, &emission, Duration::from_secs(2));
    it.hub.broadcast(it.now, &question);
    it.say(typed, &format!(r#"{{"type":"ack","ackId":"{}","data":7}}"#, question.ask.unwrap().id));
    it.listen();
    it.now = it.now + Duration::from_secs(3);
    it.hub.expire(it.now, 100);
    it.listen();
    it.transcript
}

#[test]
fn a_second_run_of_a_conversation_gives_the_same() {
    let transcript = run(7);
    assert_eq!(transcript, run(7));
    assert!(transcript.contains("Unanswered") && transcript.contains("Collected"), "{transcript}");
}

/// Ids of connections, messages and questions; nothing else is left to chance.
#[test]
fn another_seed_changes_ids_only() {
    let [one, other] = [7, 8].map(run);
    assert_ne!(one, other);
    assert_eq!(without_ids(&one), without_ids(&other));
}

/// Every run of at least 20 hexadecimal digits is an id.
fn without_ids(transcript: &str) -> String {
    let words = transcript.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() >= 20);
    let ids: Vec<&str> = words.collect();
    ids.into_iter().fold(transcript.to_owned(), |text, id| text.replace(id, "ID"))
}
