//! permessage-deflate, offered and used.

use super::{Got, World};
use crate::client::{ClientSettings, Notice};
use crate::close::CloseReason;
use crate::config::Compression;
use crate::deflate::{Deflater, Window};
use crate::violation::Violation;
use crate::wire::Frame;

fn compressing(client: &mut ClientSettings) {
    client.connection.compression = Compression::On;
}

#[test]
fn messages_are_compressed_in_both_directions() {
    let mut world = World::open(compressing);
    let long = "again and ".repeat(100);
    world.send(&long).unwrap();
    world.send("short").unwrap();
    let got = world.got();
    assert!(
        matches!(&got[..], [Got::Binary(compressed), Got::Text(short)] if compressed.len() < 50 && short == "short")
    );
    let frame = Deflater::new(Window::Wide).deflate(&Frame::text(&long)).unwrap();
    world.feed_frame(&frame);
    assert_eq!(world.heard, [long]);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let mut world = World::open(compressing);
    let bomb = Deflater::new(Window::Wide).deflate(&Frame::binary(&vec![0; 512 * 1024 + 1])).unwrap();
    world.feed_frame(&bomb);
    let told = world.told();
    assert!(
        matches!(&told[0], Notice::Disconnected(lost)
            if matches!(lost.reason, CloseReason::Violation(Violation::MessageTooBig { .. }))),
        "{told:?}"
    );
}

#[test]
fn a_server_may_decline() {
    let mut world = World::new(compressing);
    world.connect();
    world.dial();
    let answer = String::from_utf8(world.answer()).unwrap();
    let lines: Vec<&str> = answer.split("\r\n").filter(|line| !line.contains("Extensions")).collect();
    world.decoder = crate::wire::Decoder::new(crate::wire::Role::Server);
    world.feed(lines.join("\r\n").as_bytes());
    assert!(matches!(&world.told()[..], [Notice::Connected(connected)] if !connected.is_compressed));
    let long = "again and ".repeat(100);
    world.send(&long).unwrap();
    assert_eq!(world.got(), [Got::Text(long)]);
}
