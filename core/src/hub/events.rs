//! Events in: what a message in an envelope leads to.
//!
//! Apart from messages as such, since a raw route never comes here. What the hub
//! can answer by itself it answers; what is the application's it is handed, and
//! nothing else. Answers are in `replies`, events out in `emitting`, questions to
//! peers in `acks`.

use super::{Hub, UnknownConnection};
use crate::event::{
    self, AckId, Answer, Collecting, Envelope, Event, Kind, MembershipAsked, Payload, ReadLimits, Refusal,
    Refused, Said, TypedMessage,
};
use crate::id::ConnectionId;
use crate::rooms::{Limits, ROOT};
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::Message;
use slab::Slab;
use std::borrow::Cow;

/// What a hub keeps for events.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// What the clock on the wall showed when it was last told.
    pub(super) unix_seconds: u64,
    /// How many members each envelope has.
    pub(super) members: Speakers,
    /// Questions asked so far.
    pub(super) asks: u32,
    pub(super) collections: Slab<Collecting>,
}

/// How many members have which envelope.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    raw: usize,
    typed: usize,
    session: usize,
}

impl Speakers {
    pub(super) fn of(&self, envelope: Envelope) -> usize {
        match envelope {
            Envelope::Raw => self.raw,
            Envelope::Typed => self.typed,
            Envelope::Session => self.session,
        }
    }

    pub(super) fn of_mut(&mut self, envelope: Envelope) -> &mut usize {
        match envelope {
            Envelope::Raw => &mut self.raw,
            Envelope::Typed => &mut self.typed,
            Envelope::Session => &mut self.session,
        }
    }
}

/// What a message in an envelope leads to, of which the application is to hear.
#[derive(PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Incoming<'m> {
    /// The route has no envelope: the message is the application's as it is.
    Raw,
    /// An event, in a namespace that the sender is in. If it wants an answer:
    /// [`Hub::acknowledge`], [`Hub::unhandled`] where nobody handles it, or
    /// [`Hub::handler_failed`] where whoever does has failed.
    Event(Event<'m>),
    /// To join or leave something: [`Hub::grant`] or [`Hub::refuse`].
    Membership {
        /// What.
        asked: MembershipAsked<'m>,
        /// Whether the namespace may be joined for the asking: it is declared, or
        /// joined already. Where it is not, only an application that means to
        /// make namespaces should grant it.
        is_declared: bool,
    },
    /// The answer to a question of the application's. It is the only one, and
    /// no [`Notice::Unanswered`](super::Notice::Unanswered) comes.
    Answer {
        /// The question.
        ask: AckId,
        /// The answer.
        answer: Answer<'m>,
    },
    /// Nothing more: the hub has dealt with it, or counted it.
    Handled,
}

impl Hub {
    /// What the clock on the wall shows, in seconds since 1970. Events are stamped
    /// with it where their envelope says when; tell it every turn, or never.
    pub fn set_unix_time(&mut self, unix_seconds: u64) {
        self.events.unix_seconds = unix_seconds;
    }

    /// What a message of a connection leads to, in the envelope of its route. Call
    /// it with each message of a route that has one, as it comes.
    ///
    /// Pings are answered, and so is what cannot be understood; more of that than
    /// `malformed_events_max` ends the connection. The result borrows the message,
    /// and not the hub.
    ///
    /// ```
    /// use fanfare_core::broadcast::{Exclusion, Target};
    /// use fanfare_core::event::{Emission, Payload};
    /// use fanfare_core::hub::{Hub, Incoming};
    /// # use fanfare_core::id::ConnectionId;
    /// # use fanfare_core::time::Instant;
    /// use fanfare_core::wire::Message;
    ///
    /// # type Error = Box<dyn std::error::Error>;
    /// /// Passes a chat on to everybody else, and says that it did.
    /// fn chat(hub: &mut Hub, now: Instant, id: ConnectionId, message: &Message<'_>) -> Result<(), Error> {
    ///     match hub.interpret(now, id, message)? {
    ///         Incoming::Event(event) if event.name == "chat" => {
    ///             let data = event.data.as_borrowed(); // nobody has looked into it
    ///             let others = Target::namespace("/").except(Exclusion::Connection(id));
    ///             let chat = Emission { data, sender: Some(id), ..Emission::new("chat") };
    ///             hub.broadcast_event(now, others, &chat);
    ///             if let Some(asked) = event.ack {
    ///                 hub.acknowledge(now, id, asked, Payload::of("ok")?)?;
    ///             }
    ///         }
    ///         Incoming::Event(event) => {
    ///             if let Some(asked) = event.ack {
    ///                 hub.unhandled(now, id, asked)?;
    ///             }
    ///         }
    ///         Incoming::Membership { asked, is_declared: true } => {
    ///             hub.grant(now, id, asked)?;
    ///         }
    ///         Incoming::Membership { asked, is_declared: false } => hub.refuse(now, id, asked),
    ///         Incoming::Raw | Incoming::Answer { .. } | Incoming::Handled | _ => {}
    ///     }
    ///     Ok(())
    /// }
    /// # use fanfare_core::{config::Settings, event::Envelope, hub::{Acceptance, Decision, Event, HubConfig}};
    /// # use fanfare_core::{id::ShardId, random::Random};
    /// # const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// # fn main() -> Result<(), Error> {
    /// # let settings = Settings::default().with(|server| server.connection.envelope = Envelope::Typed);
    /// # let config = std::sync::Arc::new(HubConfig::new(settings.build()?));
    /// # let (now, mut ids) = (Instant::ZERO, Vec::new());
    /// # let mut hub = Hub::new(now, ShardId(0), config, Random::from_seed([7; 32]));
    /// # hub.grant_budget(1024 * 1024);
    /// # for _ in 0..2 {
    /// #     let (id, mut head) = (hub.accept(now)?, HEAD.to_vec());
    /// #     let received = hub.receive(now, id, &mut head)?;
    /// #     let Some(Event::Request(request)) = received.event else { panic!("the head is complete") };
    /// #     hub.decide(now, id, Decision::Accept(Acceptance::new(&request, "x")))?;
    /// #     ids.push(id);
    /// # }
    /// # let (ann, bob) = (ids[0], ids[1]);
    ///
    /// let said = Message::from(r#"{"type":"event","event":"chat","data":"hi","ackId":"a#1"}"#);
    /// chat(&mut hub, now, ann, &said)?;
    /// assert_eq!(hub.outbox_level(bob), Some((1, 61)), "the chat");
    /// assert_eq!(hub.outbox_level(ann), Some((1, 73)), "that it was passed on");
    /// # Ok(())
    /// # }
    /// ```
    pub fn interpret<'m>(
        &mut self,
        now: Instant,
        id: ConnectionId,
        message: &'m Message<'_>,
    ) -> Result<Incoming<'m>, UnknownConnection> {
        let settings = self.limits(id).filter(|_| self.is_open(id)).ok_or(UnknownConnection(id))?;
        let (envelope, limits) = (settings.envelope, ReadLimits::of(settings));
        if envelope == Envelope::Raw {
            return Ok(Incoming::Raw);
        }
        Ok(match event::read(envelope, message, &limits) {
            Ok(said) => self.said(now, id, said, &limits.names),
            Err(refused) => {
                self.not_understood(now, id, &refused);
                Incoming::Handled
            }
        })
    }

    fn said<'m>(&mut self, now: Instant, id: ConnectionId, said: Said<'m>, names: &Limits) -> Incoming<'m> {
        match said {
            Said::Event(event) if self.is_in_namespace(id, &event.namespace) => {
                self.stats.events_received += 1;
                return Incoming::Event(event);
            }
            Said::Event(Event { namespace, ack, .. }) => {
                let why = Refusal::NamespaceNotJoined;
                match ack {
                    Some(ack) => self.answer_event(now, id, &ack.refused(why)),
                    None => self.complain(now, id, namespace, why),
                }
            }
            Said::Membership(asked) => return self.asked_to_regroup(now, id, asked, names),
            Said::Ack { id: ask, answer } => {
                if let Some((ask, answer)) = self.answered(id, &ask, answer) {
                    return Incoming::Answer { ask, answer };
                }
            }
            Said::Ping(content) => self.pong(now, id, content),
            Said::Complaint { .. } | Said::Nothing => {}
        }
        Incoming::Handled
    }

    fn asked_to_regroup<'m>(
        &mut self,
        now: Instant,
        id: ConnectionId,
        asked: MembershipAsked<'m>,
        names: &Limits,
    ) -> Incoming<'m> {
        let room = asked.room.as_deref();
        let judged = names.check_name(&asked.namespace).and_then(|()| match room {
            Some(room) => names.check_name(room),
            None => Ok(()),
        });
        match judged {
            Ok(()) => {
                let namespace = &asked.namespace;
                let is_declared = self.config.is_declared(namespace) || self.is_in_namespace(id, namespace);
                Incoming::Membership { asked, is_declared }
            }
            Err(bad_name) => {
                // A name that may be as long as a message is not sent back.
                let answer =
                    TypedMessage { namespace: Cow::Borrowed(ROOT), ..asked.refused(bad_name.into()) };
                self.answer_event(now, id, &answer);
                Incoming::Handled
            }
        }
    }

    fn not_understood(&mut self, now: Instant, id: ConnectionId, refused: &Refused) {
        self.complain(now, id, Cow::Borrowed(ROOT), refused.refusal());
        match refused {
            Refused::Malformed(_) => self.count_malformed(now, id),
            Refused::UnknownKind(_) => {}
        }
    }

    fn count_malformed(&mut self, now: Instant, id: ConnectionId) {
        self.stats.events_malformed += 1;
        let Ok(slot) = self.slot(id) else { return };
        let Some(malformed_events_max) = self.limits(id).map(|limits| limits.malformed_events_max) else {
            return;
        };
        let Some(member) = self.member_at_mut(slot).filter(|member| member.is_open) else { return };
        let Some(events) = member.cold.talk.open_events() else { return };
        events.malformed += 1;
        if events.malformed > malformed_events_max {
            self.violated(now, slot, Violation::MalformedEvents { malformed_events_max });
        }
    }

    fn pong(&mut self, now: Instant, id: ConnectionId, content: Payload<'_>) {
        if self.envelope(id) == Some(Envelope::Session) {
            let frame = self.session_frame(id, "pong", content);
            let _ = self.send(now, id, &frame);
        } else {
            self.answer_event(now, id, &TypedMessage::new(Kind::Pong, ROOT));
        }
    }
}
