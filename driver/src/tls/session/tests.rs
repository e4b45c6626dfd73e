//! A session against rustls's own client, both moved by hand.

use super::{BEGUN_BYTES_MAX, CIPHERTEXT_BYTES_MAX, PART_BYTES_MIN, Session};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::UnbufferedServerConnection;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, Error, InvalidMessage, PeerMisbehaved, RootCertStore, ServerConfig,
    SupportedProtocolVersion,
};
use std::io::{Read, Write};
use std::sync::Arc;

struct Pair {
    near: Session<UnbufferedServerConnection>,
    far: ClientConnection,
}

impl Pair {
    /// Before the first byte.
    fn silent(version: &'static SupportedProtocolVersion) -> Pair {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate: CertificateDer<'static> = made.cert.into();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Pair {
            near: Session::new(UnbufferedServerConnection::new(Arc::new(server)).unwrap()),
            far: ClientConnection::new(Arc::new(client), "localhost".try_into().unwrap()).unwrap(),
        }
    }

    /// After the handshake.
    fn open(version: &'static SupportedProtocolVersion) -> Pair {
        let mut pair = Pair::silent(version);
        while pair.far.is_handshaking() || pair.near.is_handshaking() {
            let ciphertext = pair.far_says(b"");
            assert!(pair.hear(&ciphertext).unwrap().is_empty());
            pair.far_hears();
        }
        pair
    }

    /// The peer's ciphertext for `plaintext`, and for what else it has to say.
    fn far_says(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.far.writer().write_all(plaintext).unwrap();
        let mut ciphertext = Vec::new();
        while self.far.wants_write() {
            self.far.write_tls(&mut ciphertext).unwrap();
        }
        ciphertext
    }

    /// What the peer understands of all that is to go.
    fn far_hears(&mut self) -> Vec<u8> {
        let mut plaintext = Vec::new();
        while let mut ciphertext @ [_, ..] = self.near.outgoing.waiting() {
            let count = self.far.read_tls(&mut ciphertext).unwrap();
            self.near.outgoing.advance(count);
            self.far.process_new_packets().unwrap();
            let _ = self.far.reader().read_to_end(&mut plaintext);
        }
        plaintext
    }

    /// What the session understands of `ciphertext`.
    fn hear(&mut self, ciphertext: &[u8]) -> Result<Vec<u8>, Error> {
        let mut input = [self.near.begun(), ciphertext].concat();
        let mut place = vec![0; input.len()];
        let done = self.near.decrypt(&mut input, &mut place)?;
        assert_eq!((done.taken, done.excess.len()), (input.len(), 0), "there is room for all");
        place.truncate(done.filled);
        Ok(place)
    }
}

#[test]
fn an_idle_session_holds_nothing() {
    for version in [&TLS12, &TLS13] {
        let mut pair = Pair::open(version);
        assert_eq!(pair.near.held_bytes(), 0, "{version:?}, after the handshake");
        let text = vec![7; 100_000];
        for part in text.chunks(CIPHERTEXT_BYTES_MAX) {
            assert_eq!(pair.near.encrypt(part), Ok(part.len()));
            assert!(pair.near.held_bytes() > part.len());
            assert_eq!(pair.far_hears(), part);
            let ciphertext = pair.far_says(part);
            assert_eq!(pair.hear(&ciphertext).unwrap(), part);
        }
        assert_eq!(pair.near.held_bytes(), 0, "{version:?}, after traffic");
    }
}

#[test]
fn a_record_in_pieces_is_kept_until_it_is_whole() {
    for version in [&TLS12, &TLS13] {
        let mut pair = Pair::open(version);
        let ciphertext = pair.far_says(b"piece by piece");
        let (last, pieces) = ciphertext.split_last().unwrap();
        for (n, piece) in pieces.iter().enumerate() {
            assert!(pair.hear(&[*piece]).unwrap().is_empty());
            assert_eq!(pair.near.held_bytes(), n + 1, "what has come, and no more");
            // To write in between disturbs nothing.
            assert_eq!(pair.near.encrypt(b"meanwhile"), Ok(9));
            assert_eq!(pair.far_hears(), b"meanwhile");
        }
        assert_eq!(pair.hear(&[*last]).unwrap(), b"piece by piece");
        assert_eq!(pair.near.held_bytes(), 0);
    }
}

#[test]
fn plaintext_without_room_is_handed_out_and_what_follows_left_alone() {
    let mut pair = Pair::open(&TLS13);
    let mut input = pair.far_says(b"first");
    let first_len = input.len();
    input.extend(pair.far_says(b"second"));
    let mut place = [0; 2];
    let done = pair.near.decrypt(&mut input, &mut place).unwrap();
    assert_eq!((&place, &done.excess[..], done.taken), (b"fi", &b"rst"[..], first_len));
    // Writing is not in its way, and does not decrypt what is left.
    assert_eq!(pair.near.encrypt(b"meanwhile"), Ok(9));
    assert_eq!(pair.far_hears(), b"meanwhile");
    assert_eq!(pair.hear(&input[first_len..]).unwrap(), b"second");
}

#[test]
fn what_is_long_is_not_cut_into_crumbs() {
    let mut pair = Pair::open(&TLS13);
    assert_eq!(pair.near.encrypt(&[7; CIPHERTEXT_BYTES_MAX]), Ok(CIPHERTEXT_BYTES_MAX));
    while pair.near.outgoing.waiting().len() > CIPHERTEXT_BYTES_MAX - PART_BYTES_MIN {
        assert_eq!(pair.near.encrypt(&[8; 2 * PART_BYTES_MIN]), Ok(0));
        pair.near.outgoing.advance(1);
    }
    assert_eq!(pair.near.encrypt(&[8; 2 * PART_BYTES_MIN]), Ok(PART_BYTES_MIN));
}

#[test]
fn new_keys_are_answered_with_new_keys() {
    let mut pair = Pair::open(&TLS13);
    for round in 0..100 {
        pair.far.refresh_traffic_keys().unwrap();
        let ciphertext = pair.far_says(b"new keys");
        assert_eq!(pair.hear(&ciphertext).unwrap(), b"new keys", "round {round}");
        assert_eq!(pair.near.encrypt(b"mine too"), Ok(8));
        assert_eq!(pair.far_hears(), b"mine too", "round {round}");
    }
    // Whoever asks for nothing but new keys is not served for ever.
    let mut asked = Vec::new();
    for _ in 0..33 {
        pair.far.refresh_traffic_keys().unwrap();
        asked.extend(pair.far_says(b""));
    }
    assert_eq!(pair.hear(&asked), Err(PeerMisbehaved::TooManyKeyUpdateRequests.into()));
}

#[test]
fn the_end_is_announced_once_and_what_follows_the_peers_is_ignored() {
    for version in [&TLS12, &TLS13] {
        let mut pair = Pair::open(version);
        let mut ciphertext = pair.far_says(b"the last");
        pair.far.send_close_notify();
        ciphertext.extend(pair.far_says(b""));
        ciphertext.extend([0xff; 1_000]);
        assert!(!pair.near.has_ended());
        assert_eq!(pair.hear(&ciphertext).unwrap(), b"the last");
        assert!(pair.near.has_ended());
        assert_eq!(pair.near.encrypt(b"not yet"), Ok(7), "the other half is still open");
        assert_eq!(pair.near.announce_end(), Ok(()));
        assert_eq!(pair.far_hears(), b"not yet");
        assert!(pair.far.process_new_packets().unwrap().peer_has_closed());
        assert_eq!(pair.near.announce_end(), Ok(()));
        assert_eq!(pair.near.encrypt(b"too late"), Ok(0));
        assert_eq!(pair.near.held_bytes(), 0);
    }
}

#[test]
fn an_end_before_the_handshake_is_over_is_not_announced() {
    let mut pair = Pair::silent(&TLS13);
    let hello = pair.far_says(b"");
    assert!(pair.hear(&hello[..100]).unwrap().is_empty());
    assert_eq!(pair.near.announce_end(), Ok(()));
    assert_eq!(pair.near.encrypt(b"too early"), Ok(0));
    assert!(pair.near.outgoing.waiting().is_empty());
}

/// A message of the handshake in records of a byte: what they cost to keep is
/// bounded, whatever length it announces.
#[test]
fn a_handshake_that_never_ends_is_bounded() {
    let mut pair = Pair::silent(&TLS13);
    // A ClientHello of 65,535 bytes.
    let begins = [0x16, 3, 1, 0, 4, 1, 0, 0xff, 0xff];
    assert!(pair.hear(&begins).unwrap().is_empty());
    for _ in 0..BEGUN_BYTES_MAX / 6 {
        match pair.hear(&[0x16, 3, 1, 0, 1, 0]) {
            Ok(plaintext) => assert!(plaintext.is_empty()),
            Err(error) => {
                assert_eq!(error, InvalidMessage::HandshakePayloadTooLarge.into());
                return;
            }
        }
        assert!(pair.near.held_bytes() <= BEGUN_BYTES_MAX);
    }
    panic!("64 KiB have come, and more are kept");
}

#[test]
fn an_error_is_explained_to_the_peer() {
    let mut pair = Pair::open(&TLS13);
    assert_eq!(pair.hear(&[&[0x17, 3, 3, 0, 32][..], &[0; 32]].concat()), Err(Error::DecryptError));
    pair.near.explain();
    let mut alert = pair.near.outgoing.waiting();
    pair.far.read_tls(&mut alert).unwrap();
    assert!(matches!(pair.far.process_new_packets(), Err(Error::AlertReceived(_))));
}

#[test]
fn nothing_that_follows_our_end_is_looked_at() {
    for version in [&TLS12, &TLS13] {
        let mut pair = Pair::open(version);
        let late = pair.far_says(b"too late");
        assert!(pair.hear(&late[..1]).unwrap().is_empty());
        assert_eq!(pair.near.announce_end(), Ok(()));
        for ciphertext in [&late[1..], &late[..], &[0xff; 100]] {
            assert_eq!(pair.hear(ciphertext), Ok(Vec::new()), "{version:?}");
            assert_eq!((pair.near.announce_end(), pair.near.encrypt(b"more")), (Ok(()), Ok(0)));
        }
        pair.far_hears();
        assert_eq!(pair.near.held_bytes(), 0);
    }
}
