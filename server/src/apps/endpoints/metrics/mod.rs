//! `/metrics`: what the server has done and what there is, for Prometheus.
//!
//! `families` says what is told and under which name, `exposition` how it is
//! written. Numbers only, and no name that a client chose: how many lines there
//! are is known before anybody connects.

mod exposition;
mod families;

use super::answer::uncached;
use super::operators::Operators;
use exposition::Exposition;
use families::{FAMILIES, Snapshot};
use fanfare::{App, Handle, Response};
use http::{HeaderValue, StatusCode};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(super) fn mount(app: App, operators: Operators) -> App {
    app.get("/metrics", move |request, handle| match operators.admit(request) {
        Ok(()) => metrics(handle),
        Err(refusal) => refusal.response(),
    })
}

fn metrics(handle: &Handle) -> Response {
    let snapshot = Snapshot::of(handle);
    let mut text = Exposition::default();
    text.family("fanfare_build_info", "The version that runs.", "gauge");
    text.sample(Some(("version", env!("CARGO_PKG_VERSION"))), 1);
    for family in &FAMILIES {
        text.family(family.name, family.help, family.kind());
        for sample in family.samples {
            text.sample(sample.label, (sample.read)(&snapshot));
        }
    }
    uncached(Response::text(StatusCode::OK, text.finish()).content_type(CONTENT_TYPE))
}
