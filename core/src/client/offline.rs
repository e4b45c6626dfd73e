//! What waits for a connection while there is none.
//!
//! Apart from the outbox because its messages are not encoded yet: masks and
//! compression are a connection's. It is empty while a connection is open.

use super::error::SendError;
use super::settings::Offline;
use crate::event::AckId;
use crate::wire::Message;
use std::collections::VecDeque;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct OfflineQueue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    message: Message<'static>,
    /// The question it asks.
    ask: Option<AckId>,
}

impl OfflineQueue {
    /// Whether `message` has room.
    pub(super) fn check(&self, message: &Message<'_>, offline: Offline) -> Result<(), SendError> {
        let Offline::Queue { messages_max, bytes_max } = offline else { return Err(SendError::Offline) };
        if message.len() > bytes_max {
            return Err(SendError::TooLargeOffline { bytes: message.len(), bytes_max });
        }
        if self.waiting.len() >= messages_max || self.bytes + message.len() > bytes_max {
            return Err(SendError::OfflineFull { messages: self.waiting.len(), bytes: self.bytes });
        }
        Ok(())
    }

    /// Adds a message; that it has room was judged by the caller.
    pub(super) fn push(&mut self, message: Message<'static>, ask: Option<AckId>) {
        self.bytes += message.len();
        self.waiting.push_back(Waiting { message, ask });
    }

    /// Takes the oldest.
    pub(super) fn pop(&mut self) -> Option<Message<'static>> {
        let Waiting { message, .. } = self.waiting.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }

    /// A question waits for no answer any more, so it is not asked.
    pub(super) fn withdraw(&mut self, ask: AckId) {
        let bytes = &mut self.bytes;
        self.waiting.retain(|waiting| {
            let stays = waiting.ask != Some(ask);
            *bytes -= if stays { 0 } else { waiting.message.len() };
            stays
        });
    }

    /// Forgets all; says how many messages that were.
    pub(super) fn clear(&mut self) -> usize {
        self.bytes = 0;
        std::mem::take(&mut self.waiting).len()
    }

    /// Messages, and their bytes.
    pub(super) fn level(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ShardId;

    const QUEUE: Offline = Offline::Queue { messages_max: 2, bytes_max: 5 };

    #[test]
    fn both_bounds_hold_and_room_comes_back() {
        let mut queue = OfflineQueue::default();
        let offer = |queue: &mut OfflineQueue, text: &'static str| {
            let message = Message::from(text);
            queue.check(&message, QUEUE).map(|()| queue.push(message, None))
        };
        assert_eq!(offer(&mut queue, "123456"), Err(SendError::TooLargeOffline { bytes: 6, bytes_max: 5 }));
        assert_eq!(offer(&mut queue, "123"), Ok(()));
        assert_eq!(offer(&mut queue, "123"), Err(SendError::OfflineFull { messages: 1, bytes: 3 }));
        assert_eq!(offer(&mut queue, ""), Ok(()));
        assert_eq!(offer(&mut queue, ""), Err(SendError::OfflineFull { messages: 2, bytes: 3 }));
        assert_eq!(queue.pop(), Some(Message::from("123")));
        assert_eq!(offer(&mut queue, "12345"), Ok(()));
        assert_eq!((queue.clear(), queue.level()), (2, (0, 0)));
        assert_eq!(offer(&mut queue, "12345"), Ok(()));
    }

    #[test]
    fn nothing_waits_where_nothing_may() {
        let message = Message::from("");
        assert_eq!(OfflineQueue::default().check(&message, Offline::Refuse), Err(SendError::Offline));
    }

    #[test]
    fn a_question_is_withdrawn_alone() {
        let (mut queue, ask) = (OfflineQueue::default(), AckId::new(ShardId(0), 1, 1));
        queue.push(Message::from("a"), None);
        queue.push(Message::from("bc"), Some(ask));
        queue.withdraw(ask);
        assert_eq!(queue.level(), (1, 1));
        assert_eq!((queue.pop(), queue.pop()), (Some(Message::from("a")), None));
    }
}
