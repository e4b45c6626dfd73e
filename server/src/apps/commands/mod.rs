//! Commands: a line of text asks the server something, anything else is a chat
//! between all who are here.
//!
//! "All" is a namespace of its own. A private message goes wherever the id leads,
//! though, if messages are read as they are there.

mod protocol;

use super::Site;
use super::wall::rfc3339;
use fanfare::{
    ConnectionInfo, Ctx, Envelope, Frame, GroupName, HandleError, Message, Publication, Recipient, Route,
    Target,
};
use protocol::{Answer, By, Client, Said, Stamped, Stats};
use std::net::SocketAddr;

const NAMESPACE: &str = "/commands";
/// How many clients an answer lists.
const LISTED_MAX: usize = 100;
const HELP: [&str; 7] = [
    "/help: this list",
    "/list: who is here",
    "/stats: the server, and this connection",
    "/time: what time it is here",
    "/echo TEXT: the same text back",
    "/broadcast TEXT: the text to everyone",
    "/private ID TEXT: the text to one, by connection id or client id",
];

pub(super) fn route(site: &Site<'_>) -> Route {
    let address = site.address;
    Route::new()
        .on_open(arrived)
        .on_message(move |ctx, message| match message.as_text() {
            Some(text) => said(ctx, address, protocol::read(text)),
            None => complain(ctx, "send text; binary messages are not understood here"),
        })
        .on_close(|ctx, _| left(ctx))
        .on_stop(|ctx| {
            let timestamp = ctx.unix_time().as_secs();
            ctx.send_json(&Answer::ServerShutdown { message: "The server is stopping", timestamp })
        })
}

fn arrived(ctx: &mut Ctx<'_>) -> Result<(), HandleError> {
    ctx.join_namespace(NAMESPACE)?;
    let By { from, from_id: user_id, timestamp } = &by(ctx);
    let welcome = Answer::Welcome {
        message: "Welcome! Send /help for what can be done here",
        server_time: &rfc3339(ctx.unix_time()),
        your_id: user_id,
    };
    ctx.send_json(&welcome)?;
    let message = &format!("{from} has joined");
    tell_all(ctx, &Answer::UserJoined { message, user_id, timestamp: *timestamp })
}

fn left(ctx: &mut Ctx<'_>) -> Result<(), HandleError> {
    let By { from, from_id: user_id, timestamp } = &by(ctx);
    let message = &format!("{from} has left");
    tell_all(ctx, &Answer::UserLeft { message, user_id, timestamp: *timestamp })
}

fn said(ctx: &mut Ctx<'_>, address: SocketAddr, said: Said<'_>) -> Result<(), HandleError> {
    let timestamp = ctx.unix_time().as_secs();
    match said {
        Said::Help => {
            let message = "Send a command, JSON with a type, or any other text for everyone";
            ctx.send_json(&Answer::Help { message, commands: &HELP })
        }
        Said::List => {
            list_clients(ctx);
            Ok(())
        }
        Said::Stats => {
            tell_stats(ctx, address);
            Ok(())
        }
        Said::Time => ctx.send_json(&Answer::Time { time: &rfc3339(ctx.unix_time()), timestamp }),
        Said::Echo(echo) => ctx.send_json(&Answer::Echo { echo }),
        Said::Broadcast(content) => {
            tell_all(ctx, &Answer::Broadcast { content, by: &by(ctx) })?;
            ctx.send_json(&Answer::Confirm { message: "Sent to everyone" })
        }
        Said::Private { to, content } => tell_one(ctx, to, content),
        Said::Text(message) => tell_all(ctx, &Answer::Text { message, by: &by(ctx) }),
        Said::Ping => ctx.send_json(&Answer::Pong { timestamp }),
        Said::Chat(message) => tell_all(ctx, &Answer::Chat { message, by: &by(ctx) }),
        Said::Other(fields) => {
            let by = by(ctx);
            let stamped = Stamped::new(fields, &by);
            ctx.broadcast_json(Target::namespace(NAMESPACE), &stamped).map(drop)
        }
        Said::Wrong(what) => complain(ctx, what),
    }
}

/// Clients may be on other shards: the answer comes when all have been asked.
fn list_clients(ctx: &mut Ctx<'_>) {
    let described = ctx.handle().describe(everyone());
    ctx.then(described, |ctx, described| {
        let Ok(mut described) = described else { return };
        described.sort_by_key(|info| (info.connected_at, info.id));
        let listed = described.iter().take(LISTED_MAX).enumerate();
        let clients: Vec<_> = listed.map(|(place, info)| describe(ctx, place + 1, info)).collect();
        let total = (described.len() > clients.len()).then_some(described.len());
        let _ = ctx.send_json(&Answer::ClientList { clients: &clients, total });
    });
}

fn describe(ctx: &Ctx<'_>, index: usize, info: &ConnectionInfo) -> Client {
    let age = ctx.handle().now().since(info.connected_at);
    let remote_addr = match (info.peer, info.address) {
        (Some(peer), Some(address)) if peer.ip() == address => peer.to_string(),
        (_, Some(address)) => address.to_string(),
        (_, None) => String::new(),
    };
    Client {
        index,
        id: info.id.to_string(),
        remote_addr,
        connected_at: rfc3339(ctx.unix_time().saturating_sub(age)),
        uptime: protocol::uptime(age),
        user_agent: info.user_agent.clone().unwrap_or_default(),
    }
}

fn tell_stats(ctx: &mut Ctx<'_>, address: SocketAddr) {
    let members = ctx.handle().members(everyone());
    ctx.then(members, move |ctx, members| {
        let (Ok(members), Some(info)) = (members, ctx.info()) else { return };
        let data = Stats {
            address: address.to_string(),
            running: ctx.handle().is_running(),
            connected_clients: members.len(),
            your_connection_id: info.id.to_string(),
            your_uptime: protocol::uptime(info.uptime),
            server_time: rfc3339(ctx.unix_time()),
        };
        let _ = ctx.send_json(&Answer::Stats { data });
    });
}

/// Only to connections whose messages are no events: in an envelope this would be
/// none of its shapes.
fn tell_one(ctx: &mut Ctx<'_>, to: &str, content: &str) -> Result<(), HandleError> {
    let message = Message::json(&Answer::Private { content, by: &by(ctx) })?;
    let publication = Publication {
        envelope: Some(Envelope::Raw),
        ..Publication::new(Target::from(Recipient::from(to)), Frame::from(&message))
    };
    let report = ctx.handle().publish(publication);
    let to = to.to_owned();
    ctx.then(report, move |ctx, report| {
        if report.is_ok_and(|report| report.matched() == 0) {
            let _ = complain(ctx, &format!("nobody here is called {to:?}; /list tells the ids"));
        }
    });
    Ok(())
}

fn tell_all(ctx: &mut Ctx<'_>, answer: &Answer<'_>) -> Result<(), HandleError> {
    ctx.broadcast_json(Target::namespace(NAMESPACE), answer).map(drop)
}

fn complain(ctx: &mut Ctx<'_>, message: &str) -> Result<(), HandleError> {
    ctx.send_json(&Answer::Error { message })
}

/// This connection, now.
fn by(ctx: &Ctx<'_>) -> By {
    By {
        from: ctx.metadata().map(|metadata| metadata.client_id().to_owned()).unwrap_or_default(),
        from_id: ctx.id().to_string(),
        timestamp: ctx.unix_time().as_secs(),
    }
}

fn everyone() -> GroupName {
    GroupName::Namespace(NAMESPACE.into())
}
