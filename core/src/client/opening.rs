//! From a dialed transport to an open connection: tunnel, TLS, upgrade, verdict.

use super::error::{ConnectError, Refused};
use super::event::Received;
use super::transport::{Reader, Transport};
use super::{Client, Connected, Notice};
use crate::config::Compression;
use crate::deflate::OFFER;
use crate::handshake::{
    Answer, AnswerReader, Asked, HeadLimits, Key, UpgradeRequest, retry_after, tunnel_request, verify,
};
use crate::link::{Phase, Signal, first_ping};
use crate::outbox::Purpose;
use crate::time::Instant;
use crate::wire::{Decoder, Role};
use http::StatusCode;

/// Answers that only announce another (RFC 9110 §15.2), before one is no server's.
const INTERIM_MAX: u8 = 4;

impl Client {
    /// The transport that was asked for is there. Call
    /// [`transmit`](Self::transmit) next.
    pub fn connected(&mut self) {
        let proxied = self.config.proxy.is_some();
        match self.transport.as_deref_mut() {
            Some(Transport { phase: Phase::Head, reader: reader @ Reader::Dialing, .. }) if proxied => {
                *reader = Reader::Tunnel(AnswerReader::default());
                let authorization = self.config.proxy_authorization();
                self.push_request(tunnel_request(&self.config.url.target(), authorization));
            }
            Some(Transport { phase: Phase::Head, reader: Reader::Dialing, .. }) => self.reached(),
            Some(_) | None => {}
        }
    }

    /// TLS is established, as [`Transmit::StartTls`](super::Transmit::StartTls) has
    /// asked for.
    pub fn secured(&mut self) {
        if let Some(Transport { phase: Phase::Head, reader: Reader::Securing, .. }) =
            self.transport.as_deref()
        {
            self.ask_upgrade();
        }
    }

    /// Dialing or TLS has failed, and nothing is left of the transport: no
    /// [`Transmit::Release`](super::Transmit::Release) follows.
    pub fn connect_failed(&mut self, now: Instant, error: ConnectError) {
        if self.is_dialing() {
            self.transport = None;
            self.attempt_failed(now, error);
        }
    }

    /// The server is at the other end.
    fn reached(&mut self) {
        if !self.config.url.is_tls() {
            return self.ask_upgrade();
        }
        if let Some(transport) = &mut self.transport {
            transport.reader = Reader::Securing;
        }
    }

    fn ask_upgrade(&mut self) {
        let key = Key::random(&mut self.random);
        let config = &self.config;
        let request = UpgradeRequest {
            host: config.url.authority(),
            path: config.url.path(),
            key: &key,
            subprotocols: &config.subprotocols,
            offer: self.offers_deflate().then_some(OFFER),
            headers: &config.headers,
        };
        let request = request.encode();
        if let Some(transport) = &mut self.transport {
            transport.reader = Reader::Answer { reader: AnswerReader::default(), key, interim: 0 };
        }
        self.push_request(request);
    }

    fn push_request(&mut self, request: bytes::Bytes) {
        let limits = self.config.connection();
        if let Some(transport) = &mut self.transport {
            transport.push_control(request, Purpose::Http, limits);
        }
    }

    fn offers_deflate(&self) -> bool {
        match self.limits().compression {
            Compression::On => true,
            Compression::Off => false,
        }
    }

    /// Bytes of the handshake.
    pub(super) fn receive_head<'b>(&mut self, now: Instant, bytes: &[u8]) -> Received<'b> {
        let limits =
            HeadLimits { bytes_max: self.config.head_bytes_max, headers_max: self.config.headers_max };
        let Some(transport) = &mut self.transport else { return Received::nothing(0) };
        let consumed = match &mut transport.reader {
            Reader::Tunnel(reader) => match reader.push(bytes, &limits) {
                Ok(progress) => {
                    if let Some(answer) = progress.answer {
                        self.tunnel_answered(now, answer.status, bytes.len() - progress.consumed);
                    }
                    progress.consumed
                }
                Err(fault) => return self.refuse(now, ConnectError::ProxyAnswer(fault), bytes),
            },
            Reader::Answer { reader, .. } => match reader.push(bytes, &limits) {
                Ok(progress) => {
                    if let Some(answer) = progress.answer {
                        self.upgrade_answered(now, answer);
                    }
                    progress.consumed
                }
                Err(fault) => return self.refuse(now, ConnectError::Answer(fault), bytes),
            },
            Reader::Refusal { refused, bytes_left } => {
                let kept = bytes.get(..*bytes_left).unwrap_or(bytes);
                refused.body.extend_from_slice(kept);
                *bytes_left -= kept.len();
                if *bytes_left == 0 {
                    self.refusal_complete(now);
                }
                bytes.len()
            }
            Reader::Dialing | Reader::Securing | Reader::Messages(_) | Reader::Nothing { .. } => 0,
        };
        Received::nothing(consumed)
    }

    fn refuse<'b>(&mut self, now: Instant, error: ConnectError, bytes: &[u8]) -> Received<'b> {
        self.fail_attempt(now, error);
        Received::nothing(bytes.len())
    }

    fn tunnel_answered(&mut self, now: Instant, status: StatusCode, bytes_behind: usize) {
        if !status.is_success() {
            self.fail_attempt(now, ConnectError::ProxyStatus { status });
        } else if bytes_behind > 0 {
            // Neither TLS nor HTTP begins with the server.
            self.fail_attempt(now, ConnectError::ProxyAhead { bytes: bytes_behind });
        } else {
            self.reached();
        }
    }

    fn upgrade_answered(&mut self, now: Instant, answer: Answer) {
        let Some(transport) = &mut self.transport else { return };
        let Reader::Answer { reader, interim, .. } = &mut transport.reader else { return };
        let status = answer.status;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            self.open(now, answer);
        } else if status.is_informational() && *interim < INTERIM_MAX {
            *interim += 1;
            *reader = AnswerReader::default();
        } else {
            self.refused(now, answer);
        }
    }

    fn open(&mut self, now: Instant, answer: Answer) {
        let offers_deflate = self.offers_deflate();
        let Some(transport) = &mut self.transport else { return };
        let Reader::Answer { key, .. } = &transport.reader else { return };
        let asked = Asked { key, subprotocols: &self.config.subprotocols, offers_deflate };
        let agreed = match verify(&answer, &asked) {
            Ok(agreed) => agreed,
            Err(fault) => return self.fail_attempt(now, ConnectError::Answer(fault)),
        };
        transport.deflate = agreed.deflate;
        transport.reader = Reader::Messages(match agreed.deflate {
            Some(_) => Decoder::with_deflate(Role::Client),
            None => Decoder::new(Role::Client),
        });
        transport.signal(now, Signal::HeadComplete);
        transport.signal(now, Signal::Accepted);
        transport.opened_at = now;
        transport.clocks.open(now, first_ping(self.config.connection(), &mut self.random));
        self.has_connected = true;
        self.stats.connections_opened += 1;
        self.notices.push_back(Notice::Connected(Box::new(Connected {
            attempt: self.backoff.attempt(),
            subprotocol: agreed.subprotocol,
            is_compressed: agreed.deflate.is_some(),
            headers: answer.headers,
        })));
        self.rejoin();
        self.send_waiting(now);
    }

    /// Another status than 101 opens no connection; its body may say why.
    fn refused(&mut self, now: Instant, answer: Answer) {
        let Some(transport) = &mut self.transport else { return };
        let retry_after = retry_after(&answer);
        let body_bytes = if answer.is_chunked() { Some(0) } else { answer.body_bytes() };
        let bytes_left = body_bytes.unwrap_or(usize::MAX).min(self.config.refusal_bytes_max);
        let Answer { status, headers, .. } = answer;
        let refused = Box::new(Refused { status, headers, body: Vec::new(), retry_after });
        transport.reader = Reader::Refusal { refused, bytes_left };
        if bytes_left == 0 {
            self.refusal_complete(now);
        }
    }

    /// All that will be known about a refusal is known; says whether there was one.
    pub(super) fn refusal_complete(&mut self, now: Instant) -> bool {
        let Some(transport) = &mut self.transport else { return false };
        if !matches!(transport.reader, Reader::Refusal { .. }) {
            return false;
        }
        let reader = std::mem::replace(&mut transport.reader, Reader::Nothing { discarded_bytes: 0 });
        let Reader::Refusal { refused, .. } = reader else { return false };
        let is_redirect = refused.status.is_redirection();
        let error = if is_redirect { ConnectError::Redirected } else { ConnectError::Status };
        self.fail_attempt(now, error(refused));
        true
    }
}
