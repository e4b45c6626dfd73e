//! What the program serves: its paths, and the application on each.

mod broadcast;
mod chat;
mod echo;
mod lobby;
mod page;
mod status;

use fanfare::{App, Config};

/// Everything the program serves, under `config`.
pub(crate) fn all(config: Config) -> App {
    let broadcast = broadcast::route(&config);
    let app = App::new().config(config);
    let app = page::mount(app);
    let app = status::mount(app);
    app.route("/ws", lobby::route())
        .route("/ws/chat", chat::route())
        .route("/ws/echo", echo::route())
        .route("/ws/broadcast", broadcast)
}
