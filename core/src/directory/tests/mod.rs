//! Each limit by name; the property test beside a naive model is in `recount`.

mod recount;

use super::*;
use crate::config::ClientIdPolicy;
use std::net::{Ipv4Addr, Ipv6Addr};

fn id(number: u32) -> ConnectionId {
    let shard = ShardId(u16::try_from(number % 3).unwrap());
    ConnectionId { serial: u64::from(number) << 32, slot: number, shard }
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn settings(connections_max: usize, per_address_max: usize, policy: ClientIdPolicy) -> Settings {
    Settings {
        connections_max,
        connections_per_address_max: per_address_max,
        client_id_policy: policy,
        ..Settings::default()
    }
}

fn directory(connections_max: usize, per_address_max: usize, policy: ClientIdPolicy) -> Directory {
    Directory::new(&settings(connections_max, per_address_max, policy), (1, 2))
}

/// Admits and names the replaced.
fn admit(directory: &mut Directory, number: u32, from: u8, client_id: &str) -> Vec<ConnectionId> {
    directory.admit(id(number), Some(address(from)), client_id).unwrap().replaced
}

/// Asks for an admission that must be refused.
fn refuse(directory: &mut Directory, number: u32, from: u8, client_id: &str) -> AdmissionRefused {
    directory.admit(id(number), Some(address(from)), client_id).unwrap_err()
}

#[test]
fn connections_max_is_exact() {
    let mut directory = directory(2, 0, ClientIdPolicy::Allow);
    admit(&mut directory, 1, 1, "alice");
    admit(&mut directory, 2, 1, "bob");
    let refused = refuse(&mut directory, 3, 1, "carol");
    assert_eq!(refused, AdmissionRefused::ServerFull { connections: 2, connections_max: 2 });
    assert_eq!(refused.to_string(), "`connections_max` is 2 and 2 are open: try again later or raise it");
    assert!(directory.released(id(1)));
    admit(&mut directory, 3, 1, "carol");
    let totals = directory.totals();
    assert_eq!((totals.connections, totals.connections_peak, totals.admitted), (2, 2, 3));
    assert_eq!(totals.refused, Refusals { server_full: 1, ..Refusals::default() });
}

#[test]
fn connections_per_address_max_is_exact() {
    let mut directory = directory(0, 1, ClientIdPolicy::Allow);
    admit(&mut directory, 1, 1, "alice");
    admit(&mut directory, 2, 2, "bob");
    let refused = refuse(&mut directory, 3, 1, "carol");
    assert_eq!(
        refused.to_string(),
        "`connections_per_address_max` is 1 and 192.0.2.1 has 1 open: close one or raise it"
    );
    assert_eq!(directory.totals().refused.address_full, 1);
    assert!(directory.released(id(1)));
    admit(&mut directory, 3, 1, "carol");
}

#[test]
fn an_address_and_its_ipv6_mapped_form_count_as_one() {
    let mut directory = directory(0, 1, ClientIdPolicy::Allow);
    admit(&mut directory, 1, 1, "alice");
    let mapped: Ipv6Addr = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
    assert!(matches!(
        directory.admit(id(2), Some(mapped.into()), "bob"),
        Err(AdmissionRefused::AddressFull { address: IpAddr::V4(_), .. })
    ));
}

#[test]
fn peers_without_an_address_are_held_back_by_the_server_limit_only() {
    let mut directory = directory(2, 1, ClientIdPolicy::Allow);
    assert!(directory.admit(id(1), None, "alice").is_ok());
    assert!(directory.admit(id(2), None, "bob").is_ok());
    assert!(matches!(directory.admit(id(3), None, "carol"), Err(AdmissionRefused::ServerFull { .. })));
}

#[test]
fn client_id_policy_allow_lists_all() {
    let mut directory = directory(0, 0, ClientIdPolicy::Allow);
    for number in 0..4 {
        assert_eq!(admit(&mut directory, number, 1, "alice"), []);
    }
    assert!(directory.released(id(1)));
    assert_eq!(directory.connections_of_client("alice"), [id(0), id(3), id(2)]);
    assert!(directory.released(id(3)));
    assert_eq!(directory.connections_of_client("alice"), [id(0), id(2)]);
    assert_eq!(directory.shards_of_client("alice").len(), 2);
}

#[test]
fn client_id_policy_reject_refuses_until_the_first_is_released() {
    let mut directory = directory(0, 0, ClientIdPolicy::Reject);
    admit(&mut directory, 1, 1, "alice");
    let refused = refuse(&mut directory, 2, 2, "alice");
    assert_eq!(refused, AdmissionRefused::ClientIdInUse { client_id: "alice".into() });
    assert_eq!(
        refused.to_string(),
        "client id \"alice\" is in use and `client_id_policy` is reject: close its connection first"
    );
    assert_eq!(directory.totals().refused.client_id_in_use, 1);
    assert!(directory.released(id(1)));
    admit(&mut directory, 2, 2, "alice");
}

#[test]
fn client_id_policy_replace_admits_on_a_full_server() {
    let mut directory = directory(1, 1, ClientIdPolicy::Replace);
    assert_eq!(admit(&mut directory, 1, 1, "alice"), []);
    assert_eq!(admit(&mut directory, 2, 1, "alice"), [id(1)]);
    assert_eq!(directory.connections_of_client("alice"), [id(2)]);
    let totals = directory.totals();
    assert_eq!((totals.connections, totals.leaving, totals.connections_peak), (2, 1, 2));
    assert!(matches!(refuse(&mut directory, 3, 2, "bob"), AdmissionRefused::ServerFull { .. }));
}

#[test]
fn whoever_reconnects_faster_than_connections_close_stays_within_twice_the_limit() {
    let mut directory = directory(3, 0, ClientIdPolicy::Replace);
    for number in 0..6 {
        admit(&mut directory, number, 1, "alice");
    }
    let refused = refuse(&mut directory, 6, 1, "alice");
    assert_eq!(refused, AdmissionRefused::ServerFull { connections: 6, connections_max: 3 });
    assert_eq!(directory.connections_of_client("alice"), [id(5)], "a refused one replaces nobody");
    assert!(directory.released(id(0)));
    assert_eq!(admit(&mut directory, 6, 1, "alice"), [id(5)]);
}

#[test]
fn a_predecessor_elsewhere_makes_no_room_at_the_new_address() {
    let mut directory = directory(0, 1, ClientIdPolicy::Replace);
    admit(&mut directory, 1, 1, "alice");
    admit(&mut directory, 2, 2, "bob");
    assert!(matches!(refuse(&mut directory, 3, 2, "alice"), AdmissionRefused::AddressFull { .. }));
    assert_eq!(directory.connections_of_client("alice"), [id(1)], "a refused one replaces nobody");
}

#[test]
fn an_id_is_admitted_once() {
    let mut directory = directory(1, 0, ClientIdPolicy::Allow);
    admit(&mut directory, 1, 1, "alice");
    let refused = refuse(&mut directory, 1, 1, "bob");
    assert_eq!(refused, AdmissionRefused::AlreadyAdmitted { id: id(1) });
    assert_eq!(
        refused.to_string(),
        "connection 0001000000010000000100000000 is admitted already: admit each connection once"
    );
    assert_eq!((directory.totals().connections, directory.totals().refused), (1, Refusals::default()));
}

#[test]
fn ten_thousand_arrivals_leave_nothing_behind() {
    let mut directory = directory(0, 10_000, ClientIdPolicy::Allow);
    for number in 0..10_000 {
        admit(&mut directory, number, 1, if number % 2 == 0 { "alice" } else { "bob" });
        directory.room_opened(ShardId(0), "/", &number.to_string());
    }
    for number in 0..10_000 {
        assert!(directory.released(id(number)));
        assert!(directory.room_closed(ShardId(0), "/", &number.to_string()));
    }
    assert!(directory.admission.is_empty() && directory.groups.is_empty());
}

#[test]
fn a_namespace_and_its_rooms_are_told_apart() {
    let mut directory = directory(0, 0, ClientIdPolicy::Allow);
    assert!(directory.namespace_opened(ShardId(0), "/chat"));
    assert!(directory.room_opened(ShardId(1), "/chat", "/chat"));
    assert_eq!(directory.shards_of_namespace("/chat"), [ShardId(0)].into_iter().collect());
    assert_eq!(directory.shards_of_room("/chat", "/chat"), [ShardId(1)].into_iter().collect());
    assert!(directory.namespace_closed(ShardId(0), "/chat"));
    assert!(directory.shards_of_namespace("/chat").is_empty());
    assert!(directory.room_closed(ShardId(1), "/chat", "/chat"));
    assert!(directory.groups.is_empty());
}

#[test]
fn the_debug_form_shows_totals_and_no_names() {
    let mut directory = directory(0, 0, ClientIdPolicy::Allow);
    admit(&mut directory, 1, 1, "alice");
    let shown = format!("{directory:?}");
    assert!(shown.starts_with("Directory { totals: Totals { connections: 1,") && !shown.contains("alice"));
}
