//! tungstenite's server, in this process: a thread for each connection.

use crate::world::DEADLINE;
use http::{Response, StatusCode};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tungstenite::handshake::server::{ErrorResponse, Request, Response as Answer};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::{Error, Message, WebSocket};

type Socket = WebSocket<TcpStream>;

/// See the module. Dropped, all of its connections are cut.
pub(super) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    must_stop: bool,
    streams: Vec<TcpStream>,
    has_been_busy: bool,
    last: String,
}

impl Server {
    pub(super) fn start(address: SocketAddr) -> Server {
        let listener = TcpListener::bind(address).unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::<Mutex<State>>::default());
        let shared = Arc::clone(&state);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                let line = stream.try_clone().unwrap();
                {
                    let mut state = shared.lock().unwrap();
                    if state.must_stop {
                        return;
                    }
                    state.streams.push(line.try_clone().unwrap());
                }
                thread::spawn(move || {
                    // How a connection ends is the client's to notice.
                    let _ = serve(stream, &shared);
                    line.shutdown(Shutdown::Both)
                });
            }
        });
        Server { address, state, accepting: Some(accepting) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut state = self.state.lock().unwrap();
            state.must_stop = true;
            for stream in state.streams.drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        // Who accepts looks up.
        let _ = TcpStream::connect(self.address);
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> Result<(), Error> {
    let mut path = String::new();
    let judge = |request: &Request, answer: Answer| {
        request.uri().path().clone_into(&mut path);
        judge(&path, request, answer, state)
    };
    let Ok(mut socket) = tungstenite::accept_hdr(stream, judge) else { return Ok(()) };
    match path.as_str() {
        "/fragments" => fragments(&mut socket)?,
        "/ping" => socket.send(Message::Ping("beat".into()))?,
        "/quiet" => quiet(&mut socket)?,
        "/close" => {
            let frame = CloseFrame { code: 4001.into(), reason: "enough".into() };
            socket.close(Some(frame))?;
        }
        "/last" => {
            let last = state.lock().unwrap().last.clone();
            socket.send(Message::text(last))?;
        }
        _ => {}
    }
    loop {
        match socket.read()? {
            Message::Pong(payload) if path == "/ping" => {
                let payload = String::from_utf8_lossy(&payload).into_owned();
                socket.send(Message::text(format!("pong: {payload}")))?;
            }
            Message::Close(Some(frame)) if path == "/farewell" => {
                state.lock().unwrap().last = format!("{} {}", u16::from(frame.code), frame.reason);
            }
            message @ (Message::Text(_) | Message::Binary(_)) => socket.send(message)?,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }
}

fn judge(
    path: &str,
    request: &Request,
    mut answer: Answer,
    state: &Mutex<State>,
) -> Result<Answer, ErrorResponse> {
    let is_busy = path == "/busy" && !std::mem::replace(&mut state.lock().unwrap().has_been_busy, true);
    let refusal = match path {
        "/401" => Response::builder().status(StatusCode::UNAUTHORIZED).body(Some("who are you?".to_owned())),
        "/302" => Response::builder().status(StatusCode::FOUND).header("location", "/elsewhere").body(None),
        _ if is_busy || path == "/503" => {
            Response::builder().status(StatusCode::SERVICE_UNAVAILABLE).header("retry-after", "1").body(None)
        }
        _ => {
            let offered = request.headers().get("sec-websocket-protocol");
            let offered = offered.and_then(|value| value.to_str().ok()).unwrap_or_default();
            if offered.split(',').any(|name| name.trim() == "chat") {
                answer.headers_mut().insert("sec-websocket-protocol", "chat".parse().unwrap());
            }
            return Ok(answer);
        }
    };
    Err(refusal.unwrap())
}

fn fragments(socket: &mut Socket) -> Result<(), Error> {
    let text = [(Data::Text, "one "), (Data::Continue, "two "), (Data::Continue, "three")];
    let bytes = [(Data::Binary, "\u{1}"), (Data::Continue, "\u{2}")];
    for message in [&text[..], &bytes[..]] {
        for (place, (data, payload)) in message.iter().enumerate() {
            let is_last = place + 1 == message.len();
            let frame = Frame::message(payload.as_bytes().to_vec(), OpCode::Data(*data), is_last);
            socket.send(Message::Frame(frame))?;
        }
    }
    Ok(())
}

/// Reads on meanwhile, or pings would not be answered.
fn quiet(socket: &mut Socket) -> Result<(), Error> {
    let start = Instant::now();
    socket.get_ref().set_read_timeout(Some(DEADLINE))?;
    while start.elapsed() < Duration::from_secs(2) {
        socket.read()?;
    }
    socket.send(Message::text("at last"))
}
