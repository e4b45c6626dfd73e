//! `fanfare bench`: what it reports of a server that is in order, of one that is
//! not, and of none.

use crate::support::{PATIENCE, Program, eventually, fanfare, get};
use crate::tls::Identity;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::{Error, accept_hdr};

/// Runs one to its end.
fn bench(arguments: &[&str]) -> Output {
    fanfare(&["bench"]).args(arguments).output().unwrap()
}

/// The report of one, and its exit code.
#[track_caller]
fn report(arguments: &[&str]) -> (i32, Value) {
    read(&bench(&[arguments, &["--json"]].concat()))
}

#[track_caller]
fn read(output: &Output) -> (i32, Value) {
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((text.lines().count(), &*error), (1, ""), "{text}");
    (output.status.code().unwrap(), serde_json::from_str(&text).unwrap())
}

/// The one line of one that has no figures, and its exit code.
#[track_caller]
fn refusal(arguments: &[&str]) -> (i32, String) {
    let output = bench(arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty());
    assert_eq!(error.lines().count(), 1, "{error}");
    (output.status.code().unwrap(), error)
}

fn number(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name} in {report}"))
}

/// Everything that was sent came to everybody, and it took some time.
#[track_caller]
fn assert_whole(report: &Value, receivers: u64) {
    let (sent, received) = (number(report, "messages_sent"), number(report, "messages_received"));
    assert!(sent > 0);
    assert_eq!((received, number(report, "lost"), number(report, "strays")), (sent * receivers, 0, 0));
    assert!(number(report, "units") <= received);
    let quantiles = ["p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"];
    let quantiles = quantiles.map(|name| report[name].as_f64().unwrap());
    assert!(quantiles.is_sorted() && quantiles[0] > 0.0, "{quantiles:?}");
}

const BRIEF: [&str; 4] = ["--seconds", "1", "--warm-up-ms", "50"];

#[test]
fn a_fan_out_reaches_every_member_with_every_message() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws/broadcast", program.address());
    for pacing in [&["--window", "8"][..], &["--rate", "40", "--text"]] {
        let arguments = [&["fanout", "--url", &url, "--members", "20"], pacing, &BRIEF].concat();
        let (code, report) = report(&arguments);
        assert_eq!((code, report["experiment"].as_str()), (0, Some("fanout")));
        assert_whole(&report, 20);
    }
    // An echo is heard by nobody else.
    let apart = refusal(&[
        "fanout",
        "--url",
        &format!("ws://{}/ws/echo", program.address()),
        "--members",
        "3",
        "--patience",
        "2",
    ]);
    assert_eq!(apart.0, 1);
    assert!(apart.1.contains("2 of 3 members never heard a message"), "{}", apart.1);
}

#[test]
fn an_echo_brings_every_message_back() {
    let program = Program::start(&[]);
    let url = format!("http://{}/ws/echo", program.address());
    for size in [&["--bytes", "8"][..], &["--bytes", "300000", "--text"], &["--window", "16"]] {
        let (code, report) = report(&[&["echo", "--url", &url, "--connections", "4"], size, &BRIEF].concat());
        assert_eq!((code, report["experiment"].as_str()), (0, Some("echo")));
        assert_whole(&report, 1);
    }
}

#[test]
fn connections_that_say_nothing_and_that_come_and_go_are_counted() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws/echo", program.address());
    let (code, idle) = report(&["idle", "--url", &url, "--connections", "50"]);
    assert_eq!((code, number(&idle, "opened"), number(&idle, "failures")), (0, 50, 0));
    assert_eq!(idle["rss_each"], Value::Null, "the server's process is not known");

    let (code, connect) = report(&["connect", "--url", &url, "--count", "100", "--in-flight", "8"]);
    assert_eq!((code, number(&connect, "units"), number(&connect, "failures")), (0, 100, 0));
    // The server's last look at the last of them may come after ours.
    eventually(|| (get(&program, "/ws/stats").json()["data"]["active_connections"] == 0).then_some(()));
}

#[test]
fn a_report_for_people_says_the_same_in_words() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws/echo", program.address());
    let output = bench(&[&["echo", "--url", &url, "--connections", "2"], &BRIEF[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.starts_with("echo: 64 bytes on 2 connections, 1 at a time\n"), "{text}");
    for told in ["a second", "p99.9", "% busy", "lost        0"] {
        assert!(text.contains(told), "{told} in {text}");
    }
}

/// An echo that swallows each message whose number ends in 9, and counts them.
struct Swallowing {
    address: SocketAddr,
    swallowed: Arc<AtomicU64>,
}

impl Swallowing {
    /// Its threads end with their connections, and the last with the test.
    fn start() -> Swallowing {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, swallowed) = (listener.local_addr().unwrap(), Arc::<AtomicU64>::default());
        let counter = Arc::clone(&swallowed);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let counter = Arc::clone(&counter);
                thread::spawn(move || swallow(stream, &counter));
            }
        });
        Swallowing { address, swallowed }
    }
}

fn swallow(stream: TcpStream, swallowed: &AtomicU64) {
    stream.set_nodelay(true).unwrap();
    let Ok(mut socket) = tungstenite::accept(stream) else { return };
    while let Ok(message) = socket.read() {
        let number = message.to_text().ok().and_then(|text| u32::from_str_radix(text.get(..8)?, 16).ok());
        if number.is_some_and(|number| number % 10 == 9) {
            swallowed.fetch_add(1, Ordering::SeqCst);
        } else if message.is_text() || message.is_binary() {
            socket.send(message).unwrap();
        }
    }
}

#[test]
fn what_a_server_swallows_is_lost_to_the_message() {
    // Alone, a member hears itself: an echo is a fan-out to one.
    for experiment in [&["echo", "--connections", "3"][..], &["fanout", "--members", "1"]] {
        let server = Swallowing::start();
        let url = format!("ws://{}/", server.address);
        let flags = ["--url", &url, "--text", "--window", "7", "--patience", "2"];
        let (code, report) = report(&[experiment, &flags, &BRIEF].concat());
        let swallowed = server.swallowed.load(Ordering::SeqCst);
        assert!(swallowed > 0);
        assert_eq!((code, number(&report, "lost"), number(&report, "strays")), (3, swallowed, 0), "{report}");
        assert_eq!(number(&report, "messages_received"), number(&report, "messages_sent") - swallowed);
    }
}

#[test]
fn the_request_says_what_it_was_told_to_say() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/there?a=b", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut heads = Vec::new();
        // One connection is opened before those that count.
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let answer = |request: &Request, mut response: Response| {
                heads.push((request.uri().to_string(), request.headers().clone()));
                response.headers_mut().insert("sec-websocket-protocol", "b".parse().unwrap());
                Ok(response)
            };
            let mut socket = accept_hdr(stream, answer).unwrap();
            while !matches!(socket.read(), Err(Error::ConnectionClosed | Error::Io(_))) {}
        }
        heads
    });
    let flags = ["--header", "X-Key: one", "--header", "X-Key: two", "--origin", "https://a.example"];
    let (code, _) = report(
        &[
            &["idle", "--connections", "1", "--url", &url],
            &flags[..],
            &["--subprotocol", "a", "--subprotocol", "b"],
        ]
        .concat(),
    );
    assert_eq!(code, 0);
    for (uri, headers) in server.join().unwrap() {
        assert_eq!((uri.as_str(), &headers["origin"]), ("/there?a=b", &"https://a.example".parse().unwrap()));
        assert!(headers.get_all("x-key").iter().eq(["one", "two"]));
        assert_eq!(headers["sec-websocket-protocol"], "a, b");
    }
}

#[test]
fn without_a_server_or_without_a_websocket_it_says_so() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, line) = refusal(&["echo", "--url", &format!("ws://{free}/")]);
    assert_eq!(code, 1);
    assert!(line.contains("the connection was refused"), "{line}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let web = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = [0; 1_024];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").unwrap();
    });
    let (code, line) = refusal(&["connect", "--url", &url]);
    web.join().unwrap();
    assert_eq!(code, 1);
    assert!(line.contains("the server refused with HTTP 200 OK; check the path of --url"), "{line}");
}

#[test]
fn tls_is_verified_unless_that_is_not_wanted() {
    let (identity, other) = (Identity::new("bench"), Identity::new("bench-other"));
    let program = identity.start(&[]);
    // The name leads to ::1 as well on most machines, where nobody listens.
    let url = format!("wss://localhost:{}/ws/echo", program.address().port());
    let connect = ["connect", "--url", &url, "--count", "5"];
    for trust in [&["--ca-file", identity.chain()][..], &["--insecure"]] {
        let (code, report) = report(&[&connect, trust].concat());
        assert_eq!((code, number(&report, "units")), (0, 5));
    }
    let (code, echo) =
        report(&[&["echo", "--url", &url, "--insecure", "--bytes", "70000"], &BRIEF[..]].concat());
    assert_eq!(code, 0);
    assert_whole(&echo, 1);

    let (code, line) = refusal(&[&connect[..], &["--ca-file", other.chain()]].concat());
    assert_eq!(code, 1);
    assert!(line.contains("signed by nobody who is trusted here; give its root with --ca-file"), "{line}");
    let (code, line) = refusal(&[&connect[..], &["--ca-file", "none.pem"]].concat());
    assert_eq!(code, 2);
    assert!(line.contains("cannot read none.pem"), "{line}");
}

/// One that would run for long, when messages go through the server.
fn under_way(program: &Program) -> Child {
    let url = format!("ws://{}/ws/broadcast", program.address());
    let child = fanfare(&["bench", "fanout", "--members", "3", "--url", &url, "--seconds", "60"])
        .args(["--warm-up-ms", "0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually(|| (get(program, "/ws/stats").json()["data"]["total_messages"].as_u64()? > 100).then_some(()));
    child
}

#[test]
fn a_signal_ends_it_with_what_was_measured_so_far() {
    let program = Program::start(&[]);
    let child = under_way(&program);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, report) = read(&child.wait_with_output().unwrap());
    assert_eq!((code, &report["interrupted"]), (0, &Value::Bool(true)));
    assert_whole(&report, 3);
}

#[test]
fn a_server_that_goes_away_leaves_no_figures() {
    let program = Program::start(&[]);
    let child = under_way(&program);
    program.signal(Signal::TERM);
    let output = child.wait_with_output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    assert!(line.contains("ended during the run"), "{line}");
}

#[test]
fn what_is_absurd_is_refused() {
    let url = ["--url", "ws://127.0.0.1:1/"];
    for (arguments, told) in [
        (&["fanout", "--members", "0"][..], "0 is not in 1..=1000000"),
        (&["fanout", "--bytes", "7"], "7 is not in 8..=1048576"),
        (&["fanout", "--rate", "5", "--window", "2"], "cannot be used with"),
        (&["echo", "--window", "5000"], "5000 is not in 1..=1024"),
        (&["echo", "--seconds", "0"], "0 is not in 1..=3600"),
        (&["echo", "--header", "nothing"], "write NAME: VALUE"),
        (&["echo", "--header", "Upgrade: x"], "headers has upgrade"),
        (&["echo", "--subprotocol", "a b"], "a b"),
        (&["connect", "--insecure", "--ca-file", "x"], "cannot be used with"),
    ] {
        let (code, line) = refusal(&[arguments, &url].concat());
        assert!(code == 2 && line.contains(told) && line.contains("; "), "{line}");
    }
    let (_, line) = refusal(&["echo", "--connections", "0"]);
    assert!(line.ends_with("; see fanfare bench echo --help\n"), "{line}");
    let (code, line) = refusal(&[]);
    assert_eq!((code, line.as_str()), (2, "fanfare: a command is missing; see fanfare bench --help\n"));
    let (code, line) = refusal(&["idle"]);
    assert_eq!(
        (code, line.as_str()),
        (2, "fanfare: --url <URL> is missing; see fanfare bench idle --help\n")
    );
    let (code, line) = refusal(&["echo", "--url", "ftp://a/"]);
    assert!(code == 2 && line.contains("neither ws nor wss"), "{line}");
}
