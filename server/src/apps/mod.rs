//! What the program serves: its paths, and the application on each.

mod broadcast;
mod chat;
mod echo;
mod endpoints;
mod lobby;
mod page;

pub(crate) use endpoints::Operators;

use fanfare::{App, Config};

/// Everything the program serves, under `config`.
pub(crate) fn all(config: Config, operators: &Operators) -> App {
    let broadcast = broadcast::route(&config);
    let app = App::new().config(config);
    let app = page::mount(app);
    let app = endpoints::mount(app, operators);
    app.route("/ws", lobby::route())
        .route("/ws/chat", chat::route())
        .route("/ws/echo", echo::route())
        .route("/ws/broadcast", broadcast)
}
