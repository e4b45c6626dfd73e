//! Plans against the plain union and difference of sets.

use super::*;
use crate::id::ConnectionId;
use crate::rooms::{Limits, MemberKey, RoomName, Rooms, Scope};
use crate::time::Instant;
use proptest::prelude::*;
use std::collections::BTreeSet;

const MEMBERS: u32 = 12;
const NAMESPACES: [&str; 2] = ["/", "/chat"];
const NAMES: [&str; 3] = ["a", "b", "c"];

/// A hub in which member `n` has the connection id whose slot is `n`, and is in
/// whatever `joins` says.
#[derive(Debug)]
struct Hub {
    rooms: Rooms,
}

impl Hub {
    fn new(joins: &[(u32, usize, usize, bool)]) -> Hub {
        let mut rooms = Rooms::new((1, 2));
        for &(member, namespace, name, is_room) in joins {
            let (scope, name) = if is_room {
                (Scope::Room(NAMESPACES[namespace]), NAMES[name])
            } else {
                (Scope::Client, NAMES[name])
            };
            rooms.join(MemberKey(member), scope, name, &Limits::default()).unwrap();
        }
        Hub { rooms }
    }

    fn plan(&self, planner: &mut Planner, audience: &Audience) -> Vec<MemberKey> {
        let roster = Roster {
            rooms: &self.rooms,
            everyone: &mut (0..MEMBERS).map(MemberKey),
            locate: &locate,
            facts: &|member| Some(facts(member)),
        };
        let mut plan = vec![MemberKey(99)];
        planner.plan(audience, roster, &mut plan);
        plan
    }

    fn group(&self, scope: Scope<'_>, name: &str) -> BTreeSet<MemberKey> {
        let group = self.rooms.find(scope, name);
        group.map(|group| self.rooms.members(group).iter().copied().collect()).unwrap_or_default()
    }

    fn room(&self, room: &RoomName) -> BTreeSet<MemberKey> {
        self.group(Scope::Room(&room.namespace), &room.name)
    }

    /// The target as a set.
    fn target(&self, target: &Target) -> BTreeSet<MemberKey> {
        let everyone = (0..MEMBERS).map(MemberKey);
        match target {
            Target::Everyone => everyone.collect(),
            Target::Namespace(name) => self.group(Scope::Namespace, name),
            Target::Room(room) => self.room(room),
            Target::Rooms(list) => list.iter().flat_map(|room| self.room(room)).collect(),
            Target::Connection(id) => locate(*id).into_iter().collect(),
            Target::Connections(ids) => ids.iter().filter_map(|&id| locate(id)).collect(),
            Target::Client(id) => self.group(Scope::Client, id),
            Target::Filter(filter) => everyone.filter(|&member| filter.accepts(&facts(member))).collect(),
        }
    }

    fn excluded(&self, exclusion: &Exclusion) -> BTreeSet<MemberKey> {
        match exclusion {
            Exclusion::Connection(id) => locate(*id).into_iter().collect(),
            Exclusion::Client(id) => self.group(Scope::Client, id),
            Exclusion::Room(room) => self.room(room),
        }
    }
}

fn connection(slot: u32) -> ConnectionId {
    format!("0000{slot:08x}{:016x}", 7).parse().unwrap()
}

fn locate(id: ConnectionId) -> Option<MemberKey> {
    (id.slot() < MEMBERS).then(|| MemberKey(id.slot()))
}

fn facts(member: MemberKey) -> Facts<'static> {
    Facts {
        client_id: NAMES[member.0 as usize % NAMES.len()],
        path: "/ws",
        user_agent: None,
        connected_at: Instant::from_nanos(u64::from(member.0)),
        labels: &[],
    }
}

fn room() -> impl Strategy<Value = RoomName> {
    (prop::sample::select(&NAMESPACES[..]), prop::sample::select(&NAMES[..]))
        .prop_map(|(namespace, name)| RoomName::new(namespace, name))
}

fn name() -> impl Strategy<Value = std::sync::Arc<str>> {
    prop::sample::select(&NAMES[..]).prop_map(Into::into)
}

/// Some of them are of nobody.
fn connection_id() -> impl Strategy<Value = ConnectionId> {
    (0..MEMBERS + 3).prop_map(connection)
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Everyone),
        prop::sample::select(&NAMESPACES[..]).prop_map(Target::namespace),
        room().prop_map(Target::Room),
        prop::collection::vec(room(), 0..4).prop_map(Target::Rooms),
        connection_id().prop_map(Target::Connection),
        prop::collection::vec(connection_id(), 0..6).prop_map(Target::Connections),
        name().prop_map(Target::Client),
        (0..14u64).prop_map(|nanos| {
            let later = Condition::ConnectedAfter(Instant::from_nanos(nanos));
            Target::Filter(Filter::new(Condition::Or(vec![later, Condition::ClientId("b".into())])).unwrap())
        }),
    ]
}

fn exclusion() -> impl Strategy<Value = Exclusion> {
    prop_oneof![
        connection_id().prop_map(Exclusion::Connection),
        name().prop_map(Exclusion::Client),
        room().prop_map(Exclusion::Room),
    ]
}

proptest! {
    #[test]
    fn a_plan_is_the_target_minus_the_exclusions_each_once(
        joins in prop::collection::vec(
            (0..MEMBERS, 0..NAMESPACES.len(), 0..NAMES.len(), any::<bool>()),
            0..40,
        ),
        audiences in prop::collection::vec((target(), prop::collection::vec(exclusion(), 0..3)), 1..12),
    ) {
        let hub = Hub::new(&joins);
        // One planner for all of them: no mark may leak from plan to plan.
        let mut planner = Planner::new();
        for (target, except) in audiences {
            let mut expected = hub.target(&target);
            for exclusion in &except {
                expected = &expected - &hub.excluded(exclusion);
            }
            let plan = hub.plan(&mut planner, &Audience { target, except });
            let set: BTreeSet<MemberKey> = plan.iter().copied().collect();
            prop_assert_eq!(set.len(), plan.len(), "somebody is planned twice");
            prop_assert_eq!(set, expected);
        }
    }
}

fn keys(members: &[u32]) -> Vec<MemberKey> {
    members.iter().copied().map(MemberKey).collect()
}

/// Rooms `a` of 5, 3, 8 and `b` of 8, 1, 5, joined in this order.
fn two_rooms() -> Hub {
    Hub::new(
        &[5, 3, 8]
            .map(|member| (member, 0, 0, true))
            .into_iter()
            .chain([8, 1, 5].map(|member| (member, 0, 1, true)))
            .collect::<Vec<_>>(),
    )
}

#[test]
fn a_union_is_in_the_order_of_first_appearance() {
    let (hub, mut planner) = (two_rooms(), Planner::new());
    let rooms = |names: [&str; 2]| Target::Rooms(names.map(|name| RoomName::new("/", name)).to_vec()).into();
    assert_eq!(hub.plan(&mut planner, &rooms(["a", "b"])), keys(&[5, 3, 8, 1]));
    assert_eq!(hub.plan(&mut planner, &rooms(["b", "a"])), keys(&[8, 1, 5, 3]));
    assert_eq!(hub.plan(&mut planner, &rooms(["b", "b"])), keys(&[8, 1, 5]));
}

#[test]
fn exclusions_keep_the_order_of_the_rest() {
    let (hub, mut planner) = (two_rooms(), Planner::new());
    let others = Target::room("/", "a").except(Exclusion::Connection(connection(3)));
    assert_eq!(hub.plan(&mut planner, &others), keys(&[5, 8]));
    let neither = others.except(Exclusion::Room(RoomName::new("/", "b")));
    assert_eq!(hub.plan(&mut planner, &neither), keys(&[]));
}

#[test]
fn who_left_is_in_no_plan() {
    let (mut hub, mut planner) = (two_rooms(), Planner::new());
    let room = hub.rooms.find(Scope::Room("/"), "a").unwrap();
    assert!(hub.rooms.leave(MemberKey(5), room, &mut Vec::new()));
    assert_eq!(hub.plan(&mut planner, &Target::room("/", "a").into()), keys(&[8, 3]));
    hub.rooms.remove_member(MemberKey(8), &mut Vec::new());
    assert_eq!(hub.plan(&mut planner, &Target::room("/", "a").into()), keys(&[3]));
    assert_eq!(hub.plan(&mut planner, &Target::namespace("/").into()), keys(&[5, 3, 1]));
}

#[test]
fn a_member_without_facts_is_chosen_by_no_filter() {
    let rooms = Rooms::new((1, 2));
    let anybody = Filter::new(Condition::And(Vec::new())).unwrap();
    let roster = Roster {
        rooms: &rooms,
        everyone: &mut (0..4).map(MemberKey),
        locate: &locate,
        facts: &|member| (member.0 != 2).then(|| facts(member)),
    };
    let mut plan = Vec::new();
    Planner::default().plan(&Target::Filter(anybody).into(), roster, &mut plan);
    assert_eq!(plan, keys(&[0, 1, 3]));
}
