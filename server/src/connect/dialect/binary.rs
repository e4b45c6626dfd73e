//! Bytes as text.

use clap::ValueEnum;
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};

/// How bytes are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(in crate::connect) enum Coding {
    /// Two digits each, with blanks wherever one likes.
    Hex,
    /// As RFC 4648 §4 has it, padded.
    Base64,
}

/// A text that stands for no bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NoCode {
    #[error("{0:?} is not hexadecimal; write two digits for each byte, or choose --binary=base64")]
    Hex(String),
    #[error("{0:?} is not Base64 with its padding; correct it, or choose --binary=hex")]
    Base64(String),
}

impl Coding {
    /// The bytes that a text stands for.
    pub(super) fn decode(self, text: &str) -> Result<Vec<u8>, NoCode> {
        let dense: String = text.split_whitespace().collect();
        let (encoding, refusal): (_, fn(String) -> NoCode) = match self {
            Coding::Hex => (&HEXLOWER_PERMISSIVE, NoCode::Hex),
            Coding::Base64 => (&BASE64, NoCode::Base64),
        };
        encoding.decode(dense.as_bytes()).map_err(|_| refusal(text.to_owned()))
    }

    /// The text that stands for bytes.
    pub(super) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Coding::Hex => HEXLOWER.encode(bytes),
            Coding::Base64 => BASE64.encode(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_people_write_them() {
        for (coding, text, bytes) in [
            (Coding::Hex, "", &[][..]),
            (Coding::Hex, "00 Ff\t1b", &[0, 255, 27]),
            (Coding::Base64, "AP8b", &[0, 255, 27]),
            (Coding::Base64, "AA==", &[0]),
        ] {
            assert_eq!(coding.decode(text).unwrap(), bytes, "{text:?}");
        }
        assert_eq!(Coding::Hex.encode(&[0, 255, 27]), "00ff1b");
    }

    #[test]
    fn what_stands_for_no_bytes_is_refused_with_the_way_out() {
        for (coding, text) in [(Coding::Hex, "0"), (Coding::Hex, "0g"), (Coding::Base64, "AA")] {
            let refused = coding.decode(text).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("{text:?} is not ")) && refused.contains("--binary="));
        }
    }
}
