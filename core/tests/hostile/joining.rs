//! Attacks on rooms and namespaces: too many, too long, malformed.

use super::shard::Shard;
use fanfare_core::hub::MembershipError;
use fanfare_core::rooms::JoinError;

#[test]
fn a_million_rooms_are_refused_at_the_limit() {
    let mut shard = Shard::new();
    let (id, neighbour) = (shard.open(), shard.open());
    let joined = (0..1_000_000).filter(|number| shard.hub.join(id, "/", &number.to_string()).is_ok());
    assert_eq!((joined.count(), shard.hub.rooms_len()), (256, 256));
    assert!(shard.hub.join(neighbour, "/", "another").unwrap(), "a limit of one, not of all");
}

#[test]
fn a_million_namespaces_are_refused_at_the_limit() {
    let mut shard = Shard::new();
    let id = shard.open();
    for number in 0..1_000_000 {
        let name = format!("/{number}");
        // Half of them by way of a room, which would make the namespace.
        let refused = if number % 2 == 0 {
            shard.hub.join_namespace(id, &name).is_err()
        } else {
            shard.hub.join(id, &name, "room").is_err()
        };
        assert_eq!(refused, number >= 15, "{number}");
    }
    // Its client id, 16 namespaces with `/`, and a room in 7 of them.
    assert_eq!(shard.hub.groups_of(id).count(), 1 + 16 + 7);
    assert_eq!(shard.hub.rooms_len(), 7);
}

#[test]
fn bad_names_are_refused_and_not_kept() {
    let mut shard = Shard::new();
    let id = shard.open();
    shard.reasons(id);
    let long = "x".repeat(1_000_000);
    let too_long = JoinError::NameTooLong { bytes: 1_000_000, name_bytes_max: 128 };
    for (name, expected) in [
        (long.as_str(), too_long),
        ("", JoinError::NameEmpty),
        ("a\0b", JoinError::NameHasControl { character: '\0', at: 1 }),
        ("a\r\nb", JoinError::NameHasControl { character: '\r', at: 1 }),
        ("\u{9b}", JoinError::NameHasControl { character: '\u{9b}', at: 0 }),
    ] {
        let refused = Err(MembershipError::Refused(expected));
        assert_eq!(shard.hub.join(id, "/", name), refused);
        assert_eq!(shard.hub.join(id, name, "room"), refused);
        assert_eq!(shard.hub.join_namespace(id, name), refused);
    }
    assert_eq!((shard.hub.groups_of(id).count(), shard.hub.rooms_len()), (2, 0));
    assert_eq!(shard.hub.next_notice(), None, "nothing came to be");
}

#[test]
fn rooms_of_the_leaving_are_gone() {
    let mut shard = Shard::new();
    for round in 0..100 {
        let id = shard.open();
        (0..256).for_each(|room| assert!(shard.hub.join(id, "/", &format!("{round}/{room}")).unwrap()));
        shard.hub.abort(shard.now, id).unwrap();
        shard.hub.released(id).unwrap();
        shard.reasons(id);
        shard.forget();
        assert_eq!((shard.hub.rooms_len(), shard.hub.connections().count()), (0, 0));
    }
}
