//! The client as its callbacks and handles act on it: the machine, and who waits
//! for what becomes of it.

use super::error::ClientError;
use super::handle::{ClientHandle, Shared};
use crate::clock::Clock;
use crate::emission::Outgoing;
use crate::reply::Answer;
use fanfare_core::client::{Client as Machine, ConnectError, Membership, Status};
use fanfare_core::close::CloseCode;
use fanfare_core::event::{self, AckAsked, AckId, Emission, Missing, Payload};
use fanfare_core::time::Instant;
use fanfare_core::wire::Message;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

type Waiting = Answer<(), ClientError>;
type Question = Answer<event::Answer<'static>, ClientError>;

/// See the module.
pub(super) struct Core {
    pub(super) machine: Machine,
    pub(super) clock: Clock,
    pub(super) shared: Arc<Shared>,
    /// Who waits for a connection.
    connecting: Vec<Waiting>,
    /// Who waits for there to be none.
    parting: Vec<Waiting>,
    /// Who waits for the end.
    ending: Vec<Waiting>,
    questions: BTreeMap<AckId, Question>,
    /// What waits for room in the outbox.
    sends: VecDeque<(Message<'static>, Waiting)>,
    /// Why the last attempt failed.
    last_failure: Option<ConnectError>,
    is_closed: bool,
}

impl Core {
    pub(super) fn new(machine: Machine, clock: Clock, shared: Arc<Shared>) -> Core {
        Core {
            machine,
            clock,
            shared,
            connecting: Vec::new(),
            parting: Vec::new(),
            ending: Vec::new(),
            questions: BTreeMap::new(),
            sends: VecDeque::new(),
            last_failure: None,
            is_closed: false,
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn handle(&self) -> ClientHandle {
        ClientHandle::new(Arc::clone(&self.shared))
    }

    pub(super) fn connect(&mut self, waiting: Waiting) {
        self.last_failure = None;
        match self.machine.connect(self.now()) {
            Ok(()) => self.connecting.push(waiting),
            Err(_) => waiting.give_outcome(Err(ClientError::Ended)),
        }
    }

    pub(super) fn disconnect(&mut self, waiting: Option<Waiting>) {
        self.parting.extend(waiting);
        self.machine.disconnect(self.now());
    }

    /// Ends the client, once what is queued and the closing handshake are done.
    pub(super) fn close(&mut self, code: CloseCode, reason: &str) {
        self.is_closed = true;
        self.machine.close(self.now(), code, reason);
    }

    /// Whether it ends by itself.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn await_end(&mut self, waiting: Waiting) {
        self.ending.push(waiting);
    }

    pub(super) fn send(&mut self, message: &Message<'_>) -> Result<(), ClientError> {
        Ok(self.machine.send(self.now(), message)?)
    }

    /// The same as soon as there is room.
    pub(super) fn send_when_room(&mut self, message: Message<'static>, waiting: Waiting) {
        let sends_waiting_max = self.machine.config().connection.sends_waiting_max;
        if self.sends.len() >= sends_waiting_max {
            return waiting.give_outcome(Err(ClientError::TooManyWaiting { sends_waiting_max }));
        }
        let is_first = self.sends.is_empty();
        self.sends.push_back((message, waiting));
        if is_first {
            self.look_for_room();
        }
    }

    /// Sends what waited and has room now, or learns that it never will have.
    pub(super) fn look_for_room(&mut self) {
        while let Some((message, waiting)) = self.sends.pop_front() {
            // Whoever has given up does not send.
            if !waiting.is_awaited() {
                continue;
            }
            match self.machine.send_if_room(self.now(), &message) {
                Ok(true) => waiting.give(()),
                Ok(false) => return self.sends.push_front((message, waiting)),
                Err(error) => waiting.give_outcome(Err(error.into())),
            }
        }
    }

    /// Whether the outbox is half full: what is queued is to be written, before
    /// those who keep up with reading are outrun.
    pub(super) fn is_crowded(&self) -> bool {
        let limits = &self.machine.config().connection;
        self.machine.outbox_level().is_some_and(|(messages, bytes)| {
            messages >= limits.outbox_messages_max / 2 || bytes >= limits.outbox_bytes_max / 2
        })
    }

    pub(super) fn emit(&mut self, emission: &Emission<'_>) -> Result<(), ClientError> {
        Ok(self.machine.emit(self.now(), emission)?)
    }

    pub(super) fn ask(&mut self, event: &Outgoing, time_max: Duration, answer: Question) {
        match self.machine.ask(self.now(), &event.emission(), time_max) {
            Ok(ask) => {
                self.questions.insert(ask, answer);
            }
            Err(error) => answer.give_outcome(Err(error.into())),
        }
    }

    pub(super) fn acknowledge(&mut self, asked: AckAsked<'_>, data: Payload<'_>) -> Result<(), ClientError> {
        Ok(self.machine.acknowledge(self.now(), asked, data)?)
    }

    pub(super) fn join(&mut self, group: &Membership) -> Result<bool, ClientError> {
        let now = self.now();
        Ok(match group {
            Membership::Room(room) => self.machine.join(now, &room.namespace, &room.name)?,
            Membership::Namespace(namespace) => self.machine.join_namespace(now, namespace)?,
        })
    }

    pub(super) fn leave(&mut self, group: &Membership) -> Result<bool, ClientError> {
        let now = self.now();
        Ok(match group {
            Membership::Room(room) => self.machine.leave(now, &room.namespace, &room.name)?,
            Membership::Namespace(namespace) => self.machine.leave_namespace(now, namespace)?,
        })
    }

    /// A question is answered.
    pub(super) fn answered(&mut self, ask: AckId, answer: event::Answer<'static>) {
        if let Some(question) = self.questions.remove(&ask) {
            question.give(answer);
        }
    }

    /// A question has no answer.
    pub(super) fn unanswered(&mut self, ask: AckId, why: Missing) {
        if let Some(question) = self.questions.remove(&ask) {
            question.give_outcome(Err(why.into()));
        }
    }

    /// The connection is open.
    pub(super) fn opened(&mut self) {
        self.shared.opened();
        for waiting in self.connecting.drain(..) {
            waiting.give(());
        }
    }

    /// The connection is over.
    pub(super) fn over(&mut self) {
        self.shared.over();
    }

    pub(super) fn attempt_failed(&mut self, error: ConnectError) {
        self.last_failure = Some(error);
    }

    /// Answers those whose wait is over, after something has happened.
    pub(super) fn settle(&mut self) {
        match self.machine.status() {
            // Asked for again, when there was one already.
            Status::Connected => self.connecting.drain(..).for_each(|waiting| waiting.give(())),
            Status::Offline | Status::Finished => {
                for waiting in self.connecting.drain(..) {
                    let failure = self.last_failure.clone().map(ClientError::Connect);
                    waiting.give_outcome(Err(failure.unwrap_or(ClientError::Disconnected)));
                }
                self.parting.drain(..).for_each(|waiting| waiting.give(()));
            }
            // There is none, although another has been asked for meanwhile.
            Status::Connecting => self.parting.drain(..).for_each(|waiting| waiting.give(())),
            Status::Closing | _ => {}
        }
    }

    /// Answers everybody: nothing more happens.
    pub(super) fn end(&mut self, why: &ClientError) {
        self.shared.over();
        for waiting in self.connecting.drain(..) {
            waiting.give_outcome(Err(why.clone()));
        }
        for (_, waiting) in self.sends.drain(..) {
            waiting.give_outcome(Err(why.clone()));
        }
        for question in std::mem::take(&mut self.questions).into_values() {
            question.give_outcome(Err(why.clone()));
        }
        self.parting.drain(..).chain(self.ending.drain(..)).for_each(|waiting| waiting.give(()));
    }
}
