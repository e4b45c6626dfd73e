//! Notifications: each user has a room, and hears what is sent to it on every
//! connection. Nothing is expected from clients, and what they say is ignored.
//!
//! The rooms are in a namespace of their own, so that nobody gets into one by
//! another application.

use super::json;
use super::wall::rfc3339;
use fanfare::core::rooms::Limits;
use fanfare::{Accept, BroadcastReport, CloseCode, Config, Handle, Message, Reply, Response, Route, Target};
use http::StatusCode;
use serde::Serialize;
use std::time::Duration;

const NAMESPACE: &str = "/notifications";
/// Pings are at least this frequent, unless there are none at all.
const PING_INTERVAL_MAX: Duration = Duration::from_secs(20);

/// What is sent, keys in this order.
#[derive(Serialize)]
struct Notification<'a> {
    r#type: &'a str,
    message: &'a str,
    time: String,
}

pub(super) fn route(config: &Config) -> Route {
    let limits = Limits::of(&config.connection);
    Route::new()
        .settings(|settings| {
            settings.ping_interval = settings.ping_interval.map(|interval| interval.min(PING_INTERVAL_MAX));
        })
        .authorise(move |request| {
            let user = request.param("user").unwrap_or_default();
            match limits.check_name(user).and_then(|()| limits.check_name(&room(user))) {
                Ok(()) => Ok(Accept::new().client_id(user)),
                Err(error) => Err(Response::text(StatusCode::BAD_REQUEST, format!("user: {error}\n"))),
            }
        })
        .on_open(|ctx| {
            let room = room(ctx.param("user").unwrap_or_default());
            match ctx.join_in(NAMESPACE, &room) {
                Ok(_) => {
                    ctx.send(&notification("welcome", "Connected to notification service", ctx.unix_time()))
                }
                Err(error) => {
                    ctx.close(CloseCode::Policy, &error.to_string());
                    Ok(())
                }
            }
        })
}

/// Sends a notification to a user's connections, or to all of the service. The
/// report's `queued` are those that get it.
pub(super) fn notify(
    handle: &Handle,
    user: Option<&str>,
    r#type: &str,
    message: &str,
) -> Reply<BroadcastReport> {
    let target = match user {
        Some(user) => Target::room(NAMESPACE, room(user)),
        None => Target::namespace(NAMESPACE),
    };
    handle.broadcast(target, notification(r#type, message, handle.unix_time()))
}

fn notification(r#type: &str, message: &str, unix_time: Duration) -> Message<'static> {
    json::message(&Notification { r#type, message, time: rfc3339(unix_time) })
}

/// The room of a user.
fn room(user: &str) -> String {
    format!("user:{user}")
}
