//! The JSON that every endpoint answers with: `success`, and then what was asked
//! for, or why not.

use fanfare::{HandleError, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// What was asked for, under `data`.
#[derive(Serialize)]
pub(super) struct Found<T> {
    pub(super) success: bool,
    pub(super) data: T,
}

/// Why there is no answer: a name for programs and a sentence for people.
#[derive(Serialize)]
struct Problem<'a> {
    success: bool,
    error: &'a str,
    message: &'a str,
}

/// What holds now and may not a second later, so nobody is to keep it.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let response = match serde_json::to_string(body) {
        Ok(text) => Response::json(status, text),
        Err(error) => Response::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    uncached(response)
}

/// `{"success":false,"error":…,"message":…}`.
pub(super) fn problem(status: StatusCode, error: &str, message: &str) -> Response {
    json(status, &Problem { success: false, error, message })
}

/// A shard is too busy to be asked, or has ended.
pub(super) fn unavailable(error: &HandleError) -> Response {
    problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", &error.to_string())
}

pub(super) fn uncached(response: Response) -> Response {
    response.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}
