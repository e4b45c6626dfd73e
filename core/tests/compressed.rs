//! Compressed messages among others, cut into frames and pieces in any way: the
//! same messages, and the same violation, as in one go.

mod support;

use fanfare_core::deflate::{Deflater, Inflater, Window};
use fanfare_core::violation::Violation;
use fanfare_core::wire::{Decoder, Frame, Incoming, Limits, Message, Role};
use proptest::collection::vec;
use proptest::prelude::*;
use support::outcome::{decode, decode_with, pieces};
use support::{MESSAGE_BYTES_MAX, piece_sizes, streams};

const SMALL: Limits = Limits { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: 3 };
const LARGE: Limits = Limits { message_bytes_max: 100_000, fragments_max: 1_000 };

/// Text that shrinks, and where to cut it.
fn texts() -> impl Strategy<Value = Vec<(String, Vec<usize>)>> {
    vec(("([a-c]{1,3} ){100,300}", vec(1_usize..50, 0..10)), 0..5)
}

/// A text compressed, or not where it is cut once; in frames of these sizes,
/// with a ping between two.
fn frames(text: &str, fragment_sizes: &[usize]) -> Vec<u8> {
    let plain = Frame::text(text);
    let compressed = Deflater::new(Window::Wide).deflate(&plain).filter(|_| fragment_sizes.len() != 1);
    let whole = compressed.unwrap_or(plain);
    let bytes = whole.as_bytes();
    let header_bytes = if bytes[1] == 126 { 4 } else { 2 };
    let fragments = pieces(&bytes[header_bytes..], fragment_sizes);
    let last = fragments.len() - 1;
    let frame = |(at, fragment): (usize, Vec<u8>)| {
        let mut frame = Frame::binary(&fragment).as_bytes().to_vec();
        frame[0] = if at == 0 { bytes[0] & 0x7F } else { 0 } | if at == last { 0x80 } else { 0 };
        let ping = if at == 1 { b"\x89\x00".to_vec() } else { Vec::new() };
        [ping, frame].concat()
    };
    fragments.into_iter().enumerate().flat_map(frame).collect()
}

/// All messages of a server's stream that comes in these pieces.
fn read(stream: &[u8], piece_sizes: &[usize]) -> Result<Vec<Message<'static>>, Violation> {
    let (mut decoder, mut inflater) = (Decoder::with_deflate(Role::Client), Inflater::new());
    let mut messages = Vec::new();
    for mut piece in pieces(stream, piece_sizes) {
        let mut rest = piece.as_mut_slice();
        while !rest.is_empty() {
            let step = decoder.decode(&LARGE, rest)?;
            let consumed = step.consumed;
            match step.incoming {
                Some(Incoming::Message(message)) => messages.push(message.into_owned()),
                Some(Incoming::Compressed(message)) => {
                    messages.push(inflater.inflate(&message, LARGE.message_bytes_max)?);
                }
                Some(Incoming::Ping(_) | Incoming::Pong(_) | Incoming::Close(_)) | None => {}
            }
            rest = &mut rest[consumed..];
        }
    }
    Ok(messages)
}

proptest! {
    #[test]
    fn any_cut_of_compressed_messages_reads_the_same(texts in texts(), sizes in piece_sizes()) {
        let stream: Vec<u8> = texts.iter().flat_map(|(text, cuts)| frames(text, cuts)).collect();
        let expected: Vec<_> = texts.iter().map(|(text, _)| Message::from(text.as_str())).collect();
        prop_assert_eq!(read(&stream, &sizes), Ok(expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever it says, with the bit set where it may and where it may not.
    #[test]
    fn any_cut_of_any_stream_is_seen_the_same(
        mut stream in streams(Role::Server),
        marked in vec(any::<proptest::sample::Index>(), 0..3),
        sizes in piece_sizes(),
    ) {
        for at in marked.iter().filter(|_| !stream.is_empty()).map(|at| at.index(stream.len())).collect::<Vec<_>>() {
            stream[at] ^= 0x40;
        }
        if let Some(first) = stream.first_mut() {
            *first |= 0x40;
        }
        let seen = |sizes: &[usize]| decode_with(Decoder::with_deflate(Role::Server), &SMALL, &stream, sizes);
        prop_assert_eq!(seen(&sizes), seen(&[]));
        prop_assert_eq!(decode(Role::Server, &SMALL, &stream, &sizes).events, vec![], "not without negotiation");
    }
}
