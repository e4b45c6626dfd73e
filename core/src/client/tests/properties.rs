//! However the bytes are cut, what happens is the same.

use super::World;
use crate::client::{ClientSettings, Notice};
use crate::config::Compression;
use crate::deflate::{Deflater, Window};
use crate::wire::{CloseCode, ControlPayload, Frame};
use proptest::prelude::*;

fn settings(client: &mut ClientSettings) {
    client.connection.compression = Compression::On;
    client.subprotocols = vec!["chat".to_owned()];
}

/// What a server says from its answer on, in these pieces.
fn outcome(frames: &[Frame], cuts: &[usize]) -> (Vec<Notice>, Vec<String>, Vec<u8>) {
    let mut world = World::new(settings);
    world.connect();
    world.dial();
    let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
    bytes.extend(world.answer());
    bytes.extend(frames.iter().flat_map(Frame::as_bytes));
    let mut rest = bytes.as_slice();
    for cut in cuts {
        let (piece, behind) = rest.split_at(rest.len().min(*cut));
        world.feed(piece);
        rest = behind;
    }
    world.feed(rest);
    (world.told(), world.heard, world.written)
}

fn frame() -> impl Strategy<Value = Frame> {
    let long = Frame::text(&"again and ".repeat(40));
    let compressed = Deflater::new(Window::Wide).deflate(&long).unwrap();
    prop_oneof![
        8 => ".{0,20}".prop_map(|text| Frame::text(&text)),
        4 => proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| Frame::binary(&bytes)),
        2 => Just(Frame::ping(&ControlPayload::try_from(&b"hello"[..]).unwrap())),
        2 => Just(compressed),
        1 => Just(Frame::close(CloseCode::Away, "bye")),
        1 => Just(Frame::text("masked").masked([1, 2, 3, 4])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_gives_the_same(
        frames in proptest::collection::vec(frame(), 0..8),
        cuts in proptest::collection::vec(1..60_usize, 0..60),
    ) {
        prop_assert_eq!(outcome(&frames, &cuts), outcome(&frames, &[]));
        prop_assert_eq!(outcome(&frames, &[1; 400]), outcome(&frames, &[]));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        is_open in any::<bool>(),
    ) {
        let mut world = if is_open { World::open(settings) } else { World::new(settings) };
        if !is_open {
            world.connect();
            world.dial();
            world.request();
        }
        world.feed(&bytes);
        world.client.end_of_input(world.now);
        let ends = world.told().iter().filter(|notice| {
            matches!(notice, Notice::Disconnected(_) | Notice::ConnectFailed { .. })
        }).count();
        prop_assert_eq!(ends, 1);
    }
}
