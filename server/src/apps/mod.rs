//! What the program serves: its applications, and the path of each.

mod broadcast;
mod chat;
mod echo;
mod endpoints;
mod json;
mod lobby;
mod mounts;
mod notifications;
mod page;
mod wall;

pub(crate) use endpoints::Operators;
pub(crate) use mounts::{MountError, Mounts};

use fanfare::{App, Config, Route};

/// An application that may be mounted on any path, and on several.
struct Application {
    /// What `--mount` calls it.
    name: &'static str,
    /// Where it is unless something else is mounted there.
    path: &'static str,
    /// Makes it, under the settings in force.
    route: fn(&Config) -> Route,
}

static APPLICATIONS: [Application; 5] = [
    Application { name: "lobby", path: "/ws", route: |_| lobby::route() },
    Application { name: "chat", path: "/ws/chat", route: |_| chat::route() },
    Application { name: "echo", path: "/ws/echo", route: |_| echo::route() },
    Application { name: "broadcast", path: "/ws/broadcast", route: broadcast::route },
    Application { name: "notifications", path: "/ws/notifications/{user}", route: notifications::route },
];

/// Everything the program serves, under `config`.
pub(crate) fn all(config: Config, mounts: &Mounts, operators: &Operators) -> App {
    let routes: Vec<_> =
        mounts.resolve().map(|(path, application)| (path, (application.route)(&config))).collect();
    let app = App::new().config(config);
    let app = page::mount(app);
    let app = endpoints::mount(app, operators);
    routes.into_iter().fold(app, |app, (path, route)| app.route(path, route))
}
