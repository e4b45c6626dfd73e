//! The client against servers that others have written in other languages, on each
//! runtime. `run.sh` beside this starts them and tells where they are.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare::core::close::CloseCode;
use fanfare::{Client, ClientHandle, ClientStream, Compression, Disconnected, Heard, Message, Reconnect};
use std::env;
use std::time::Duration;

/// Opens a client on one runtime, which is kept beside it.
fn open(runtime: &str, client: Client) -> (ClientStream, Option<tokio::runtime::Runtime>) {
    match runtime {
        "smol" => (fanfare::smol::open(client).unwrap(), None),
        "std-threads" => (fanfare::std_threads::open(client).unwrap(), None),
        _ => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let stream = {
                let _inside = runtime.enter();
                fanfare::tokio::open(client).unwrap()
            };
            (stream, Some(runtime))
        }
    }
}

/// The next message; what else is heard on an open connection is none.
#[track_caller]
fn message(stream: &mut ClientStream) -> Message<'static> {
    match stream.hear().wait() {
        Some(Heard::Message(message)) => message,
        other => panic!("a message is next, not {other:?}"),
    }
}

#[track_caller]
fn disconnected(stream: &mut ClientStream) -> Disconnected {
    match stream.hear().wait() {
        Some(Heard::Disconnected(over)) => over,
        other => panic!("the connection is over, and there is {other:?}"),
    }
}

fn echoes(client: &ClientHandle, stream: &mut ClientStream) {
    for size in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
        for sent in [Message::from("é".repeat(size / 2)), Message::from(&vec![7; size][..]).into_owned()] {
            client.send(sent.clone()).wait().unwrap();
            assert!(message(stream) == sent, "{size} bytes");
        }
    }
}

/// The whole of a conversation, twice.
fn converse(url: &str, is_compressed: bool) {
    for runtime in ["smol", "std-threads", "tokio"] {
        let client = Client::new(url).unwrap().settings(|client| {
            client.reconnect = Reconnect::Fixed { delay: Duration::from_millis(1) };
            if is_compressed {
                client.connection.compression = Compression::On;
            }
        });
        let (mut stream, _runtime) = open(runtime, client);
        let client = stream.handle().clone();
        client.connect().wait().unwrap();
        for _ in 0..2 {
            let Some(Heard::Connected(connected)) = stream.hear().wait() else { panic!("on {runtime}") };
            assert_eq!(connected.is_compressed, is_compressed, "on {runtime}");
            echoes(&client, &mut stream);
            client.send("ping").wait().unwrap();
            assert_eq!(message(&mut stream), "pong beat".into());
            client.send("leave").wait().unwrap();
            let over = disconnected(&mut stream);
            assert_eq!(over.reason.to_string(), r#"closed by the peer with 4001 "as asked""#);
            assert!(matches!(stream.hear().wait(), Some(Heard::Reconnecting { attempt: 1.., .. })));
        }
        client.connect().wait().unwrap();
        assert!(matches!(stream.hear().wait(), Some(Heard::Connected(_))));
        client.close(CloseCode::Normal, "enough").wait().unwrap();
        assert!(disconnected(&mut stream).is_graceful(), "on {runtime}");
        assert!(stream.hear().wait().is_none());
    }
}

#[test]
#[ignore = "needs a server: tests/foreign/run.sh starts it"]
fn node_ws_understands_and_is_understood() {
    let url = env::var("FOREIGN_WS").unwrap();
    converse(&url, false);
    converse(&url, true);
}

#[test]
#[ignore = "needs a server: tests/foreign/run.sh starts it"]
fn python_websockets_understands_and_is_understood() {
    let url = env::var("FOREIGN_WEBSOCKETS").unwrap();
    converse(&url, false);
    converse(&url, true);
}
