//! The demo page, embedded in the binary: one answer, put together from the files
//! in `server/web`.
//!
//! Its policy names the one style sheet and the one script by their hashes, so
//! that whatever else finds its way into the page, or a peer's message, is not run.

use bytes::Bytes;
use data_encoding::BASE64;
use fanfare::{App, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use ring::digest::{SHA256, digest};

const MARKUP: &str = include_str!("../../web/index.html");
const STYLE: &str = include_str!("../../web/style.css");
/// What stands on others comes after them.
const SCRIPT: &str = concat!(
    "\n'use strict';\n\n",
    include_str!("../../web/link.js"),
    "\n",
    include_str!("../../web/conversation.js"),
    "\n",
    include_str!("../../web/dom.js"),
    "\n",
    include_str!("../../web/log.js"),
    "\n",
    include_str!("../../web/standing.js"),
    "\n",
    include_str!("../../web/pane.js"),
    "\n",
    include_str!("../../web/events.js"),
    "\n",
    include_str!("../../web/stats.js"),
    "\n",
    include_str!("../../web/main.js"),
);

pub(super) fn mount(app: App) -> App {
    let page = Bytes::from(MARKUP.replace("{style}", STYLE).replace("{script}", SCRIPT));
    let policy = content_policy();
    app.get("/", move |_, _| {
        let policies: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_SECURITY_POLICY, policy.clone()),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        let page = Response::html(StatusCode::OK, page.clone());
        policies.into_iter().fold(page, |page, (name, value)| page.header(name, value))
    })
    .get("/favicon.ico", |_, _| Response::empty(StatusCode::NO_CONTENT))
}

/// The page is one file and talks to its own host only.
fn content_policy() -> HeaderValue {
    let [style, script] =
        [STYLE, SCRIPT].map(|text| BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // Nothing in it is no header's; without scripts the page would still be safe.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
