//! What a route does when its application says nothing about messages: the
//! default handlers.
//!
//! Apart because they are an application like any other, made of what every
//! application has. They are put in place when the route is built, where it is
//! known what is said beside them; a handler of the application's own stands
//! instead of the default one of the same event.

use super::context::Ctx;
use super::event::{Event, JoinRequest};
use super::events::{Events, JudgeJoin};
use super::route::{Handled, Receiver, Route};
use fanfare_core::broadcast::Target;
use fanfare_core::event::{Envelope, Payload, Refusal, is_reserved};
use fanfare_core::hub::MembershipError;
use fanfare_core::rooms::{Limits, ROOT};
use serde::de::Deserialize;
use serde::ser::Serialize;

impl Route {
    /// Handles messages in the default way, as far as the application does not: on a
    /// route with the session envelope and no handlers at all that goes without
    /// saying. The envelope is the route's own: one that clients choose by their
    /// [subprotocol](Self::subprotocol) gets what the route handles, no more and no
    /// less.
    ///
    /// | event | content | what happens |
    /// |---|---|---|
    /// | `ping` | any | event `pong` with the same content, which the core answers in any case |
    /// | `echo` | any | event `echo` with the same content |
    /// | `broadcast` | `{channel, message}` | event `broadcast` with the content `{message, channel}` to the room `channel` of `/`; without one, or the empty name, to the sender's own [channel](Ctx::channel) |
    /// | `join_room` | `{room_id}` | joins that room of `/`: event `room_joined` with the content `{room_id, "status":"success"}` |
    ///
    /// What is refused is answered by an event `error` with the content
    /// `{code, message, details}`: see [`Refusal`] for codes and messages. Where the
    /// route [judges joins](Self::authorise_join), clients join no room that they may
    /// not, and broadcast to none that they are not in and may not join; where it
    /// does not, all rooms of `/` are open to them.
    ///
    /// With the typed envelope the same events are handled in the same way, and
    /// whoever wants an acknowledgement gets the answer as that. On a route without
    /// an envelope, every message goes back as it came.
    ///
    /// ```
    /// use fanfare_core::event::Envelope;
    /// use fanfare_driver::{Accept, Route};
    ///
    /// let echo = Route::new().default_handlers();
    /// let sessions = Route::new()
    ///     .envelope(Envelope::Session)
    ///     .authorise(|request| {
    ///         let accept = Accept::new();
    ///         Ok(match request.query_param("channel") {
    ///             Some(channel) => accept.channel(channel),
    ///             None => accept,
    ///         })
    ///     })
    ///     .default_handlers()
    ///     .on("channel", |ctx, _| ctx.emit("channel", &ctx.channel().map(str::to_owned)));
    /// # let _ = (echo, sessions);
    /// ```
    #[must_use]
    pub fn default_handlers(mut self) -> Route {
        self.has_defaults = true;
        self
    }

    /// Puts the defaults in place, once the envelope is known.
    pub(crate) fn fill_in_defaults(&mut self, envelope: Envelope) {
        match envelope {
            Envelope::Session if self.has_defaults || !self.events.has_handlers() => {
                fill_in(&mut self.events);
            }
            Envelope::Typed if self.has_defaults => fill_in(&mut self.events),
            Envelope::Raw if self.has_defaults && matches!(self.receiver, Receiver::Nobody) => {
                self.receiver = Receiver::Callback(Box::new(|ctx, message| Ok(ctx.send(message)?)));
            }
            Envelope::Session | Envelope::Typed | Envelope::Raw | _ => {}
        }
    }
}

fn fill_in(events: &mut Events) {
    let (of_broadcasts, of_joins) = (events.judge_join.clone(), events.judge_join.clone());
    events.fill_in("echo", echo);
    events.fill_in("broadcast", move |ctx, event| broadcast(ctx, event, of_broadcasts.as_ref()));
    events.fill_in("join_room", move |ctx, event| join_room(ctx, event, of_joins.as_ref()));
}

fn echo(ctx: &mut Ctx<'_>, event: &mut Event<'_>) -> Handled {
    let content = event.raw().clone();
    answer(ctx, event, "echo", &content)
}

/// The content of `broadcast`, as it comes.
#[derive(serde::Deserialize)]
struct Broadcast<'a> {
    channel: Option<String>,
    #[serde(borrow)]
    message: Payload<'a>,
}

/// The same as it goes out.
#[derive(serde::Serialize)]
struct Broadcasted<'a> {
    message: Payload<'a>,
    channel: &'a str,
}

fn broadcast(ctx: &mut Ctx<'_>, event: &mut Event<'_>, judge: Option<&JudgeJoin>) -> Handled {
    let content = event.raw().clone();
    let Broadcast { channel, message } = match read(&content) {
        Ok(content) => content,
        Err(refused) => return refuse(ctx, event, refused),
    };
    let named = channel.filter(|channel| !channel.is_empty());
    let Some(channel) = named.or_else(|| ctx.channel().map(str::to_owned)) else {
        let details = "name a channel: the sender is in none";
        return refuse(ctx, event, Refused { why: Refusal::NoChannel, details: Some(details.to_owned()) });
    };
    if !ctx.is_in(&channel)
        && let Err(refused) = judged(ctx, &channel, judge)
    {
        return refuse(ctx, event, refused);
    }
    ctx.emit_to(Target::channel(&*channel), "broadcast", &Broadcasted { message, channel: &channel })?;
    Ok(ctx.ack(event, &Status { status: "success" })?)
}

/// The content of `join_room`.
#[derive(serde::Deserialize)]
struct JoinRoom {
    room_id: String,
}

/// The content of `room_joined`.
#[derive(serde::Serialize)]
struct RoomJoined<'a> {
    room_id: &'a str,
    status: &'static str,
}

/// An acknowledgement that has nothing else to say.
#[derive(serde::Serialize)]
struct Status {
    status: &'static str,
}

fn join_room(ctx: &mut Ctx<'_>, event: &mut Event<'_>, judge: Option<&JudgeJoin>) -> Handled {
    let content = event.raw().clone();
    match read::<JoinRoom>(&content).and_then(|JoinRoom { room_id }| enter(ctx, room_id, judge)) {
        Ok(room) => answer(ctx, event, "room_joined", &RoomJoined { room_id: &room, status: "success" }),
        Err(refused) => refuse(ctx, event, refused),
    }
}

/// Joins a room of `/`, if the route and the limits let it; gives back its name.
fn enter(ctx: &mut Ctx<'_>, room: String, judge: Option<&JudgeJoin>) -> Result<String, Refused> {
    judged(ctx, &room, judge)?;
    match ctx.join(&room) {
        Ok(_) => Ok(room),
        Err(MembershipError::Refused(limit)) => {
            Err(Refused { why: limit.into(), details: Some(limit.to_string()) })
        }
        // It has just closed, and hears no answer either.
        Err(MembershipError::Unknown(_) | _) => Err(Refused { why: Refusal::JoinRefused, details: None }),
    }
}

/// Whether the route lets the client into a room. No judge sees a name that no
/// room can have.
fn judged(ctx: &mut Ctx<'_>, room: &str, judge: Option<&JudgeJoin>) -> Result<(), Refused> {
    let names = ctx.core.hub.limits(ctx.id).map(|limits| Limits::of(limits)).unwrap_or_default();
    if let Err(bad) = names.check_name(room) {
        return Err(Refused { why: bad.into(), details: Some(bad.to_string()) });
    }
    if is_reserved(room) {
        return Err(Refused { why: Refusal::InvalidName, details: Some(format!("{room} is reserved")) });
    }
    // `/` is declared for everybody.
    let request = JoinRequest::new(ROOT, Some(room), true);
    match judge {
        Some(judge) if !judge(ctx, &request) => Err(Refused { why: Refusal::JoinRefused, details: None }),
        Some(_) | None => Ok(()),
    }
}

/// Why nothing was done, for the sender.
struct Refused {
    why: Refusal,
    details: Option<String>,
}

fn read<'c, T: Deserialize<'c>>(content: &'c Payload<'_>) -> Result<T, Refused> {
    content
        .parse()
        .map_err(|error| Refused { why: Refusal::InvalidContent, details: Some(error.to_string()) })
}

fn refuse(ctx: &mut Ctx<'_>, event: &mut Event<'_>, refused: Refused) -> Handled {
    let Refused { why, details } = refused;
    answer(ctx, event, "error", &why.content(details.as_deref()))
}

/// Answers whoever sent an event: as its acknowledgement, where one is wanted.
fn answer<T: Serialize + ?Sized>(
    ctx: &mut Ctx<'_>,
    event: &mut Event<'_>,
    name: &str,
    content: &T,
) -> Handled {
    if event.wants_ack() { Ok(ctx.ack(event, content)?) } else { Ok(ctx.emit(name, content)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{App, Application};

    /// Which of some events a route handles once it is built, and whether it takes
    /// messages as they are.
    fn built(route: Route) -> ([bool; 4], bool) {
        let (app, _) = Application::build(App::new().route("/x", route)).unwrap();
        let route = app.route(0).unwrap();
        let handles = |event| !route.events.find(ROOT, event).is_empty();
        let is_raw = matches!(route.receiver, Receiver::Callback(_));
        (["echo", "broadcast", "join_room", "own"].map(handles), is_raw)
    }

    #[test]
    fn they_are_there_where_nothing_else_is_or_where_they_are_asked_for() {
        let session = || Route::new().envelope(Envelope::Session);
        let typed = || Route::new().envelope(Envelope::Typed);
        let (all, none) = ([true, true, true, false], [false; 4]);
        for (route, expected) in [
            (session(), (all, false)),
            (session().authorise_join(|_, _| true), (all, false)),
            (session().on("own", |_, _| ()), ([false, false, false, true], false)),
            (session().on("own", |_, _| ()).default_handlers(), ([true; 4], false)),
            (session().namespace("/side", |side| side), (none, false)),
            (typed(), (none, false)),
            (typed().default_handlers(), (all, false)),
            (Route::new(), (none, false)),
            (Route::new().default_handlers(), (none, true)),
        ] {
            assert_eq!(built(route), expected);
        }
    }

    #[test]
    fn a_handler_of_ones_own_stands_instead() {
        let route = Route::new().envelope(Envelope::Session).default_handlers().on("echo", |_, _| ());
        let (app, _) = Application::build(App::new().route("/x", route)).unwrap();
        assert_eq!(app.route(0).unwrap().events.find(ROOT, "echo").len(), 1);
        let pulls = Route::new().default_handlers().on_connection(|_| async {});
        let (app, _) = Application::build(App::new().route("/x", pulls)).unwrap();
        assert!(matches!(app.route(0).unwrap().receiver, Receiver::Pull(_)));
    }
}
