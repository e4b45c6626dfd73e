//! From `connect` to the open connection, and the ways it does not come to one.

use super::{World, close, seconds};
use crate::client::{ConnectError, Notice, SendError, Status, Transmit};
use crate::wire::{CloseCode, Frame};
use std::io::ErrorKind;
use std::time::Duration;

fn failures(world: &mut World) -> Vec<ConnectError> {
    let told = world.told().into_iter().filter_map(|notice| {
        if let Notice::ConnectFailed { error, .. } = notice { Some(error) } else { None }
    });
    told.collect()
}

/// An attempt whose request is answered like this.
fn answered(answer: &str) -> World {
    let mut world = World::new(|_| {});
    world.connect();
    world.dial();
    world.request();
    world.feed(answer.as_bytes());
    world
}

#[test]
fn an_open_connection_tells_what_was_agreed_on() {
    let mut world = World::new(|client| client.subprotocols = vec!["chat".to_owned()]);
    assert_eq!((world.client.status(), world.client.poll_connect(world.now)), (Status::Offline, None));
    world.connect();
    assert_eq!(world.client.status(), Status::Connecting);
    let dial = world.dial();
    assert_eq!((dial.host.as_str(), dial.port, dial.tls, dial.attempt), ("example.com", 80, None, 0));
    assert_eq!(world.client.poll_connect(world.now), None, "once");
    assert!(!world.client.wants_read(), "nothing to be read while it is dialed");

    let answer = world.answer();
    world.feed(&answer);
    let told = world.told();
    let [Notice::Connected(connected)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((connected.attempt, connected.is_compressed), (0, false));
    assert_eq!(connected.subprotocol.as_deref(), Some("chat"));
    assert_eq!(connected.headers["upgrade"], "websocket");
    assert_eq!(world.client.status(), Status::Connected);
}

#[test]
fn messages_right_behind_the_answer_are_not_lost() {
    let mut world = World::new(|_| {});
    world.connect();
    world.dial();
    let answer = world.answer();
    let [first, second] = ["one", "two"].map(Frame::text);
    world.feed(&[&answer, first.as_bytes(), second.as_bytes()].concat());
    assert_eq!(world.heard, ["one", "two"]);
}

#[test]
fn what_the_adapter_tells_fails_the_attempt() {
    for error in [ConnectError::Dns("no such host".to_owned()), ConnectError::Refused] {
        let mut world = World::new(|_| {});
        world.connect();
        world.dial();
        world.client.connect_failed(world.now, error.clone());
        assert_eq!(failures(&mut world), [error]);
        assert!(matches!(world.client.transmit(1), Transmit::Nothing), "nothing to be released");
        assert_eq!(world.client.status(), Status::Offline, "the first attempt is not repeated");
        world.connect();
        assert_eq!(world.dial().attempt, 0);
    }
}

#[test]
fn a_transport_that_breaks_fails_the_attempt() {
    let mut world = World::new(|_| {});
    world.connect();
    world.dial();
    world.request();
    world.client.failed(world.now, ErrorKind::ConnectionReset);
    assert_eq!(failures(&mut world), [ConnectError::Transport(ErrorKind::ConnectionReset)]);
    assert!(world.release());

    let mut world = answered("HTTP/1.1 101 ");
    world.client.end_of_input(world.now);
    assert_eq!(failures(&mut world), [ConnectError::EndOfInput]);
}

#[test]
fn one_limit_covers_dialing_and_answer() {
    for is_dialed in [false, true] {
        let mut world = World::new(|_| {});
        world.connect();
        world.dial();
        world.wait(seconds(6));
        if is_dialed {
            world.request();
        }
        assert_eq!(failures(&mut world), []);
        world.wait(seconds(4));
        assert_eq!(failures(&mut world), [ConnectError::TimedOut { time_max: seconds(10) }]);
        assert!(world.release());
    }
}

#[test]
fn another_status_comes_with_what_the_server_says() {
    let mut world = answered(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy, and more",
    );
    let failed = failures(&mut world);
    let [ConnectError::Status(refused)] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!((refused.status.as_u16(), refused.body.as_slice()), (503, &b"busy"[..]));
    assert_eq!(refused.retry_after, Some(seconds(7)));
    world.release();
}

#[test]
fn a_body_without_a_length_ends_with_the_stream_or_at_the_limit() {
    let head = "HTTP/1.1 403 Forbidden\r\n\r\n";
    let body_of = |world: &mut World| match failures(world).pop() {
        Some(ConnectError::Status(refused)) => Some(refused.body),
        _ => None,
    };
    let mut world = answered(&format!("{head}why"));
    assert_eq!(body_of(&mut world), None, "there may be more");
    world.client.end_of_input(world.now);
    assert_eq!(body_of(&mut world), Some(b"why".to_vec()));

    let mut world = answered(&format!("{head}{}", "x".repeat(5_000)));
    assert_eq!(body_of(&mut world), Some(vec![b'x'; 4 * 1024]));

    let mut world = answered(&format!("{head}why"));
    world.wait(seconds(10));
    assert_eq!(body_of(&mut world), Some(b"why".to_vec()), "not a timeout: the status is known");
}

#[test]
fn a_chunked_body_is_not_waited_for() {
    let mut world = answered("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\n");
    let failed = failures(&mut world);
    assert!(matches!(&failed[..], [ConnectError::Status(refused)] if refused.body.is_empty()), "{failed:?}");
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let mut world = answered("HTTP/1.1 302 Found\r\nLocation: wss://other/\r\nContent-Length: 0\r\n\r\n");
    let failed = failures(&mut world);
    let [ConnectError::Redirected(refused)] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(refused.location(), "wss://other/");
    assert!(failed[0].to_string().contains("wss://other/ with HTTP 302"), "{}", failed[0]);
    world.release();
    assert_eq!(world.client.poll_connect(world.now), None);
}

#[test]
fn tls_is_asked_for_after_dialing_and_before_the_upgrade() {
    let mut world = World::new(|client| client.url = "wss://example.com".parse().unwrap());
    world.connect();
    let dial = world.dial();
    assert_eq!((dial.port, dial.tls.as_deref()), (443, Some("example.com")));
    assert!(matches!(world.client.transmit(1), Transmit::Nothing));
    world.client.connected();
    for _ in 0..2 {
        assert!(matches!(world.client.transmit(1), Transmit::StartTls), "until it is there");
        assert!(!world.client.wants_read(), "these bytes are not ours");
    }
    world.client.secured();
    world.settle();
    assert!(world.written.starts_with(b"GET / HTTP/1.1\r\nHost: example.com\r\n"));
}

#[test]
fn tls_that_fails_fails_the_attempt() {
    let mut world = World::new(|client| client.url = "wss://example.com".parse().unwrap());
    world.connect();
    world.dial();
    world.client.connected();
    world.client.connect_failed(world.now, ConnectError::Tls("unknown issuer".to_owned()));
    assert_eq!(failures(&mut world), [ConnectError::Tls("unknown issuer".to_owned())]);
    assert!(matches!(world.client.transmit(1), Transmit::Nothing));
}

#[test]
fn an_attempt_is_cancelled_without_a_word() {
    for is_final in [false, true] {
        for is_dialed in [false, true] {
            let mut world = World::new(|_| {});
            world.connect();
            world.dial();
            if is_dialed {
                world.request();
            }
            if is_final {
                world.client.close(world.now, CloseCode::Normal, "");
            } else {
                world.client.disconnect(world.now);
            }
            assert!(world.release());
            assert_eq!((world.told(), world.client.next_deadline()), (Vec::new(), None));
            let status = if is_final { Status::Finished } else { Status::Offline };
            assert_eq!(world.client.status(), status);
            assert_eq!(world.client.connect(world.now).is_err(), is_final);
        }
    }
}

#[test]
fn calls_that_do_not_fit_do_nothing() {
    let mut world = World::new(|_| {});
    let calls = |world: &mut World| {
        world.client.secured();
        world.client.end_of_input(world.now);
        world.client.failed(world.now, ErrorKind::Other);
        world.client.connect_failed(world.now, ConnectError::Refused);
        world.client.abort(world.now);
        world.client.released();
        world.client.set_paused(world.now, true);
        world.client.disconnect(world.now);
        assert!(!world.client.sent(world.now, 0));
        assert_eq!(world.client.receive(world.now, b"bytes".to_vec().as_mut_slice()).consumed, 0);
    };
    calls(&mut world);
    world.client.connected();
    world.client.expire(world.now + Duration::MAX);
    assert_eq!((world.told(), world.client.status()), (Vec::new(), Status::Offline));
    assert_eq!(world.send("x"), Err(SendError::Offline));

    let mut world = World::open(|_| {});
    world.client.connected();
    world.client.secured();
    world.client.released();
    world.client.connect_failed(world.now, ConnectError::Refused);
    world.connect();
    assert_eq!((world.told(), world.client.status()), (Vec::new(), Status::Connected));
    world.client.close(world.now, CloseCode::Normal, "");
    world.feed_frame(&close(CloseCode::Normal, ""));
    world.client.end_of_input(world.now);
    world.release();
    world.told();
    calls(&mut world);
    assert_eq!((world.told(), world.client.status()), (Vec::new(), Status::Finished));
}
