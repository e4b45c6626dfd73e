//! What is told about roots that cannot be used.

use crate::far::Identity;
use fanfare_driver::{ClientTls, RootsError};
use std::fs;
use std::path::PathBuf;

#[test]
fn a_file_is_as_good_as_its_text() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("roots.pem");
    let identity = Identity::named("localhost");
    fs::write(&path, identity.pem()).unwrap();
    let tls = ClientTls::from_pem_file(&path).unwrap();
    let (mut near, mut far) = identity.meet_one_who_trusts(&tls, "localhost");
    far.shake_hands(&mut near);
    assert!(!near.transport.is_handshaking());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = ClientTls::from_pem_file("no/such/roots.pem").unwrap_err();
    assert!(matches!(error, RootsError::Unreadable { .. }));
    assert!(error.to_string().contains("no/such/roots.pem"), "{error}");
}

#[test]
fn text_without_certificates_is_refused() {
    for nothing in ["", "not PEM at all"] {
        let error = ClientTls::from_pem(nothing.as_bytes()).unwrap_err();
        assert!(matches!(error, RootsError::None { .. }));
        assert!(error.to_string().contains("BEGIN CERTIFICATE"), "{error}");
    }
}

#[test]
fn damaged_text_is_refused_as_a_whole() {
    let good = Identity::named("localhost").pem();
    let cut = &good[..good.len() / 2];
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for damaged in [cut.to_owned(), good.clone() + cut, good + nonsense] {
        let error = ClientTls::from_pem(damaged.as_bytes()).unwrap_err();
        assert!(matches!(error, RootsError::Malformed { .. }), "{error}");
    }
}
