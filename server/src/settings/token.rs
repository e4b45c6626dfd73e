//! The secret that operators show, and nothing else does.
//!
//! Apart from the other values because it must never be printed: not in a log,
//! not in an error, not by `Debug`.

use super::InvalidValue;
use super::place_in_file;
use crate::failure::Failure;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Shorter ones can be guessed over the network.
const CHARACTERS_MIN: usize = 16;

/// A bearer token.
#[derive(Clone)]
pub(crate) struct Token(Arc<str>);

impl Token {
    /// Whether `shown` is the token. Takes as long wherever the two differ, so
    /// that nobody finds the token byte by byte; its length is no secret.
    pub(crate) fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl FromStr for Token {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Token, InvalidValue> {
        // RFC 6750 §2.1: what can stand in the header.
        let is_sendable = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if text.len() < CHARACTERS_MIN || !text.bytes().all(is_sendable) {
            let expected = "16 or more letters, digits and -._~+/=, such as `openssl rand -base64 32` makes";
            return Err(InvalidValue::new("operator token", "(not shown)", expected));
        }
        Ok(Token(text.into()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(not shown)")
    }
}

/// Reads a token from a file of its own; the end of its line is no part of it.
pub(super) fn read(path: PathBuf) -> Result<Token, Failure> {
    match fs::read_to_string(&path) {
        Ok(text) => text
            .trim_end()
            .parse()
            .map_err(|invalid| Failure::Value { place: place_in_file("the token", &path), invalid }),
        Err(error) => Err(Failure::TokenUnreadable { path, error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token: Token = "0123456789abcdef".parse().unwrap();
        assert!(token.is("0123456789abcdef"));
        for other in ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "x123456789abcdef"] {
            assert!(!token.is(other), "{other}");
        }
    }

    #[test]
    fn a_token_that_is_guessed_or_cannot_be_sent_is_refused_and_not_quoted() {
        for text in ["", "set", "0123456789abcde", "0123456789abcdef secret", "0123456789abcdéf"] {
            let refused = text.parse::<Token>().unwrap_err().to_string();
            assert!(refused.starts_with("`(not shown)` is no operator token; use 16 or more"), "{refused}");
        }
    }

    #[test]
    fn it_is_not_shown_by_debug() {
        let token: Token = "0123456789abcdef".parse().unwrap();
        assert_eq!(format!("{token:?}"), "Token(not shown)");
    }
}
