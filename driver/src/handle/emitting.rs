//! Events from anywhere: to one connection, to many, questions, and last words.
//!
//! Apart from messages because the data becomes text here, with whoever asks, so
//! that no code of the application's runs on a shard for it.

use super::{Handle, Recipient};
use crate::app::Application;
use crate::emission::{self, EventName, Outgoing, Replies};
use crate::gather::Gather;
use crate::inbox::Inbox;
use crate::reply::{Reply, reply};
use crate::shard::Core;
use fanfare_core::broadcast::{Audience, BroadcastReport};
use fanfare_core::event::{AckAsked, Answer, Payload, Rejection};
use fanfare_core::id::ConnectionId;
use serde::ser::Serialize;
use std::sync::Arc;
use std::time::Duration;

impl Handle {
    /// Queues an event for a connection, or for all connections of a client, each
    /// in the envelope of its route.
    ///
    /// # Errors
    /// As for [`send`](Self::send); [`HandleError::Emit`](crate::HandleError::Emit)
    /// where a route has no envelope, and
    /// [`HandleError::Payload`](crate::HandleError::Payload) where the data has no
    /// JSON form.
    pub fn emit<'n, T: Serialize + ?Sized>(
        &self,
        to: impl Into<Recipient>,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Reply<()> {
        let event = match emission::payload(data) {
            Ok(data) => Outgoing::from(event.into().emission(None, data, None)),
            Err(error) => return Reply::ready(Err(error)),
        };
        self.each(&to.into(), Inbox::push, move |core, id| Ok(core.emit(id, &event.emission())?))
    }

    /// Tells connections why they are turned away, each in its envelope, and
    /// closes them: see [`Ctx::reject`](crate::Ctx::reject).
    ///
    /// # Errors
    /// [`HandleError::UnknownRecipient`](crate::HandleError::UnknownRecipient) where
    /// nobody is open under that name.
    pub fn reject(&self, whom: impl Into<Recipient>, rejection: Rejection) -> Reply<()> {
        self.each(&whom.into(), Inbox::push_reserved, move |core, id| {
            core.reject(id, &rejection);
            Ok(())
        })
    }

    /// Sends an event to an audience on all shards, encoded once for each envelope
    /// that any route has. Whose route has none is not matched.
    ///
    /// ```
    /// use fanfare_core::broadcast::Target;
    /// use fanfare_driver::{Handle, HandleError};
    ///
    /// async fn announce(handle: &Handle, news: &str) -> Result<u64, HandleError> {
    ///     Ok(handle.emit_to(Target::Everyone, "news", news).await?.queued())
    /// }
    /// # let _ = announce;
    /// ```
    ///
    /// # Errors
    /// As for [`broadcast`](Self::broadcast), or the data has no JSON form.
    pub fn emit_to<'n, T: Serialize + ?Sized>(
        &self,
        audience: impl Into<Audience>,
        event: impl Into<EventName<'n>>,
        data: &T,
    ) -> Reply<BroadcastReport> {
        self.emit_from(None, &audience.into(), event.into(), data)
    }

    /// The same in the name of a connection.
    pub(crate) fn emit_from<T: Serialize + ?Sized>(
        &self,
        sender: Option<ConnectionId>,
        audience: &Audience,
        event: EventName<'_>,
        data: &T,
    ) -> Reply<BroadcastReport> {
        let data = match emission::payload(data) {
            Ok(data) => data,
            Err(error) => return Reply::ready(Err(error)),
        };
        let publications = self.server.publications(audience, &event.emission(Some(audience), data, sender));
        let shards = self.server.shards_of(audience);
        let deliver = move |core: &mut Core| publications.iter().map(|event| core.deliver(event)).sum();
        self.gather(&shards, deliver, |total: &mut BroadcastReport, part| *total += part)
    }

    /// Sends an event to a connection, and asks for an answer within `time_max`, at
    /// most `ack_time_max`. It resolves exactly once: with the peer's answer, or
    /// with [`HandleError::Unanswered`](crate::HandleError::Unanswered) when the
    /// time is over or the connection has ended.
    ///
    /// Await it, in an asynchronous handler too; a thread [waits](Reply::wait) for
    /// it; a synchronous handler goes on with [`Ctx::then`](crate::Ctx::then).
    ///
    /// ```
    /// use fanfare_core::id::ConnectionId;
    /// use fanfare_driver::{Handle, HandlerError};
    /// use std::time::Duration;
    ///
    /// async fn next_move(handle: &Handle, player: ConnectionId) -> Result<(u8, u8), HandlerError> {
    ///     let answer = handle.emit_with_ack(player, "move", &"your turn", Duration::from_secs(5)).await?;
    ///     Ok(answer.data()?)
    /// }
    /// # let _ = next_move;
    /// ```
    ///
    /// # Errors
    /// Beside those above: the question is not queued, `acks_max` questions wait
    /// for the peer already, or its envelope has no acknowledgements.
    pub fn emit_with_ack<'n, T: Serialize + ?Sized>(
        &self,
        to: ConnectionId,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Answer<'static>> {
        let event = match emission::payload(data) {
            Ok(data) => Outgoing::from(event.into().emission(None, data, None)),
            Err(error) => return Reply::ready(Err(error)),
        };
        let (answer, waiting) = reply();
        let ask = move |core: &mut Core, _: &Application| core.ask(to, &event.emission(), time_max, answer);
        self.run(to.shard(), Inbox::push, Box::new(ask))
            .map_or_else(|error| Reply::ready(Err(error)), |()| waiting)
    }

    /// Asks an audience on all shards, and collects what they answer within
    /// `time_max`, at most `ack_time_max`: who has not answered by then is told as
    /// missing. Whose envelope has no acknowledgements is not asked.
    ///
    /// ```
    /// use fanfare_core::broadcast::Target;
    /// use fanfare_driver::{Handle, HandleError};
    /// use std::time::Duration;
    ///
    /// async fn vote(handle: &Handle) -> Result<(usize, usize), HandleError> {
    ///     let room = Target::room("/", "council");
    ///     let votes = handle.broadcast_with_ack(room, "vote", &"tea?", Duration::from_secs(10)).await?;
    ///     let yes = votes.answers.iter().filter(|(_, answer)| matches!(answer.data(), Ok(true)));
    ///     Ok((yes.count(), votes.missing.len()))
    /// }
    /// # let _ = vote;
    /// ```
    ///
    /// # Errors
    /// A shard could not be asked, or has stopped; or the data has no JSON form.
    pub fn broadcast_with_ack<'n, T: Serialize + ?Sized>(
        &self,
        audience: impl Into<Audience>,
        event: impl Into<EventName<'n>>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Replies> {
        self.question(None, &audience.into(), event.into(), data, time_max)
    }

    /// The same, `from` a connection in a callback on its shard: that shard's part
    /// is asked at once.
    pub(crate) fn question<T: Serialize + ?Sized>(
        &self,
        from: Option<(&mut Core, ConnectionId)>,
        audience: &Audience,
        event: EventName<'_>,
        data: &T,
        time_max: Duration,
    ) -> Reply<Replies> {
        let data = match emission::payload(data) {
            Ok(data) => data,
            Err(error) => return Reply::ready(Err(error)),
        };
        let sender = from.as_ref().map(|(_, id)| *id);
        let event = Arc::new(Outgoing::from(event.emission(Some(audience), data, sender)));
        let (gather, waiting) = Gather::start(Replies::merge);
        let shards = self.server.shards_of(audience);
        let here = sender.map(ConnectionId::shard);
        for shard in shards.iter().filter(|shard| Some(*shard) != here) {
            let (event, audience) = (Arc::clone(&event), audience.clone());
            self.ask_for(&gather, shard, Inbox::push, move |core, part| {
                core.ask_many(audience, &event.emission(), time_max, part);
            });
        }
        if let Some((core, _)) = from {
            core.ask_many(audience.clone(), &event.emission(), time_max, gather.part());
        }
        waiting
    }

    /// Answers an event. Answers have room of their own where other commands find
    /// the shard's inbox full.
    pub(crate) fn acknowledge(
        &self,
        id: ConnectionId,
        asked: AckAsked<'static>,
        data: Payload<'static>,
    ) -> Reply<()> {
        let (answer, waiting) = reply();
        let acknowledge = move |core: &mut Core, _: &Application| {
            answer.give_outcome(core.acknowledge(id, asked, data).map_err(Into::into));
        };
        let asked = self.run(id.shard(), Inbox::push_reserved, Box::new(acknowledge));
        asked.map_or_else(|error| Reply::ready(Err(error)), |()| waiting)
    }
}
