//! Proxies that are trusted, and others.

use crate::support::{Client, Program, fanfare, get, refused_with};

const ONE_EACH: [&str; 2] = ["--connections-per-address-max", "1"];
const ANN: [(&str, &str); 1] = [("x-forwarded-for", "192.0.2.1")];
const BOB: [(&str, &str); 1] = [("x-forwarded-for", "192.0.2.2")];

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_address() {
    for trusted in ["127.0.0.1", "10.0.0.0/8, 127.0.0.0/8", "::1,127.0.0.1/32"] {
        let program = Program::start(&[&ONE_EACH[..], &["--trusted-proxies", trusted]].concat());
        let _ann = Client::connect_with(&program, "/ws/echo", &ANN);
        let mut bob = Client::connect_with(&program, "/ws/echo", &BOB);
        assert_eq!(refused_with(&program, "/ws/echo", &ANN).status(), 503, "{trusted}");
        bob.assert_quiet();
    }
}

/// Its own address, and the port of the transport, which is the proxy's: two that
/// share an address do not share a name.
#[test]
fn behind_a_trusted_proxy_a_client_without_a_name_goes_by_its_address() {
    let settings = ["--trusted-proxies", "127.0.0.1", "--client-id-policy", "reject"];
    let program = Program::start(&settings);
    let clients = [ANN, ANN, BOB].map(|said| Client::connect_with(&program, "/ws/echo", &said));
    let stats = get(&program, "/ws/stats?detail=1").json();
    let named: Vec<_> = stats["data"]["connections_by_client"].as_object().unwrap().keys().collect();
    let [ann, ann_again, bob] = clients.each_ref().map(|client| client.address().port());
    let mut expected = [("192.0.2.1", ann), ("192.0.2.1", ann_again), ("192.0.2.2", bob)]
        .map(|(address, port)| format!("{address}:{port}"));
    expected.sort_unstable();
    assert_eq!(named, expected.each_ref());
}

#[test]
fn what_others_say_of_addresses_is_not_believed() {
    for trusted in ["none", "10.0.0.0/8"] {
        let program = Program::start(&[&ONE_EACH[..], &["--trusted-proxies", trusted]].concat());
        let _ann = Client::connect_with(&program, "/ws/echo", &ANN);
        assert_eq!(refused_with(&program, "/ws/echo", &BOB).status(), 503, "{trusted}");
    }
}

#[test]
fn what_is_no_network_is_refused() {
    let output = fanfare(&["--trusted-proxies", "10.0.0.0/8,proxy.example"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "fanfare: --trusted-proxies: `proxy.example` is no network; use addresses or networks such as \
         10.0.0.0/8, separated by commas, or none\n"
    );
}
