//! The examples, run as a reader runs them: each main of the chat is started and
//! talked to by an independent client, and each client talks to a server.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use fanfare::std_threads::Server;
use fanfare::{App, Envelope, Route, StopOptions, Target};
use std::env;
use std::io::{BufRead, BufReader, Lines};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;
use tungstenite::{Error, Message, WebSocket};

/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(20);

/// target/PROFILE/deps/THIS, and target/PROFILE/examples/NAME.
fn program(name: &str) -> PathBuf {
    let this = env::current_exe().unwrap();
    this.ancestors().nth(2).unwrap().join("examples").join(name)
}

/// An example that runs. Dropped, it is ended.
struct Example {
    child: Child,
    /// Where it listens: host and port.
    address: String,
}

impl Example {
    fn start(name: &str) -> Example {
        let program = program(name);
        let mut child = Command::new(&program)
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} must be built: {error}", program.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("ws://").and_then(|url| url.split_once('/')).expect("a URL").0;
        Example { child, address: address.to_owned() }
    }

    fn connect(&self, path: &str) -> Result<WebSocket<TcpStream>, Error> {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let url = format!("ws://{}{path}", self.address);
        match tungstenite::client(url, stream) {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
            Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("it must answer in time"),
        }
    }

    /// Ann and Bob talk about tea; nobody comes in without a name.
    fn chats(&self) {
        let refusal = self.connect("/chat/tea").err();
        assert!(matches!(&refusal, Some(Error::Http(response)) if response.status() == 401), "{refusal:?}");
        let mut ann = self.connect("/chat/tea?name=ann").unwrap();
        let mut bob = self.connect("/chat/tea?name=bob").unwrap();
        ann.send(Message::text("milk?")).unwrap();
        for peer in [&mut ann, &mut bob] {
            assert_eq!(peer.read().unwrap(), Message::text("ann: milk?"));
        }
        bob.send(Message::text("lemon")).unwrap();
        for peer in [&mut ann, &mut bob] {
            assert_eq!(peer.read().unwrap(), Message::text("bob: lemon"));
        }
        ann.close(None).unwrap();
        assert!(ann.read().unwrap().is_close());
    }
}

/// A client that runs. Dropped, it is ended.
struct Talker {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Talker {
    fn start(name: &str, url: &str) -> Talker {
        let mut child = Command::new(program(name)).arg(url).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Talker { child, lines }
    }

    #[track_caller]
    fn prints(&mut self, expected: &str) {
        assert_eq!(self.lines.next().unwrap().unwrap(), expected);
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_chat_is_the_same_on_each_runtime() {
    for name in ["chat", "chat_smol", "chat_std_threads"] {
        Example::start(name).chats();
    }
}

#[test]
fn the_chat_moves_into_a_program_that_serves_other_paths() {
    let example = Example::start("chat_attach");
    example.chats();
    let mut other = example.connect("/elsewhere").unwrap();
    other.send(Message::text("still here")).unwrap();
    assert_eq!(other.read().unwrap(), Message::text("still here"));
}

#[test]
fn the_heartbeat_client_says_hello_and_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let mut client = Talker::start("heartbeat_client", &url);
    for round in 0..2 {
        let mut peer = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        client.prints(&format!("connected to {url}"));
        assert_eq!(peer.read().unwrap(), Message::text("Hello from client!"));
        peer.send(Message::text("hello")).unwrap();
        client.prints(r#"heard Text("hello")"#);
        if round == 0 {
            peer.close(None).unwrap();
            client.prints("disconnected: closed by the peer");
            client.prints("attempt 1 follows in 5s");
        }
    }
}

#[test]
fn the_lobby_client_joins_chats_and_is_acknowledged() {
    let route = Route::new().envelope(Envelope::Typed).on("chat", |ctx, event| {
        // Only those who have joined hear it, the sender among them.
        ctx.emit_to(Target::room("/", "lobby"), "chat", event.raw())?;
        ctx.ack(event, "ok")
    });
    let server = Server::new(App::new().route("/", route)).unwrap();
    let (handle, listener) = (server.handle(), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let serving = thread::spawn(|| server.serve(listener));
    let mut client = Talker::start("lobby_client", &url);
    client.prints(&format!("connected to {url}"));
    client.prints("ann: message 1");
    client.prints(r#"message 1 is acknowledged: "ok""#);
    drop(client);
    handle.stop(&StopOptions::default()).wait().unwrap();
    serving.join().unwrap().unwrap();
}
