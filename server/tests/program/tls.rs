//! TLS: `https://` and `wss://` of the program itself.

use crate::support::{Client, PATIENCE, Program, ask, eventually, fanfare};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustix::process::Signal;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Error as TlsError, RootCertStore, StreamOwned,
};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket, client};

/// A certificate that signed itself and its key, as files.
pub(crate) struct Identity {
    chain: PathBuf,
    key: PathBuf,
    made: CertifiedKey<KeyPair>,
}

fn made() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap()
}

impl Identity {
    /// In a folder of the test's own.
    pub(crate) fn new(test: &str) -> Identity {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tls").join(test);
        fs::create_dir_all(&folder).unwrap();
        let mut identity =
            Identity { chain: folder.join("chain.pem"), key: folder.join("key.pem"), made: made() };
        identity.renew();
        identity
    }

    /// Another certificate and another key in the same files.
    fn renew(&mut self) {
        self.made = made();
        fs::write(&self.chain, self.made.cert.pem()).unwrap();
        fs::write(&self.key, self.made.signing_key.serialize_pem()).unwrap();
    }

    fn certificate(&self) -> CertificateDer<'static> {
        self.made.cert.der().clone()
    }

    /// The file of the certificate.
    pub(crate) fn chain(&self) -> &str {
        self.chain.to_str().unwrap()
    }

    pub(crate) fn start(&self, more: &[&str]) -> Program {
        let files = ["--tls-cert", self.chain.to_str().unwrap(), "--tls-key", self.key.to_str().unwrap()];
        Program::start(&[&files[..], more].concat())
    }

    /// A connection that trusts nothing else, after its handshake.
    fn dial(&self, program: &Program, alpn: &[&str]) -> Result<Secured, std::io::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let mut stream = TcpStream::connect(program.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut connection =
            ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(connection, stream))
    }

    fn connect(&self, program: &Program, path: &str) -> WebSocket<Secured> {
        let url = format!("wss://localhost:{}{path}", program.address().port());
        client(url, self.dial(program, &[]).unwrap()).unwrap().0
    }
}

type Secured = StreamOwned<ClientConnection, TcpStream>;

#[track_caller]
fn assert_echoes(socket: &mut WebSocket<Secured>, message: impl Into<Message>) {
    let message = message.into();
    socket.send(message.clone()).unwrap();
    assert!(socket.read().unwrap() == message, "a message of {} bytes", message.len());
}

#[test]
fn messages_of_any_size_come_back_and_the_close_is_whole() {
    let identity = Identity::new("echo");
    for way in [&["--shards", "1"][..], &["--shards", "2"], &["--shards", "2", "--placement", "threads"]] {
        let program = identity.start(way);
        let mut socket = identity.connect(&program, "/ws/echo");
        assert_echoes(&mut socket, "hello");
        for size in [0, 1, 16 * 1024, 500 * 1024] {
            assert_echoes(&mut socket, vec![7; size]);
        }
        socket.close(None).unwrap();
        assert!(socket.read().unwrap().is_close());
        assert!(matches!(socket.read(), Err(tungstenite::Error::ConnectionClosed)));
        program.signal(Signal::TERM);
        assert_eq!(program.end().code(), Some(0));
    }
}

#[test]
fn a_page_and_its_socket_are_of_one_origin() {
    let identity = Identity::new("origin");
    let program = identity.start(&[]);
    let port = program.address().port();
    for (origin, is_welcome) in
        [(format!("https://localhost:{port}"), true), ("https://elsewhere.example".to_owned(), false)]
    {
        let mut request = format!("wss://localhost:{port}/ws/echo").into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let opened = client(request, identity.dial(&program, &[]).unwrap());
        assert_eq!(opened.is_ok(), is_welcome, "{origin}");
    }
    let mut stream = identity.dial(&program, &[]).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<title>"));
}

#[test]
fn every_endpoint_answers() {
    let identity = Identity::new("endpoints");
    let program = identity.start(&[]);
    let notification = r#"{"type":"info","message":"hi"}"#;
    let posted = format!(
        "POST /api/notify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{notification}",
        notification.len()
    );
    let got = ["/ws/health", "/ws/stats", "/ws/stats?detail=1", "/ws/status?room=tea", "/metrics"]
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    for request in got.into_iter().chain([posted]) {
        let mut stream = identity.dial(&program, &[]).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{request}: {answer}");
    }
}

#[test]
fn http_1_1_is_the_protocol_that_is_agreed_on() {
    let identity = Identity::new("alpn");
    let program = identity.start(&[]);
    for (offered, agreed) in [(&["h2", "http/1.1"][..], Some(&b"http/1.1"[..])), (&[], None)] {
        let stream = identity.dial(&program, offered).unwrap();
        assert_eq!(stream.conn.alpn_protocol(), agreed, "{offered:?}");
    }
    let refused = identity.dial(&program, &["h2"]).unwrap_err();
    let alert = refused.into_inner().unwrap().downcast::<TlsError>().unwrap();
    assert_eq!(*alert, TlsError::AlertReceived(AlertDescription::NoApplicationProtocol));
}

#[test]
fn who_speaks_plainly_is_told_what_to_do() {
    let identity = Identity::new("plain");
    let program = identity.start(&[]);
    let answer = ask(&program, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("https://"), "{}", answer.body);
}

#[test]
fn a_hangup_shows_the_new_certificate_and_drops_nobody() {
    let mut identity = Identity::new("reload");
    let program = identity.start(&[]);
    let mut old = identity.connect(&program, "/ws/echo");
    assert_echoes(&mut old, "before");

    // What cannot be used is not: the old one is still shown.
    fs::write(&identity.chain, "").unwrap();
    program.signal(Signal::HUP);
    assert_echoes(&mut identity.connect(&program, "/ws/echo"), "with the old one");

    identity.renew();
    program.signal(Signal::HUP);
    let mut new = eventually(|| identity.dial(&program, &[]).ok());
    assert_eq!(new.conn.peer_certificates().unwrap(), [identity.certificate()]);
    new.write_all(b"GET /ws/health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut health = String::new();
    new.read_to_string(&mut health).unwrap();
    assert!(health.ends_with(r#""connections":1}"#), "{health}");
    assert_echoes(&mut old, "after");
}

#[test]
fn without_tls_a_hangup_changes_nothing() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program, "/ws/echo");
    program.signal(Signal::HUP);
    client.assert_quiet();
    Client::connect(&program, "/ws/echo").leave();
    client.leave();
}

#[track_caller]
fn assert_refused(arguments: &[&str], told: &str) {
    let output = fanfare(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
    assert!(error.contains(told) && error.contains("; "), "{error}");
}

#[test]
fn what_cannot_be_served_with_is_said_before_anything_is_served() {
    let identity = Identity::new("refused");
    let (chain, key) = (identity.chain.to_str().unwrap(), identity.key.to_str().unwrap());
    assert_refused(&["--tls-cert", chain], "tls_cert is set and tls_key is not");
    assert_refused(&["--tls-key", key], "tls_key is set and tls_cert is not");
    assert_refused(&["--tls-cert", "none.pem", "--tls-key", key], "cannot read none.pem");
    assert_refused(&["--tls-cert", key, "--tls-key", key], "has no certificate");
    assert_refused(&["--tls-cert", chain, "--tls-key", chain], "has no private key");
}
