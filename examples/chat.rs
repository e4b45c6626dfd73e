//! A chat with rooms, on the library alone: the example of README.md.
//!
//! ```text
//! cargo run --example chat
//! ```

use fanfare::core::http::StatusCode;
use fanfare::tokio::Server;
use fanfare::{Accept, App, Ctx, Message, Response, Route, StopOptions, Target};
use tokio::net::TcpListener;

/// Tells everyone in this connection's room who said what.
fn say(ctx: &mut Ctx<'_>, what: &str) {
    let name = ctx.metadata().map_or("someone", |metadata| metadata.client_id());
    let line = Message::from(format!("{name}: {what}"));
    let room = ctx.param("room").unwrap_or("lobby").to_owned();
    ctx.broadcast(Target::room("/", room), &line);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chat = Route::new()
        // Who connects has to say a name; anyone else is refused before the upgrade.
        .authorise(|request| match request.query_param("name") {
            Some(name) => Ok(Accept::new().client_id(name)),
            None => Err(Response::text(StatusCode::UNAUTHORIZED, "say who you are: ?name=…\n")),
        })
        .on_open(|ctx| {
            let room = ctx.param("room").unwrap_or("lobby").to_owned();
            ctx.join(&room).map(drop)
        })
        .on_message(|ctx, message| match message.as_text() {
            Some(text) => say(ctx, text),
            None => say(ctx, "(something that is no text)"),
        });

    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    let server = Server::new(App::new().route("/chat/{room}", chat))?;

    // Ctrl-C tells everyone to go, and ends the program when they have gone.
    let handle = server.handle();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = handle.stop(&StopOptions::default()).await;
        }
    });
    server.serve(listener).await?;
    Ok(())
}
