//! A chat with rooms, on the library alone: the whole application. It knows no
//! runtime; the files beside this one run it, each on another.

use fanfare::core::http::StatusCode;
use fanfare::{Accept, App, Ctx, Response, Route, Target};
use std::env;
use std::io;
use std::net::TcpListener;

/// Everyone who connects to `/chat/ROOM?name=NAME` hears what is said there.
pub(crate) fn chat() -> App {
    let chat = Route::new()
        // Who connects has to say a name; anyone else is refused before the upgrade.
        .authorise(|request| match request.query_param("name") {
            Some(name) => Ok(Accept::new().client_id(name)),
            None => Err(Response::text(StatusCode::UNAUTHORIZED, "say who you are: ?name=…\n")),
        })
        .on_open(|ctx| {
            let room = room(ctx);
            ctx.join(&room).map(drop)
        })
        .on_message(|ctx, message| match message.as_text() {
            Some(text) => say(ctx, text),
            None => say(ctx, "(something that is no text)"),
        });
    App::new().route("/chat/{room}", chat)
}

/// Listens on the address that the program was given.
#[expect(clippy::print_stdout, reason = "whoever starts it wants to know where to connect")]
pub(crate) fn listen() -> io::Result<TcpListener> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(address)?;
    println!("ws://{}/chat/tea?name=ann", listener.local_addr()?);
    Ok(listener)
}

fn room(ctx: &Ctx<'_>) -> String {
    ctx.param("room").unwrap_or("lobby").to_owned()
}

/// Tells everyone in this connection's room who said what.
fn say(ctx: &mut Ctx<'_>, what: &str) {
    let name = ctx.metadata().map_or("someone", |metadata| metadata.client_id());
    let line = format!("{name}: {what}");
    let room = room(ctx);
    ctx.broadcast(Target::room("/", room), line);
}
