//! From an audience to the members of one hub.
//!
//! The order is that of the dense lists, so equal histories give equal plans. A
//! single set without exclusions is copied; everything else passes the marks,
//! where the excluded are from the start and the chosen after their first
//! appearance. Nothing is hashed per recipient.

use super::filter::{Facts, Filter};
use super::marks::Marks;
use super::target::{Audience, Exclusion, Target};
use crate::id::ConnectionId;
use crate::rooms::{GroupKey, MemberKey, RoomName, Rooms, Scope};
use std::fmt;

/// What a planner asks of the hub it plans for.
pub struct Roster<'a> {
    /// Who is in which group.
    pub rooms: &'a Rooms,
    /// Every member that can be written to, each once, in the hub's own order.
    /// Used up when the target calls for it.
    pub everyone: &'a mut dyn Iterator<Item = MemberKey>,
    /// The member behind a connection id; `None` for a stale or foreign one.
    pub locate: &'a dyn Fn(ConnectionId) -> Option<MemberKey>,
    /// What is known about a member; `None` for one that no filter may choose.
    pub facts: &'a dyn Fn(MemberKey) -> Option<Facts<'a>>,
}

/// Turns audiences into lists of members. Keeps its scratch memory from one
/// broadcast to the next: four bytes per member key.
///
/// ```
/// use fanfare_core::broadcast::{Planner, Roster, Target};
/// use fanfare_core::rooms::{Limits, MemberKey, Rooms, Scope};
///
/// let mut rooms = Rooms::new((1, 2));
/// for member in [4, 2, 7] {
///     rooms.join(MemberKey(member), Scope::Room("/"), "lobby", &Limits::default())?;
/// }
/// let roster = Roster {
///     rooms: &rooms,
///     everyone: &mut (0..10).map(MemberKey),
///     locate: &|_| None,
///     facts: &|_| None,
/// };
/// let mut plan = Vec::new();
/// Planner::new().plan(&Target::room("/", "lobby").into(), roster, &mut plan);
/// assert_eq!(plan, [MemberKey(4), MemberKey(2), MemberKey(7)]);
/// # Ok::<(), fanfare_core::rooms::JoinError>(())
/// ```
#[derive(Debug)]
pub struct Planner {
    marks: Marks,
}

impl Planner {
    /// A planner without scratch memory yet.
    pub fn new() -> Planner {
        Planner { marks: Marks::new() }
    }

    /// Gives the scratch memory back.
    pub(crate) fn give_memory_back(&mut self) {
        self.marks.give_memory_back();
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.marks.capacity()
    }

    /// Replaces what is in `plan` by the members of the audience, each once.
    ///
    /// The work is bounded by the sizes of the sets that the audience names.
    pub fn plan(&mut self, audience: &Audience, roster: Roster<'_>, plan: &mut Vec<MemberKey>) {
        plan.clear();
        let Roster { rooms, everyone, locate, facts } = roster;
        let is_plain = audience.except.is_empty() && !audience.target.may_repeat();
        let marks = if is_plain { None } else { Some(&mut self.marks) };
        let mut sieve = Sieve { marks, plan };
        sieve.exclude(&audience.except, rooms, locate);
        match &audience.target {
            Target::Everyone => sieve.admit(everyone),
            Target::Namespace(name) => sieve.admit_group(rooms, rooms.find(Scope::Namespace, name)),
            Target::Room(room) => sieve.admit_group(rooms, find_room(rooms, room)),
            Target::Rooms(list) => {
                for room in list {
                    sieve.admit_group(rooms, find_room(rooms, room));
                }
            }
            Target::Connection(id) => sieve.admit(&mut locate(*id).into_iter()),
            Target::Connections(ids) => sieve.admit(&mut ids.iter().filter_map(|&id| locate(id))),
            Target::Client(id) => sieve.admit_group(rooms, rooms.find(Scope::Client, id)),
            Target::Filter(filter) => {
                sieve.admit(&mut everyone.filter(|&member| is_accepted(filter, facts(member))));
            }
        }
    }
}

impl Default for Planner {
    fn default() -> Planner {
        Planner::new()
    }
}

/// Lets each member into the plan once, and the excluded never.
struct Sieve<'a> {
    /// `None` when nobody is excluded and no member can come twice.
    marks: Option<&'a mut Marks>,
    plan: &'a mut Vec<MemberKey>,
}

impl Sieve<'_> {
    fn exclude(
        &mut self,
        except: &[Exclusion],
        rooms: &Rooms,
        locate: &dyn Fn(ConnectionId) -> Option<MemberKey>,
    ) {
        let Some(marks) = self.marks.as_deref_mut() else { return };
        marks.clear();
        let mut mark = |member| {
            marks.insert(member);
        };
        for exclusion in except {
            match exclusion {
                Exclusion::Connection(id) => locate(*id).into_iter().for_each(&mut mark),
                Exclusion::Client(id) => {
                    members(rooms, rooms.find(Scope::Client, id)).iter().copied().for_each(&mut mark);
                }
                Exclusion::Room(room) => {
                    members(rooms, find_room(rooms, room)).iter().copied().for_each(&mut mark);
                }
            }
        }
    }

    fn admit(&mut self, candidates: &mut dyn Iterator<Item = MemberKey>) {
        match self.marks.as_deref_mut() {
            None => self.plan.extend(candidates),
            Some(marks) => self.plan.extend(candidates.filter(|&member| marks.insert(member))),
        }
    }

    fn admit_group(&mut self, rooms: &Rooms, group: Option<GroupKey>) {
        let candidates = members(rooms, group);
        match self.marks.as_deref_mut() {
            None => self.plan.extend_from_slice(candidates),
            Some(marks) => {
                self.plan.extend(candidates.iter().copied().filter(|&member| marks.insert(member)));
            }
        }
    }
}

fn members(rooms: &Rooms, group: Option<GroupKey>) -> &[MemberKey] {
    group.map_or(&[], |group| rooms.members(group))
}

fn find_room(rooms: &Rooms, room: &RoomName) -> Option<GroupKey> {
    rooms.find(Scope::Room(&room.namespace), &room.name)
}

fn is_accepted(filter: &Filter, facts: Option<Facts<'_>>) -> bool {
    facts.is_some_and(|facts| filter.accepts(&facts))
}

impl fmt::Debug for Roster<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster").field("rooms", self.rooms).finish_non_exhaustive()
    }
}
