//! Every kind of offer and of answer (RFC 7692 §7.1).

use crate::deflate::{Agreement, AnswerRefused, OFFER, Window, check_answer};
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue};

fn headers(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_str(value).unwrap())])
}

fn find(offers: &str) -> Option<Agreement> {
    Agreement::find(&headers(offers))
}

#[test]
fn offers_are_met_as_far_as_they_go() {
    for (offer, agreement) in [
        ("permessage-deflate", Agreement::Unasked),
        ("permessage-deflate; client_max_window_bits", Agreement::Unasked),
        ("permessage-deflate; client_max_window_bits=8", Agreement::Unasked),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", Agreement::Unasked),
        ("permessage-deflate; server_max_window_bits=15", Agreement::Wide),
        ("permessage-deflate; server_max_window_bits=14", Agreement::Narrow),
        ("permessage-deflate; server_max_window_bits=\"10\"", Agreement::Narrow),
        ("permessage-deflate; client_max_window_bits; server_max_window_bits=9", Agreement::Narrow),
        (OFFER, Agreement::Unasked),
    ] {
        assert_eq!(find(offer), Some(agreement), "{offer}");
    }
}

#[test]
fn offers_that_cannot_be_met_are_declined() {
    for parameters in [
        "server_max_window_bits",
        "server_max_window_bits=",
        "server_max_window_bits=\"\"",
        "server_max_window_bits=0",
        "server_max_window_bits=7",
        "server_max_window_bits=8",
        "server_max_window_bits=09",
        "server_max_window_bits=16",
        "server_max_window_bits=ten",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits=",
        "client_max_window_bits=0",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=+9",
        "client_max_window_bits; client_max_window_bits=15",
        "client_no_context_takeover=1",
        "server_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "level=9",
        "Server_max_window_bits=10",
    ] {
        assert_eq!(find(&format!("permessage-deflate; {parameters}")), None, "{parameters}");
    }
    for other in
        ["", "x-webkit-deflate-frame", "permessage-bzip2", "permessage-deflate;", "permessage-deflate x"]
    {
        assert_eq!(find(other), None, "{other}");
    }
    assert_eq!(Agreement::find(&HeaderMap::new()), None);
}

#[test]
fn the_first_offer_that_can_be_met_is() {
    let offers = "permessage-bzip2, permessage-deflate; server_max_window_bits=8, \
        permessage-deflate; server_max_window_bits=12, permessage-deflate";
    assert_eq!(find(offers), Some(Agreement::Narrow));

    let mut in_lines = headers("permessage-deflate; server_max_window_bits=8");
    in_lines.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static("permessage-deflate"));
    assert_eq!(Agreement::find(&in_lines), Some(Agreement::Unasked));
}

#[test]
fn every_answer_is_one_that_a_client_of_ours_takes() {
    for agreement in [Agreement::Unasked, Agreement::Wide, Agreement::Narrow] {
        let answer = agreement.answer();
        assert_eq!(check_answer(&headers(answer)), Ok(Some(Window::Wide)), "{answer}");
        assert!(answer.contains("; client_no_context_takeover"), "{answer}");
        let bits = format!("; server_max_window_bits={}", agreement.window().bits());
        assert_eq!(answer.ends_with(&bits), agreement != Agreement::Unasked, "{answer}");
    }
}

#[test]
fn answers_say_how_to_compress() {
    for (parameters, window) in [
        ("", Window::Wide),
        ("; client_max_window_bits=15", Window::Wide),
        ("; client_max_window_bits=14; server_max_window_bits=8", Window::Narrow),
        ("; client_no_context_takeover; client_max_window_bits=\"9\"", Window::Narrow),
    ] {
        let answer = format!("permessage-deflate; server_no_context_takeover{parameters}");
        assert_eq!(check_answer(&headers(&answer)), Ok(Some(window)), "{answer}");
    }
}

#[test]
fn answers_to_something_else_are_refused() {
    let not_offered = |name: &str| AnswerRefused::NotOffered { name: name.to_owned() };
    let invalid = |name: &str| AnswerRefused::InvalidParameter { name: name.to_owned() };
    for (answer, refused) in [
        ("permessage-deflate;", AnswerRefused::Malformed),
        ("x-webkit-deflate-frame", not_offered("x-webkit-deflate-frame")),
        ("permessage-deflate; server_no_context_takeover, x", not_offered("x")),
        ("permessage-deflate, permessage-deflate", not_offered("permessage-deflate")),
        ("permessage-deflate; x", invalid("x")),
        ("permessage-deflate; client_max_window_bits", invalid("client_max_window_bits")),
        ("permessage-deflate; client_max_window_bits=16", invalid("client_max_window_bits")),
        ("permessage-deflate; server_max_window_bits=7", invalid("server_max_window_bits")),
        ("permessage-deflate; server_no_context_takeover=1", invalid("server_no_context_takeover")),
        (
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            invalid("client_no_context_takeover"),
        ),
        (
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=8",
            AnswerRefused::WindowTooSmall,
        ),
        ("permessage-deflate; client_no_context_takeover", AnswerRefused::ContextTakeover),
    ] {
        assert_eq!(check_answer(&headers(answer)), Err(refused), "{answer}");
    }
}
