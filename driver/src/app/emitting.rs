//! Events out, from a callback on the shard.
//!
//! Apart from the rest of [`Ctx`] because the data is the application's own, and
//! becomes text here, before the hub sees it.

use super::context::Ctx;
use super::event::Event;
use crate::emission::{self, EventName, Replies};
use crate::error::HandleError;
use crate::reply::{Reply, reply};
use fanfare_core::broadcast::{Audience, BroadcastReport};
use fanfare_core::event::Answer;
use serde::ser::Serialize;
use std::time::Duration;

impl Ctx<'_> {
    /// Queues an event for the connection, in the envelope of its route.
    ///
    /// # Errors
    /// It is not queued, the route has no envelope, or the data has no JSON form.
    pub fn emit<'n, T: Serialize + ?Sized>(
        &mut self,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Result<(), HandleError> {
        let data = emission::payload(data)?;
        let id = self.id;
        Ok(self.core.emit(id, &event.into().emission(None, data, Some(id)))?)
    }

    /// Sends an event to an audience on all shards, to each in the envelope of its
    /// own route: whose route has none is not matched. The report is of this shard,
    /// at once; [`Handle::emit_to`](crate::Handle::emit_to) reports for the whole
    /// server.
    ///
    /// # Errors
    /// The data has no JSON form.
    pub fn emit_to<'n, T: Serialize + ?Sized>(
        &mut self,
        audience: impl Into<Audience>,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Result<BroadcastReport, HandleError> {
        let (audience, data) = (audience.into(), emission::payload(data)?);
        let emission = event.into().emission(Some(&audience), data, Some(self.id));
        let publications = self.core.hub.publications(audience.clone(), &emission);
        Ok(publications.into_iter().map(|publication| self.core.publish(Some(self.id), publication)).sum())
    }

    /// Acknowledges an event, if its sender waits for that and has not been
    /// answered yet. Where a handler fails and none acknowledges, the sender is
    /// told so at once, `"error":"handler failed"`; one that panics ends the
    /// connection, and with it the question.
    ///
    /// # Errors
    /// The answer is not queued, and there will be no other; or the data has no
    /// JSON form, and nothing is answered yet.
    pub fn ack<T: Serialize + ?Sized>(&mut self, event: &mut Event<'_>, data: &T) -> Result<(), HandleError> {
        let data = emission::payload(data)?;
        match event.take_ack() {
            Some(asked) => Ok(self.core.acknowledge(self.id, asked, data)?),
            None => Ok(()),
        }
    }

    /// Sends the connection an event, and asks for an answer within `time_max`, at
    /// most `ack_time_max`. It resolves exactly once: see
    /// [`Handle::emit_with_ack`](crate::Handle::emit_with_ack). Nothing may wait in
    /// a callback; go on with [`then`](Self::then).
    ///
    /// ```
    /// use fanfare_driver::{Ctx, HandleError};
    /// use std::time::Duration;
    ///
    /// fn ask(ctx: &mut Ctx<'_>) {
    ///     let ready = ctx.emit_with_ack("ready?", &(), Duration::from_secs(2));
    ///     ctx.then(ready, |ctx, answer| match answer.map(|answer| answer.data::<bool>()) {
    ///         Ok(Ok(true)) => drop(ctx.emit("start", &())),
    ///         Ok(_) => drop(ctx.emit("waiting", &())),
    ///         Err(HandleError::Unanswered(why)) => drop(ctx.emit("too late", &why.to_string())),
    ///         Err(_) => {}
    ///     });
    /// }
    /// # let _ = ask;
    /// ```
    pub fn emit_with_ack<'n, T: Serialize + ?Sized>(
        &mut self,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Answer<'static>> {
        let data = match emission::payload(data) {
            Ok(data) => data,
            Err(error) => return Reply::ready(Err(error)),
        };
        let (answer, waiting) = reply();
        let id = self.id;
        self.core.ask(id, &event.into().emission(None, data, Some(id)), time_max, answer);
        waiting
    }

    /// Asks an audience on all shards: see
    /// [`Handle::broadcast_with_ack`](crate::Handle::broadcast_with_ack).
    pub fn broadcast_with_ack<'n, T: Serialize + ?Sized>(
        &mut self,
        audience: impl Into<Audience>,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Replies> {
        let handle = self.core.handle().clone();
        let core = &mut *self.core;
        handle.question(Some((core, self.id)), &audience.into(), event.into(), data, time_max)
    }
}
