//! What is told about certificates and keys that cannot be served with, and
//! that a reload shows new ones or leaves the old.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fanfare_driver::{Tls, TlsError};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::fs;
use std::path::PathBuf;

/// A folder for one test, with files for a chain and a key.
struct Files {
    chain: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(test: &str) -> Files {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&folder).unwrap();
        let files = Files { chain: folder.join("chain.pem"), key: folder.join("key.pem") };
        let (chain, key) = pair(2020, 4000);
        files.write(&chain, &key);
        files
    }

    fn write(&self, chain: &str, key: &str) {
        fs::write(&self.chain, chain).unwrap();
        fs::write(&self.key, key).unwrap();
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::from_pem_files(&self.chain, &self.key)
    }

    /// What is told must name the file, and say what to do.
    #[track_caller]
    fn refused(&self, by: &str, advice: &str) -> TlsError {
        let error = self.load().unwrap_err();
        let told = error.to_string();
        assert!(told.contains(by) && told.contains("; ") && told.contains(advice), "{told}");
        error
    }
}

fn pair(from_year: i32, to_year: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(from_year, 1, 1);
    params.not_after = date_time_ymd(to_year, 1, 1);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_pair_is_loaded_and_nothing_of_the_key_is_shown() {
    let files = Files::new("pair");
    let tls = files.load().unwrap();
    assert!(format!("{tls:?}").contains("chain.pem"));
    assert!(!format!("{tls:?}").contains("PRIVATE"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let files = Files::new("absent");
    fs::remove_file(&files.key).unwrap();
    assert!(matches!(files.refused("key.pem", "check the path"), TlsError::Unreadable { .. }));
    fs::remove_file(&files.chain).unwrap();
    assert!(matches!(files.refused("chain.pem", "check the path"), TlsError::Unreadable { .. }));
}

#[test]
fn files_without_what_they_are_for_are_named() {
    let files = Files::new("empty");
    let (chain, key) = pair(2020, 4000);
    for nothing in ["", "\n", "not PEM at all", &key] {
        files.write(nothing, &key);
        assert!(matches!(files.refused("chain.pem", "BEGIN CERTIFICATE"), TlsError::NoCertificate { .. }));
    }
    for nothing in ["", "not PEM at all", &chain] {
        files.write(&chain, nothing);
        assert!(matches!(files.refused("key.pem", "PKCS#8"), TlsError::NoKey { .. }));
    }
    files.write(&chain, &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    assert!(matches!(files.refused("key.pem", "openssl pkey"), TlsError::EncryptedKey { .. }));
}

#[test]
fn damaged_files_are_named() {
    let files = Files::new("damaged");
    let (chain, key) = pair(2020, 4000);
    files.write(&chain[..chain.len() / 2], &key);
    assert!(matches!(files.refused("chain.pem", "anew"), TlsError::Malformed { .. }));
    files.write(&chain, &key[..key.len() / 2]);
    assert!(matches!(files.refused("key.pem", "anew"), TlsError::Malformed { .. }));
    // Whole as PEM, and nothing sensible inside.
    files.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &key);
    assert!(matches!(files.refused("chain.pem", "issued anew"), TlsError::Certificate { .. }));
    files.write(&chain, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assert!(matches!(files.refused("key.pem", "use RSA"), TlsError::Key { .. }));
}

#[test]
fn a_certificate_and_the_key_of_another_are_no_pair() {
    let files = Files::new("mismatch");
    files.write(&pair(2020, 4000).0, &pair(2020, 4000).1);
    let error = files.refused("key.pem", "belong together");
    assert!(
        matches!(&error, TlsError::Mismatch { chain, .. } if error.to_string().contains(&*chain.to_string_lossy()))
    );
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let files = Files::new("dates");
    let (chain, key) = pair(2001, 2002);
    files.write(&chain, &key);
    assert!(matches!(files.refused("chain.pem", "renew"), TlsError::Expired { days: 8_000.., .. }));
    let (chain, key) = pair(3990, 4000);
    files.write(&chain, &key);
    assert!(matches!(files.refused("chain.pem", "clock"), TlsError::NotYetValid { days: 700_000.., .. }));
}

#[test]
fn a_failed_reload_is_told_and_a_later_one_may_succeed() {
    let files = Files::new("reload");
    let tls = files.load().unwrap();
    fs::write(&files.key, "").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::NoKey { .. })));
    let (chain, key) = pair(2020, 4000);
    files.write(&chain, &key);
    tls.reload().unwrap();
}
