//! Queues against plain lists: several queues that share one table.

use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

fn share(frames: &mut Frames, text: &'static str) -> FrameKey {
    frames.share(Bytes::from_static(text.as_bytes()), Purpose::Data, None)
}

fn push(frames: &mut Frames, queue: &mut Queue, text: &'static str) {
    frames.push_own(queue, Bytes::from_static(text.as_bytes()), Purpose::Data);
}

fn texts(frames: &Frames, queue: &Queue) -> Vec<String> {
    frames.iter(queue, usize::MAX).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
}

#[test]
fn a_shared_frame_counts_once_and_leaves_with_its_last_hold() {
    let mut frames = Frames::default();
    let (mut ann, mut bob) = (Queue::EMPTY, Queue::EMPTY);
    let key = share(&mut frames, "hello");
    frames.hold(key, 2);
    frames.push_back(&mut ann, key, 5);
    frames.push_back(&mut bob, key, 5);
    frames.release(key);
    assert_eq!((frames.message_bytes(), ann.bytes(), bob.bytes()), (5, 5, 5));

    let (popped, bytes) = frames.pop_front(&mut ann).unwrap();
    assert_eq!(bytes, 5);
    assert_eq!(frames.get(popped).map(|bytes| &bytes[..]), Some(&b"hello"[..]));
    frames.release(popped);
    assert_eq!(frames.message_bytes(), 5);
    assert_eq!(frames.truncate(&mut bob, 0), 1);
    assert_eq!(frames.message_bytes(), 0);
    assert!(frames.table.is_empty() && frames.rings.used() == 0);
}

#[test]
fn only_messages_count_against_the_budget() {
    let mut frames = Frames::default();
    let mut queue = Queue::EMPTY;
    for purpose in [Purpose::Ping, Purpose::Pong, Purpose::Close, Purpose::Http, Purpose::Rejoin] {
        frames.push_own(&mut queue, Bytes::from_static(b"control"), purpose);
    }
    assert_eq!((frames.message_bytes(), queue.bytes()), (0, 35));
    assert_eq!(frames.truncate(&mut queue, 0), 0, "none of them is a message");
}

#[test]
fn a_frame_is_found_behind_those_to_skip_only() {
    let mut frames = Frames::default();
    let mut queue = Queue::EMPTY;
    for text in ["a", "b", "c"] {
        push(&mut frames, &mut queue, text);
    }
    assert!(frames.remove_first(&mut queue, 1, Wanted::Any));
    assert_eq!(texts(&frames, &queue), ["a", "c"]);
    assert!(!frames.remove_first(&mut queue, 2, Wanted::Any));
    assert!(!frames.remove_first(&mut queue, 0, Wanted::Purpose(Purpose::Pong)));
    assert!(frames.remove_first(&mut queue, 1, Wanted::Any), "the tail");
    push(&mut frames, &mut queue, "d");
    assert_eq!(texts(&frames, &queue), ["a", "d"], "the new tail follows the old one's predecessor");
}

#[test]
fn an_emptied_table_gives_its_memory_back() {
    let mut frames = Frames::default();
    let mut queue = Queue::EMPTY;
    for _ in 0..2 * SHRINK_FROM_FRAMES {
        push(&mut frames, &mut queue, "x");
    }
    frames.truncate(&mut queue, 0);
    assert_eq!((frames.table.capacity(), frames.rings.capacity()), (0, 0));
}

/// What is done to one of three queues.
#[derive(Clone, Debug)]
enum Step {
    /// The frame goes to each queue whose bit is set.
    Push {
        queues: usize,
        bytes: usize,
        conflation: u64,
    },
    Pop {
        queue: usize,
    },
    RemoveConflated {
        queue: usize,
        skip: usize,
        conflation: u64,
    },
    Truncate {
        queue: usize,
        keep: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let queue = 0..3_usize;
    prop_oneof![
        4 => (0..8_usize, 1..20_usize, 0..3_u64)
            .prop_map(|(queues, bytes, conflation)| Step::Push { queues, bytes, conflation }),
        2 => queue.clone().prop_map(|queue| Step::Pop { queue }),
        2 => (queue.clone(), 0..4_usize, 1..3_u64)
            .prop_map(|(queue, skip, conflation)| Step::RemoveConflated { queue, skip, conflation }),
        1 => (queue, 0..4_usize).prop_map(|(queue, keep)| Step::Truncate { queue, keep }),
    ]
}

/// A frame, as a list knows it: its number, its length and its conflation key.
type Item = (usize, usize, u64);

fn conflation_key(number: u64) -> Option<ConflationKey> {
    NonZeroU64::new(number).map(ConflationKey)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn queues_are_lists(steps in prop::collection::vec(step(), 1..60)) {
        let mut frames = Frames::default();
        let mut queues = [Queue::EMPTY; 3];
        let mut lists: [VecDeque<Item>; 3] = Default::default();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push { queues: bits, bytes, conflation } => {
                    let payload = Bytes::from(vec![u8::try_from(number).unwrap(); bytes]);
                    let key = frames.share(payload, Purpose::Data, conflation_key(conflation));
                    frames.hold(key, bits.count_ones() as usize);
                    for place in (0..3).filter(|place| bits & (1 << place) != 0) {
                        frames.push_back(&mut queues[place], key, bytes);
                        lists[place].push_back((number, bytes, conflation));
                    }
                    frames.release(key);
                }
                Step::Pop { queue } => {
                    let popped = frames.pop_front(&mut queues[queue]);
                    let length = popped.map(|(_, bytes)| bytes as usize);
                    prop_assert_eq!(length, lists[queue].pop_front().map(|item| item.1));
                    if let Some((key, _)) = popped {
                        frames.release(key);
                    }
                }
                Step::RemoveConflated { queue, skip, conflation } => {
                    let wanted = Wanted::Conflated(conflation_key(conflation).unwrap());
                    let place = lists[queue].iter().skip(skip).position(|item| item.2 == conflation);
                    let _ = place.and_then(|place| lists[queue].remove(skip + place));
                    prop_assert_eq!(frames.remove_first(&mut queues[queue], skip, wanted), place.is_some());
                }
                Step::Truncate { queue, keep } => {
                    let removed = lists[queue].len().saturating_sub(keep);
                    lists[queue].truncate(keep);
                    prop_assert_eq!(frames.truncate(&mut queues[queue], keep), removed);
                }
            }
            for (queue, list) in queues.iter().zip(&lists) {
                let found: Vec<_> = frames.iter(queue, usize::MAX).map(|bytes| (usize::from(bytes[0]), bytes.len())).collect();
                let expected: Vec<_> = list.iter().map(|item| (item.0, item.1)).collect();
                prop_assert_eq!(found, expected);
                prop_assert_eq!(queue.len(), list.len());
                prop_assert_eq!(queue.bytes(), list.iter().map(|item| item.1).sum::<usize>());
            }
            let mut distinct: Vec<Item> = lists.iter().flatten().copied().collect();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(frames.message_bytes(), distinct.iter().map(|item| item.1 as u64).sum::<u64>());
            prop_assert_eq!(frames.table.len(), distinct.len());
        }
    }
}

impl Frames {
    /// Every frame is held exactly as often as queues and writes name it, every
    /// node is in one queue, and the bytes of messages add up.
    pub(crate) fn assert_held_by(&self, queues: &[Queue], in_writing: &[FrameKey]) {
        let mut named: Vec<u32> = in_writing.iter().map(|key| key.0).collect();
        for queue in queues {
            let before = named.len();
            named.extend(self.keys(queue).map(|key| key.0));
            let bytes = self.iter(queue, usize::MAX).map(Bytes::len).sum();
            assert_eq!((queue.len(), queue.bytes()), (named.len() - before, bytes), "a queue's sums");
        }
        let rings: usize = queues.iter().map(|queue| queue.len().saturating_sub(1)).sum();
        assert_eq!(self.rings.used(), rings, "a node is in no queue");
        named.sort_unstable();
        let mut message_bytes = 0;
        for (key, shared) in &self.table {
            let key = u32::try_from(key).unwrap();
            let holds = named.iter().filter(|&&named| named == key).count();
            assert_eq!(shared.holds as usize, holds, "holds of frame {key}");
            assert!(holds > 0, "frame {key} is kept for nobody");
            message_bytes += super::message_bytes(&shared.bytes, shared.purpose);
        }
        assert_eq!(self.message_bytes, message_bytes);
    }

    /// How many messages a queue holds.
    pub(crate) fn messages(&self, queue: &Queue) -> usize {
        self.keys(queue).filter(|&key| self.purpose(key) == Some(Purpose::Data)).count()
    }

    /// The frame in the queue, and those in the ring until it closes.
    fn keys(&self, queue: &Queue) -> impl Iterator<Item = FrameKey> {
        let first = (!queue.is_empty()).then_some(queue.first);
        let mut previous = (queue.len() > 1).then_some(queue.last);
        let others = std::iter::from_fn(move || {
            let (node, frame) = self.rings.after(previous?)?;
            previous = (node != queue.last).then_some(node);
            Some(frame)
        });
        first.into_iter().chain(others)
    }
}
