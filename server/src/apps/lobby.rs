//! The lobby: events in the typed envelope, passed on to everyone else, or to a
//! room's members, and acknowledged.
//!
//! Clients join rooms by themselves. What others say is not looked into, except
//! for a `chat`, which must be one.

use fanfare::core::event::Emission;
use fanfare::{Ctx, Envelope, Event, HandlerError, Publication, Route, Target};
use serde::{Deserialize, Serialize};

/// What a `chat` carries, at least. Borrowed where that is possible; nothing of it
/// is needed beyond that it is there.
#[derive(Deserialize)]
struct Chat {
    #[serde(rename = "user")]
    _user: String,
    #[serde(rename = "message")]
    _message: String,
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

#[derive(Serialize)]
struct Complaint {
    error: &'static str,
}

pub(super) fn route() -> Route {
    Route::new()
        .envelope(Envelope::Typed)
        .on("chat", |ctx, event| match event.data::<Chat>() {
            Ok(_) => pass_on(ctx, event),
            Err(error) => {
                ctx.emit("error", &Complaint { error: "invalid payload" })?;
                // Whoever waits for an acknowledgement is told that there will be none.
                Err(error.into())
            }
        })
        .otherwise(pass_on)
        .on_error(|ctx, error| tracing::debug!(id = %ctx.id(), %error, "an event was not passed on"))
}

/// To everyone else, or to whoever else is in the room that the event names. Only
/// in the lobby: the namespace is that of all connections, and the other
/// applications with events have another envelope.
fn pass_on(ctx: &mut Ctx<'_>, event: &mut Event<'_>) -> Result<(), HandlerError> {
    let (namespace, room) = (event.namespace(), event.room());
    let target = match room {
        Some(room) => Target::room(namespace, room),
        None => Target::namespace(namespace),
    };
    let data = event.raw().as_borrowed();
    let emission = Emission { namespace, room, data, sender: Some(ctx.id()), ..Emission::new(event.name()) };
    let publication = Publication::new(target.except(ctx.id()), emission.typed(None));
    ctx.publish(Publication { envelope: Some(Envelope::Typed), ..publication });
    Ok(ctx.ack(event, &Status { status: "ok" })?)
}
