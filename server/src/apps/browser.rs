//! The browser client as a module, for the pages of others:
//! `import { connect } from '/fanfare.js'`.

use fanfare::{App, Response};
use http::{HeaderValue, StatusCode, header};

/// Its text, as it is in `clients/browser`.
pub(super) const CLIENT: &str = include_str!("../../../clients/browser/fanfare.js");

pub(super) fn mount(app: App) -> App {
    app.get("/fanfare.js", |_, _| {
        Response::text(StatusCode::OK, CLIENT)
            .content_type(HeaderValue::from_static("text/javascript; charset=utf-8"))
            .header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
    })
}
