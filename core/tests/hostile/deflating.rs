//! Attacks by compression: on its negotiation, and with what is compressed.

use super::peer::{CONTINUATION, LAST_CONTINUATION, UPGRADE, frame, get, text};
use super::shard::{Heard, Shard, assert_refused_by, close_code};
use fanfare_core::close::CloseReason;
use fanfare_core::config::{Compression, Settings};
use fanfare_core::violation::Violation;
use flate2::{Compress, Compression as Level, FlushCompress};

const COMPRESSED_TEXT: u8 = 0xC1;
const COMPRESSED_BINARY: u8 = 0xC2;
const COMPRESSED_BINARY_START: u8 = 0x42;

fn on(server: &mut Settings) {
    server.connection.compression = Compression::On;
}

/// A shard where every connection agrees on compression.
fn compressing() -> Shard {
    Shard::offering("permessage-deflate", on)
}

/// Compressed by zlib, without the four bytes that a message goes without.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut stream = Compress::new(Level::best(), false);
    let mut deflated = Vec::with_capacity(bytes.len() / 2 + 100);
    stream.compress_vec(bytes, &mut deflated, FlushCompress::Sync).unwrap();
    deflated.truncate(deflated.len() - 4);
    deflated
}

/// A gigabyte of zeros: a megabyte of them, which a full flush makes good for
/// any place, a thousand times.
fn bomb() -> Vec<u8> {
    let mut stream = Compress::new(Level::best(), false);
    let mut mebibyte = Vec::with_capacity(1 << 16);
    stream.compress_vec(&vec![0; 1 << 20], &mut mebibyte, FlushCompress::Full).unwrap();
    let mut bomb = mebibyte.repeat(1024);
    bomb.truncate(bomb.len() - 4);
    bomb
}

/// Under a limit that lets its compressed form in.
#[test]
fn a_bomb_is_stopped_at_the_limit() {
    const LIMIT: usize = 2 << 20;
    let bomb = bomb();
    assert!((1_000_000..LIMIT).contains(&bomb.len()), "{}", bomb.len());
    let in_one = frame(COMPRESSED_BINARY, &bomb);
    let mut in_many = frame(COMPRESSED_BINARY_START, b"");
    in_many.extend(bomb.chunks(10_000).flat_map(|part| frame(CONTINUATION, part)));
    in_many.extend(frame(LAST_CONTINUATION, b""));
    for stream in [in_one, in_many] {
        let mut shard = Shard::offering("permessage-deflate", |server| {
            on(server);
            server.connection.message_bytes_max = LIMIT;
            server.connection.outbox_bytes_max = 2 * LIMIT;
            server.connection.inbox_bytes_max = LIMIT;
        });
        let (id, neighbour) = (shard.open(), shard.open());
        let before = process_bytes();
        assert_eq!(shard.feed(id, &stream), []);
        // All of it would take a gigabyte.
        assert!(process_bytes() - before < 64 << 20);
        let bytes_max = LIMIT as u64;
        let violation = Violation::MessageTooBig { bytes: bytes_max + 1, bytes_max };
        assert_eq!(shard.reasons(id), [CloseReason::Violation(violation)]);
        assert_eq!(close_code(&shard.write(id)), Some(1009));
        shard.assert_well(neighbour);
    }
}

/// The most memory that this process has had, in bytes.
#[cfg(target_os = "linux")]
fn process_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    1024 * peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}

/// Elsewhere the time it takes has to show it.
#[cfg(not(target_os = "linux"))]
fn process_bytes() -> u64 {
    0
}

#[test]
fn a_bomb_larger_than_a_message_may_be_is_not_even_inflated() {
    let mut shard = compressing();
    let id = shard.open();
    shard.feed(id, &frame(COMPRESSED_BINARY, &bomb()));
    assert_eq!((shard.hub.is_open(id), shard.hub.stats().messages_inflated), (false, 0));
    assert_eq!(close_code(&shard.write(id)), Some(1009));
}

/// Each within the limit, and a hundred times what was sent: counted like any
/// message, one after the other.
#[test]
fn small_bombs_are_messages_and_leave_nothing_behind() {
    let mut shard = compressing();
    let id = shard.open();
    let zeros = vec![0; 512 * 1024];
    let small = frame(COMPRESSED_BINARY, &deflate(&zeros));
    let before = process_bytes();
    for _ in 0..100 {
        assert_eq!(shard.feed(id, &small), [Heard::Binary(zeros.clone())]);
    }
    assert!(process_bytes() - before < 16 << 20);
    assert_eq!(shard.hub.stats().message_bytes_received, 100 * 512 * 1024);
}

#[test]
fn garbage_is_refused() {
    for garbage in
        [&b"\xff\xff\xff"[..], b"\x07\x00", b"\x02\x43\xff", b"no stream at all", b"\x01\x05\x00\xfa"]
    {
        assert_refused_by(compressing, &frame(COMPRESSED_TEXT, garbage), 1007);
    }
    let whole = deflate(b"words, words, words");
    assert_refused_by(compressing, &frame(COMPRESSED_TEXT, &whole[..whole.len() - 2]), 1007);
    let in_two = [frame(0x41, &whole), frame(LAST_CONTINUATION, b"\xff\xff\xff")].concat();
    assert_refused_by(compressing, &in_two, 1007);
}

#[test]
fn garbage_behind_the_limit_is_not_looked_at() {
    let limited = || {
        Shard::offering("permessage-deflate", |server| {
            on(server);
            server.connection.message_bytes_max = 1_000;
        })
    };
    let within = [deflate(&[0; 1_000]), b"\xff\xff\xff".to_vec()].concat();
    assert_refused_by(limited, &frame(COMPRESSED_BINARY, &within), 1007);
    let over = [deflate(&[0; 1_001]), b"\xff\xff\xff".to_vec()].concat();
    assert_refused_by(limited, &frame(COMPRESSED_BINARY, &over), 1009);
}

/// A quarter of a million blocks that each say they are the last.
#[test]
fn streams_without_number_in_one_message_are_one_message() {
    let mut shard = compressing();
    let id = shard.open();
    let mut streams = b"\x03\x00".repeat(250_000);
    streams.push(0);
    assert_eq!(shard.feed(id, &frame(COMPRESSED_BINARY, &streams)), [Heard::Binary(Vec::new())]);
    // Not a thing is left of them.
    shard.assert_well(id);
}

#[test]
fn text_that_inflates_to_none_is_refused() {
    for bad in [&b"\xc3\x28"[..], b"ok\xed\xa0\x80", b"\xe2\x82"] {
        assert_refused_by(compressing, &frame(COMPRESSED_TEXT, &deflate(bad)), 1007);
    }
}

#[test]
fn the_compressed_bit_has_its_place() {
    for first in [0xC0, 0xC8, 0xC9, 0xCA, 0x40] {
        assert_refused_by(compressing, &frame(first, b""), 1002);
    }
    let in_continuation = [frame(0x41, b"\x00"), frame(0xC0, b"\x00")].concat();
    assert_refused_by(compressing, &in_continuation, 1002);
    for bits in [0x10, 0x20, 0x50, 0x60, 0x70] {
        assert_refused_by(compressing, &frame(0x81 | bits, b""), 1002);
    }
}

#[test]
fn the_compressed_bit_without_negotiation_is_refused() {
    let hello = frame(COMPRESSED_TEXT, &deflate(b"Hello"));
    assert_refused_by(Shard::new, &hello, 1002);
    // Offered, and not wanted; wanted, and not offered; offered badly.
    assert_refused_by(|| Shard::offering("permessage-deflate", |_| {}), &hello, 1002);
    assert_refused_by(|| Shard::with(on), &hello, 1002);
    assert_refused_by(|| Shard::offering("permessage-deflate; server_max_window_bits=8", on), &hello, 1002);
}

#[test]
fn bad_window_sizes_are_declined() {
    for parameters in [
        "server_max_window_bits=0",
        "server_max_window_bits=7",
        "server_max_window_bits=8",
        "server_max_window_bits=16",
        "server_max_window_bits=",
        "server_max_window_bits",
        "server_max_window_bits=9; server_max_window_bits=9",
        "client_max_window_bits=0",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=",
        "client_max_window_bits; client_max_window_bits",
    ] {
        let answer = answer_to(&format!("permessage-deflate; {parameters}"));
        assert!(!answer.contains("permessage-deflate"), "{parameters}: {answer}");
    }
    let second = answer_to("permessage-deflate; server_max_window_bits=7, permessage-deflate");
    assert!(
        second.contains("permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n")
    );
}

/// What a shard with compression answers to this offer; the connection is open
/// whatever it was.
fn answer_to(offer: &str) -> String {
    let mut shard = Shard::with(on);
    let id = shard.arrive();
    let heard = shard.feed(id, &get(&format!("{UPGRADE}Sec-WebSocket-Extensions: {offer}\r\n")));
    let [Heard::Request(request)] = heard.as_slice() else { panic!("no request: {heard:?}") };
    shard.grant(id, request);
    let answer = String::from_utf8(shard.write(id)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert_eq!(shard.feed(id, &text("hi")), [Heard::Text("hi".to_owned())]);
    answer
}
