//! Connections that wait to be accepted.

use crate::support::{PATIENCE, Program};
use rustix::process::Signal;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

/// More than the 128 for which the standard library asks.
const CLIENTS: usize = 400;

#[test]
fn clients_that_come_together_find_room_to_wait() {
    let allowed = fs::read_to_string("/proc/sys/net/core/somaxconn").map(|text| text.trim().parse::<usize>());
    assert!(matches!(allowed, Ok(Ok(CLIENTS..))), "the system must let {CLIENTS} wait: {allowed:?}");
    let program = Program::start(&[]);
    // It accepts nobody, as when it is busy.
    program.signal(Signal::STOP);
    let connect = |_| TcpStream::connect_timeout(&program.address(), PATIENCE).unwrap();
    let mut waiting: Vec<TcpStream> = (0..CLIENTS).map(connect).collect();
    program.signal(Signal::CONT);
    let last = waiting.last_mut().unwrap();
    last.write_all(b"GET /ws/health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    last.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}
