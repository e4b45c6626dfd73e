//! A poll among everyone who has the page open: each visitor may put a question,
//! and the server asks all the others.
//!
//! Questions go both ways here: the page asks the server for the result, the
//! server asks each page for its visitor's vote. The page is in `index.html`
//! beside this file; it talks through the browser client, `clients/browser`.
//!
//! ```text
//! cargo run --example poll
//! ```

use fanfare::core::http::{HeaderValue, StatusCode};
use fanfare::{App, Envelope, HandlerError, OwnedEvent, Peer, Replies, Response, Route, Target};
use std::collections::BTreeMap;
use std::env;
use std::net::TcpListener;
use std::time::Duration;

/// Who has not voted by then has no opinion.
const VOTE_TIME_MAX: Duration = Duration::from_secs(4);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "whoever starts it wants to know which page to open")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on http://{}", listener.local_addr()?);
    fanfare::tokio::serve(listener, app()).await?;
    Ok(())
}

fn app() -> App {
    let poll = Route::new()
        .envelope(Envelope::Typed)
        .on_async("poll", poll)
        // Whoever joins it hears the results of all polls.
        .namespace("/results", |results| results);
    App::new()
        .route("/ws", poll)
        .get("/", |_, _| Response::html(StatusCode::OK, include_str!("index.html")))
        .get("/favicon.ico", |_, _| Response::empty(StatusCode::NO_CONTENT))
        .get("/fanfare.js", |_, _| {
            Response::text(StatusCode::OK, include_str!("../../clients/browser/fanfare.js"))
                .content_type(HeaderValue::from_static("text/javascript; charset=utf-8"))
        })
}

/// Asks everyone else what the visitor wants to know, and answers with the count.
async fn poll(visitor: Peer, event: OwnedEvent) -> Result<(), HandlerError> {
    let question: String = event.data()?;
    let others = Target::namespace("/").except(visitor.id());
    let replies = visitor.handle().broadcast_with_ack(others, "vote", &question, VOTE_TIME_MAX).await?;
    let result = count(&replies);
    visitor.ack(&event, &result).await?;
    visitor.emit_to(Target::namespace("/results"), "result", &(&question, &result)).await?;
    Ok(())
}

fn count(replies: &Replies) -> BTreeMap<&'static str, usize> {
    let mut result = BTreeMap::from([("yes", 0), ("no", 0), ("silent", replies.missing.len())]);
    for (_, answer) in &replies.answers {
        let opinion = match answer.data::<bool>() {
            Ok(true) => "yes",
            Ok(false) => "no",
            // A page that cannot vote says so by an error.
            Err(_) => "silent",
        };
        *result.entry(opinion).or_default() += 1;
    }
    result
}
