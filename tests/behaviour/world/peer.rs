//! An independent WebSocket peer.

use super::Answer;
use super::runtime::{Serving, Voice};
use async_tungstenite::tungstenite::client::IntoClientRequest;
use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::{Error, Message};
use http::{HeaderName, HeaderValue};
use std::net::Ipv4Addr;

/// An open connection, seen from the other side.
pub(crate) struct Peer<'w> {
    voice: Box<dyn Voice + 'w>,
}

/// What a peer hears; heartbeats are its library's business.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Said {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    /// The end of the stream, after the closing handshake or without.
    End,
}

impl<'w> Peer<'w> {
    /// The handshake on a fresh connection.
    #[track_caller]
    pub(super) fn open(
        server: &dyn Serving,
        source: Ipv4Addr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Peer<'w>, Answer> {
        let mut request = format!("ws://{}{path}", server.address()).into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        match server.open(source, request) {
            Ok(voice) => Ok(Peer { voice }),
            Err(Error::Http(response)) => Err(Answer::from(*response)),
            Err(error) => panic!("the handshake must be answered: {error}"),
        }
    }

    #[track_caller]
    pub(crate) fn send(&mut self, text: &str) {
        self.say(Message::text(text));
    }

    #[track_caller]
    pub(crate) fn send_binary(&mut self, bytes: &[u8]) {
        self.say(Message::binary(bytes.to_vec()));
    }

    #[track_caller]
    pub(crate) fn ping(&mut self, payload: &[u8]) {
        self.say(Message::Ping(payload.to_vec().into()));
    }

    /// Starts the closing handshake.
    #[track_caller]
    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.say(Message::Close(Some(frame)));
    }

    /// The next thing the server says.
    #[track_caller]
    pub(crate) fn hear(&mut self) -> Said {
        loop {
            return match self.voice.hear() {
                Ok(Message::Text(text)) => Said::Text(text.as_str().to_owned()),
                Ok(Message::Binary(bytes)) => Said::Binary(bytes.to_vec()),
                Ok(Message::Pong(payload)) => Said::Pong(payload.to_vec()),
                Ok(Message::Close(Some(frame))) => {
                    Said::Close(frame.code.into(), frame.reason.as_str().to_owned())
                }
                Ok(Message::Close(None)) => Said::Close(1005, String::new()),
                Ok(Message::Ping(_) | Message::Frame(_)) => continue,
                Err(_) => Said::End,
            };
        }
    }

    /// The next thing the server says must be this text.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        assert_eq!(self.hear(), Said::Text(text.to_owned()));
    }

    /// The next thing must be a close with this code, and then the end.
    #[track_caller]
    pub(crate) fn expect_close(&mut self, code: u16) {
        let said = self.hear();
        assert!(matches!(said, Said::Close(heard, _) if heard == code), "a close with {code}, not {said:?}");
        assert_eq!(self.hear(), Said::End);
    }

    /// A proof that nothing else was on its way: says `marker` to an echo and
    /// hears it as the very next thing.
    #[track_caller]
    pub(crate) fn expect_echo(&mut self, marker: &str) {
        self.send(marker);
        self.expect(marker);
    }

    #[track_caller]
    fn say(&mut self, message: Message) {
        self.voice.say(message).unwrap();
    }
}
