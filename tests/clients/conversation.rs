//! Connecting, talking, and taking leave.

use crate::world::{Log, Peer, Server, World, done, eventually, outcome};
use fanfare::core::close::CloseCode;
use fanfare::core::wire::ControlPayload;
use fanfare::{Address, App, Client, ClientError, Handle, Route, StopOptions};
use http::{HeaderName, HeaderValue};
use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::thread;
use tungstenite::Message;

pub(crate) fn echo() -> App {
    App::new().route("/", Route::new().on_message(|ctx, message| ctx.send(&message)))
}

/// How many connections a server has.
pub(crate) fn connections(server: &Handle) -> usize {
    server.connections().wait().unwrap().len()
}

pub(crate) fn messages_come_back_with_their_type(world: &World) {
    let (server, log) = (Server::start(echo()), Log::default());
    let client = world.start(log.of_all(Client::new(&server.url()).unwrap()));
    assert!(!client.is_connected());
    done(client.connect());
    assert!(client.is_connected() && client.reconnects() == 0);
    assert_eq!(client.url().to_string(), server.url());
    done(client.connect());
    done(client.send("text"));
    done(client.send(&b"bytes"[..]));
    done(client.send_json(&[1, 2]));
    done(client.send(""));
    log.wait_for(5);
    done(client.close(CloseCode::Normal, "done"));
    assert!(!client.is_connected());
    assert_eq!(client.end(), Some(ClientError::Ended));
    assert_eq!(outcome(client.send("late")), Err(ClientError::Ended));
    let expected = [
        "connected",
        r#"Text("text")"#,
        "Binary([98, 121, 116, 101, 115])",
        r#"Text("[1,2]")"#,
        r#"Text("")"#,
        "disconnected: closed by us with 1000",
    ];
    assert_eq!(log.all(), expected);
}

pub(crate) fn the_request_says_what_was_asked_for(world: &World) {
    let (url, peer) = Peer::listen();
    let cookie = (HeaderName::from_static("cookie"), HeaderValue::from_static("a=b"));
    let client = Client::new(&url).unwrap().settings(|client| {
        client.headers.extend([cookie]);
        client.subprotocols = vec!["chat".to_owned()];
    });
    // The answer chooses no subprotocol, which is an answer.
    let client = world.start(client);
    done(client.connect());
    let peer = peer.join().unwrap();
    assert_eq!(peer.request.uri(), "/path?query");
    let header =
        |name: &str| peer.request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("cookie").as_deref(), Some("a=b"));
    assert_eq!(header("sec-websocket-protocol").as_deref(), Some("chat"));
    assert!(url.contains(&header("host").unwrap()));
}

pub(crate) fn pings_go_both_ways(world: &World) {
    let payload = |text: &'static str| ControlPayload::try_from(text.as_bytes()).unwrap();
    let (log, server_log) = (Log::default(), Log::default());
    let (asked, answered) = (server_log.clone(), server_log.clone());
    let note = |log: &Log, what: &str, payload: &[u8]| log.note(format!("{what} {}", payload.escape_ascii()));
    let route = Route::new()
        .on_open(move |ctx| ctx.ping(&payload("from the server")).map(drop))
        .on_ping(move |_, payload| note(&asked, "ping", payload))
        .on_pong(move |_, payload| note(&answered, "pong", payload));
    let server = Server::start(App::new().route("/", route));
    let (asked, answered) = (log.clone(), log.clone());
    let client = Client::new(&server.url())
        .unwrap()
        .on_ping(move |_, payload| note(&asked, "ping", payload))
        .on_pong(move |_, payload| note(&answered, "pong", payload));
    let client = world.start(client);
    assert!(!done(client.ping(payload("too soon"))), "there is no connection");
    done(client.connect());
    assert_eq!(log.wait_for(1), ["ping from the server"]);
    assert!(done(client.ping(payload("from the client"))));
    assert_eq!(log.wait_for(2)[1], "pong from the client");
    assert_eq!(server_log.wait_for(2), ["pong from the server", "ping from the client"]);
}

pub(crate) fn a_close_is_a_handshake_with_code_and_reason(world: &World) {
    let (log, (url, peer)) = (Log::default(), Peer::listen());
    let client = world.start(log.of_all(Client::new(&url).unwrap()));
    done(client.connect());
    let mut peer = peer.join().unwrap();
    done(client.send("before"));
    let closed = client.close(CloseCode::Library(4001), "enough");
    peer.expect(&Message::text("before"));
    let Message::Close(Some(frame)) = peer.socket.read().unwrap() else { panic!("a close frame is next") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4001, "enough"));
    assert!(matches!(peer.socket.read(), Err(tungstenite::Error::ConnectionClosed)));
    drop(peer);
    done(closed);
    assert_eq!(log.all(), ["connected", "disconnected: closed by us with 4001"]);
}

pub(crate) fn a_callback_that_fails_is_told_and_one_that_panics_ends_the_client(world: &World) {
    let (server, log) = (Server::start(echo()), Log::default());
    let client =
        log.of_fate(Client::new(&server.url()).unwrap()).on_message(|_, message| match message.as_text() {
            Some("fail") => Err("as asked".to_owned()),
            Some("panic") => panic!("as asked"),
            _ => Ok(()),
        });
    let client = world.start(client);
    done(client.connect());
    done(client.send("fail"));
    assert_eq!(log.wait_for(2)[1], "fault: a callback failed: as asked");
    let ended = client.ended();
    done(client.send("panic"));
    done(ended);
    assert_eq!(client.end(), Some(ClientError::Panicked));
    assert_eq!(outcome(client.send("late")), Err(ClientError::Panicked));
    assert!(!client.is_connected());
    eventually("the connection is gone", || connections(server.handle()) == 0);
    assert_eq!(log.all().len(), 2, "after a panic no callback is called");
}

pub(crate) fn nothing_may_block_in_a_callback(world: &World) {
    let (server, (sender, receiver)) = (Server::start(echo()), mpsc::channel());
    let client = Client::new(&server.url()).unwrap().on_connected(move |ctx, _| {
        let handle = ctx.handle();
        sender.send((handle.send("not waited for").wait(), handle.ended().wait())).unwrap();
    });
    let client = world.start(client);
    done(client.connect());
    let refused = Err(ClientError::OnClient);
    assert_eq!(receiver.recv().unwrap(), (refused.clone(), refused));
}

pub(crate) fn a_dropped_handle_ends_everything(world: &World) {
    let (server, log) = (Server::start(echo()), Log::default());
    let client = world.start(log.of_all(Client::new(&server.url()).unwrap()));
    let other = client.clone();
    done(client.connect());
    drop(client);
    done(other.send("still here"));
    log.wait_for(2);
    drop(other);
    assert_eq!(log.wait_for(3)[2], "disconnected: aborted by us");
    eventually("the connection is gone", || connections(server.handle()) == 0);
}

/// What is queued in a turn is written before it is too much.
pub(crate) fn a_burst_goes_through_a_small_outbox(world: &World) {
    const MESSAGES: usize = 1_000;
    let small = |client: Client| client.settings(|client| client.connection.outbox_messages_max = 8);
    let (url, peer) = Peer::listen();
    let client = world.start(small(Client::new(&url).unwrap()).on_message(|ctx, message| ctx.send(message)));
    done(client.connect());
    let mut peer = peer.join().unwrap();
    let sent: Vec<_> = (0..MESSAGES).map(|number| client.send(number.to_string())).collect();
    for number in 0..MESSAGES {
        peer.expect(&Message::text(number.to_string()));
    }
    sent.into_iter().for_each(done);
    // The other way round, what is read in one piece is answered in many.
    for number in 0..MESSAGES {
        peer.socket.write(Message::text(number.to_string())).unwrap();
    }
    peer.socket.flush().unwrap();
    for number in 0..MESSAGES {
        peer.expect(&Message::text(number.to_string()));
    }
}

pub(crate) fn a_send_that_waits_goes_no_faster_than_the_server_reads(world: &World) {
    const MESSAGES: usize = 1_000;
    let (url, peer) = Peer::listen();
    let client = world.start(Client::new(&url).unwrap());
    done(client.connect());
    let mut peer = peer.join().unwrap();
    let sender = client.clone();
    let sending = thread::spawn(move || {
        for _ in 0..MESSAGES {
            sender.send_when_room(vec![7; 50_000].as_slice()).wait().unwrap();
        }
    });
    for _ in 0..MESSAGES {
        peer.expect(&Message::binary(vec![7; 50_000]));
    }
    sending.join().unwrap();
}

pub(crate) fn a_unix_socket_will_do(world: &World) {
    let path = std::env::temp_dir().join(format!("fanfare-{}-{:p}.sock", std::process::id(), world));
    let program = fanfare::std_threads::Server::new(echo()).unwrap();
    let (handle, listener) = (program.handle(), UnixListener::bind(&path).unwrap());
    let serving = thread::spawn(|| program.serve(listener));
    let log = Log::default();
    let client = Client::new("ws://localhost/").unwrap().address(Address::Unix(path.clone()));
    let client = world.start(log.of_all(client));
    done(client.connect());
    done(client.send("hi"));
    assert_eq!(log.wait_for(2)[1], r#"Text("hi")"#);
    done(client.close(CloseCode::Normal, ""));
    handle.stop(&StopOptions::default()).wait().unwrap();
    serving.join().unwrap().unwrap();
    std::fs::remove_file(&path).unwrap();
}
