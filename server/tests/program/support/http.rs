//! Single HTTP requests, byte by byte as they are on the wire.

use super::{PATIENCE, Program};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    head: String,
}

impl Answer {
    /// The value of a header that is there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    /// The body with what differs from run to run replaced: ids by `ID`, addresses
    /// by `ADDRESS`, what counts bytes or seconds by `N`.
    pub(crate) fn normalised(&self) -> String {
        let mut text = self.body.clone();
        for name in ["bytes_received", "bytes_sent", "uptime_seconds"] {
            let key = format!("\"{name}\":");
            if let Some((before, after)) = text.split_once(&key) {
                text = format!("{before}{key}N{}", after.trim_start_matches(|c: char| c.is_ascii_digit()));
            }
        }
        let words = text.split('"').map(|word| match word {
            id if id.len() == 28 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => "ID",
            address if address.parse::<SocketAddr>().is_ok() => "ADDRESS",
            other => other,
        });
        words.collect::<Vec<_>>().join("\"")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends `request` as it is and reads until the server hangs up.
#[track_caller]
pub(crate) fn ask(program: &Program, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(program.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

#[track_caller]
pub(crate) fn get(program: &Program, path: &str) -> Answer {
    get_with(program, path, &[])
}

/// The same with more header lines.
#[track_caller]
pub(crate) fn get_with(program: &Program, path: &str, lines: &[&str]) -> Answer {
    get_as(program, path, &program.address().to_string(), lines)
}

/// The same as somebody who knows the server by the name `host`.
#[track_caller]
pub(crate) fn get_as(program: &Program, path: &str, host: &str, lines: &[&str]) -> Answer {
    let host = format!("Host: {host}");
    let head = [&[&format!("GET {path} HTTP/1.1"), host.as_str()], lines, &["", ""]].concat().join("\r\n");
    ask(program, head.as_bytes())
}

/// Posts `body` with more header lines.
#[track_caller]
pub(crate) fn post(program: &Program, path: &str, lines: &[&str], body: &str) -> Answer {
    let (request, host) = (format!("POST {path} HTTP/1.1"), format!("Host: {}", program.address()));
    let length = format!("Content-Length: {}", body.len());
    let head = [&[request.as_str(), host.as_str(), length.as_str()], lines, &["", ""]].concat().join("\r\n");
    ask(program, (head + body).as_bytes())
}
