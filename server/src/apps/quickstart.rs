//! The first example of a server: a greeting, and every message to everyone.

use fanfare::{HandleError, Message, Route, Target};

/// "Everyone" is everyone here, not on the server.
const NAMESPACE: &str = "/quickstart";
const PREFIX: &str = "Broadcast: ";

pub(super) fn route() -> Route {
    Route::new()
        .on_open(|ctx| {
            ctx.join_namespace(NAMESPACE)?;
            Ok::<_, HandleError>(ctx.send_text("Welcome to WebSocket Server!")?)
        })
        .on_message(|ctx, message| {
            ctx.broadcast(Target::namespace(NAMESPACE), prefixed(&message));
        })
}

/// The message behind the prefix, with its type.
fn prefixed(message: &Message<'_>) -> Message<'static> {
    match message.as_text() {
        Some(text) => Message::from(format!("{PREFIX}{text}")),
        None => Message::from([PREFIX.as_bytes(), message.as_bytes()].concat()),
    }
}
