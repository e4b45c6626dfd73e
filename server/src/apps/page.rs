//! The demo page and the browser client, embedded in the binary.

use fanfare::{App, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

const PAGE: &str = include_str!("../../web/index.html");
/// The page is one file and talks to its own host only.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// For the pages of others, too: `import { connect } from '/fanfare.js'`.
const CLIENT: &str = include_str!("../../../clients/browser/fanfare.js");

pub(super) fn mount(app: App) -> App {
    app.get("/", |_, _| page())
        .get("/fanfare.js", |_, _| client())
        .get("/favicon.ico", |_, _| Response::empty(StatusCode::NO_CONTENT))
}

fn client() -> Response {
    Response::text(StatusCode::OK, CLIENT)
        .content_type(HeaderValue::from_static("text/javascript; charset=utf-8"))
        .header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
}

fn page() -> Response {
    let policies: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    let page = Response::html(StatusCode::OK, PAGE);
    policies.into_iter().fold(page, |page, (name, value)| page.header(name, value))
}
