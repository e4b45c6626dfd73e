//! The limits by name, and the promises that a reader would ask for first.

mod model;

use super::*;

const LIMITS: Limits = Limits { rooms_max: 3, namespaces_max: 2, room_members_max: 4, name_bytes_max: 16 };
const ANN: MemberKey = MemberKey(0);
const BOB: MemberKey = MemberKey(1);

fn joined(rooms: &mut Rooms, member: MemberKey, scope: Scope<'_>, name: &str) -> GroupKey {
    rooms.join(member, scope, name, &LIMITS).unwrap().group
}

#[test]
fn a_refused_join_retains_nothing() {
    let mut rooms = Rooms::new((1, 2));
    let long = "x".repeat(1_000_000);
    let too_long = JoinError::NameTooLong { bytes: 1_000_000, name_bytes_max: 16 };
    let refusals = [
        (Scope::Namespace, "", JoinError::NameEmpty),
        (Scope::Client, &*long, too_long),
        (Scope::Room("/"), &*long, too_long),
        (Scope::Room(&long), "lobby", too_long),
        (Scope::Room("/"), "a\tb", JoinError::NameHasControl { character: '\t', at: 1 }),
    ];
    for (scope, name, refusal) in refusals {
        assert_eq!(rooms.join(ANN, scope, name, &LIMITS), Err(refusal));
    }
    assert_eq!(rooms.counts(), GroupCounts::default());
    assert_eq!(rooms.members.capacity(), 0);
}

#[test]
fn a_million_joins_stop_at_rooms_max() {
    let mut rooms = Rooms::new((1, 2));
    let limits = Limits::default();
    let mut refused = 0;
    for room in 0..1_000_000 {
        match rooms.join(ANN, Scope::Room("/"), &room.to_string(), &limits) {
            Ok(_) => assert!(room < 256),
            Err(error) => {
                assert_eq!(error, JoinError::TooManyRooms { rooms_max: 256 });
                refused += 1;
            }
        }
    }
    assert_eq!((refused, rooms.counts().rooms), (1_000_000 - 256, 256));
}

#[test]
fn namespaces_stop_at_namespaces_max_however_they_are_joined() {
    let mut rooms = Rooms::new((1, 2));
    joined(&mut rooms, ANN, Scope::Namespace, "/");
    joined(&mut rooms, ANN, Scope::Room("/a"), "lobby");
    let refusal = Err(JoinError::TooManyNamespaces { namespaces_max: 2 });
    assert_eq!(rooms.join(ANN, Scope::Namespace, "/b", &LIMITS), refusal);
    assert_eq!(rooms.join(ANN, Scope::Room("/b"), "lobby", &LIMITS), refusal);
    assert_eq!(rooms.counts(), GroupCounts { clients: 0, namespaces: 2, rooms: 1 });
}

#[test]
fn a_full_room_takes_nobody_and_does_not_half_join_the_namespace() {
    let mut rooms = Rooms::new((1, 2));
    for member in 0..4 {
        joined(&mut rooms, MemberKey(member), Scope::Room("/"), "lobby");
    }
    let late = MemberKey(4);
    let refusal = Err(JoinError::RoomFull { room_members_max: 4 });
    assert_eq!(rooms.join(late, Scope::Room("/"), "lobby", &LIMITS), refusal);
    assert_eq!(rooms.groups_of(late).count(), 0);
    // Those inside may ask again, full or not.
    let again = rooms.join(ANN, Scope::Room("/"), "lobby", &LIMITS).unwrap();
    assert!(!again.changed());
}

#[test]
fn leaving_a_namespace_leaves_its_rooms_and_no_others() {
    let mut rooms = Rooms::new((1, 2));
    let home = joined(&mut rooms, ANN, Scope::Room("/"), "lobby");
    joined(&mut rooms, ANN, Scope::Room("/chat"), "lobby");
    joined(&mut rooms, BOB, Scope::Room("/chat"), "lobby");
    joined(&mut rooms, ANN, Scope::Room("/chat"), "news");
    let chat = rooms.find(Scope::Namespace, "/chat").unwrap();

    let mut left = Vec::new();
    assert!(rooms.leave(ANN, chat, &mut left));
    let names: Vec<String> = left
        .iter()
        .map(|left| format!("{}{}", left.name, if left.emptied { ", gone" } else { "" }))
        .collect();
    assert_eq!(names, ["room news in /chat, gone", "room lobby in /chat", "namespace /chat"]);
    assert_eq!(rooms.members(chat), [BOB]);
    assert_eq!(rooms.members(home), [ANN]);
    assert!(!rooms.leave(ANN, chat, &mut left), "left twice");
    assert_eq!(left.len(), 3);
}

#[test]
fn a_group_that_is_gone_is_nowhere() {
    let mut rooms = Rooms::new((1, 2));
    let lobby = joined(&mut rooms, ANN, Scope::Room("/"), "lobby");
    rooms.remove_member(ANN, &mut Vec::new());
    assert_eq!(rooms.find(Scope::Room("/"), "lobby"), None);
    assert_eq!(rooms.describe(lobby), None);
    assert_eq!(rooms.full_name(lobby), None);
    assert!(rooms.members(lobby).is_empty());
    assert!(!rooms.contains(lobby, ANN));
    assert!(!rooms.leave(ANN, lobby, &mut Vec::new()));
}

#[test]
fn members_that_never_joined_are_in_nothing() {
    let mut rooms = Rooms::new((1, 2));
    let stranger = MemberKey(u32::MAX);
    let mut left = Vec::new();
    rooms.remove_member(stranger, &mut left);
    assert!(left.is_empty());
    assert_eq!((rooms.rooms_of(stranger), rooms.namespaces_of(stranger)), (0, 0));
    assert_eq!(rooms.groups_of(stranger).count(), 0);
}

#[test]
fn a_group_is_described_by_its_scope_and_name() {
    let mut rooms = Rooms::new((1, 2));
    let client = joined(&mut rooms, ANN, Scope::Client, "ann");
    let room = joined(&mut rooms, ANN, Scope::Room("/chat"), "lobby");
    let namespace = rooms.find(Scope::Namespace, "/chat").unwrap();
    assert_eq!(rooms.describe(client), Some((Scope::Client, "ann")));
    assert_eq!(rooms.describe(namespace), Some((Scope::Namespace, "/chat")));
    assert_eq!(rooms.describe(room), Some((Scope::Room("/chat"), "lobby")));
}
