//! permessage-deflate, seen by peers made of bytes and a zlib of their own.

use crate::world::{Raw, Server, World, config, eventually, frame};
use fanfare::{App, Compression, Route, Target};
use flate2::{Compress, Compression as Level, Decompress, FlushCompress, FlushDecompress, Status};

const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// RSV1: compressed.
const COMPRESSED: u8 = 0x40;
/// What a message goes without.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

fn compressing(route: Route) -> App {
    let config = config(|settings| settings.connection.compression = Compression::On);
    App::new().config(config).route("/", route)
}

fn echo() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(&message))
}

/// A connection whose request offers compression, with these parameters.
#[track_caller]
fn offering(server: &Server<'_>, path: &str, parameters: &str) -> Raw {
    let (raw, answer) = negotiated(server, path, parameters);
    assert!(answer.contains("\r\nsec-websocket-extensions: permessage-deflate"), "{answer}");
    raw
}

/// The same, with the answer, which may decline.
#[track_caller]
fn negotiated(server: &Server<'_>, path: &str, parameters: &str) -> (Raw, String) {
    let offer = format!("\r\nSec-WebSocket-Extensions: permessage-deflate{parameters}\r\n\r\n");
    let mut raw = server.raw();
    raw.write(Raw::request(path).replace("\r\n\r\n", &offer).as_bytes());
    let answer = raw.hear_upgrade();
    (raw, answer)
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut deflated = Vec::with_capacity(bytes.len() + 1_000);
    Compress::new(Level::default(), false).compress_vec(bytes, &mut deflated, FlushCompress::Sync).unwrap();
    deflated.strip_suffix(&TAIL).unwrap().to_vec()
}

/// What a compressed message says, to a peer that remembers so much.
#[track_caller]
fn inflate(payload: &[u8], window_bits: u8, bytes: usize) -> Vec<u8> {
    let mut inflated = Vec::with_capacity(bytes + 1);
    let mut stream = Decompress::new_with_window_bits(false, window_bits);
    let payload = [payload, &TAIL].concat();
    let status = stream.decompress_vec(&payload, &mut inflated, FlushDecompress::Sync);
    assert_eq!(status.unwrap(), Status::Ok);
    inflated
}

/// Something long that shrinks.
fn news() -> String {
    let lines = (0..300).map(|number| format!("line {number} of what is new; "));
    lines.collect::<Vec<_>>().concat()
}

/// The next message must say `text`, compressed.
#[track_caller]
fn expect_compressed(raw: &mut Raw, window_bits: u8, text: &str) {
    let (opcode, payload) = raw.hear();
    assert_eq!(opcode, TEXT);
    assert!(payload.len() < text.len() / 2, "{} bytes of {}", payload.len(), text.len());
    assert_eq!(inflate(&payload, window_bits, text.len()), text.as_bytes());
}

pub(crate) fn messages_are_compressed_both_ways(world: &World) {
    let server = world.start(compressing(echo()));
    let mut raw = offering(&server, "/", "; client_max_window_bits");
    let text = news();
    for _ in 0..3 {
        raw.write(&frame(COMPRESSED | TEXT, &deflate(text.as_bytes())));
        expect_compressed(&mut raw, 15, &text);
        raw.write(&frame(TEXT, b"short and plain"));
        assert_eq!(raw.hear(), (TEXT, b"short and plain".to_vec()));
    }
    // In fragments, with a ping between them.
    let deflated = deflate(text.as_bytes());
    let (first, last) = deflated.split_at(deflated.len() / 2);
    let mut start = frame(COMPRESSED | TEXT, first);
    start[0] &= 0x7f;
    raw.write(&[start, frame(9, b"still there?"), frame(0, last)].concat());
    assert_eq!(raw.hear(), (10, b"still there?".to_vec()));
    expect_compressed(&mut raw, 15, &text);
    eventually("four messages were compressed", || server.handle().stats().messages_inflated == 4);
}

pub(crate) fn a_broadcast_is_compressed_once_for_all(world: &World) {
    let server = world.start(compressing(Route::new().on_open(|ctx| ctx.join("news").map(drop))));
    let mut wide: Vec<_> = (0..10).map(|_| offering(&server, "/", "")).collect();
    let mut narrow: Vec<_> = (0..10).map(|_| offering(&server, "/", "; server_max_window_bits=10")).collect();
    let mut plain: Vec<_> = (0..10).map(|_| server.raw_open("/")).collect();
    let text = news();
    let report = server.handle().broadcast(Target::room("/", "news"), text.as_str()).wait().unwrap();
    assert_eq!((report.queued(), report.matched()), (30, 30));
    for raw in &mut wide {
        expect_compressed(raw, 15, &text);
    }
    for raw in &mut narrow {
        expect_compressed(raw, 9, &text);
    }
    for raw in &mut plain {
        assert_eq!(raw.hear(), (TEXT, text.clone().into_bytes()));
    }
    // Two windows: once for each, on each shard.
    let most = 2 * server.handle().shards() as u64;
    eventually("the compressions are counted", || {
        let compressed = server.handle().stats().messages_compressed;
        assert!(compressed <= most, "{compressed} compressions");
        compressed >= 2
    });
}

pub(crate) fn a_route_may_decline_compression(world: &World) {
    let off = echo().settings(|settings| settings.compression = Compression::Off);
    let server = world.start(compressing(echo()).route("/plain", off));
    let text = news();
    let (mut raw, answer) = negotiated(&server, "/plain", "");
    assert!(!answer.contains("sec-websocket-extensions"), "{answer}");
    raw.write(&frame(TEXT, text.as_bytes()));
    assert_eq!(raw.hear(), (TEXT, text.clone().into_bytes()));
    raw.write(&frame(COMPRESSED | TEXT, &deflate(text.as_bytes())));
    assert_eq!(raw.hear_close(), 1002);

    let mut raw = offering(&server, "/", "");
    raw.write(&frame(TEXT, text.as_bytes()));
    expect_compressed(&mut raw, 15, &text);
}

pub(crate) fn offers_that_make_no_sense_are_declined(world: &World) {
    let server = world.start(compressing(echo()));
    for parameters in [
        "; server_max_window_bits=0",
        "; server_max_window_bits=7",
        "; server_max_window_bits=16",
        "; server_max_window_bits=",
        "; server_max_window_bits",
        "; server_max_window_bits=10; server_max_window_bits=10",
        "; client_max_window_bits=7",
        "; server_no_context_takeover=1",
        "; nobody_knows_this",
    ] {
        let (mut raw, answer) = negotiated(&server, "/", parameters);
        assert!(!answer.contains("sec-websocket-extensions"), "{parameters}: {answer}");
        raw.write(&frame(COMPRESSED | TEXT, &deflate(b"all the same")));
        assert_eq!(raw.hear_close(), 1002, "{parameters}");
    }
    // One that makes sense behind one that does not.
    offering(&server, "/", "; server_max_window_bits=7, permessage-deflate");
}

pub(crate) fn the_compressed_bit_has_its_place(world: &World) {
    let server = world.start(compressing(echo()));
    // On a control frame, on a continuation, beside the bits that nothing defines.
    let start = [0x01, 0x81, 0, 0, 0, 0, b'a'];
    for bytes in [
        frame(COMPRESSED | 9, b""),
        [&start[..], &frame(COMPRESSED, b"b")].concat(),
        frame(0x20 | TEXT, b""),
        frame(0x10 | TEXT, b""),
    ] {
        let mut raw = offering(&server, "/", "");
        raw.write(&bytes);
        assert_eq!(raw.hear_close(), 1002, "{bytes:?}");
    }
}

pub(crate) fn bombs_and_garbage_end_one_connection(world: &World) {
    let server = world.start(compressing(echo()));
    let mut bystander = offering(&server, "/", "");
    for (payload, code) in [(deflate(&vec![0; 4 << 20]), 1009), (b"no stream at all".to_vec(), 1007)] {
        let mut raw = offering(&server, "/", "");
        raw.write(&frame(COMPRESSED | BINARY, &payload));
        assert_eq!(raw.hear_close(), code);
        raw.finish();
        raw.hear_end();
    }
    bystander.write(&frame(TEXT, b"untouched"));
    assert_eq!(bystander.hear(), (TEXT, b"untouched".to_vec()));
}
