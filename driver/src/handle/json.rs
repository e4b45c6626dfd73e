//! Values as JSON, from anywhere.
//!
//! Apart from messages as such because the value's own `Serialize` runs here:
//! with whoever asks, once for all recipients, and never on a shard for it.

use super::{Handle, Recipient};
use crate::reply::Reply;
use fanfare_core::broadcast::{Audience, BroadcastReport};
use fanfare_core::wire::Message;
use serde::ser::Serialize;

impl Handle {
    /// Queues a text message for a connection, or for all connections of a
    /// client: the JSON of a value.
    ///
    /// ```
    /// use fanfare_driver::{Handle, HandleError};
    ///
    /// async fn tell(handle: &Handle, user: &str, unread: u32) -> Result<(), HandleError> {
    ///     handle.send_json(user, &("unread", unread)).await
    /// }
    /// # let _ = tell;
    /// ```
    ///
    /// # Errors
    /// As for [`send`](Self::send), or [`HandleError::Message`](crate::HandleError::Message)
    /// where the value has no JSON form.
    pub fn send_json<T: Serialize + ?Sized>(&self, to: impl Into<Recipient>, value: &T) -> Reply<()> {
        match Message::json(value) {
            Ok(message) => self.send(to, message),
            Err(error) => Reply::ready(Err(error.into())),
        }
    }

    /// Sends the JSON of a value to an audience on all shards, as a text message.
    ///
    /// # Errors
    /// As for [`broadcast`](Self::broadcast), or the value has no JSON form.
    pub fn broadcast_json<T: Serialize + ?Sized>(
        &self,
        audience: impl Into<Audience>,
        value: &T,
    ) -> Reply<BroadcastReport> {
        match Message::json(value) {
            Ok(message) => self.broadcast(audience, message),
            Err(error) => Reply::ready(Err(error.into())),
        }
    }
}
