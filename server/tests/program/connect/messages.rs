//! Messages through pipes.

use super::stranger::Stranger;
use super::talk::{Talk, say, url};
use crate::support::{Program, eventually};
use std::fmt::Write;
use tungstenite::Message;

#[test]
fn each_line_is_a_message_and_each_message_a_line() {
    let program = Program::start(&[]);
    let echo = url(&program, "/ws/echo");
    let heard = say(&echo, &["--count", "3"], "hello\r\n\ngrößer 🎺");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "hello\n\ngrößer 🎺\n"));
    assert_eq!(heard.told, format!("* connected to {echo}\n"));
}

#[test]
fn all_of_a_long_input_is_sent_and_answered() {
    let program = Program::start(&[]);
    let mut lines = String::new();
    (0..20_000).for_each(|number| writeln!(lines, "line {number}").unwrap());
    let mut talk = Talk::start(&url(&program, "/ws/echo"), &["--count", "20000"]);
    talk.input(&lines);
    let heard = talk.finish();
    assert_eq!(heard.code, Some(0), "{}", heard.told);
    assert!(heard.out == lines, "{} of {} bytes have come back", heard.out.len(), lines.len());
}

#[test]
fn what_is_sent_by_flag_comes_first_and_once() {
    let program = Program::start(&[]);
    let heard = say(&url(&program, "/ws/echo"), &["--send", "a", "--send", "b", "--count", "3"], "c\n");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "a\nb\nc\n"));
}

#[test]
fn without_a_count_it_ends_when_it_is_quiet() {
    let program = Program::start(&[]);
    let heard = say(&url(&program, "/ws/echo"), &["--linger", "300ms"], "a\nb\n");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "a\nb\n"));
}

#[test]
fn json_is_compact_in_a_pipe_and_nothing_else_is_sent() {
    let program = Program::start(&[]);
    let echo = url(&program, "/ws/echo");
    let heard = say(&echo, &["--json", "--count", "1"], "\n{ \"b\" : 1.50, \"a\" : [ ] }\n");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "{\"b\":1.50,\"a\":[]}\n"));

    let heard = say(&echo, &["--json"], "1\nhello\n2\n");
    assert_eq!(heard.code, Some(2));
    assert!(heard.told.contains("line 2 of the input: \"hello\" is no JSON: "), "{}", heard.told);
    assert!(!heard.out.contains('2'), "{}", heard.out);

    let heard = say(&echo, &["--json", "--send", "hello"], "");
    assert_eq!((heard.code, heard.out.as_str(), heard.told.lines().count()), (Some(2), "", 1));
    assert!(heard.told.starts_with("fanfare: --send: \"hello\" is no JSON: "), "{}", heard.told);
}

#[test]
fn binary_messages_are_digits_or_base64() {
    let program = Program::start(&[]);
    let echo = url(&program, "/ws/echo");
    for (arguments, input, out) in
        [(&["--binary"][..], "00 FF 1b\n\n", "00ff1b\n\n"), (&["--binary=base64"], "AP8b\n", "AP8b\n")]
    {
        let count = out.lines().count().to_string();
        let heard = say(&echo, &[arguments, &["--count", &count]].concat(), input);
        assert_eq!((heard.code, heard.out.as_str()), (Some(0), out), "{}", heard.told);
    }
    let heard = say(&echo, &["--binary"], "0g\n");
    assert_eq!((heard.code, heard.out.as_str()), (Some(2), ""));
    assert!(heard.told.contains("line 1 of the input: \"0g\" is not hexadecimal"), "{}", heard.told);
}

#[test]
fn what_nobody_asked_for_is_shown_and_bytes_never_as_they_are() {
    let messages = vec![Message::binary(vec![0x1b, 0xff]), Message::text("{no json")];
    let stranger = Stranger::saying(messages);
    let heard = say(&stranger.url, &["--json", "--count", "2"], "");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "1bff\n{no json\n"));
    stranger.end();
}

#[test]
fn headers_origin_and_subprotocols_go_with_the_request() {
    let stranger = Stranger::start(|stream| {
        let mut asked = String::new();
        let answered = tungstenite::accept_hdr(
            stream,
            |request: &tungstenite::handshake::server::Request,
             mut response: tungstenite::handshake::server::Response| {
                for name in ["authorization", "origin", "sec-websocket-protocol", "user-agent"] {
                    write!(asked, "{}|", request.headers().get(name).unwrap().to_str().unwrap()).unwrap();
                }
                response.headers_mut().insert("sec-websocket-protocol", "b".parse().unwrap());
                response.headers_mut().insert("x-said", "a\tb".parse().unwrap());
                Ok(response)
            },
        );
        let mut socket = answered.unwrap();
        assert_eq!(asked, "Bearer T|https://here.example|a, b|tester|");
        socket.send(Message::text("done")).unwrap();
        while socket.read().is_ok() {}
    });
    let arguments = [
        "--header",
        "Authorization: Bearer T",
        "-H",
        "user-agent:tester",
        "--origin",
        "https://here.example",
        "--subprotocol",
        "a",
        "--subprotocol",
        "b",
        "--count",
        "1",
        "-v",
    ];
    let heard = say(&stranger.url, &arguments, "");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "done\n"), "{}", heard.told);
    assert!(
        heard.told.starts_with(&format!("* connected to {}, speaking b\n", stranger.url)),
        "{}",
        heard.told
    );
    assert!(heard.told.contains("* x-said: a\\tb\n"), "{}", heard.told);
    stranger.end();
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let program = Program::start(&[]);
    let mut child = crate::support::fanfare(&["connect", &url(&program, "/ws/echo"), "--linger", "forever"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    let status = eventually(|| {
        let _ = std::io::Write::write_all(&mut input, b"hello\n");
        child.try_wait().unwrap()
    });
    assert_eq!(status.code(), Some(0));
}
