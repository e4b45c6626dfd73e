//! Connections that are never made, and why.

use crate::conversation::echo;
use crate::world::{Log, Server, World, done, outcome, plain_answer};
use fanfare::{App, Client, ClientError, ClientHandle, ConnectError, Response, Route};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

fn client(world: &World, url: &str) -> ClientHandle {
    world.start(Client::new(url).unwrap())
}

fn error(world: &World, url: &str) -> ConnectError {
    match outcome(client(world, url).connect()) {
        Err(ClientError::Connect(error)) => error,
        other => panic!("{url} must not connect: {other:?}"),
    }
}

pub(crate) fn a_host_that_is_not_there_is_named(world: &World) {
    let ConnectError::Dns(why) = error(world, "ws://no-such-host.invalid/") else {
        panic!("it is not there")
    };
    assert!(why.contains("no-such-host.invalid"), "{why}");
}

pub(crate) fn a_port_where_nobody_listens_refuses(world: &World) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(error(world, &url), ConnectError::Refused);
}

pub(crate) fn a_status_is_told_with_its_body(world: &World) {
    let judge =
        Route::new().authorise(|_| Err(Response::text(http::StatusCode::UNAUTHORIZED, "who are you?")));
    let server = Server::start(App::new().route("/", judge));
    let ConnectError::Status(refused) = error(world, &server.url()) else { panic!("a status is the answer") };
    assert_eq!((refused.status.as_u16(), &refused.body[..]), (401, &b"who are you?"[..]));
}

pub(crate) fn an_answer_that_does_not_come_is_not_awaited_for_ever(world: &World) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let short = Duration::from_millis(100);
    let client = Client::new(&url).unwrap().settings(|client| client.connect_time_max = short);
    let error = outcome(world.start(client).connect());
    assert_eq!(error, Err(ClientError::Connect(ConnectError::TimedOut { time_max: short })));
}

pub(crate) fn a_server_that_is_none_is_a_violation(world: &World) {
    let wrong_key = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    for answer in [wrong_key, "SSH-2.0-OpenSSH_9.2\r\n\r\n"] {
        let error = error(world, &plain_answer(answer));
        assert!(matches!(error, ConnectError::Answer(_)), "{answer:?}: {error}");
    }
    let elsewhere = "HTTP/1.1 302 Found\r\nLocation: wss://example.org/\r\nContent-Length: 0\r\n\r\n";
    let error = error(world, &plain_answer(elsewhere));
    assert!(
        matches!(&error, ConnectError::Redirected(to) if to.location() == "wss://example.org/"),
        "{error}"
    );
}

pub(crate) fn commands_are_bounded(world: &World) {
    let (server, log) = (Server::start(echo()), Log::default());
    let (held, holds) = mpsc::channel::<()>();
    let noted = log.clone();
    let client = Client::new(&server.url()).unwrap().on_connected(move |_, _| {
        noted.note("busy");
        // Until the test has seen enough.
        let _ = holds.recv();
    });
    let client = world.start(client);
    let connected = client.connect();
    log.wait_for(1);
    let answers: Vec<_> = (0..=ClientHandle::COMMANDS_MAX).map(|_| client.send("x")).collect();
    let commands_max = ClientHandle::COMMANDS_MAX;
    let last = answers.into_iter().next_back().unwrap();
    assert_eq!(outcome(last), Err(ClientError::QueueFull { commands_max }));
    drop(held);
    done(connected);
}
