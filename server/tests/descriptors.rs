//! The program out of file descriptors: it goes on with those it has, and
//! accepts again as soon as there are some.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);
/// Fewer than the connections that are opened, more than the program needs.
const DESCRIPTORS_MAX: usize = 64;

/// The program, killed when the test is over.
struct Program {
    child: Child,
    address: String,
    /// One message for each time that accepting failed.
    failures: Receiver<()>,
}

impl Program {
    fn start(runtime: &str) -> Program {
        let script = format!(
            "ulimit -n {DESCRIPTORS_MAX} && exec \"$0\" --addr 127.0.0.1:0 --shards 2 --runtime {runtime}"
        );
        let mut child = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_fanfare")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        let (sender, failures) = mpsc::channel();
        let log = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if line.contains("cannot accept connections for now") && sender.send(()).is_err() {
                    return;
                }
            }
        });
        Program { child, address, failures }
    }

    /// A connection on which an upgrade was asked for, and not yet answered.
    fn ask(&self) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = "GET /ws/echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the upgrade is granted, within `patience`.
fn is_granted(stream: &mut TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(count) => head.extend_from_slice(&byte[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return false;
            }
            Err(error) => panic!("the answer must be readable: {error}"),
        }
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    true
}

/// An echo of a masked `?`.
fn assert_served(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'?']).unwrap();
    let mut echo = [0; 3];
    stream.read_exact(&mut echo).unwrap();
    assert_eq!(echo, [0x81, 1, b'?']);
}

#[test]
fn out_of_descriptors_it_serves_on_and_recovers() {
    recovers("tokio");
}

#[test]
fn out_of_descriptors_it_serves_on_and_recovers_on_smol() {
    recovers("smol");
}

#[test]
fn out_of_descriptors_it_serves_on_and_recovers_without_a_runtime() {
    recovers("std-threads");
}

fn recovers(runtime: &str) {
    let program = Program::start(runtime);
    let mut served = Vec::new();
    let start = Instant::now();
    let mut waiting = loop {
        let mut stream = program.ask();
        let granted = loop {
            if is_granted(&mut stream, Duration::from_millis(50)) {
                break true;
            }
            if program.failures.try_recv().is_ok() {
                break false;
            }
            assert!(
                start.elapsed() < DEADLINE,
                "{} were served; then neither answer nor error",
                served.len()
            );
        };
        if !granted {
            break stream;
        }
        served.push(stream);
        assert!(served.len() < DESCRIPTORS_MAX, "more connections than descriptors");
    };

    for stream in &mut served {
        assert_served(stream);
    }
    assert!(!is_granted(&mut waiting, Duration::from_millis(1)), "there is no descriptor for it");

    // Some leave; who waited gets in, and others after it.
    served.truncate(served.len() - 5);
    assert!(is_granted(&mut waiting, DEADLINE), "there is a descriptor now");
    assert_served(&mut waiting);
    for _ in 0..3 {
        let mut stream = program.ask();
        assert!(is_granted(&mut stream, DEADLINE));
        assert_served(&mut stream);
        served.push(stream);
    }
    for stream in &mut served {
        assert_served(stream);
    }
}
