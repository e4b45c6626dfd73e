//! How a conversation ends, and comes back.

use super::stranger::Stranger;
use super::talk::{Talk, say, url};
use crate::support::{Program, fanfare};
use rustix::process::Signal;
use std::io;
use std::net::TcpListener;
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

#[track_caller]
fn assert_ends(url: &str, arguments: &[&str], code: i32, told: &str) {
    let heard = say(url, arguments, "");
    assert_eq!((heard.code, heard.out.as_str()), (Some(code), ""), "{url}: {}", heard.told);
    let last = heard.told.lines().last().unwrap_or_default();
    assert!(last.contains(told), "{url}: {}", heard.told);
    assert!(code == 0 || last.starts_with("fanfare: ") && last.contains("; "), "{url}: {last}");
}

#[test]
fn where_nobody_answers_it_ends_with_1_and_advice() {
    // Known, and free again at once.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_ends(&format!("ws://{nobody}/"), &[], 1, "nobody listens there; start the server");
    assert_ends("ws://no-such-host.invalid/", &[], 1, "check the host in the URL");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", silent.local_addr().unwrap());
    assert_ends(&url, &["--connect-time-max", "200ms"], 1, "allow for more time with --connect-time-max");
}

#[test]
fn who_is_refused_learns_what_to_do() {
    let program = Program::start(&[]);
    assert_ends(&url(&program, "/nothing"), &[], 1, "HTTP 404 Not Found; check the path in the URL");
    let foreign = ["--origin", "https://elsewhere.example"];
    assert_ends(&url(&program, "/ws/echo"), &foreign, 1, "HTTP 403 Forbidden; say who you are");

    let answer = "HTTP/1.1 401 Unauthorized\r\nX-Why: \u{1b}[31m\r\nContent-Length: 7\r\n\r\nwho?\u{1b}[m";
    let stranger = Stranger::refusing("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    assert_ends(&stranger.url, &[], 1, "HTTP 401 Unauthorized; say who you are with --header");
    stranger.end();
    // A page, say.
    let stranger = Stranger::refusing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_ends(&stranger.url, &[], 1, "HTTP 200 OK; check that there is a WebSocket at this path");
    stranger.end();
    // What a refusal says controls no terminal either.
    let stranger = Stranger::refusing(answer);
    let heard = say(&stranger.url, &["-v"], "");
    assert!(heard.code == Some(1) && !heard.told.contains('\u{1b}'), "{:?}", heard.told);
    stranger.end();
}

#[test]
fn what_is_wrong_with_the_arguments_is_said_before_anybody_is_called() {
    for (arguments, told) in [
        (&["http://x/"][..], "write ws:// for http://"),
        (&["ws://x/", "--count", "0"], "see fanfare connect --help"),
        (&["ws://x/", "--header", "no colon"], "write it as 'NAME: VALUE'"),
        (&["ws://x/", "--header", "upgrade: h2c"], "headers has upgrade"),
        (&["ws://x/", "--subprotocol", "a b"], "subprotocols has \"a b\""),
        (&["ws://x/", "--linger", "5"], "write a number with its unit"),
        (&["ws://x/", "--connect-time-max", "0s"], "connect_time_max"),
        (&["ws://x/", "--json", "--binary"], "cannot be used with"),
        (&["wss://x/", "--ca-file", "no/such.pem"], "no/such.pem"),
        (&["ws://x/", "--subscribe", ""], "cannot join \"\""),
    ] {
        let output = fanfare(&[&["connect"], arguments].concat()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_close_is_good_or_bad_by_its_code() {
    for (code, exit, told) in [
        (1000, 0, "disconnected: closed by the peer with 1000"),
        (1001, 0, "disconnected: closed by the peer with 1001"),
        (1008, 3, "closed by the server with 1008 \"go\""),
        (4001, 3, "closed by the server with 4001 \"go\""),
    ] {
        let stranger = Stranger::closing(code, "go");
        assert_ends(&stranger.url, &["--no-reconnect", "--linger", "forever"], exit, told);
        stranger.end();
    }
    // However much there still was to be said.
    let stranger = Stranger::closing(4001, "go");
    let heard = say(&stranger.url, &[], &"and another thing\n".repeat(5_000));
    assert_eq!(heard.code, Some(3), "{}", heard.told);
    stranger.end();
    // Coming again would not change this server's mind.
    let stranger = Stranger::closing(4001, "\u{1b}[31mgo");
    assert_ends(&stranger.url, &["--linger", "forever"], 3, "with 4001 \"\\u{1b}[31mgo\"");
    stranger.end();
}

#[test]
fn a_server_that_closes_and_does_not_hang_up_has_closed_all_the_same() {
    let drags = || {
        Stranger::talking(|socket| {
            socket.close(Some(CloseFrame { code: 4001.into(), reason: "go".into() })).unwrap();
            while socket.read().is_ok() {}
            // It stays for as long as the client does.
            let _ = io::copy(socket.get_mut(), &mut io::sink());
        })
    };
    for linger in ["100ms", "forever"] {
        let stranger = drags();
        let heard = say(&stranger.url, &["--linger", linger], "");
        assert_eq!(heard.code, Some(3), "{}", heard.told);
        assert!(heard.told.contains("closed by the server with 4001 \"go\""), "{}", heard.told);
        assert!(!heard.told.contains("reconnecting"), "{}", heard.told);
        stranger.end();
    }
}

#[test]
fn who_is_lost_and_may_not_come_back_ends_with_3() {
    let stranger = Stranger::start(|stream| drop(tungstenite::accept(stream).unwrap()));
    assert_ends(&stranger.url, &["--no-reconnect", "--linger", "forever"], 3, "the connection is lost: ");
    stranger.end();
    // One that may, and cannot: the input is over, and nothing is to be waited for.
    let stranger = Stranger::start(|stream| drop(tungstenite::accept(stream).unwrap()));
    assert_ends(&stranger.url, &["--linger", "500ms"], 3, "the connection is lost: ");
    stranger.end();
}

#[test]
fn fewer_messages_than_counted_on_end_it_with_4() {
    let program = Program::start(&[]);
    let heard = say(&url(&program, "/ws/echo"), &["--count", "2", "--linger", "300ms"], "hello\n");
    assert_eq!((heard.code, heard.out.as_str()), (Some(4), "hello\n"));
    assert!(heard.told.contains("1 of 2 messages have come, and none for 300ms"), "{}", heard.told);
    // The server ends it as it should, but too early.
    let stranger = Stranger::talking(|socket| {
        socket.send(Message::text("hello")).unwrap();
        socket.close(None).unwrap();
    });
    let heard = say(&stranger.url, &["--count", "2"], "");
    assert_eq!((heard.code, heard.out.as_str()), (Some(4), "hello\n"));
    assert!(heard.told.contains("1 of 2 messages have come before the server closed"), "{}", heard.told);
    stranger.end();
}

#[test]
fn it_comes_back_to_a_server_that_does_and_sends_what_waited() {
    let program = Program::start(&[]);
    let address = program.address();
    let mut talk = Talk::start(&url(&program, "/ws/echo"), &["--count", "2"]);
    talk.input("before\n");
    assert_eq!(talk.line(), "before");
    program.signal(Signal::TERM);
    assert_eq!(program.end().code(), Some(0));
    talk.tells("* disconnected: closed by the peer with 1001");
    let line = talk.tells("* reconnecting in ");
    assert!(line.ends_with(" s (attempt 1)"), "{line}");
    talk.input("after\n");
    let _program = Program::restart_at(address);
    talk.tells("* connected to ");
    assert_eq!(talk.line(), "after");
    let heard = talk.finish();
    assert_eq!(heard.code, Some(0), "{}", heard.told);
}

#[test]
fn the_first_interrupt_says_goodbye_and_the_second_does_not_wait() {
    let (closed, close) = std::sync::mpsc::channel();
    let stranger = Stranger::start(move |stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        closed.send(socket.read().unwrap()).unwrap();
    });
    let mut talk = Talk::start(&stranger.url, &[]);
    talk.tells("* connected to ");
    talk.signal(Signal::INT);
    let frame = close.recv().unwrap();
    assert!(
        matches!(&frame, tungstenite::Message::Close(Some(frame)) if u16::from(frame.code) == 1000),
        "{frame:?}"
    );
    assert_eq!(talk.end().code, Some(0));
    stranger.end();

    // A server that never answers the close.
    let (asked, ask) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let stranger = Stranger::start(move |stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        std::io::Read::read(socket.get_mut(), &mut [0; 64]).unwrap();
        asked.send(()).unwrap();
        let _ = left.recv();
    });
    let mut talk = Talk::start(&stranger.url, &[]);
    talk.tells("* connected to ");
    talk.signal(Signal::INT);
    ask.recv().unwrap();
    talk.signal(Signal::INT);
    assert_eq!(talk.end().code, Some(130));
    drop(leave);
    stranger.end();
}

#[test]
fn interrupted_before_there_is_a_connection_it_has_not_done_its_work() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut talk = Talk::start(&format!("ws://{}/", silent.local_addr().unwrap()), &[]);
    drop(silent.accept().map(|(stream, _)| {
        talk.signal(Signal::TERM);
        let heard = talk.end();
        assert_eq!(heard.code, Some(1));
        assert!(heard.told.contains("interrupted before there was a connection"), "{}", heard.told);
        drop(stream);
    }));
}

#[test]
fn a_server_with_a_certificate_of_its_own_is_trusted_by_file() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("connect-tls");
    std::fs::create_dir_all(&folder).unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (chain, key) = (chain.to_str().unwrap(), key.to_str().unwrap());
    let program = Program::start(&["--tls-cert", chain, "--tls-key", key]);
    let url = format!("wss://localhost:{}/ws/echo", program.address().port());
    let heard = say(&url, &["--ca-file", chain, "--count", "1"], "hello\n");
    assert_eq!((heard.code, heard.out.as_str()), (Some(0), "hello\n"), "{}", heard.told);
    // Another authority than the one that it is trusted by.
    let other = folder.join("other.pem");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&other, made.cert.pem()).unwrap();
    assert_ends(&url, &["--ca-file", other.to_str().unwrap()], 1, "with --ca-file FILE");
}
