//! What is entered at the prompt: a message, or a command.

use fanfare::CloseCode;
use fanfare::core::wire::{ControlPayload, ControlPayloadTooLong};
use std::borrow::Cow;

pub(super) const HELP: &str = "\
/join ROOM             join a room (with --subscribe or --namespace)
/leave ROOM            leave it
/ping [TEXT]           send a ping; -v shows the pong
/close [CODE [REASON]] close with a code, which is 1000 otherwise
/help                  show this
/quit                  leave, as Ctrl-D and Ctrl-C do
//…                    send a message that begins with /";

/// Something entered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entered<'l> {
    /// Nothing at all.
    Nothing,
    Message(Cow<'l, str>),
    Close {
        code: CloseCode,
        reason: &'l str,
    },
    Join(&'l str),
    Leave(&'l str),
    Ping(ControlPayload<'l>),
    Help,
    Quit,
}

/// Something entered that is neither.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoCommand {
    #[error("there is no command {0}; /help shows those there are, and // sends a /")]
    Unknown(String),
    #[error("{0} needs the name of a room")]
    NoRoom(&'static str),
    #[error(transparent)]
    Ping(#[from] ControlPayloadTooLong),
    #[error("a client cannot close with {0:?}; choose 1000, or a code from 3000 to 4999")]
    Code(String),
    #[error("a reason has at most 123 bytes (RFC 6455 §5.5), this one has {0}")]
    Reason(usize),
}

/// RFC 6455 §5.5: what a close frame holds, without the code.
const REASON_BYTES_MAX: usize = 123;

/// Reads what was entered.
pub(super) fn read(line: &str) -> Result<Entered<'_>, NoCommand> {
    if line.trim().is_empty() {
        return Ok(Entered::Nothing);
    }
    let Some(command) = line.strip_prefix('/') else { return Ok(Entered::Message(line.into())) };
    if command.starts_with('/') {
        return Ok(Entered::Message(command.into()));
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = rest.trim();
    match name {
        "join" if rest.is_empty() => Err(NoCommand::NoRoom("/join")),
        "leave" if rest.is_empty() => Err(NoCommand::NoRoom("/leave")),
        "join" => Ok(Entered::Join(rest)),
        "leave" => Ok(Entered::Leave(rest)),
        "ping" => Ok(Entered::Ping(ControlPayload::try_from(rest.as_bytes())?)),
        "close" => close(rest),
        "help" => Ok(Entered::Help),
        "quit" => Ok(Entered::Quit),
        _ => Err(NoCommand::Unknown(format!("/{name}"))),
    }
}

fn close(rest: &str) -> Result<Entered<'_>, NoCommand> {
    let (code, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let reason = reason.trim();
    if reason.len() > REASON_BYTES_MAX {
        return Err(NoCommand::Reason(reason.len()));
    }
    let number = if code.is_empty() { Some(1000) } else { code.parse().ok() };
    // The codes in between are of the protocol's own (RFC 6455 §7.4.2).
    match number {
        Some(number @ (1000 | 3000..=4999)) => Ok(Entered::Close { code: CloseCode::from(number), reason }),
        Some(_) | None => Err(NoCommand::Code(code.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_a_slash_is_a_command_unless_there_are_two() {
        let close = |code, reason| Entered::Close { code: CloseCode::from(code), reason };
        for (line, entered) in [
            ("  ", Entered::Nothing),
            ("hi /quit", Entered::Message("hi /quit".into())),
            ("//quit", Entered::Message("/quit".into())),
            ("/quit", Entered::Quit),
            ("/help ", Entered::Help),
            ("/join the tea room", Entered::Join("the tea room")),
            ("/leave tea", Entered::Leave("tea")),
            ("/ping", Entered::Ping(ControlPayload::EMPTY)),
            (
                "/ping are you there?",
                Entered::Ping(ControlPayload::try_from(&b"are you there?"[..]).unwrap()),
            ),
            ("/close", close(1000, "")),
            ("/close 4001 see you", close(4001, "see you")),
        ] {
            assert_eq!(read(line), Ok(entered), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_says_what_is() {
        assert_eq!(read("/frob it"), Err(NoCommand::Unknown("/frob".to_owned())));
        assert_eq!(read("/join "), Err(NoCommand::NoRoom("/join")));
        let too_long = ControlPayloadTooLong { bytes: 126 };
        assert_eq!(read(&format!("/ping {}", "x".repeat(126))), Err(NoCommand::Ping(too_long)));
        for code in ["1006", "1", "5000", "now", "70000"] {
            assert_eq!(read(&format!("/close {code}")), Err(NoCommand::Code(code.to_owned())));
        }
        assert_eq!(read(&format!("/close 1000 {}", "x".repeat(124))), Err(NoCommand::Reason(124)));
    }
}
