//! Any sequence of inputs to a hub with several peers: no panic, no neighbour
//! harmed, each end told once, and nothing left over.
//!
//! Input: one operation after the other, a letter and its arguments; `world`
//! lists them.

#![no_main]

use fanfare_fuzz::Script;
use fanfare_fuzz::world::World;
use libfuzzer_sys::fuzz_target;

/// Operations beyond this many find nothing that fewer would not.
const OPERATIONS_MAX: usize = 300;

fuzz_target!(|input: &[u8]| {
    let mut script = Script::new(input);
    let mut world = World::new();
    for _ in 0..OPERATIONS_MAX {
        if script.is_over() {
            break;
        }
        world.step(&mut script);
        world.check();
    }
    world.end();
});
