//! TLS, spoken by both sides themselves.

use crate::conversation::echo;
use crate::world::{Identity, Log, Server, Tunnel, World, done, outcome};
use fanfare::core::close::CloseCode;
use fanfare::{Client, ClientError, ConnectError};

fn url(server: &Server, host: &str) -> String {
    format!("wss://{host}:{}/", server.address().port())
}

pub(crate) fn messages_come_back_over_tls(world: &World) {
    for (test, host) in [("tls name", "localhost"), ("tls address", "127.0.0.1")] {
        let identity = Identity::new(test, host);
        let (server, log) = (Server::start_tls(echo(), &identity), Log::default());
        let heard = log.clone();
        let client = Client::new(&url(&server, host)).unwrap().tls(identity.trusted());
        let client = world.start(client.on_message(move |_, message| heard.note(message.len().to_string())));
        done(client.connect());
        for (count, size) in [0, 1, 16 * 1024, 300_000].into_iter().enumerate() {
            done(client.send(vec![7; size].as_slice()));
            assert_eq!(log.wait_for(count + 1)[count], size.to_string());
        }
        done(client.close(CloseCode::Normal, ""));
    }
}

pub(crate) fn a_server_that_is_not_trusted_is_not_talked_to(world: &World) {
    let identity = Identity::new("tls untrusted", "localhost");
    let server = Server::start_tls(echo(), &identity);
    let refused = |host: &str, trusted: &Identity| {
        let client = Client::new(&url(&server, host)).unwrap().tls(trusted.trusted());
        match outcome(world.start(client).connect()) {
            Err(ClientError::Connect(ConnectError::Tls(why))) => why,
            other => panic!("{host} must not be believed: {other:?}"),
        }
    };
    let why = refused("127.0.0.1", &identity);
    assert!(why.contains("127.0.0.1 shows a certificate for localhost"), "{why}");
    let why = refused("localhost", &Identity::new("tls stranger", "localhost"));
    assert!(why.contains("localhost is signed by nobody who is trusted"), "{why}");
    // A port that speaks no TLS.
    let plain = Server::start(echo());
    let client = Client::new(&url(&plain, "localhost")).unwrap().tls(identity.trusted());
    let Err(ClientError::Connect(ConnectError::Tls(why))) = outcome(world.start(client).connect()) else {
        panic!("that is no TLS");
    };
    assert!(why.contains("does not speak TLS"), "{why}");
}

pub(crate) fn a_proxy_is_asked_for_a_tunnel(world: &World) {
    let identity = Identity::new("tls tunnel", "localhost");
    let (plain, secured) = (Server::start(echo()), Server::start_tls(echo(), &identity));
    for (server, url) in [(&plain, plain.url()), (&secured, url(&secured, "localhost"))] {
        let (tunnel, log) = (Tunnel::to(server.address()), Log::default());
        let client = Client::new(&url).unwrap().tls(identity.trusted());
        let client = client.settings(|client| client.proxy = Some(tunnel.proxy("ann", "secret")));
        let client = world.start(log.of_all(client));
        done(client.connect());
        done(client.send("through"));
        assert_eq!(log.wait_for(2)[1], r#"Text("through")"#);
        let asked = tunnel.asked();
        assert!(asked.starts_with("CONNECT ") && asked.contains("Basic YW5uOnNlY3JldA=="), "{asked}");
    }
    let tunnel = Tunnel::that_refuses();
    let client = Client::new("ws://localhost/").unwrap();
    let client = client.settings(|client| client.proxy = Some(tunnel.proxy("ann", "wrong")));
    let Err(ClientError::Connect(ConnectError::ProxyStatus { status })) =
        outcome(world.start(client).connect())
    else {
        panic!("the proxy refuses");
    };
    assert_eq!(status.as_u16(), 407);
}
