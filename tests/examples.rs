//! The examples, run as a reader runs them: each main of the chat is started and
//! talked to by an independent client.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tungstenite::{Error, Message, WebSocket};

/// What has not happened by then will not.
const DEADLINE: Duration = Duration::from_secs(20);

/// An example that runs. Dropped, it is ended.
struct Example {
    child: Child,
    /// Where it listens: host and port.
    address: String,
}

impl Example {
    fn start(name: &str) -> Example {
        // target/PROFILE/deps/THIS, and target/PROFILE/examples/NAME.
        let this = env::current_exe().unwrap();
        let program = this.ancestors().nth(2).unwrap().join("examples").join(name);
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
