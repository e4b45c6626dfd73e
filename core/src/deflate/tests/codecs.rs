//! Messages there and back, and streams that are none.

use crate::deflate::{Deflater, Inflater, Window};
use crate::violation::Violation;
use crate::wire::{Compressed, Decoder, Frame, Incoming, Limits, Message, MessageKind, Role};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::prelude::*;

/// A compressed message as a decoder tells of it.
fn compressed(kind: MessageKind, payload: &[u8]) -> Compressed<'static> {
    Compressed::new(kind, payload.to_vec())
}

fn inflate(payload: &[u8], bytes_max: usize) -> Result<Vec<u8>, Violation> {
    let message = Inflater::new().inflate(&compressed(MessageKind::Binary, payload), bytes_max)?;
    Ok(message.as_bytes().to_vec())
}

/// What a peer makes of a message, with a compressor of its own.
fn deflate(bytes: &[u8], level: u32, flush: FlushCompress) -> Vec<u8> {
    let mut stream = Compress::new(Compression::new(level), false);
    let mut deflated = Vec::with_capacity(bytes.len() + bytes.len() / 100 + 100);
    stream.compress_vec(bytes, &mut deflated, flush).unwrap();
    deflated
}

/// The same as RFC 7692 §7.2.1 has it.
fn payload(bytes: &[u8]) -> Vec<u8> {
    let deflated = deflate(bytes, 6, FlushCompress::Sync);
    deflated.strip_suffix(&[0, 0, 0xFF, 0xFF]).unwrap().to_vec()
}

/// The payload of a compressed frame of ours.
fn payload_of(frame: &Frame) -> Vec<u8> {
    let mut bytes = frame.as_bytes().to_vec();
    let limits = Limits { message_bytes_max: usize::MAX, fragments_max: 1 };
    let decoded = Decoder::with_deflate(Role::Client).decode(&limits, &mut bytes).unwrap();
    let Some(Incoming::Compressed(message)) = decoded.incoming else { panic!("{frame:?}") };
    message.payload().to_vec()
}

/// RFC 7692 §7.2.3.1, §7.2.3.3, §7.2.3.4, §7.2.3.5 and §7.2.3.6, and one
/// that ends for good.
#[test]
fn the_examples_of_the_rfc() {
    for payload in [
        &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
        b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        b"\xf3\x48\xcd\xc9\xc9\x07\x00",
    ] {
        assert_eq!(inflate(payload, 5), Ok(b"Hello".to_vec()), "{payload:x?}");
    }
    assert_eq!(inflate(b"\x00", 1), Ok(Vec::new()));
    assert_eq!(inflate(b"", 1), Ok(Vec::new()));
}

#[test]
fn blocks_of_every_kind_make_one_message() {
    let long = "many words make a long text, ".repeat(500).into_bytes();
    let mut blocks = deflate(&long, 0, FlushCompress::Sync);
    blocks.extend(deflate(&long, 9, FlushCompress::Full));
    blocks.extend(deflate(&long, 6, FlushCompress::Finish));
    blocks.extend(deflate(&long, 1, FlushCompress::Finish));
    blocks.push(0);
    assert_eq!(inflate(&blocks, 4 * long.len()), Ok(long.repeat(4)));
}

#[test]
fn what_breaks_off_or_is_no_stream_is_refused() {
    let text = "many words make a long text, ".repeat(50);
    let whole = payload(text.as_bytes());
    for length in 1..whole.len() {
        assert_eq!(inflate(&whole[..length], 10_000), Err(Violation::MalformedDeflate), "{length}");
    }
    let reserved_block = b"\x07\x00";
    let far_too_far_back = b"\x02\x43\xff";
    let garbage_behind_a_message = [&whole[..], b"\xff\xff\xff\xff"].concat();
    let garbage_behind_the_end = b"\xf3\x48\xcd\xc9\xc9\x07\x00\xff";
    for bytes in [&reserved_block[..], far_too_far_back, &garbage_behind_a_message, garbage_behind_the_end] {
        assert_eq!(inflate(bytes, 10_000), Err(Violation::MalformedDeflate), "{bytes:x?}");
    }
}

#[test]
fn the_limit_is_exact_and_nothing_behind_it_is_looked_at() {
    let zeros = payload(&vec![0; 100_000]);
    assert_eq!(inflate(&zeros, 100_000), Ok(vec![0; 100_000]));
    let refused = Err(Violation::MessageTooBig { bytes: 100_000, bytes_max: 99_999 });
    assert_eq!(inflate(&zeros, 99_999), refused);
    assert_eq!(inflate(&[&zeros[..], b"\xff\xff\xff"].concat(), 99_999), refused);
    assert_eq!(inflate(&[&zeros[..], b"\xff\xff\xff"].concat(), 200_000), Err(Violation::MalformedDeflate));
}

#[test]
fn text_is_judged_when_it_is_inflated() {
    let mut inflater = Inflater::new();
    let mut read = |bytes: &[u8]| inflater.inflate(&compressed(MessageKind::Text, &payload(bytes)), 1_000);
    assert_eq!(read("zażółć".as_bytes()), Ok(Message::from("zażółć")));
    assert_eq!(read(b"\xc3\x28"), Err(Violation::InvalidUtf8));
    assert_eq!(read("€".as_bytes().split_last().unwrap().1), Err(Violation::InvalidUtf8));
    assert_eq!(read(b"as good as new"), Ok(Message::from("as good as new")));
}

#[test]
fn a_refused_message_leaves_nothing_to_the_next() {
    let mut inflater = Inflater::new();
    let mut read = |payload: &[u8], bytes_max| {
        inflater.inflate(&compressed(MessageKind::Binary, payload), bytes_max).map(|message| message.len())
    };
    let large = payload(&vec![0; 1 << 20]);
    for _ in 0..3 {
        assert!(read(&large, 1_000).is_err());
        assert!(read(b"\x02\x43\xff", 1_000).is_err());
        assert!(read(&large[..large.len() / 2], 1 << 20).is_err());
        assert_eq!(read(&large, 1 << 20), Ok(1 << 20));
        assert_eq!(read(&payload(b"Hello"), 5), Ok(5));
    }
    assert!(inflater.inflated.capacity() <= super::super::SCRATCH_KEPT_BYTES);
}

#[test]
fn what_does_not_shrink_stays_as_it_is() {
    let step = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    let states = std::iter::successors(Some(7_u64), step);
    let noise: Vec<u8> = states.map(|state| state.to_be_bytes()[0]).take(5_000).collect();
    for window in [Window::Wide, Window::Narrow] {
        let mut deflater = Deflater::new(window);
        // A large one before leaves more room than the next needs.
        for length in [60_000, 5_000, 100, 0] {
            let bytes: Vec<u8> = noise.iter().copied().cycle().take(length).collect();
            let shrinks = length == 60_000 && window == Window::Wide;
            assert_eq!(deflater.deflate(&Frame::binary(&bytes)).is_some(), shrinks, "{length} {window:?}");
        }
    }
}

#[test]
fn only_plain_messages_are_compressed() {
    let mut deflater = Deflater::new(Window::Wide);
    let text = Frame::text(&"a".repeat(100));
    let compressed = deflater.deflate(&text).unwrap();
    assert_eq!(compressed.as_bytes()[0], 0xC1);
    assert_eq!(deflater.deflate(&compressed), None);
    assert_eq!(deflater.deflate(&text.masked([1, 2, 3, 4])), None);
    let ping = Frame::ping(&[b'a'; 100][..].try_into().unwrap());
    assert_eq!(deflater.deflate(&ping), None);
}

/// Text that repeats itself, near and far, and text that does not.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let words = proptest::collection::vec("[a-z]{1,12} ", 1..20);
    let repeated = (words, 1_usize..200).prop_map(|(words, times)| {
        let order = (0..words.len() * times).map(|at| words[at * at % words.len()].as_str());
        order.collect::<String>().into_bytes()
    });
    prop_oneof![repeated, proptest::collection::vec(any::<u8>(), 0..5_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_peer_inflates_what_we_deflate(messages in proptest::collection::vec(messages(), 1..5)) {
        for window in [Window::Wide, Window::Narrow] {
            let mut deflater = Deflater::new(window);
            for message in &messages {
                let frame = Frame::binary(message);
                let Some(shrunk) = deflater.deflate(&frame) else { continue };
                prop_assert!(shrunk.len() < frame.len());
                let tailed = [&payload_of(&shrunk)[..], &[0, 0, 0xFF, 0xFF]].concat();
                // With no more of a window than was agreed on.
                let mut reference = Decompress::new_with_window_bits(false, window.bits());
                let mut inflated = Vec::with_capacity(message.len() + 1);
                let status = reference.decompress_vec(&tailed, &mut inflated, FlushDecompress::Sync);
                prop_assert_eq!(status.unwrap(), Status::Ok);
                prop_assert_eq!(&inflated, message);
            }
        }
    }

    #[test]
    fn we_inflate_what_we_deflate(messages in proptest::collection::vec(messages(), 1..5)) {
        let (mut deflater, mut inflater) = (Deflater::new(Window::Narrow), Inflater::new());
        for message in &messages {
            let Some(frame) = deflater.deflate(&Frame::binary(message)) else { continue };
            let compressed = compressed(MessageKind::Binary, &payload_of(&frame));
            prop_assert_eq!(inflater.inflate(&compressed, message.len()), Ok(Message::from(&message[..])));
            if !message.is_empty() {
                prop_assert!(inflater.inflate(&compressed, message.len() - 1).is_err());
            }
        }
    }

    #[test]
    fn any_bytes_end_within_the_limit(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let inflated = inflate(&bytes, 1_000);
        prop_assert!(inflated.map_or(true, |inflated| inflated.len() <= 1_000));
    }
}
