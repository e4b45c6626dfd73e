//! TLS, spoken by the server itself.

use crate::world::{Log, Server, World, config};
use fanfare::driver::Tls;
use fanfare::driver::rustls::crypto::ring;
use fanfare::driver::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use fanfare::driver::rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};
use fanfare::{App, Route, Target};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tungstenite::{Message, WebSocket};

/// A server's certificate, and what makes a peer trust it.
struct Identity {
    certificate: CertificateDer<'static>,
    tls: Tls,
}

impl Identity {
    fn new() -> Identity {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate = CertificateDer::from(made.cert);
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        Identity { certificate, tls: Tls::from_config(Arc::new(config)).unwrap() }
    }

    fn connect(&self, server: &Server<'_>, path: &str) -> WebSocket<impl Read + Write> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        let stream = server.raw().into_stream();
        let (socket, _) =
            tungstenite::client(format!("wss://localhost{path}"), StreamOwned::new(connection, stream))
                .unwrap();
        socket
    }
}

pub(crate) fn messages_come_back_over_tls_and_the_end_is_announced(world: &World) {
    let identity = Identity::new();
    let echo = Route::new().on_message(|ctx, message| ctx.send(&message));
    let server = world.start_tls(App::new().route("/", echo), identity.tls.clone());
    let mut peer = identity.connect(&server, "/");
    for size in [0, 1, 125, 16 * 1024, 300_000] {
        let message = Message::binary(vec![7; size]);
        peer.send(message.clone()).unwrap();
        assert!(peer.read().unwrap() == message, "{size} bytes");
    }
    peer.close(None).unwrap();
    assert!(peer.read().unwrap().is_close());
    // An end that TLS does not announce would be an error of the stream.
    assert!(matches!(peer.read(), Err(tungstenite::Error::ConnectionClosed)));
}

/// One server, one room, some of it encrypted.
pub(crate) fn attached_streams_are_taken_as_they_are(world: &World) {
    let identity = Identity::new();
    let log = Log::default();
    let opened = log.clone();
    let room = Route::new().on_open(move |ctx| {
        opened.note("opened");
        ctx.join("lobby").map(drop)
    });
    let server = world.start_tls(App::new().route("/", room), identity.tls.clone());
    let mut secured = identity.connect(&server, "/");
    let mut plain = server.attach(b"");
    plain.upgrade("/");
    log.wait_for(2);
    server.handle().broadcast(Target::room("/", "lobby"), "for all").wait().unwrap();
    assert_eq!(secured.read().unwrap(), Message::text("for all"));
    assert_eq!(plain.hear(), (1, b"for all".to_vec()));
}

/// What waits encrypted is bounded, and taking nothing of it is felt.
pub(crate) fn a_reader_that_stops_is_cut_behind_tls_too(world: &World) {
    let identity = Identity::new();
    let log = Log::default();
    let noted = log.clone();
    let config = config(|settings| settings.connection.write_time_max = Duration::from_millis(200));
    let route = Route::new().on_close(move |_, closed| noted.note(closed.reason.to_string()));
    let app = App::new().route("/", route).config(config);
    let server = world.start_tls(app, identity.tls.clone());
    let _reads_nothing = identity.connect(&server, "/");
    // More than all buffers on the way hold, and its queue.
    for _ in 0..200 {
        server.handle().broadcast(Target::Everyone, vec![7; 100_000].as_slice()).wait().unwrap();
    }
    assert_eq!(log.wait_for(1), ["closed because the Write deadline passed"]);
}
