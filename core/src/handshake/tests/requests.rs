//! Honest requests, and what they say.

use super::{UPGRADE, get, read};
use crate::handshake::HandshakeError;
use http::Method;

#[test]
fn an_upgrade_is_recognised() {
    let request = get(UPGRADE).unwrap();
    assert_eq!(request.path(), "/ws");
    assert_eq!(request.require_upgrade().unwrap().accept_key(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(request.subprotocols().count(), 0);
}

#[test]
fn tokens_are_compared_without_case_and_over_all_connection_lines() {
    let lines = UPGRADE
        .replace("Upgrade: websocket", "UPGRADE: WebSocket")
        .replace("Connection: keep-alive, Upgrade", "connection: keep-alive\r\nConnection: x,\tuPGRADE");
    assert!(get(&lines).unwrap().upgrade().is_some());
}

#[test]
fn a_request_by_an_independent_client_is_accepted() {
    let request = http::Request::builder()
        .uri("ws://example.com:9000/chat?a=b")
        .header("Host", "example.com:9000")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", tungstenite::handshake::client::generate_key())
        .header("Sec-WebSocket-Protocol", "chat")
        .body(())
        .unwrap();
    let (head, key) = tungstenite::handshake::client::generate_request(request).unwrap();
    let request = read(head).unwrap();
    let upgrade = request.require_upgrade().unwrap();
    assert_eq!(upgrade.accept_key(), tungstenite::handshake::derive_accept_key(key.as_bytes()));
    assert_eq!(upgrade.subprotocols().collect::<Vec<_>>(), ["chat"]);
}

#[test]
fn a_plain_post_declares_its_body() {
    let request = read("POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n").unwrap();
    assert_eq!((request.method(), request.body_bytes()), (&Method::POST, 12));
    let error = request.require_upgrade().unwrap_err();
    assert_eq!(error.status(), 426);
    assert_eq!(error.response().headers()["upgrade"], "websocket");
    assert!(error.response().encode(false).windows(26).any(|w| w == b"Connection: close, upgrade"));
}

#[test]
fn another_protocol_in_upgrade_is_no_wish_for_websocket() {
    let request = get("Host: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n").unwrap();
    assert!(request.upgrade().is_none());
}

#[test]
fn query_cookies_and_credentials_are_read() {
    let request = read(
        "GET /a%20b?x=1&token=a%2Bb+c&x=2&flag HTTP/1.1\r\nHost: h:80\r\nUser-Agent: me/1\r\n\
         Cookie: a=1; sid=\"q=\"\r\nCookie: b=2\r\nauthorization: bearer  abc \r\nExpect: 100-Continue\r\n\r\n",
    )
    .unwrap();
    assert_eq!(request.path(), "/a%20b");
    assert_eq!(request.query(), Some("x=1&token=a%2Bb+c&x=2&flag"));
    assert_eq!(request.query_param("token").as_deref(), Some("a+b c"));
    assert_eq!(request.query_param("x").as_deref(), Some("1"));
    assert_eq!(request.query_param("flag").as_deref(), Some(""));
    assert_eq!(request.query_param("y"), None);
    assert_eq!(request.cookie("sid"), Some("\"q=\""));
    assert_eq!(request.cookie("b"), Some("2"));
    assert_eq!(request.cookie("c"), None);
    assert_eq!(request.bearer_token(), Some("abc"));
    assert_eq!(request.user_agent(), Some("me/1"));
    assert_eq!(request.header("USER-agent"), Some("me/1"));
    assert_eq!(request.host(), "h:80");
    assert!(request.expects_continue());
}

#[test]
fn only_a_bearer_credential_is_a_token() {
    for value in ["Basic abc", "Bearer", "Bearer ", "Bearerabc"] {
        assert_eq!(get(&format!("Host: h\r\nAuthorization: {value}\r\n")).unwrap().bearer_token(), None);
    }
}

#[test]
fn debug_shows_no_credentials() {
    let request = get("Host: h\r\nAuthorization: Bearer hunter2\r\nCookie: sid=hunter2\r\n").unwrap();
    assert!(!format!("{request:?}").contains("hunter2"));
}

#[test]
fn a_url_as_target_must_agree_with_host() {
    let with = |target: &str| read(format!("GET {target} HTTP/1.1\r\nHost: example.com\r\n\r\n"));
    let request = with("http://EXAMPLE.com:80/ws?a=1").unwrap();
    assert_eq!((request.path(), request.query()), ("/ws", Some("a=1")));
    assert_eq!(with("http://example.com").unwrap().path(), "/");
    for target in ["http://evil.org/ws", "http://example.com:81/ws", "https://example.com:80/"] {
        let error = with(target).unwrap_err();
        assert!(matches!(error, HandshakeError::TargetHostMismatch { .. }), "{target}: {error}");
    }
    for target in ["*", "example.com:80", "ws", "/ws#top", "ftp://example.com/", "http://u@example.com/"] {
        let error = with(target).unwrap_err();
        assert!(matches!(error, HandshakeError::InvalidTarget { .. }), "{target}: {error}");
    }
}

#[test]
fn offered_subprotocols_keep_their_order_over_several_lines() {
    let lines = format!("{UPGRADE}Sec-WebSocket-Protocol: b, a\r\nSec-WebSocket-Protocol: ,token.eyJ0\r\n");
    assert_eq!(get(&lines).unwrap().subprotocols().collect::<Vec<_>>(), ["b", "a", "token.eyJ0"]);
}
