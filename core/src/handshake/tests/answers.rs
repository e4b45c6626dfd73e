//! What is answered: origins, 101, refusals.

use super::{UPGRADE, get};
use crate::config::OriginRule;
use crate::handshake::{AcceptError, HandshakeError, accept, check_origin};
use http::{HeaderMap, HeaderValue};

#[test]
fn foreign_null_and_look_alike_origins_get_403() {
    let with = |origin: &str| get(&format!("{UPGRADE}Origin: {origin}\r\n")).unwrap();
    for origin in ["http://evil.org", "null", "http://example.com.evil.org", "http://example.com@evil.org"] {
        let error = check_origin(&OriginRule::Same, &with(origin)).unwrap_err();
        assert_eq!(error, HandshakeError::OriginRefused { origin: origin.to_owned() });
        assert_eq!(error.status(), 403);
        assert_eq!(check_origin(&OriginRule::Any, &with(origin)), Ok(()));
    }
    assert_eq!(check_origin(&OriginRule::Same, &with("https://example.com")), Ok(()));
    let list = OriginRule::List(vec!["https://app.example.com".to_owned()]);
    assert_eq!(check_origin(&list, &with("https://app.example.com:443")), Ok(()));
    assert!(check_origin(&list, &with("https://example.com")).is_err());
}

#[test]
fn a_missing_origin_is_allowed_under_every_rule() {
    let request = get(UPGRADE).unwrap();
    for rule in [OriginRule::Same, OriginRule::Any, OriginRule::List(Vec::new())] {
        assert_eq!(check_origin(&rule, &request), Ok(()));
    }
}

#[test]
fn an_extra_header_goes_into_the_101_unless_it_is_part_of_it() {
    let request = get(UPGRADE).unwrap();
    let upgrade = request.require_upgrade().unwrap();
    let mut extra = HeaderMap::new();
    extra.insert("set-cookie", HeaderValue::from_static("sid=1"));
    let answer = accept(upgrade, None, None, &extra).unwrap();
    assert!(answer.ends_with(b"\r\nset-cookie: sid=1\r\n\r\n"));
    extra.insert("content-length", HeaderValue::from_static("3"));
    let error = accept(upgrade, None, None, &extra).unwrap_err();
    assert_eq!(error, AcceptError::ReservedHeader { name: http::header::CONTENT_LENGTH });
}

#[test]
fn a_subprotocol_cannot_smuggle_a_header() {
    let request = get(&format!("{UPGRADE}Sec-WebSocket-Protocol: chat\r\n")).unwrap();
    let upgrade = request.require_upgrade().unwrap();
    let result = accept(upgrade, Some("chat\r\nSet-Cookie: a=b"), None, &HeaderMap::new());
    assert!(matches!(result, Err(AcceptError::SubprotocolNotOffered { .. })));
}

#[test]
fn an_error_says_what_happened_in_its_answer() {
    let error = get("").unwrap_err();
    assert_eq!(error.response().body(), "the Host header is missing\n");
}
