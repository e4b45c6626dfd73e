//! Answers to the upgrade that must open no connection: a table, a row each.

use super::World;
use crate::client::{ConnectError, Notice};
use crate::deflate::AnswerRefused;
use crate::handshake::{AnswerFault, HeadFault};

/// A correct answer, but for `KEY`.
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: KEY\r\n\r\n";

/// What an answer leads to that was made of [`ANSWER`] by replacing.
fn outcome(
    from: &str,
    to: &str,
    edit: impl FnOnce(&mut crate::client::ClientSettings),
) -> Result<(), ConnectError> {
    let mut world = World::new(edit);
    world.connect();
    world.dial();
    let key = world.request().upgrade().unwrap().accept_key();
    let answer = ANSWER.replacen(from, to, 1).replace("KEY", &key);
    world.feed(answer.as_bytes());
    world.client.end_of_input(world.now);
    let told = world.told().remove(0);
    if let Notice::ConnectFailed { error, .. } = told {
        world.release();
        return Err(error);
    }
    assert!(matches!(told, Notice::Connected(_)), "{told:?}");
    Ok(())
}

fn fault(from: &str, to: &str) -> AnswerFault {
    assert!(ANSWER.contains(from), "{from:?} is not in the answer");
    match outcome(from, to, |client| client.subprotocols = vec!["chat".to_owned(), "v2".to_owned()]) {
        Err(ConnectError::Answer(fault)) => fault,
        other => panic!("{from:?} → {to:?}: {other:?}"),
    }
}

#[test]
fn each_hostile_answer_is_refused_under_its_name() {
    let header = |line: &str| format!("Connection: Upgrade\r\n{line}\r\n");
    let with = |line: &str| fault("Connection: Upgrade\r\n", &header(line));
    let duplicate = |name: &'static str| AnswerFault::DuplicateHeader { name: name.parse().unwrap() };
    let not_offered = |name: &str| AnswerFault::SubprotocolNotOffered { subprotocol: name.to_owned() };
    let extension = |name: &str| AnswerFault::Extension(AnswerRefused::NotOffered { name: name.to_owned() });

    assert_eq!(fault("HTTP/1.1", "HTTP/1.0"), AnswerFault::Http10);
    assert_eq!(fault("HTTP/1.1", "HTTP/2.0"), HeadFault::UnsupportedVersion.into());
    assert_eq!(fault("HTTP/1.1 101", "SSH-2.0 101"), HeadFault::UnsupportedVersion.into());
    assert_eq!(fault(" 101 ", " 1o1 "), HeadFault::MalformedFirstLine.into());
    assert_eq!(fault(" 101 ", " 099 "), HeadFault::MalformedFirstLine.into());
    assert_eq!(fault("HTTP", "\r\nHTTP"), HeadFault::MalformedFirstLine.into());
    assert_eq!(fault("Upgrade: websocket\r\n", ""), AnswerFault::UpgradeMissing);
    assert_eq!(fault("Upgrade: websocket", "Upgrade: h2c"), AnswerFault::UpgradeMissing);
    assert_eq!(fault("Upgrade: websocket", "Upgrade: websockets"), AnswerFault::UpgradeMissing);
    assert_eq!(fault("Connection: Upgrade\r\n", ""), AnswerFault::ConnectionNotUpgrade);
    assert_eq!(fault("Connection: Upgrade", "Connection: close"), AnswerFault::ConnectionNotUpgrade);
    assert_eq!(fault("Sec-WebSocket-Accept: KEY\r\n", ""), AnswerFault::AcceptMissing);
    let stolen = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned();
    assert_eq!(fault("KEY", &stolen), AnswerFault::AcceptWrong { value: stolen });
    assert!(matches!(fault("KEY", "KEYx"), AnswerFault::AcceptWrong { .. }));
    assert_eq!(with("Sec-WebSocket-Accept: KEY"), duplicate("sec-websocket-accept"));
    assert_eq!(
        with("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat"),
        duplicate("sec-websocket-protocol")
    );
    assert_eq!(with("Sec-WebSocket-Protocol: mqtt"), not_offered("mqtt"));
    assert_eq!(with("Sec-WebSocket-Protocol: CHAT"), not_offered("CHAT"));
    assert_eq!(with("Sec-WebSocket-Protocol: chat, v2"), not_offered("chat, v2"));
    assert_eq!(with("Sec-WebSocket-Protocol:"), not_offered(""));
    assert_eq!(with("Sec-WebSocket-Extensions: x-frame"), extension("x-frame"));
    assert_eq!(with("Sec-WebSocket-Extensions: permessage-deflate"), extension("permessage-deflate"));
    assert_eq!(with("Sec-WebSocket-Extensions: ;"), AnswerRefused::Malformed.into());
    assert_eq!(with(" folded: x"), HeadFault::FoldedHeader.into());
    assert_eq!(with("no colon"), HeadFault::MalformedHeader.into());
    assert!(matches!(with("x: \u{1}"), AnswerFault::Head(HeadFault::ForbiddenByte { byte: 1, .. })));
    assert!(matches!(with("x: ü"), AnswerFault::Head(HeadFault::ForbiddenByte { byte: 0xC3, .. })));
    assert!(matches!(with("x: y\nz: a"), AnswerFault::Head(HeadFault::BareLineBreak { .. })));
    assert_eq!(with(&"x: y\r\n".repeat(100)), HeadFault::TooManyHeaders { headers_max: 100 }.into());
    assert_eq!(with(&"x".repeat(9_000)), HeadFault::TooLarge { bytes_max: 8 * 1024 }.into());
}

#[test]
fn each_hostile_grant_of_compression_is_refused_under_its_name() {
    let grant = |text: &str| {
        let line = format!("Connection: Upgrade\r\nSec-WebSocket-Extensions: {text}\r\n");
        let outcome = outcome("Connection: Upgrade\r\n", &line, |client| {
            client.connection.compression = crate::config::Compression::On;
        });
        match outcome {
            Err(ConnectError::Answer(AnswerFault::Extension(refused))) => refused,
            other => panic!("{text}: {other:?}"),
        }
    };
    let invalid = |name: &str| AnswerRefused::InvalidParameter { name: name.to_owned() };
    let good = "permessage-deflate; server_no_context_takeover";
    assert_eq!(grant("permessage-deflate"), AnswerRefused::ContextTakeover);
    assert_eq!(
        grant(&format!("{good}, {good}")),
        AnswerRefused::NotOffered { name: "permessage-deflate".to_owned() }
    );
    assert_eq!(grant(&format!("{good}; x")), invalid("x"));
    assert_eq!(grant(&format!("{good}; server_max_window_bits=16")), invalid("server_max_window_bits"));
    assert_eq!(grant(&format!("{good}; client_max_window_bits=8")), AnswerRefused::WindowTooSmall);
    assert_eq!(grant(&format!("{good}; server_no_context_takeover")), invalid("server_no_context_takeover"));
}

#[test]
fn what_servers_vary_is_accepted() {
    let accepted = |from: &str, to: &str| {
        let subprotocols =
            |client: &mut crate::client::ClientSettings| client.subprotocols = vec!["chat".to_owned()];
        assert_eq!(outcome(from, to, subprotocols), Ok(()), "{to:?}");
    };
    accepted("Upgrade: websocket", "upgrade: WebSocket");
    accepted("Connection: Upgrade", "Connection: keep-alive, upgrade");
    accepted("Connection: Upgrade", "Connection: keep-alive\r\nConnection: Upgrade");
    accepted("Switching Protocols", "");
    accepted("Switching Protocols", "Web Socket Protocol Handshake");
    accepted("Connection: Upgrade\r\n", "Connection: Upgrade\r\nSec-WebSocket-Protocol: chat\r\n");
    accepted(
        "Connection: Upgrade\r\n",
        "Connection: Upgrade\r\nContent-Length: 0\r\nServer: x\r\nSec-WebSocket-Extensions:\r\n",
    );
    accepted(
        "HTTP/1.1 101",
        "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101",
    );
}

#[test]
fn interim_answers_do_not_go_on_for_ever() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(5) + "HTTP/1.1";
    let Err(ConnectError::Status(refused)) = outcome("HTTP/1.1", &interim, |_| {}) else {
        panic!("no connection")
    };
    assert_eq!(refused.status.as_u16(), 100);
}
