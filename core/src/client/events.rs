//! Events: what a message says in the client's envelope, and events out.
//!
//! Apart from messages as such, since a client without an envelope never comes
//! here. What the client can answer by itself it answers.

use super::event::Incoming;
use super::{Client, EmitError, SendError};
use crate::event::{
    AckAsked, AckId, Answer, Emission, Envelope, Kind, Payload, ReadLimits, Refusal, Refused, Said,
    SessionMessage, TypedMessage, read,
};
use crate::link::Phase;
use crate::rooms::ROOT;
use crate::time::Instant;
use crate::violation::Violation;
use crate::wire::Message;
use std::borrow::Cow;

impl Client {
    /// Sends an event in the client's envelope.
    ///
    /// # Errors
    /// It is not sent, or there is no envelope.
    pub fn emit(&mut self, now: Instant, emission: &Emission<'_>) -> Result<(), EmitError> {
        let text = match self.limits().envelope {
            Envelope::Raw => return Err(EmitError::NoEnvelope),
            Envelope::Typed => emission.typed_text(None),
            Envelope::Session => emission.session_message().write_unstamped(),
        };
        Ok(self.send(now, &Message::from(text))?)
    }

    /// Answers an event that wanted an answer.
    ///
    /// # Errors
    /// It is not sent; there will be no other answer.
    pub fn acknowledge<'m>(
        &mut self,
        now: Instant,
        asked: AckAsked<'m>,
        data: Payload<'m>,
    ) -> Result<(), SendError> {
        self.send_now(now, asked.acknowledged(data).write())
    }

    /// Says of an event that wanted an answer that nobody handles it.
    ///
    /// # Errors
    /// It is not sent.
    pub fn unhandled(&mut self, now: Instant, asked: AckAsked<'_>) -> Result<(), SendError> {
        self.send_now(now, asked.refused(Refusal::UnhandledEvent).write())
    }

    /// Says of an event that wanted an answer that its handler failed, and not how.
    ///
    /// # Errors
    /// It is not sent.
    pub fn handler_failed(&mut self, now: Instant, asked: AckAsked<'_>) -> Result<(), SendError> {
        self.send_now(now, asked.refused(Refusal::HandlerFailed).write())
    }

    /// What a message of the server says in the client's envelope. Call it with
    /// each message, as it comes.
    ///
    /// Pings are answered. What cannot be understood is told, and not answered; more
    /// of that than `malformed_events_max` ends the connection. The result borrows
    /// the message, and not the client.
    pub fn interpret<'m>(&mut self, now: Instant, message: &'m Message<'_>) -> Incoming<'m> {
        let limits = self.limits();
        let (envelope, read_limits) = (limits.envelope, ReadLimits::of(limits));
        if envelope == Envelope::Raw {
            return Incoming::Raw;
        }
        match read(envelope, message, &read_limits) {
            Ok(said) => self.said(now, said),
            Err(refused) => self.not_understood(now, &refused),
        }
    }

    fn said<'m>(&mut self, now: Instant, said: Said<'m>) -> Incoming<'m> {
        match said {
            Said::Event(event) => {
                self.stats.events_received += 1;
                Incoming::Event(event)
            }
            Said::Ack { id, answer } => self.answer_came(&id, answer),
            Said::Complaint { namespace, error } => Incoming::Complaint { namespace, error },
            Said::Ping(content) => {
                self.pong(now, content);
                Incoming::Handled
            }
            // A server asks for no membership, and a pong wants nothing.
            Said::Membership(_) | Said::Nothing => Incoming::Handled,
        }
    }

    fn pong(&mut self, now: Instant, content: Payload<'_>) {
        let text = match self.limits().envelope {
            Envelope::Raw => return,
            Envelope::Typed => TypedMessage::new(Kind::Pong, ROOT).write(),
            Envelope::Session => SessionMessage { event: Cow::Borrowed("pong"), content }.write_unstamped(),
        };
        // What does not fit the outbox is no answer to wait for.
        let _ = self.send_now(now, text);
    }

    fn answer_came<'m>(&mut self, id: &str, answer: Answer<'m>) -> Incoming<'m> {
        let Ok(ask) = id.parse::<AckId>() else {
            self.stats.acks_ignored += 1;
            return Incoming::Handled;
        };
        let error = match &answer {
            Answer::Data(_) => None,
            Answer::Error(error) => Some(error),
        };
        match error {
            None if self.memberships.granted(ask) => Incoming::Handled,
            Some(error) if let Some(group) = self.memberships.refused(ask) => {
                Incoming::JoinRefused { group, error: error.clone() }
            }
            None | Some(_) => match self.answered(ask, answer) {
                Some((ask, answer)) => Incoming::Answer { ask, answer },
                None => Incoming::Handled,
            },
        }
    }

    fn not_understood<'m>(&mut self, now: Instant, refused: &Refused) -> Incoming<'m> {
        self.stats.events_malformed += 1;
        let malformed_events_max = self.limits().malformed_events_max;
        if let Some(transport) = self.transport.as_mut().filter(|transport| transport.phase == Phase::Open) {
            transport.malformed_events += 1;
            if transport.malformed_events > malformed_events_max {
                self.violated(now, Violation::MalformedEvents { malformed_events_max });
            }
        }
        Incoming::Malformed(refused.to_string())
    }

    /// Sends what is about the open connection: it waits for no other.
    fn send_now(&mut self, now: Instant, text: String) -> Result<(), SendError> {
        if self.is_connected() { self.send(now, &Message::from(text)) } else { Err(SendError::Offline) }
    }
}
