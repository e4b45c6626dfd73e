//! The index against a model that is too simple to be wrong.

use super::LIMITS;
use crate::rooms::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A set of names and who is in each, and which name is whose channel: all that
/// rooms mean.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Model {
    groups: BTreeMap<GroupName, BTreeSet<MemberKey>>,
    channels: BTreeMap<MemberKey, GroupName>,
}

/// What was left, and whether each was emptied.
type Departures = BTreeMap<GroupName, bool>;

impl Model {
    fn contains(&self, group: &GroupName, member: MemberKey) -> bool {
        self.groups.get(group).is_some_and(|members| members.contains(&member))
    }

    fn groups_of(&self, member: MemberKey) -> Vec<GroupName> {
        self.groups.keys().filter(|group| self.contains(group, member)).cloned().collect()
    }

    fn enter(&mut self, group: &GroupName, member: MemberKey) -> Entry {
        let created = !self.groups.contains_key(group);
        match (self.groups.entry(group.clone()).or_default().insert(member), created) {
            (false, _) => Entry::Unchanged,
            (true, false) => Entry::Joined,
            (true, true) => Entry::Created,
        }
    }

    /// Why the member may not enter a group, if it leaves another one for it.
    fn refusal(
        &self,
        group: &GroupName,
        member: MemberKey,
        instead_of: Option<&GroupName>,
    ) -> Option<JoinError> {
        if self.contains(group, member) {
            return None;
        }
        let mut groups = self.groups_of(member);
        groups.retain(|group| Some(group) != instead_of);
        let rooms = groups.iter().filter(|group| matches!(group, GroupName::Room(_))).count();
        let namespaces = groups.iter().filter(|group| matches!(group, GroupName::Namespace(_))).count();
        let present = self.groups.get(group).map_or(0, BTreeSet::len);
        match group {
            GroupName::Client(_) => None,
            GroupName::Namespace(_) => (namespaces == LIMITS.namespaces_max)
                .then_some(JoinError::TooManyNamespaces { namespaces_max: LIMITS.namespaces_max }),
            GroupName::Room(_) if rooms == LIMITS.rooms_max => {
                Some(JoinError::TooManyRooms { rooms_max: LIMITS.rooms_max })
            }
            GroupName::Room(_) => (present == LIMITS.room_members_max)
                .then_some(JoinError::RoomFull { room_members_max: LIMITS.room_members_max }),
        }
    }

    fn join(&mut self, group: &GroupName, member: MemberKey) -> Result<(Entry, Entry), JoinError> {
        self.join_instead_of(None, group, member)
    }

    fn join_instead_of(
        &mut self,
        other: Option<&GroupName>,
        group: &GroupName,
        member: MemberKey,
    ) -> Result<(Entry, Entry), JoinError> {
        let namespace = match group {
            GroupName::Room(room) => Some(GroupName::Namespace(room.namespace.clone())),
            GroupName::Client(_) | GroupName::Namespace(_) => None,
        };
        let refusal = namespace.iter().chain([group]).find_map(|group| self.refusal(group, member, other));
        refusal.map_or(Ok(()), Err)?;
        let outer = namespace.map_or(Entry::Unchanged, |namespace| self.enter(&namespace, member));
        Ok((self.enter(group, member), outer))
    }

    /// A join and a leave in one. Returns how the member came to be in the room and
    /// its namespace, and which room it left.
    fn move_to(
        &mut self,
        group: &GroupName,
        member: MemberKey,
    ) -> Result<((Entry, Entry), Departures), JoinError> {
        let before = self.channels.get(&member).cloned();
        let entries = self.join_instead_of(before.as_ref(), group, member)?;
        let left = self.leave(member, |other| before.as_ref() == Some(other) && other != group);
        self.channels.insert(member, group.clone());
        Ok((entries, left))
    }

    /// Takes the member out of every group that is chosen; returns those, and
    /// whether each was emptied.
    fn leave(&mut self, member: MemberKey, is_left: impl Fn(&GroupName) -> bool) -> Departures {
        let mut left = BTreeMap::new();
        for group in self.groups_of(member).into_iter().filter(is_left) {
            let members = self.groups.get_mut(&group).unwrap();
            members.remove(&member);
            let emptied = members.is_empty();
            if emptied {
                self.groups.remove(&group);
            }
            if self.channels.get(&member) == Some(&group) {
                self.channels.remove(&member);
            }
            left.insert(group, emptied);
        }
        left
    }
}

#[derive(Clone, Debug)]
enum Step {
    Join(MemberKey, GroupName),
    /// To a channel, a room.
    Move(MemberKey, RoomName),
    Leave(MemberKey, GroupName),
    Remove(MemberKey),
}

fn step() -> impl Strategy<Value = Step> {
    let member = || (0..7u32).prop_map(MemberKey);
    // The same few names in every role, so that roles would be mixed up if they
    // could be.
    let name = || prop::sample::select(vec!["/", "a", "b", "c"]);
    let room = || (name(), name()).prop_map(|(namespace, name)| RoomName::new(namespace, name));
    let group = || {
        prop_oneof![
            1 => name().prop_map(|name| GroupName::Client(name.into())),
            2 => name().prop_map(|name| GroupName::Namespace(name.into())),
            4 => room().prop_map(GroupName::Room),
        ]
    };
    prop_oneof![
        6 => (member(), group()).prop_map(|(member, group)| Step::Join(member, group)),
        3 => (member(), room()).prop_map(|(member, room)| Step::Move(member, room)),
        3 => (member(), group()).prop_map(|(member, group)| Step::Leave(member, group)),
        1 => member().prop_map(Step::Remove),
    ]
}

/// What both lists say must be one and the same thing.
fn assert_consistent(rooms: &Rooms) {
    for (key, group) in &rooms.groups {
        let key = GroupKey::of(key);
        assert!(!group.members().is_empty(), "{:?} is empty", rooms.full_name(key));
        for (position, &member) in group.members().iter().enumerate() {
            let slot = group.slot(position).unwrap() as usize;
            let entry = rooms.memberships(member).get(slot);
            let points_back = entry.map(|entry| (entry.group, entry.position()));
            assert_eq!(points_back, Some((key, key32(position))), "{member:?} in {key:?}");
            if let Kind::Room(namespace) = group.kind {
                assert!(rooms.contains(namespace, member), "{member:?} is not in the namespace of {key:?}");
            }
        }
        assert_eq!(rooms.find_kind(group.kind, &group.name), Some(key));
    }
    assert_eq!(rooms.index.len(), rooms.groups.len());

    let count = |kind: fn(&Kind) -> bool| rooms.groups.iter().filter(|(_, group)| kind(&group.kind)).count();
    let expected = GroupCounts {
        clients: count(|kind| matches!(kind, Kind::Client)),
        namespaces: count(|kind| matches!(kind, Kind::Namespace)),
        rooms: count(|kind| matches!(kind, Kind::Room(_))),
    };
    assert_eq!(rooms.counts(), expected);

    for member in (0..rooms.members.len()).map(|member| MemberKey(key32(member))) {
        let groups: BTreeSet<GroupKey> = rooms.groups_of(member).collect();
        assert_eq!(groups.len(), rooms.memberships(member).len(), "{member:?} is twice in a group");
        let count =
            |kind: fn(Kind) -> bool| groups.iter().filter(|&&key| kind(rooms.kind(key).unwrap())).count();
        assert_eq!(rooms.rooms_of(member), count(|kind| matches!(kind, Kind::Room(_))));
        assert_eq!(rooms.namespaces_of(member), count(|kind| matches!(kind, Kind::Namespace)));
        let marked: Vec<_> = rooms.memberships(member).iter().filter(|entry| entry.is_channel()).collect();
        assert!(marked.len() <= 1, "{member:?} has several channels");
        let is_room = |key| matches!(rooms.kind(key), Some(Kind::Room(_)));
        assert!(rooms.channel_of(member).is_none_or(is_room), "{member:?} has a channel that is no room");
        for &key in &groups {
            assert!(rooms.members(key).contains(&member), "{member:?} is not in {key:?}");
        }
    }
}

fn as_model(rooms: &Rooms) -> Model {
    let entry = |key| (rooms.full_name(key).unwrap(), rooms.members(key).iter().copied().collect());
    let channel = |member| Some((member, rooms.full_name(rooms.channel_of(member)?)?));
    Model {
        groups: rooms.groups().map(entry).collect(),
        channels: (0..7).map(MemberKey).filter_map(channel).collect(),
    }
}

/// Rooms come before the namespace they are in.
fn assert_rooms_first(left: &[Left]) {
    for (at, departure) in left.iter().enumerate() {
        if let GroupName::Room(room) = &departure.name {
            let namespace = GroupName::Namespace(room.namespace.clone());
            assert!(left.iter().take(at).all(|earlier| earlier.name != namespace), "{left:?}");
        }
    }
}

fn run(rooms: &mut Rooms, model: &mut Model, step: &Step) {
    let mut left = Vec::new();
    let expected_left = match step {
        Step::Join(member, group) => {
            let joined = rooms.join(*member, group.scope(), group.name(), &LIMITS);
            let entries = joined.map(|joined| (joined.entry, joined.namespace_entry));
            assert_eq!(entries, model.join(group, *member));
            if let Ok(joined) = joined {
                assert_eq!(rooms.full_name(joined.group).as_ref(), Some(group));
            }
            BTreeMap::new()
        }
        Step::Move(member, room) => {
            let was_channel = rooms.channel_of(*member).and_then(|channel| rooms.full_name(channel));
            let moved = rooms.move_to_channel(*member, &room.namespace, &room.name, &LIMITS, &mut left);
            let group = GroupName::Room(room.clone());
            let expected = model.move_to(&group, *member);
            let joined = moved.map(|moved| (moved.joined.entry, moved.joined.namespace_entry));
            assert_eq!(joined, expected.clone().map(|(entries, _)| entries));
            if let Ok(moved) = moved {
                assert_eq!(moved.is_new, was_channel.as_ref() != Some(&group));
                assert_eq!(rooms.channel_of(*member), Some(moved.joined.group));
            }
            expected.map(|(_, left)| left).unwrap_or_default()
        }
        Step::Leave(member, group) => {
            let was_inside = model.contains(group, *member);
            let key = rooms.find(group.scope(), group.name());
            let changed = key.is_some_and(|key| rooms.leave(*member, key, &mut left));
            assert_eq!(changed, was_inside);
            model.leave(*member, |other| match (other, group) {
                (GroupName::Room(room), GroupName::Namespace(namespace)) => room.namespace == *namespace,
                _ => other == group,
            })
        }
        Step::Remove(member) => {
            rooms.remove_member(*member, &mut left);
            model.leave(*member, |_| true)
        }
    };
    assert_rooms_first(&left);
    assert_eq!(left.len(), expected_left.len());
    let left: BTreeMap<GroupName, bool> = left.into_iter().map(|left| (left.name, left.emptied)).collect();
    assert_eq!(left, expected_left);
}

proptest! {
    #[test]
    fn rooms_are_what_the_model_says_after_every_step(steps in prop::collection::vec(step(), 1..80)) {
        let (mut rooms, mut model) = (Rooms::new((1, 2)), Model::default());
        for step in &steps {
            run(&mut rooms, &mut model, step);
            assert_consistent(&rooms);
            assert_eq!(as_model(&rooms), model);
            let mut channels = BTreeMap::new();
            for channel in model.channels.values() {
                *channels.entry(channel.clone()).or_insert(0) += 1;
            }
            let counted = rooms.channels().into_iter();
            let counted: BTreeMap<_, _> =
                counted.map(|(key, count)| (rooms.full_name(key).unwrap(), count)).collect();
            assert_eq!(counted, channels);
        }
        for member in (0..7).map(MemberKey) {
            run(&mut rooms, &mut model, &Step::Remove(member));
        }
        assert_consistent(&rooms);
        prop_assert_eq!(rooms.counts(), GroupCounts::default());
    }

    #[test]
    fn the_hash_keys_change_no_order(
        steps in prop::collection::vec(step(), 1..80),
        hash_keys in any::<(u64, u64)>(),
    ) {
        let listing = |rooms: &Rooms| -> Vec<_> {
            rooms.groups().map(|key| (rooms.full_name(key), rooms.members(key).to_vec())).collect()
        };
        let (mut one, mut other) = (Rooms::new((1, 2)), Rooms::new(hash_keys));
        let (mut one_model, mut other_model) = (Model::default(), Model::default());
        for step in &steps {
            run(&mut one, &mut one_model, step);
            run(&mut other, &mut other_model, step);
            assert_eq!(listing(&one), listing(&other));
        }
    }
}
