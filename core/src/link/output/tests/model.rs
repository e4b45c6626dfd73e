//! The output and the outbox against plain lists, under every policy, with
//! writes of any size.

use super::{Desk, PONGS_MAX, limits};
use crate::config::Overflow;
use crate::link::output::Written;
use crate::outbox::{Offered, Purpose};
use proptest::prelude::*;
use std::collections::VecDeque;

const POLICIES: [Overflow; 3] = [Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect];

#[derive(Clone, Debug)]
enum Step {
    Message {
        bytes: usize,
        policy: usize,
        conflation: u64,
    },
    Pong,
    Ping,
    Lend {
        pieces_max: usize,
    },
    /// Reports this share of what was lent, in 1/256.
    Sent {
        share: usize,
    },
    DiscardUnsent,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..45_usize, 0..3_usize, 0..3_u64)
            .prop_map(|(bytes, policy, conflation)| Step::Message { bytes, policy, conflation }),
        3 => Just(Step::Pong),
        1 => Just(Step::Ping),
        4 => (1..8_usize).prop_map(|pieces_max| Step::Lend { pieces_max }),
        4 => (0..=256_usize).prop_map(|share| Step::Sent { share }),
        1 => Just(Step::DiscardUnsent),
    ]
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Item {
    text: String,
    purpose: Purpose,
    conflation: u64,
}

/// What is to be written, as two lists and the rest of a frame.
#[derive(Default)]
struct Model {
    current: Option<(Item, usize)>,
    control: VecDeque<Item>,
    data: VecDeque<Item>,
    lent_control: usize,
    lent_data: usize,
}

impl Model {
    fn data_bytes(&self) -> usize {
        self.data.iter().map(|item| item.text.len()).sum()
    }

    fn fits(&self, bytes: usize) -> bool {
        let limits = limits();
        self.data.len() < limits.outbox_messages_max && self.data_bytes() + bytes <= limits.outbox_bytes_max
    }

    /// Tries it on a copy, and keeps the copy if there is room in the end.
    fn offer(&mut self, item: Item, policy: Overflow) -> Offered {
        let (before, bytes) = (self.data.clone(), item.text.len());
        let lent = self.lent_data;
        let same = |other: &Item| item.conflation != 0 && other.conflation == item.conflation;
        if let Some(place) = self.data.iter().skip(lent).position(same) {
            self.data.remove(lent + place);
        }
        while policy == Overflow::DropOldest && !self.fits(bytes) && self.data.len() > lent {
            self.data.remove(lent);
        }
        if self.fits(bytes) {
            let evicted = u32::try_from(before.len() - self.data.len()).unwrap();
            self.data.push_back(item);
            return Offered::Queued { evicted, pressure: false };
        }
        self.data = before;
        let could_fit = bytes <= limits().outbox_bytes_max;
        if policy == Overflow::Disconnect && could_fit { Offered::Disconnect } else { Offered::Dropped }
    }

    fn pong(&mut self, item: Item) {
        let is_pong = |item: &Item| item.purpose == Purpose::Pong;
        let current = self.current.iter().filter(|(item, _)| is_pong(item)).count();
        if current + self.control.iter().filter(|item| is_pong(item)).count() >= PONGS_MAX
            && let Some(place) = self.control.iter().skip(self.lent_control).position(is_pong)
        {
            self.control.remove(self.lent_control + place);
        }
        self.control.push_back(item);
    }

    fn lend(&mut self, pieces_max: usize) -> Vec<String> {
        let rest = self.current.as_ref().map(|(item, sent)| item.text[*sent..].to_owned());
        let room = pieces_max - usize::from(rest.is_some());
        self.lent_control = room.min(self.control.len());
        self.lent_data = (room - self.lent_control).min(self.data.len());
        let control = self.control.iter().take(self.lent_control);
        let whole = control.chain(self.data.iter().take(self.lent_data)).map(|item| item.text.clone());
        rest.into_iter().chain(whole).collect()
    }

    fn sent(&mut self, bytes: usize) -> Written {
        let mut written = Written::default();
        for _ in 0..bytes {
            let (item, sent) = self.current.take().unwrap_or_else(|| (self.next(), 0));
            if sent + 1 < item.text.len() {
                self.current = Some((item, sent + 1));
            } else {
                written.messages += u32::from(item.purpose == Purpose::Data);
            }
        }
        (self.lent_control, self.lent_data) = (0, 0);
        written
    }

    fn next(&mut self) -> Item {
        if self.lent_control > 0 {
            self.lent_control -= 1;
            return self.control.pop_front().unwrap();
        }
        self.lent_data -= 1;
        self.data.pop_front().unwrap()
    }

    fn message_bytes(&self) -> u64 {
        let current = self.current.iter().filter(|(item, _)| item.purpose == Purpose::Data);
        (self.data_bytes() + current.map(|(item, _)| item.text.len()).sum::<usize>()) as u64
    }
}

/// Text that is told apart by its first bytes.
fn text(number: usize, bytes: usize) -> String {
    format!("{number:bytes$}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_what_the_model_writes(steps in prop::collection::vec(step(), 1..120)) {
        let (mut desk, mut model) = (Desk::new(), Model::default());
        let mut lent_bytes = 0;
        for (number, step) in steps.into_iter().enumerate() {
            let control = |purpose| Item { text: text(number, 3), purpose, conflation: 0 };
            match step {
                Step::Message { bytes, policy, conflation } => {
                    let item = Item { text: text(number, bytes), purpose: Purpose::Data, conflation };
                    let offered = desk.message(&item.text, POLICIES[policy], conflation);
                    prop_assert_eq!(offered, model.offer(item, POLICIES[policy]));
                }
                Step::Pong => {
                    desk.control(&text(number, 3), Purpose::Pong);
                    model.pong(control(Purpose::Pong));
                }
                Step::Ping => {
                    desk.control(&text(number, 3), Purpose::Ping);
                    model.control.push_back(control(Purpose::Ping));
                }
                Step::Lend { pieces_max } => {
                    let lent = desk.lend(pieces_max);
                    lent_bytes = lent.iter().map(String::len).sum();
                    prop_assert_eq!(lent, model.lend(pieces_max));
                }
                Step::Sent { share } => {
                    let bytes = lent_bytes * share / 256;
                    prop_assert_eq!(desk.sent(bytes), model.sent(bytes));
                    lent_bytes = 0;
                }
                Step::DiscardUnsent => {
                    let discarded = model.data.drain(model.lent_data..).count();
                    prop_assert_eq!(desk.outbox.discard_unsent(&mut desk.frames), discarded);
                }
            }
            prop_assert_eq!(desk.outbox.queue().len(), model.data.len());
            prop_assert_eq!(desk.outbox.queue().bytes(), model.data_bytes());
            prop_assert_eq!(desk.frames.message_bytes(), model.message_bytes());
        }
    }
}
