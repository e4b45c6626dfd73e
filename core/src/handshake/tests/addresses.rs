//! Whose request it is: proxies, honest and forged.

use super::{UPGRADE, get};
use crate::handshake::{InvalidNetwork, Network, client_address, is_forwarded};
use std::net::IpAddr;

/// The client's address for a peer at 10.0.0.1, with 10/8 and `fd00::/8` trusted.
fn client(lines: &str) -> String {
    from("10.0.0.1", lines)
}

fn from(peer: &str, lines: &str) -> String {
    let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
    let request = get(&format!("Host: h\r\n{lines}\r\n")).unwrap();
    client_address(peer.parse().unwrap(), &trusted, request.headers()).to_string()
}

#[test]
fn an_untrusted_peer_is_believed_nothing() {
    assert_eq!(from("192.0.2.9", "X-Forwarded-For: 1.1.1.1\r\nX-Real-IP: 1.1.1.1"), "192.0.2.9");
    assert_eq!(from("::ffff:192.0.2.9", "X-Real-IP: 1.1.1.1"), "192.0.2.9");
}

#[test]
fn the_chain_is_walked_from_the_right_past_trusted_proxies() {
    assert_eq!(client("X-Forwarded-For: 6.6.6.6, 203.0.113.7"), "203.0.113.7");
    assert_eq!(client("X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.3,10.0.0.2"), "203.0.113.7");
    assert_eq!(client("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.0.0.2"), "203.0.113.7");
    assert_eq!(client("X-Forwarded-For: 10.0.0.3, 10.0.0.2"), "10.0.0.3");
    assert_eq!(client("X-Forwarded-For: 203.0.113.7, garbage, 10.0.0.2"), "10.0.0.2");
    assert_eq!(from("::ffff:10.0.0.1", "X-Forwarded-For: 203.0.113.7:4711"), "203.0.113.7");
}

#[test]
fn forwarded_is_read_like_rfc_7239() {
    assert_eq!(client("Forwarded: for=6.6.6.6, For=\"[2001:db8::1]:4711\";proto=https"), "2001:db8::1");
    assert_eq!(client("Forwarded: for=203.0.113.7;by=10.0.0.2, for=\"[fd00::2]\""), "203.0.113.7");
    assert_eq!(client("Forwarded: for=unknown"), "10.0.0.1");
    assert_eq!(client("Forwarded: proto=https"), "10.0.0.1");
}

/// Whatever a client writes to the left of what the first proxy appends.
#[test]
fn what_a_client_forges_is_left_of_what_proxies_say() {
    for forged in ["10.0.0.9", "10.0.0.9, 10.0.0.8", "garbage", "", ",", "\"", "unknown", "[::1", "6.6.6.6, "]
    {
        let chain = format!("X-Forwarded-For: {forged}, 203.0.113.7, 10.0.0.3");
        assert_eq!(client(&chain), "203.0.113.7", "{forged:?}");
        let two_lines = format!("X-Forwarded-For: {forged}\r\nX-Forwarded-For: 203.0.113.7, 10.0.0.3");
        assert_eq!(client(&two_lines), "203.0.113.7", "{forged:?}");
    }
    for forged in ["for=10.0.0.9", "for=\"10.0.0.9", "for=\"", "for", "for=;for=", "\\", "by=10.0.0.9;=,"] {
        let chain = format!("Forwarded: {forged}, for=203.0.113.7, for=10.0.0.3");
        assert_eq!(client(&chain), "203.0.113.7", "{forged:?}");
    }
    // Nobody vouches for what is left of an address that is no proxy's.
    assert_eq!(client("X-Forwarded-For: 10.0.0.9, 203.0.113.7"), "203.0.113.7");
    assert_eq!(from("203.0.113.7", "X-Forwarded-For: 10.0.0.9, 10.0.0.1"), "203.0.113.7");
}

#[test]
fn several_proxies_in_a_row_are_each_looked_through() {
    let chain = "203.0.113.7, 10.0.0.4, fd00::3, 10.0.0.2";
    for peer in ["10.0.0.1", "fd00::1", "::ffff:10.0.0.1"] {
        assert_eq!(from(peer, &format!("X-Forwarded-For: {chain}")), "203.0.113.7", "{peer}");
    }
    // One of them that is not trusted is the client.
    assert_eq!(client("X-Forwarded-For: 203.0.113.7, 192.0.2.5, 10.0.0.2"), "192.0.2.5");
    assert_eq!(client("Forwarded: for=203.0.113.7, for=192.0.2.5, for=10.0.0.2"), "192.0.2.5");
}

#[test]
fn an_ipv6_address_has_many_forms_and_is_one() {
    for form in ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "[2001:db8::1]", "[2001:db8::1]:4711"] {
        assert_eq!(client(&format!("X-Forwarded-For: {form}")), "2001:db8::1", "{form}");
        assert_eq!(client(&format!("X-Real-IP: {form}")), "2001:db8::1", "{form}");
        assert_eq!(client(&format!("Forwarded: for=\"{form}\"")), "2001:db8::1", "{form}");
    }
    for form in ["::ffff:203.0.113.7", "[::ffff:203.0.113.7]", "[::ffff:cb00:7107]:4711"] {
        assert_eq!(client(&format!("X-Forwarded-For: {form}")), "203.0.113.7", "{form}");
    }
    // One that is written as IPv6 is a proxy all the same.
    assert_eq!(client("X-Forwarded-For: 203.0.113.7, ::ffff:10.0.0.2"), "203.0.113.7");
}

#[test]
fn what_is_no_address_is_nobody() {
    for nobody in [
        "",
        "unknown",
        "_hidden",
        "localhost",
        "203.0.113",
        "203.0.113.256",
        "0203.0.113.7",
        "203.0.113.7:",
        "203.0.113.7:65536",
        "203.0.113.7/32",
        "2001:db8::g",
        "[2001:db8::1",
        "2001:db8::1]",
        "fe80::1%eth0",
        "203.0.113.7 203.0.113.8",
        "\"203.0.113.7\"",
    ] {
        assert_eq!(client(&format!("X-Forwarded-For: {nobody}")), "10.0.0.1", "{nobody:?}");
        assert_eq!(client(&format!("X-Real-IP: {nobody}")), "10.0.0.1", "{nobody:?}");
    }
    for nobody in ["for=203.0.113.7;for=203.0.113.7", "for=\"203.0.113.7", "for=203.0.113.7\"", "For", "for="]
    {
        assert_eq!(client(&format!("Forwarded: {nobody}")), "10.0.0.1", "{nobody:?}");
    }
}

#[test]
fn a_real_ip_counts_unless_it_is_a_proxy() {
    assert_eq!(client("X-Real-IP: 203.0.113.7"), "203.0.113.7");
    assert_eq!(client("X-Real-IP: 10.0.0.2"), "10.0.0.1");
    assert_eq!(client("X-Real-IP: 10.0.0.2\r\nX-Forwarded-For: 203.0.113.7, 10.0.0.2"), "203.0.113.7");
}

#[test]
fn contradicting_headers_gain_nobody_an_address() {
    assert_eq!(client("Forwarded: for=6.6.6.6\r\nX-Forwarded-For: 203.0.113.7"), "10.0.0.1");
    assert_eq!(client("X-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 203.0.113.7"), "10.0.0.1");
    assert_eq!(client("X-Forwarded-For: 203.0.113.7\r\nX-Real-IP: 203.0.113.7"), "203.0.113.7");
}

#[test]
fn a_network_is_written_as_it_is_read() {
    for text in ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1", "2001:db8::/32", "::1"] {
        assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
    }
    assert_eq!("192.0.2.1/32".parse::<Network>().unwrap().to_string(), "192.0.2.1");
}

#[test]
fn networks_are_parsed_strictly() {
    let everyone: Network = "0.0.0.0/0".parse().unwrap();
    assert!(everyone.contains("255.1.2.3".parse().unwrap()) && !everyone.contains("::1".parse().unwrap()));
    let one: Network = "2001:db8::1".parse().unwrap();
    assert!(one.contains("2001:db8::1".parse().unwrap()) && !one.contains("2001:db8::2".parse().unwrap()));
    let half: Network = "10.129.0.0/9".parse().unwrap();
    assert!(half.contains("10.200.0.1".parse().unwrap()) && !half.contains(IpAddr::from([10, 1, 0, 1])));
    for text in
        ["", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "::ffff:10.0.0.0/104", "10/8", "host"]
    {
        assert_eq!(text.parse::<Network>(), Err(InvalidNetwork { text: text.to_owned() }));
    }
}

#[test]
fn any_forwarding_header_marks_a_request_as_forwarded() {
    for line in [
        "Forwarded: for=_x",
        "X-Forwarded-For: 1.1.1.1",
        "x-real-ip: nonsense",
        "X-Forwarded-Host: a.example",
        "x-forwarded-proto: https",
        "Via: 1.1 proxy",
    ] {
        assert!(is_forwarded(get(&format!("Host: h\r\n{line}\r\n")).unwrap().headers()));
    }
    assert!(!is_forwarded(get(UPGRADE).unwrap().headers()));
}
