//! The demo page, embedded in the binary.

use fanfare::{App, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

const PAGE: &str = include_str!("../../web/index.html");
/// The page is one file and talks to its own host only.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn mount(app: App) -> App {
    app.get("/", |_, _| page()).get("/favicon.ico", |_, _| Response::empty(StatusCode::NO_CONTENT))
}

fn page() -> Response {
    let policies: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    let page = Response::html(StatusCode::OK, PAGE);
    policies.into_iter().fold(page, |page, (name, value)| page.header(name, value))
}
