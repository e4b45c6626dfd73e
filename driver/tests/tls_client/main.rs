//! A client's end of TLS against rustls's own server: whom it believes, and what
//! it says when it does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod far;
mod pipe;
mod roots;

use fanfare_driver::rustls::version::{TLS12, TLS13};
use fanfare_driver::rustls::{AlertDescription, Error};
use fanfare_driver::{ClientTls, TlsFailure};
use far::{Far, Identity, Near};

#[test]
fn bytes_go_both_ways_and_the_end_is_announced() {
    for version in [&TLS12, &TLS13] {
        let identity = Identity::named("localhost");
        let (mut near, mut far) = identity.meet("localhost", &[version]);
        // Said before the handshake is over, it waits.
        assert!(near.says(b"too early").is_none());
        assert!(near.transport.is_handshaking());
        far.shake_hands(&mut near);
        assert!(!near.transport.is_handshaking());
        for size in [1, 100, 20_000] {
            let (text, mut written) = (vec![7; size], 0);
            while written < size {
                written += near.says(&text[written..]).unwrap();
                far.hear();
            }
            assert_eq!(std::mem::take(&mut far.heard), text);
            far.say(&text);
            assert_eq!(near.hears().unwrap(), text);
        }
        assert_eq!(far.connection.server_name(), Some("localhost"));
        assert_eq!(far.connection.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(near.shuts());
        far.hear();
        assert!(far.has_ended, "{version:?}");
    }
}

#[test]
fn an_address_is_a_name_too() {
    for address in ["127.0.0.1", "::1"] {
        let identity = Identity::named(address);
        let (mut near, mut far) = identity.meet(address, &[&TLS13]);
        far.shake_hands(&mut near);
        assert!(!near.transport.is_handshaking());
        assert_eq!(far.connection.server_name(), None, "addresses are not indicated (RFC 6066 §3)");
    }
}

/// What the client makes of a server, and what the server hears of it.
fn failure(mut near: Near, mut far: Far, host: &str) -> (TlsFailure, Option<Error>) {
    loop {
        far.exchange();
        if let Err(error) = near.hears() {
            far.exchange();
            return (TlsFailure::of(&error, host).unwrap(), far.error);
        }
        assert!(near.transport.is_handshaking(), "{host} must not be believed");
    }
}

#[test]
fn who_is_signed_by_a_stranger_is_not_believed() {
    let theirs = Identity::named("localhost");
    for (trusted, alert) in
        [("localhost", AlertDescription::DecryptError), ("example.org", AlertDescription::UnknownCA)]
    {
        let (near, far) = theirs.meet_one_who_trusts(&Identity::named(trusted).tls(), "localhost");
        let (failure, heard) = failure(near, far, "localhost");
        assert_eq!(failure, TlsFailure::UnknownIssuer { host: "localhost".to_owned() });
        assert!(failure.to_string().contains("from_pem_file"), "{failure}");
        assert_eq!(heard, Some(Error::AlertReceived(alert)), "it is told");
    }
}

#[test]
fn who_shows_another_name_is_not_believed() {
    for host in ["example.org", "127.0.0.1"] {
        let identity = Identity::named("localhost");
        let (near, far) = identity.meet_one_who_trusts(&identity.tls(), host);
        let (failure, _) = failure(near, far, host);
        let presented = vec!["localhost".to_owned()];
        assert_eq!(failure, TlsFailure::WrongName { host: host.to_owned(), presented });
        assert!(failure.to_string().contains(host), "{failure}");
    }
}

#[test]
fn who_is_out_of_time_is_not_believed() {
    let identity = Identity::valid("localhost", 2001, 2002);
    let (near, far) = identity.meet_one_who_trusts(&identity.tls(), "localhost");
    let (expired, _) = failure(near, far, "localhost");
    assert!(matches!(expired, TlsFailure::Expired { days: 8_000.., .. }), "{expired}");

    let identity = Identity::valid("localhost", 3990, 4000);
    let (near, far) = identity.meet_one_who_trusts(&identity.tls(), "localhost");
    let (early, _) = failure(near, far, "localhost");
    assert!(matches!(early, TlsFailure::NotYetValid { days: 700_000.., .. }), "{early}");
}

#[test]
fn plain_http_is_not_taken_for_tls() {
    let identity = Identity::named("localhost");
    let (mut near, far) = identity.meet("localhost", &[&TLS13]);
    far.pipe.say(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let error = near.hears().unwrap_err();
    let failure = TlsFailure::of(&error, "localhost").unwrap();
    assert_eq!(failure, TlsFailure::NotTls { host: "localhost".to_owned() });
}

#[test]
fn a_server_that_refuses_is_quoted() {
    let identity = Identity::named("localhost");
    let (near, far) = identity.meet_one_who_speaks_otherwise("localhost");
    let (failure, _) = failure(near, far, "localhost");
    let alert = "NoApplicationProtocol".to_owned();
    assert_eq!(failure, TlsFailure::Refused { host: "localhost".to_owned(), alert });
}

#[test]
fn what_is_no_name_is_said_to_be_none() {
    let identity = Identity::named("localhost");
    for host in ["", "two words", "[::1]"] {
        let refused = identity.tls().wrap(host, pipe::Pipe::default().transport()).unwrap_err();
        assert_eq!(refused, TlsFailure::Name { host: host.to_owned() });
    }
}

#[test]
fn the_roots_of_the_system_are_those_of_its_files() {
    match ClientTls::system() {
        // A self-made certificate is none of them.
        Ok(tls) => {
            let identity = Identity::named("localhost");
            let (near, far) = identity.meet_one_who_trusts(&tls, "localhost");
            let (failure, _) = failure(near, far, "localhost");
            assert!(matches!(failure, TlsFailure::UnknownIssuer { .. }), "{failure}");
        }
        Err(error) => assert!(error.to_string().contains("ca-certificates"), "{error}"),
    }
}
