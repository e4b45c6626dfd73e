//! Connections that are lost, given up, and made anew.

use crate::conversation::echo;
use crate::world::{Log, Proxy, Server, World, done, eventually, outcome};
use fanfare::core::close::CloseCode;
use fanfare::{App, Client, ClientError, ConnectError, Envelope, Reconnect, Route, StopOptions, Target};
use std::time::Duration;

/// Comes back soon.
fn soon(client: Client) -> Client {
    client.settings(|client| client.reconnect = Reconnect::Fixed { delay: Duration::from_millis(20) })
}

fn rooms() -> App {
    App::new().route("/", Route::new().envelope(Envelope::Typed).namespace("/game", |game| game))
}

pub(crate) fn a_server_that_comes_back_is_rejoined(world: &World) {
    let (log, mut server) = (Log::default(), Server::start(rooms()));
    let news = log.clone();
    let client = soon(Client::new(&server.url()).unwrap())
        .settings(|client| client.connection.envelope = Envelope::Typed)
        .on_in("/game", "news", move |_, event| news.note(event.data::<String>().unwrap_or_default()));
    let [connected, disconnected] = [(); 2].map(|()| log.clone());
    let client = client
        .on_connected(move |_, _| connected.note("connected"))
        .on_disconnected(move |_, over| disconnected.note(format!("graceful: {}", over.is_graceful())));
    let client = world.start(client);
    assert!(done(client.join_in("/game", "hall")), "before there is a connection");
    done(client.connect());
    let (address, hall) = (server.address(), || Target::room("/game", "hall"));
    for round in 0..5 {
        let handle = server.handle().clone();
        let emit = || handle.emit_to(hall(), "news", &format!("round {round}")).wait().unwrap().queued() == 1;
        eventually("the room is rejoined", emit);
        log.wait_for(3 * round + 2);
        drop(server);
        server = Server::start_at(address, rooms());
        eventually("the client is back", || client.reconnects() == u64::try_from(round).unwrap() + 1);
    }
    done(client.close(CloseCode::Normal, ""));
    let round = |n: usize| ["connected".to_owned(), format!("round {n}"), "graceful: true".to_owned()];
    let mut expected: Vec<String> = (0..5).flat_map(round).collect();
    expected.extend(["connected".to_owned(), "graceful: true".to_owned()]);
    assert_eq!(log.all(), expected);
}

pub(crate) fn a_close_ends_the_wait_for_an_attempt_at_once(world: &World) {
    let (log, server) = (Log::default(), Server::start(echo()));
    let client = log.of_all(Client::new(&server.url()).unwrap());
    let hour = Duration::from_secs(3_600);
    let client = world.start(client.settings(|client| client.reconnect = Reconnect::Fixed { delay: hour }));
    done(client.connect());
    drop(server);
    assert_eq!(log.wait_for(3)[2], "reconnecting: 1");
    // Asked for, the attempt is made at once; as it fails, another is waited for.
    let waiting = client.connect();
    assert_eq!(log.wait_for(5)[4], "reconnecting: 1");
    done(client.close(CloseCode::Normal, ""));
    assert_eq!(outcome(waiting), Err(ClientError::Connect(ConnectError::Refused)));
    assert_eq!(client.end(), Some(ClientError::Ended));
    assert_eq!(outcome(client.connect()), Err(ClientError::Ended));
}

pub(crate) fn a_disconnected_client_connects_again(world: &World) {
    let (log, server) = (Log::default(), Server::start(echo()));
    let client = world.start(log.of_all(Client::new(&server.url()).unwrap()));
    done(client.disconnect());
    for _ in 0..3 {
        done(client.connect());
        done(client.disconnect());
        assert!(!client.is_connected());
    }
    // Who waits for the end of a connection is not kept waiting by the next.
    done(client.connect());
    let (parted, connected) = (client.disconnect(), client.connect());
    done(parted);
    done(connected);
    done(client.disconnect());
    assert_eq!(client.reconnects(), 4);
    let expected = ["connected", "disconnected: closed by us with 1000"].repeat(5);
    assert_eq!(log.all(), expected);
}

pub(crate) fn who_leaves_while_it_receives_has_left(world: &World) {
    let flood = Route::new().on_open(|ctx| {
        for _ in 0..200 {
            ctx.send("x".repeat(1_000))?;
        }
        Ok::<_, fanfare::HandlerError>(())
    });
    let flood = flood.on_message(|ctx, message| ctx.send(&message));
    let (log, server) = (Log::default(), Server::start(App::new().route("/", flood)));
    let client = log.of_fate(Client::new(&server.url()).unwrap());
    let client = world.start(client.on_message(|ctx, message| ctx.send(message)));
    for _ in 0..10 {
        done(client.connect());
        done(client.disconnect());
    }
    let notes = log.all();
    let connected = notes.iter().step_by(2).all(|note| note == "connected");
    let disconnected = notes.iter().skip(1).step_by(2).all(|note| note.starts_with("disconnected"));
    assert!(connected && disconnected && notes.len() == 20, "{notes:?}");
}

pub(crate) fn a_line_that_goes_silent_is_noticed(world: &World) {
    let (log, server) = (Log::default(), Server::start(echo()));
    let proxy = Proxy::to(server.address());
    let client = soon(Client::new(&proxy.url()).unwrap()).settings(|client| {
        client.connection.ping_interval = Some(Duration::from_millis(50));
        client.connection.liveness_time_max = Duration::from_millis(300);
        client.stable_time = Duration::from_millis(1);
    });
    let client = world.start(log.of_all(client));
    done(client.connect());
    proxy.go_silent();
    let expected = [
        "connected",
        "disconnected: closed because the Liveness deadline passed",
        "reconnecting: 1",
        "connected",
    ];
    assert_eq!(log.wait_for(4), expected);
    done(client.send("through"));
    assert_eq!(log.wait_for(5)[4], r#"Text("through")"#);
    // The server does not know yet; there is no need to wait until it does.
    let at_once = StopOptions { time_max: Duration::from_millis(1), ..StopOptions::default() };
    server.handle().stop(&at_once).wait().unwrap();
}

pub(crate) fn attempts_are_limited(world: &World) {
    let (log, server) = (Log::default(), Server::start(echo()));
    let client = soon(Client::new(&server.url()).unwrap()).settings(|client| client.attempts_max = 2);
    let client = world.start(log.of_all(client));
    done(client.connect());
    drop(server);
    let notes = log.wait_for(7);
    let refused = |attempt| format!("fault: attempt {attempt} to connect failed: {}", ConnectError::Refused);
    let expected = [
        "connected".to_owned(),
        r#"disconnected: closed by the peer with 1001 "server is stopping""#.to_owned(),
        "reconnecting: 1".to_owned(),
        refused(1),
        "reconnecting: 2".to_owned(),
        refused(2),
        "fault: gave up after 2 attempts (attempts_max)".to_owned(),
    ];
    assert_eq!(notes, expected);
    assert!(matches!(outcome(client.connect()), Err(ClientError::Connect(ConnectError::Refused))));
}
