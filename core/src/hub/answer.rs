//! The application's decision on a request: accept, answer, or read its body first.

use super::{Hub, UnknownConnection};
use crate::broadcast::Label;
use crate::close::CloseReason;
use crate::config::{Compression, KeepHeaders};
use crate::deflate::Agreement;
use crate::event::Rejection;
use crate::handshake::{self, BodyReader, Request, Response};
use crate::id::{ConnectionId, ProfileId};
use crate::link::{Phase, Reader, Signal, first_ping};
use crate::member::{Cold, Member, Metadata, MetadataParts, TalkSlot};
use crate::outbox::{Outbox, Purpose};
use crate::rooms::{JoinError, Limits, MemberKey, ROOT, Scope};
use crate::time::Instant;
use crate::wire::{Decoder, Frame, Role};
use bytes::Bytes;
use http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// What to do with a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision<'a> {
    /// Open a WebSocket connection.
    Accept(Acceptance<'a>),
    /// Grant the upgrade, only to say why there will be no connection: a message
    /// and a close frame, and the transport ends. No member comes of it; of the
    /// terms only request, profile, subprotocol and headers matter.
    Reject {
        /// The terms.
        acceptance: Acceptance<'a>,
        /// What is said.
        rejection: &'a Rejection,
    },
    /// Answer over HTTP and end the transport.
    Answer {
        /// The answer.
        response: &'a Response,
        /// Leave the body out, as for `HEAD`.
        head_only: bool,
    },
    /// Read the body the request declares; its end is an
    /// [`Event::Body`](super::Event::Body) and asks for the decision again.
    ReadBody {
        /// The request.
        request: &'a Request,
        /// More is answered with 413.
        bytes_max: usize,
    },
}

/// An upgrade request and the terms it is accepted on.
///
/// [`Acceptance::new`] has the least of them; the others are set by name:
///
/// ```
/// use fanfare_core::hub::Acceptance;
/// # use fanfare_core::handshake::Request;
///
/// # fn accept<'a>(request: &'a Request) -> Acceptance<'a> {
/// Acceptance { subprotocol: Some("chat"), ..Acceptance::new(request, "ann") }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Acceptance<'a> {
    /// The request; it must ask for an upgrade.
    pub request: &'a Request,
    /// The route's connection settings.
    pub profile: ProfileId,
    /// The application's name for the client.
    pub client_id: &'a str,
    /// The channel it starts in, a room of the namespace `/`. Without one that is
    /// [`DEFAULT_CHANNEL`](super::DEFAULT_CHANNEL) where the route has the session
    /// envelope, and elsewhere none.
    pub channel: Option<&'a str>,
    /// The subprotocol to answer with.
    pub subprotocol: Option<&'a str>,
    /// More headers for the answer: cookies, say. None of the handshake's own.
    pub headers: HeaderMap,
    /// Labels that broadcasts can be filtered by.
    pub labels: Vec<Label>,
    /// The transport's other end.
    pub peer: Option<SocketAddr>,
    /// The client's address, behind trusted proxies too.
    pub address: Option<IpAddr>,
}

impl<'a> Acceptance<'a> {
    /// Under the server's own connection settings, without channel, subprotocol,
    /// more headers, labels or addresses.
    pub fn new(request: &'a Request, client_id: &'a str) -> Acceptance<'a> {
        Acceptance {
            request,
            profile: ProfileId::default(),
            client_id,
            channel: None,
            subprotocol: None,
            headers: HeaderMap::new(),
            labels: Vec::new(),
            peer: None,
            address: None,
        }
    }
}

/// Why a decision had no effect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError {
    /// Nobody waits for a decision any more: the peer left, or the handshake timed out.
    #[error(transparent)]
    Unknown(#[from] UnknownConnection),
    /// The request asks for no upgrade; answer it instead.
    #[error("the request asks for no WebSocket connection: answer it, it cannot be accepted")]
    NoUpgrade,
    /// The request declares no body; decide without one.
    #[error("the request declares no body: decide without reading one")]
    NoBody,
    /// The client id breaks the rules for names.
    #[error("the client id cannot be used: {0}")]
    ClientId(JoinError),
    /// The channel breaks the rules for names, or has no room.
    #[error("the channel cannot be joined: {0}")]
    Channel(JoinError),
    /// The answer would not be a valid response.
    #[error(transparent)]
    Answer(#[from] handshake::AcceptError),
}

impl Hub {
    /// The application's decision on the request of `id`. A refused decision
    /// changes nothing: the request still waits for one.
    pub fn decide(
        &mut self,
        now: Instant,
        id: ConnectionId,
        decision: Decision<'_>,
    ) -> Result<(), DecideError> {
        let slot = self.slot(id)?;
        if self.link(id).is_none_or(|link| link.phase != Phase::Deciding) {
            return Err(UnknownConnection(id).into());
        }
        match decision {
            Decision::Accept(acceptance) => self.open(now, slot, acceptance)?,
            Decision::Reject { acceptance, rejection } => self.reject(now, slot, &acceptance, rejection)?,
            Decision::Answer { response, head_only } => self.answer(now, slot, response, head_only),
            Decision::ReadBody { request, bytes_max } => self.read_body(now, slot, request, bytes_max)?,
        }
        Ok(())
    }

    pub(super) fn answer(&mut self, now: Instant, slot: usize, response: &Response, head_only: bool) {
        self.push_control(slot, response.encode(head_only), Purpose::Http);
        self.stats.requests_answered += 1;
        self.conclude(now, slot, Signal::Answered, CloseReason::Answered(response.status()));
    }

    /// What is said belongs to the answer: nothing comes between the two, and
    /// whatever the peer says to it is discarded.
    fn reject(
        &mut self,
        now: Instant,
        slot: usize,
        acceptance: &Acceptance<'_>,
        rejection: &Rejection,
    ) -> Result<(), DecideError> {
        let upgrade = acceptance.request.upgrade().ok_or(DecideError::NoUpgrade)?;
        let envelope = self.config.profile(acceptance.profile).envelope;
        let answer = handshake::accept(upgrade, acceptance.subprotocol, None, &acceptance.headers)?;
        let message = Frame::text(&rejection.write(envelope)).into_bytes();
        let close = Frame::close(rejection.code(), rejection.message()).into_bytes();
        self.push_control(slot, [answer, message, close].concat().into(), Purpose::Http);
        self.stats.requests_answered += 1;
        let code = rejection.code();
        self.conclude(now, slot, Signal::Answered, CloseReason::Rejected { code });
        Ok(())
    }

    fn read_body(
        &mut self,
        now: Instant,
        slot: usize,
        request: &Request,
        bytes_max: usize,
    ) -> Result<(), DecideError> {
        if request.body_bytes() == 0 {
            return Err(DecideError::NoBody);
        }
        match BodyReader::new(request.body_bytes(), bytes_max) {
            Ok(reader) => {
                if request.expects_continue() {
                    self.push_control(slot, Bytes::from_static(handshake::CONTINUE), Purpose::Http);
                }
                if let Some(link) = self.links.get_mut(slot) {
                    link.reader = Reader::Body(Box::new(reader));
                    link.signal(now, Signal::BodyWanted);
                }
                self.settle(now, slot);
            }
            Err(error) => self.answer(now, slot, &error.response(), false),
        }
        Ok(())
    }

    fn open(&mut self, now: Instant, slot: usize, acceptance: Acceptance<'_>) -> Result<(), DecideError> {
        let upgrade = acceptance.request.upgrade().ok_or(DecideError::NoUpgrade)?;
        let profile = acceptance.profile;
        let limits = Limits::of(self.config.profile(profile));
        limits.check_name(acceptance.client_id).map_err(DecideError::ClientId)?;
        self.check_channel(profile, acceptance.channel).map_err(DecideError::Channel)?;
        let agreement = match self.config.profile(profile).compression {
            Compression::On => Agreement::find(acceptance.request.headers()),
            Compression::Off => None,
        };
        let answer = handshake::accept(upgrade, acceptance.subprotocol, agreement, &acceptance.headers)?;
        let key = self.insert_member(now, slot, acceptance, agreement, &limits)?;
        self.push_control(slot, answer, Purpose::Http);

        let first_ping = first_ping(self.config.profile(profile), &mut self.random);
        if let Some(link) = self.links.get_mut(slot) {
            link.profile = profile;
            link.member = Some(key);
            link.reader = Reader::Messages(match agreement {
                Some(_) => Decoder::with_deflate(Role::Server),
                None => Decoder::new(Role::Server),
            });
            link.signal(now, Signal::Accepted);
            link.clocks.open(now, first_ping);
        }
        self.pending_handshakes -= 1;
        self.stats.connections_opened += 1;
        self.arm(slot);
        Ok(())
    }

    fn insert_member(
        &mut self,
        now: Instant,
        slot: usize,
        acceptance: Acceptance<'_>,
        agreement: Option<Agreement>,
        limits: &Limits,
    ) -> Result<MemberKey, DecideError> {
        let Acceptance { client_id, profile, .. } = acceptance;
        let channel = self.first_channel(profile, acceptance.channel);
        let metadata = self.metadata_of(now, acceptance);
        let key = self.members.insert(Member {
            link: u32::try_from(slot).unwrap_or(u32::MAX),
            profile,
            is_open: true,
            deflate: agreement.map(Agreement::window),
            outbox: Outbox::new(),
            cold: Box::new(Cold { metadata, talk: TalkSlot::default() }),
        });
        let key = MemberKey(u32::try_from(key).unwrap_or(u32::MAX));
        if let Err(refused) = self.join_first(key, client_id, channel, limits) {
            self.leave_groups(key);
            self.members.remove(key.0 as usize);
            return Err(refused);
        }
        *self.events.members.of_mut(self.config.profile(profile).envelope) += 1;
        Ok(key)
    }

    /// Joins what a connection starts in.
    fn join_first(
        &mut self,
        key: MemberKey,
        client_id: &str,
        channel: Option<&str>,
        limits: &Limits,
    ) -> Result<(), DecideError> {
        for (scope, name) in [(Scope::Client, client_id), (Scope::Namespace, ROOT)] {
            self.join_member(key, scope, name, limits).map_err(DecideError::ClientId)?;
        }
        if let Some(channel) = channel {
            self.move_member(key, channel, limits).map_err(DecideError::Channel)?;
        }
        Ok(())
    }

    fn metadata_of(&self, now: Instant, acceptance: Acceptance<'_>) -> Metadata {
        let request = acceptance.request;
        let headers = match &self.config.server.keep_headers {
            KeepHeaders::None => HeaderMap::new(),
            KeepHeaders::All => request.headers().clone(),
            KeepHeaders::List(names) => {
                let kept = request.headers().iter().filter(|(name, _)| names.contains(name));
                kept.map(|(name, value)| (name.clone(), value.clone())).collect()
            }
        };
        let parts = MetadataParts {
            client_id: acceptance.client_id,
            path: request.path(),
            query: request.query(),
            user_agent: request.user_agent(),
            subprotocol: acceptance.subprotocol,
            headers,
            labels: acceptance.labels,
            peer: acceptance.peer,
            address: acceptance.address,
        };
        Metadata::new(parts, now)
    }
}
