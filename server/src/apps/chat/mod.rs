//! The chat: rooms, messages to rooms and to everyone, and who is there.
//!
//! All of it happens in a namespace of its own, so that "everyone" is everyone
//! in the chat, not on the server.

mod protocol;

use fanfare::core::id::ConnectionId;
use fanfare::{Ctx, GroupName, HandleError, Message, RoomName, Route, Target};
use protocol::{Kind, Malformed, Request, Said};

const NAMESPACE: &str = "/chat";
/// How many members an answer lists; its count is exact.
const LISTED_MAX: usize = 100;

pub(super) fn route() -> Route {
    Route::new()
        .on_open(|ctx| {
            let joined = ctx.join_namespace(NAMESPACE);
            announce(ctx, None, "arrived");
            joined.map(drop)
        })
        .on_message(|ctx, message| received(ctx, &message))
        .on_close(|ctx, _| announce(ctx, None, "departed"))
}

fn received(ctx: &mut Ctx<'_>, message: &Message<'_>) {
    match protocol::parse(message) {
        Ok(Request::Chat { content }) => say(ctx, Kind::Chat, None, &content),
        Ok(Request::Room { room, content }) => {
            if is_in(ctx, &room) {
                say(ctx, Kind::Room, Some(&room), &content);
            } else {
                complain(ctx, Some(&room), "join the room before you write to it");
            }
        }
        Ok(Request::Join { room }) => join(ctx, &room),
        Ok(Request::Leave { room }) => leave(ctx, &room),
        Ok(Request::Members { room }) => list_members(ctx, room),
        Err(Malformed { what, room }) => complain(ctx, room.as_deref(), &what),
    }
}

fn join(ctx: &mut Ctx<'_>, room: &str) {
    match ctx.join_in(NAMESPACE, room) {
        Ok(true) => announce(ctx, Some(room), "joined"),
        // Told again to whoever asked again, and to nobody else.
        Ok(false) => tell(ctx, room, "joined"),
        Err(error) => complain(ctx, Some(room), &error.to_string()),
    }
}

fn leave(ctx: &mut Ctx<'_>, room: &str) {
    match ctx.leave_in(NAMESPACE, room) {
        Ok(true) => {
            tell(ctx, room, "left");
            announce(ctx, Some(room), "left");
        }
        Ok(false) => complain(ctx, Some(room), "you are not in this room"),
        Err(error) => complain(ctx, Some(room), &error.to_string()),
    }
}

/// Members may be on other shards: the answer comes when all have been asked.
fn list_members(ctx: &mut Ctx<'_>, room: Option<String>) {
    let group = match &room {
        Some(room) => GroupName::Room(RoomName::new(NAMESPACE, room.as_str())),
        None => GroupName::Namespace(NAMESPACE.into()),
    };
    let members = ctx.handle().members(group);
    ctx.then(members, move |ctx, members: Result<Vec<ConnectionId>, HandleError>| match members {
        Ok(members) => {
            let listed: Vec<_> = members.iter().take(LISTED_MAX).map(ToString::to_string).collect();
            let unix_time = ctx.unix_time();
            answer(ctx, &protocol::Members::new(room.as_deref(), &listed, members.len(), unix_time));
        }
        Err(error) => complain(ctx, room.as_deref(), &error.to_string()),
    });
}

/// To everyone in the room, or in the chat, that something happened to this connection.
fn announce(ctx: &mut Ctx<'_>, room: Option<&str>, what: &str) {
    say(ctx, Kind::System, room, what);
}

/// To everyone in the room, or in the chat, in this connection's name.
fn say(ctx: &mut Ctx<'_>, kind: Kind, room: Option<&str>, content: &str) {
    let target = match room {
        Some(room) => Target::room(NAMESPACE, room),
        None => Target::namespace(NAMESPACE),
    };
    let sender = ctx.id().to_string();
    let said = Said::new(kind, &sender, room, content, ctx.unix_time());
    // What cannot fail: names and texts are JSON.
    let _ = ctx.broadcast_json(target, &said);
}

/// To this connection, that something happened to it in a room.
fn tell(ctx: &mut Ctx<'_>, room: &str, what: &str) {
    let id = ctx.id().to_string();
    answer(ctx, &Said::new(Kind::System, &id, Some(room), what, ctx.unix_time()));
}

/// To this connection, from the server.
fn complain(ctx: &mut Ctx<'_>, room: Option<&str>, what: &str) {
    answer(ctx, &Said::new(Kind::Error, "", room, what, ctx.unix_time()));
}

/// To this connection. One whose outbox is full misses it, which is counted.
fn answer(ctx: &mut Ctx<'_>, what: &impl serde::Serialize) {
    let _ = ctx.send_json(what);
}

fn is_in(ctx: &Ctx<'_>, room: &str) -> bool {
    ctx.is_in_room(NAMESPACE, room)
}
