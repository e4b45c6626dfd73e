//! What the program serves: its applications, and the path of each.

mod broadcast;
mod chat;
mod commands;
mod echo;
mod endpoints;
mod lobby;
mod mounts;
mod notifications;
mod page;
mod quickstart;
mod sessions;
mod wall;

pub(crate) use endpoints::Operators;
pub(crate) use mounts::{MountError, Mounts};

use fanfare::{App, Config, Route};
use std::net::SocketAddr;

/// An application that may be mounted on any path, and on several.
struct Application {
    /// What `--mount` calls it.
    name: &'static str,
    /// Where it is unless something else is mounted there.
    path: &'static str,
    /// Makes it.
    route: fn(&Site<'_>) -> Route,
}

/// What an application may know of where it is.
struct Site<'a> {
    /// The settings in force.
    config: &'a Config,
    /// Where the server listens.
    address: SocketAddr,
}

static APPLICATIONS: [Application; 8] = [
    Application { name: "lobby", path: "/ws", route: |_| lobby::route() },
    Application { name: "commands", path: "/ws/commands", route: commands::route },
    Application { name: "sessions", path: "/ws/session", route: sessions::route },
    Application { name: "chat", path: "/ws/chat", route: |_| chat::route() },
    Application { name: "echo", path: "/ws/echo", route: |_| echo::route() },
    Application { name: "quickstart", path: "/ws/quickstart", route: |_| quickstart::route() },
    Application { name: "broadcast", path: "/ws/broadcast", route: broadcast::route },
    Application { name: "notifications", path: "/ws/notifications/{user}", route: notifications::route },
];

/// Everything the program serves on `address`, under `config`.
pub(crate) fn all(config: Config, address: SocketAddr, mounts: &Mounts, operators: &Operators) -> App {
    let site = Site { config: &config, address };
    let routes: Vec<_> =
        mounts.resolve().map(|(path, application)| (path, (application.route)(&site))).collect();
    let app = App::new().config(config);
    let app = page::mount(app);
    let app = endpoints::mount(app, operators);
    routes.into_iter().fold(app, |app, (path, route)| app.route(path, route))
}
