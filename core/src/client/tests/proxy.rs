//! The way through a proxy.

use super::World;
use crate::client::{ClientSettings, ConnectError, Notice, Proxy, Transmit};
use crate::handshake::{AnswerFault, HeadFault};
use http::StatusCode;

fn proxied(url: &'static str) -> impl FnOnce(&mut ClientSettings) {
    move |client| {
        client.url = url.parse().unwrap();
        client.proxy = Some(Proxy::new("proxy", 3128).with_credentials("ann", "secret"));
    }
}

/// A proxy that has been asked, and answers like this.
fn answered(url: &'static str, answer: &str) -> World {
    let mut world = World::new(proxied(url));
    world.connect();
    let dial = world.dial();
    assert_eq!((dial.host.as_str(), dial.port), ("proxy", 3128));
    world.client.connected();
    world.settle();
    world.written.clear();
    world.feed(answer.as_bytes());
    world
}

fn failure(world: &mut World) -> ConnectError {
    match world.told().pop() {
        Some(Notice::ConnectFailed { error, .. }) => error,
        other => panic!("a failure, not {other:?}"),
    }
}

#[test]
fn a_tunnel_precedes_the_upgrade() {
    let mut world = World::new(proxied("ws://example.com/ws"));
    world.connect();
    assert_eq!(world.dial().tls, None);
    world.client.connected();
    world.settle();
    let asked = String::from_utf8(std::mem::take(&mut world.written)).unwrap();
    assert_eq!(
        asked,
        "CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\
         Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n"
    );
    world.feed(b"HTTP/1.0 200 Connection established\r\n\r\n");
    assert!(world.written.starts_with(b"GET /ws HTTP/1.1\r\nHost: example.com\r\n"));
}

#[test]
fn tls_is_spoken_with_the_server_behind_the_tunnel() {
    let mut world = answered("wss://example.com", "HTTP/1.1 200 OK\r\n\r\n");
    assert!(matches!(world.client.transmit(1), Transmit::StartTls) && world.written.is_empty());
    world.client.secured();
    world.settle();
    assert!(world.written.starts_with(b"GET / HTTP/1.1\r\nHost: example.com\r\n"));
}

#[test]
fn a_proxy_may_refuse_or_talk_nonsense() {
    let mut world = answered("ws://a", "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    assert_eq!(failure(&mut world), ConnectError::ProxyStatus { status });
    world.release();
    let mut world = answered("ws://a", "SOCKS\r\n\r\n");
    let fault = AnswerFault::Head(HeadFault::UnsupportedVersion);
    assert_eq!(failure(&mut world), ConnectError::ProxyAnswer(fault));
}

#[test]
fn nobody_speaks_through_the_tunnel_before_us() {
    for url in ["ws://a", "wss://a"] {
        let mut world = answered(url, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 ");
        assert_eq!(failure(&mut world), ConnectError::ProxyAhead { bytes: 13 });
    }
}
