//! The client against servers that share no code with it: tungstenite's, `ws` of
//! Node, and `websockets` of Python.
//!
//! Apart from the other scenarios because each of these runs against each server.
//! Those of Node and Python have to be installed first: `run.sh` does, and runs what
//! is ignored otherwise. All three do the same, by path:
//!
//! | path | what the server does |
//! |---|---|
//! | `/echo` | every message back |
//! | `/fragments` | a text in three fragments, bytes in two |
//! | `/ping` | a ping, and says `pong: ` and what its pong carried |
//! | `/quiet` | says nothing for two seconds |
//! | `/close` | closes with 4001 |
//! | `/farewell` | waits for a close, which is remembered |
//! | `/last` | says how the last `/farewell` went |
//! | `/401`, `/302`, `/503` | refuses with that status |
//! | `/busy` | refuses the first as `/503` does; echoes for the others |

mod program;
mod tungstenite;

use crate::world::{Log, World, done, eventually, outcome};
use fanfare::core::close::CloseCode;
use fanfare::{Client, ClientError, Compression, ConnectError, Reconnect};
use program::Program;
use std::net::SocketAddr;
use std::time::Duration;

/// Whose server it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tungstenite,
    Node,
    Python,
}

/// A running server. Dropped, it is gone without a word.
enum Server {
    Tungstenite(tungstenite::Server),
    Program(Program),
}

impl Kind {
    fn start(self) -> Server {
        self.start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    fn start_at(self, address: SocketAddr) -> Server {
        match self {
            Kind::Tungstenite => Server::Tungstenite(tungstenite::Server::start(address)),
            Kind::Node => Server::Program(Program::node(address.port())),
            Kind::Python => Server::Program(Program::python(address.port())),
        }
    }
}

impl Server {
    fn address(&self) -> SocketAddr {
        match self {
            Server::Tungstenite(server) => server.address(),
            Server::Program(program) => program.address(),
        }
    }

    fn client(&self, path: &str) -> Client {
        Client::new(&format!("ws://{}{path}", self.address())).unwrap()
    }
}

fn messages_come_back_with_their_type(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = server.client("/echo").settings(|client| client.connection.message_bytes_max = 200_000);
    let heard = log.clone();
    let client = world.start(client.on_message(move |_, message| {
        heard.note(match message.as_text() {
            Some(text) => format!("text of {}: {}", text.len(), text.chars().take(3).collect::<String>()),
            None => format!("{} bytes", message.len()),
        });
    }));
    done(client.connect());
    for text in ["", "a", "äöü", "🎺", &"x".repeat(70_000)] {
        done(client.send(text));
    }
    for size in [0, 1, 125, 126, 65_535, 65_536, 200_000] {
        done(client.send(vec![7; size].as_slice()));
    }
    let expected = [
        "text of 0: ",
        "text of 1: a",
        "text of 6: äöü",
        "text of 4: 🎺",
        "text of 70000: xxx",
        "0 bytes",
        "1 bytes",
        "125 bytes",
        "126 bytes",
        "65535 bytes",
        "65536 bytes",
        "200000 bytes",
    ];
    assert_eq!(log.wait_for(expected.len()), expected);
    done(client.close(CloseCode::Normal, ""));
}

fn compression_is_agreed_on(world: &World, kind: Kind) {
    let server = kind.start();
    for compression in [Compression::Off, Compression::On] {
        let log = Log::default();
        let (connected, heard) = (log.clone(), log.clone());
        let client = server.client("/echo").settings(|client| client.connection.compression = compression);
        let client = client
            .on_connected(move |_, server| connected.note(format!("compressed: {}", server.is_compressed)))
            .on_message(move |_, message| heard.note(message.as_text().unwrap_or_default()));
        let client = world.start(client);
        done(client.connect());
        // Short ones are not worth it, and may come between.
        let texts = ["compress me! ".repeat(2_000), "short".to_owned(), "me too! ".repeat(2_000)];
        for text in &texts {
            done(client.send(text.as_str()));
        }
        let notes = log.wait_for(4);
        let is_compressed = compression == Compression::On && kind != Kind::Tungstenite;
        assert_eq!(notes[0], format!("compressed: {is_compressed}"));
        assert!(notes[1..] == texts, "what comes back is what was sent");
    }
}

fn a_message_in_fragments_is_one(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = world.start(log.of_all(server.client("/fragments")));
    done(client.connect());
    assert_eq!(log.wait_for(3), ["connected", r#"Text("one two three")"#, "Binary([1, 2])"]);
}

fn a_subprotocol_is_chosen(world: &World, kind: Kind) {
    let server = kind.start();
    for (offered, chosen) in [(&["other", "chat"][..], Some("chat")), (&["other"], None), (&[], None)] {
        let log = Log::default();
        let noted = log.clone();
        let client = server.client("/echo").settings(|client| {
            client.subprotocols = offered.iter().map(ToString::to_string).collect();
        });
        let client =
            client.on_connected(move |_, server| noted.note(format!("{:?}", server.subprotocol.as_deref())));
        done(world.start(client).connect());
        assert_eq!(log.wait_for(1), [format!("{chosen:?}")]);
    }
}

fn a_ping_of_the_server_is_answered(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = world.start(log.of_all(server.client("/ping")));
    done(client.connect());
    assert_eq!(log.wait_for(2), ["connected", r#"Text("pong: beat")"#]);
}

fn pings_of_ours_keep_a_quiet_connection(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = server.client("/quiet").settings(|client| {
        client.connection.ping_interval = Some(Duration::from_millis(50));
        client.connection.liveness_time_max = Duration::from_secs(1);
    });
    let client = world.start(log.of_all(client));
    done(client.connect());
    // After twice the time in which a silent server is given up.
    assert_eq!(log.wait_for(2), ["connected", r#"Text("at last")"#]);
}

fn a_close_of_the_server_has_code_and_reason(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = server.client("/close").settings(|client| client.reconnect = Reconnect::Off);
    let client = world.start(log.of_all(client));
    done(client.connect());
    assert_eq!(log.wait_for(2), ["connected", r#"disconnected: closed by the peer with 4001 "enough""#]);
}

fn a_close_of_ours_has_code_and_reason(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = world.start(log.of_all(server.client("/farewell")));
    done(client.connect());
    done(client.close(CloseCode::Library(4002), "done"));
    assert_eq!(log.all(), ["connected", "disconnected: closed by us with 4002"]);
    eventually("the server knows", || {
        let log = Log::default();
        let client = world.start(log.of_all(server.client("/last")));
        done(client.connect());
        log.wait_for(2)[1] == r#"Text("4002 done")"#
    });
}

fn a_server_that_is_gone_and_back_is_found(world: &World, kind: Kind) {
    let (mut server, log) = (kind.start(), Log::default());
    let address = server.address();
    let client = server.client("/echo").settings(|client| {
        client.reconnect = Reconnect::Fixed { delay: Duration::from_millis(20) };
    });
    let heard = log.clone();
    let client = world.start(client.on_fault(|_, _| {}).on_message(move |_, message| {
        heard.note(message.as_text().unwrap_or_default());
    }));
    done(client.connect());
    for round in 1..=3 {
        done(client.send(format!("round {round}")));
        assert_eq!(log.wait_for(round).last().unwrap(), &format!("round {round}"));
        drop(server);
        server = kind.start_at(address);
        eventually("the client is back", || usize::try_from(client.reconnects()).unwrap() == round);
    }
}

fn a_refusal_is_told(world: &World, kind: Kind) {
    let server = kind.start();
    let refusal = |path| match outcome(world.start(server.client(path)).connect()) {
        Err(ClientError::Connect(refusal)) => refusal,
        other => panic!("{path} must be refused: {other:?}"),
    };
    let ConnectError::Status(refused) = refusal("/401") else { panic!("401 is a status") };
    assert_eq!((refused.status.as_u16(), &refused.body[..]), (401, &b"who are you?"[..]));
    let ConnectError::Redirected(elsewhere) = refusal("/302") else { panic!("302 leads elsewhere") };
    assert_eq!((elsewhere.status.as_u16(), elsewhere.location()), (302, "/elsewhere"));
    assert_eq!(refusal("/503").retry_after(), Some(Duration::from_secs(1)));
}

fn a_busy_server_is_given_the_time_it_asks_for(world: &World, kind: Kind) {
    let (server, log) = (kind.start(), Log::default());
    let client = server.client("/busy").settings(|client| {
        let soon = Duration::from_millis(1);
        client.reconnect = Reconnect::Exponential { base: soon, cap: soon };
        client.reconnect_first = true;
    });
    let delayed = log.clone();
    let client = log.of_fate(client).on_reconnecting(move |_, attempt, delay| {
        delayed.note(format!("attempt {attempt} in {} s", delay.as_secs()));
    });
    let client = world.start(client);
    done(client.connect());
    let expected = [
        "fault: attempt 0 to connect failed: the server refused with HTTP 503 Service Unavailable",
        "attempt 1 in 1 s",
        "connected",
    ];
    assert_eq!(log.wait_for(3), expected);
}

/// Runs each scenario against each server in each world.
macro_rules! scenarios {
    ($($scenario:ident)+) => {
        scenarios! { against tungstenites = Kind::Tungstenite; $($scenario)+ }
        scenarios! { against node = Kind::Node, ignore = "run.sh installs its server"; $($scenario)+ }
        scenarios! { against python = Kind::Python, ignore = "run.sh installs its server"; $($scenario)+ }
    };
    (against $server:ident = $kind:expr $(, $ignore:ident = $why:literal)?; $($scenario:ident)+) => {
        mod $server {
            use super::{Kind, World};

            scenarios! { in smol, World::Smol, $kind $(, $ignore = $why)?; $($scenario)+ }
            scenarios! { in std_threads, World::StdThreads, $kind $(, $ignore = $why)?; $($scenario)+ }
            scenarios! { in tokio, World::tokio(), $kind $(, $ignore = $why)?; $($scenario)+ }
        }
    };
    (in $world:ident, $make:expr, $kind:expr; $($scenario:ident)+) => {
        mod $world {
            use super::{Kind, World};
            $(#[test]
            fn $scenario() {
                super::super::$scenario(&$make, $kind);
            })+
        }
    };
    (in $world:ident, $make:expr, $kind:expr, $ignore:ident = $why:literal; $($scenario:ident)+) => {
        mod $world {
            use super::{Kind, World};
            $(#[test]
            #[$ignore = $why]
            fn $scenario() {
                super::super::$scenario(&$make, $kind);
            })+
        }
    };
}

scenarios! {
    messages_come_back_with_their_type
    compression_is_agreed_on
    a_message_in_fragments_is_one
    a_subprotocol_is_chosen
    a_ping_of_the_server_is_answered
    pings_of_ours_keep_a_quiet_connection
    a_close_of_the_server_has_code_and_reason
    a_close_of_ours_has_code_and_reason
    a_server_that_is_gone_and_back_is_found
    a_refusal_is_told
    a_busy_server_is_given_the_time_it_asks_for
}
