//! `POST /api/notify`: a notification from a service of the operator's own.
//!
//! `{"user_id":…,"type":…,"message":…}` goes to each connection of the user, and
//! without `user_id` to all that listen for notifications; an empty one is none,
//! since many clients write it for want of a better. The type has to be JSON by
//! its header: that a page cannot send to another origin unasked.

use super::answer::{json, problem, unavailable};
use super::operators::Operators;
use crate::apps::notifications;
use fanfare::{App, Handle, Request, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

/// A notification is a few lines; who has more to say sends a link.
const BODY_BYTES_MAX: usize = 64 * 1024;

pub(super) fn mount(app: App, operators: Operators) -> App {
    app.post_async("/api/notify", BODY_BYTES_MAX, move |request, handle| {
        let operators = operators.clone();
        async move { operators.only(&request, notify(&request, &handle)).await }
    })
}

#[derive(Deserialize)]
struct Notification {
    user_id: Option<String>,
    r#type: String,
    message: String,
}

#[derive(Serialize)]
struct Sent {
    success: bool,
    sent_to: u64,
}

async fn notify(request: &Request, handle: &Handle) -> Response {
    if !is_json(request) {
        let message = "say Content-Type: application/json";
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message);
    }
    let notification: Notification = match serde_json::from_slice(request.body()) {
        Ok(notification) => notification,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "invalid_body", &error.to_string()),
    };
    let user = notification.user_id.as_deref().filter(|user| !user.is_empty());
    match notifications::notify(handle, user, &notification.r#type, &notification.message).await {
        Ok(report) => json(StatusCode::OK, &Sent { success: true, sent_to: report.queued() }),
        Err(error) => unavailable(&error),
    }
}

/// RFC 9110 §8.3.1: the type's parameters, such as a charset, change nothing here.
fn is_json(request: &Request) -> bool {
    let named = request.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = named.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}
