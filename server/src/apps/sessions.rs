//! Sessions: events in the session envelope, handled in the default way, and a
//! chat. A client may say who it is and which channel it starts in.
//!
//! Channels are rooms of `/`, where the lobby's rooms are, too: neither envelope
//! has words for another place. So the lobby's members of a room hear what goes
//! to the channel of that name; what they say themselves stays in the lobby.

use super::Site;
use fanfare::core::rooms::Limits;
use fanfare::{Accept, Ctx, Envelope, Event, HandlerError, Payload, Refusal, Rejection, Route, Target};
use serde::{Deserialize, Serialize};

/// What a `chat` carries.
#[derive(Deserialize)]
struct Chat<'a> {
    channel: Option<String>,
    #[serde(borrow)]
    message: Payload<'a>,
}

/// The same as it goes to a channel.
#[derive(Serialize)]
struct Said<'a> {
    /// The client id.
    from: &'a str,
    message: Payload<'a>,
    /// Seconds since 1970.
    timestamp: u64,
}

/// The answer to one that goes nowhere.
#[derive(Serialize)]
struct Response<'a> {
    original: Payload<'a>,
    reply: &'static str,
}

pub(super) fn route(site: &Site<'_>) -> Route {
    let limits = Limits::of(&site.config.connection);
    Route::new()
        .envelope(Envelope::Session)
        .authorise(move |request| {
            let mut accept = Accept::new();
            for name in ["channel", "client"] {
                let Some(value) = request.query_param(name).filter(|value| !value.is_empty()) else {
                    continue;
                };
                accept = match (limits.check_name(&value), name) {
                    (Ok(()), "channel") => accept.channel(value),
                    (Ok(()), _) => accept.client_id(value),
                    (Err(error), _) => {
                        let rejection = Rejection::default().because(&format!("{name}: {error}"));
                        return Ok(accept.then_reject(rejection));
                    }
                };
            }
            Ok(accept)
        })
        .default_handlers()
        .on("chat", chat)
}

fn chat(ctx: &mut Ctx<'_>, event: &mut Event<'_>) -> Result<(), HandlerError> {
    let content = event.raw().clone();
    let Chat { channel, message } = match content.parse() {
        Ok(chat) => chat,
        Err(error) => {
            let refusal = Refusal::InvalidContent.content(Some(&error.to_string()));
            return Ok(ctx.emit("error", &refusal)?);
        }
    };
    match channel.filter(|channel| !channel.is_empty()) {
        Some(channel) => {
            let from = ctx.metadata().map(|metadata| metadata.client_id().to_owned()).unwrap_or_default();
            let said = Said { from: &from, message, timestamp: ctx.unix_time().as_secs() };
            ctx.emit_to(Target::channel(channel), "chat", &said)?;
        }
        None => ctx.emit("chat_response", &Response { original: message, reply: "Message received" })?,
    }
    Ok(())
}
