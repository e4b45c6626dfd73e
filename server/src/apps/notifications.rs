//! Notifications: each user has a room, and hears what is sent to it on every
//! connection. Nothing is expected from clients, and what they say is ignored.
//!
//! The rooms are in a namespace of their own, so that nobody gets into one by
//! another application.

use super::Site;
use super::wall::rfc3339;
use fanfare::core::rooms::Limits;
use fanfare::{Accept, BroadcastReport, CloseCode, Handle, Reply, Response, Route, Target};
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

impl<'a> Notification<'a> {
    fn new(r#type: &'a str, message: &'a str, unix_time: Duration) -> Notification<'a> {
        Notification { r#type, message, time: rfc3339(unix_time) }
    }
}

pub(super) fn route(site: &Site<'_>) -> Route {
    let limits = Limits::of(&site.config.connection);
    Route::new()
        .settings(|settings| settings.ping_interval = ping_interval(settings.ping_interval))
        .authorise(move |request| {
            let user = request.param("user").unwrap_or_default();
            match limits.check_name(user).and_then(|()| limits.check_name(&room(user))) {
                Ok(()) => Ok(Accept::new().client_id(user)),
                Err(error) => Err(Response::text(StatusCode::BAD_REQUEST, format!("user: {error}\n"))),
            }
        })
        .on_open(|ctx| {
            let room = room(ctx.param("user").unwrap_or_default());
            if let Err(error) = ctx.join_in(NAMESPACE, &room) {
                ctx.close(CloseCode::Policy, &error.to_string());
                return Ok(());
            }
            let welcome = Notification::new("welcome", "Connected to notification service", ctx.unix_time());
            ctx.send_json(&welcome)
        })
}

/// A server that pings more often, or does not ping at all, knows why.
fn ping_interval(of_the_server: Option<Duration>) -> Option<Duration> {
    of_the_server.map(|interval| interval.min(PING_INTERVAL_MAX))
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
    handle.broadcast_json(target, &Notification::new(r#type, message, handle.unix_time()))
}

/// The room of a user.
fn room(user: &str) -> String {
    format!("user:{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_at_least_every_20_seconds_if_there_are_any() {
        for (of_the_server, here) in
            [(Some(30), Some(20)), (Some(20), Some(20)), (Some(5), Some(5)), (None, None)]
        {
            assert_eq!(ping_interval(of_the_server.map(Duration::from_secs)), here.map(Duration::from_secs));
        }
    }

    #[test]
    fn the_wire_shape_is_this() {
        let notification = Notification::new("order", "a\"b", Duration::from_secs(1_700_000_000));
        let text = r#"{"type":"order","message":"a\"b","time":"2023-11-14T22:13:20Z"}"#;
        assert_eq!(fanfare::Message::json(&notification), Ok(text.into()));
    }
}
