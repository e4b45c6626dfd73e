//! That no split of the bytes matters, and that nothing panics.

use super::{UPGRADE, outcome};
use crate::handshake::BodyReader;
use proptest::prelude::*;

/// Pieces from which heads are put together: most are right, some are not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const LINES: [&str; 12] = [
        "GET /ws HTTP/1.1\r\n",
        "POST /api?x=1 HTTP/1.1\r\n",
        UPGRADE,
        "Host: example.com\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Sec-WebSocket-Protocol: a, b\r\n",
        " folded\r\n",
        "\r\n",
        "\r",
        "\n",
        ": ",
    ];
    prop_oneof![
        12 => prop::sample::select(&LINES).prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
        1 => "[ -~]{0,12}\r\n".prop_map(String::into_bytes),
    ]
}

/// Something like a head, and something behind it.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let request_line = prop_oneof![
        4 => Just(b"GET /ws HTTP/1.1\r\n".to_vec()),
        1 => piece(),
    ];
    (request_line, prop::collection::vec(piece(), 0..6), prop::bool::weighted(0.8)).prop_map(
        |(mut head, pieces, ends)| {
            head.extend(pieces.into_iter().flatten());
            if ends {
                head.extend_from_slice(b"\r\n\x81\x80GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            }
            head
        },
    )
}

proptest! {
    #[test]
    fn any_split_gives_the_same_result(input in input(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let whole = outcome([input.as_slice()]);
        prop_assert_eq!(&outcome(input.chunks(1)), &whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.sort_unstable();
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([input.len()]);
        let pieces: Vec<&[u8]> = starts.zip(ends).map(|(start, end)| &input[start..end]).collect();
        prop_assert_eq!(&outcome(pieces), &whole);
    }

    #[test]
    fn garbage_never_panics_and_every_fault_has_an_answer(input in prop::collection::vec(any::<u8>(), 0..512)) {
        if let Err(error) = outcome([input.as_slice()]) {
            let answer = error.response().encode(false);
            prop_assert!(error.status().is_client_error() || error.status().is_server_error());
            prop_assert!(answer.starts_with(b"HTTP/1.1 "));
        }
    }

    /// A body is the declared bytes, whatever follows and however it is split.
    #[test]
    fn a_body_is_what_was_declared(body in prop::collection::vec(any::<u8>(), 0..64), after in 0..9usize, size in 1..9usize) {
        let input = [body.as_slice(), &vec![b'!'; after]].concat();
        let mut reader = BodyReader::new(body.len(), 64).unwrap();
        let mut bodies: Vec<_> = reader.push(&[]).body.into_iter().collect();
        bodies.extend(input.chunks(size).filter_map(|piece| reader.push(piece).body));
        prop_assert_eq!(bodies, vec![body]);
    }
}
