//! Proxies that are trusted, and others.

use crate::support::{Client, Program, fanfare, refused_with};

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
