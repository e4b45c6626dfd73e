//! What a shard's handlers act on: the hub, the connections' places in the
//! application, and the way to other shards. Sockets are not here.

use super::asking::Asked;
use super::draining::Draining;
use super::session::Session;
use super::sockets::give_back;
use super::telling::Told;
use crate::app::{Application, Control};
use crate::handle::{ConnectionInfo, Handle};
use crate::server::{Server, ShardLink};
use fanfare_core::broadcast::BroadcastReport;
use fanfare_core::close::CloseCode;
use fanfare_core::event::{Envelope, Rejection};
use fanfare_core::hub::{Event, Hub, Notice, Publication, SendError, TooManyHandshakes};
use fanfare_core::id::{ConnectionId, ShardId};
use fanfare_core::random::Random;
use fanfare_core::relay::Relay;
use fanfare_core::time::Instant;
use fanfare_core::wire::Frame;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Something to be done on a shard, in its turn.
pub(crate) type Job = Box<dyn FnOnce(&mut Core, &Application) + Send>;

/// Budget is leased so that this much beyond what is queued can be queued.
const BUDGET_AHEAD_BYTES: u64 = 1024 * 1024;
/// Budget beyond that is given back from this much on, or from an equal share on
/// where that is less: no shard sits on what another needs.
const BUDGET_IDLE_BYTES_MAX: u64 = 4 * BUDGET_AHEAD_BYTES;

/// See the module.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) hub: Hub,
    pub(super) handle: Handle,
    pub(super) now: Instant,
    pub(super) draining: Option<Draining>,
    /// By the slot of the connection.
    pub(super) sessions: Vec<Session>,
    pub(super) asked: Asked,
    /// Connections that may be read again although their transport was not woken.
    resumed: Vec<ConnectionId>,
    /// What is to be told to the application, once no callback runs.
    pub(super) notices: VecDeque<Notice>,
    pub(super) told: Told,
    /// Shards whose inbox is full of what was published here.
    held_up_by: Vec<ShardId>,
    budget_idle_bytes_max: u64,
    /// Whether a route has the envelope that says when.
    tells_time: bool,
}

impl Core {
    pub(super) fn new(id: ShardId, handle: Handle, random: Random) -> Core {
        let server = handle.server();
        let now = server.clock.now();
        let hub = Hub::new(now, id, Arc::clone(&server.config), random);
        let told = Told::new(&server.bus);
        let tells_time = server.config.has_envelope(Envelope::Session);
        let equal_share_bytes = server.budget().limit_bytes() / server.shards.len().max(1);
        let mut core = Core {
            hub,
            handle,
            now,
            draining: None,
            sessions: Vec::new(),
            asked: Asked::default(),
            resumed: Vec::new(),
            notices: VecDeque::new(),
            told,
            held_up_by: Vec::new(),
            tells_time,
            budget_idle_bytes_max: BUDGET_IDLE_BYTES_MAX.min(equal_share_bytes as u64),
        };
        // Before any other shard can have leased all there is.
        core.lease_budget(0);
        core
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn server(&self) -> &Server {
        self.handle.server()
    }

    /// What others know of this shard.
    pub(super) fn link(&self) -> &ShardLink {
        let place = usize::from(self.hub.shard().0);
        // A shard is made from its server's list, so the place is there.
        #[expect(clippy::indexing_slicing, reason = "a shard is made from its server's own list")]
        &self.server().shards[place]
    }

    pub(super) fn start_turn(&mut self) {
        self.now = self.server().clock.now();
        if self.tells_time {
            self.hub.set_unix_time(self.server().clock.unix_time().as_secs());
        }
        self.lease_budget(0);
    }

    pub(super) fn end_turn(&mut self) {
        self.hand_told_over();
        self.give_budget_back();
        give_back(&mut self.sessions, self.hub.slots_kept());
        self.link().publish_stats(self.hub.stats());
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let draining = self.draining.as_ref().and_then(Draining::next);
        [self.hub.next_deadline(), draining].into_iter().flatten().min()
    }

    pub(super) fn accept(
        &mut self,
        app: &Application,
        peer: Option<SocketAddr>,
    ) -> Result<ConnectionId, TooManyHandshakes> {
        let id = self.hub.accept(self.now)?;
        // Another may have given way, which is told before its slot is free.
        self.settle(app);
        let slot = id.slot() as usize;
        if self.sessions.len() <= slot {
            self.sessions.resize_with(slot + 1, Session::default);
        }
        self.put_session(id, Session::New { peer });
        Ok(id)
    }

    /// Bytes from a peer: says how many the hub took, and handles the event
    /// they made. `None` when the connection is over.
    pub(super) fn receive(&mut self, app: &Application, id: ConnectionId, bytes: &mut [u8]) -> Option<usize> {
        self.look_who_listens();
        let received = self.hub.receive(self.now, id, bytes).ok()?;
        let consumed = received.consumed;
        match received.event {
            Some(Event::Message(message)) => self.message(app, id, message),
            Some(Event::Ping(payload)) => self.control(app, id, Control::Ping, &payload),
            Some(Event::Pong(payload)) => self.control(app, id, Control::Pong, &payload),
            Some(Event::Request(request)) => {
                self.requested(app, id, *request);
            }
            Some(Event::Body(body)) => self.body_arrived(app, id, body),
            None | Some(_) => {}
        }
        self.settle(app);
        Some(consumed)
    }

    pub(super) fn end_of_input(&mut self, app: &Application, id: ConnectionId) {
        self.look_who_listens();
        // A stale id means that the hub has told the end already.
        let _ = self.hub.end_of_input(self.now, id);
        self.settle(app);
    }

    pub(super) fn transport_failed(&mut self, app: &Application, id: ConnectionId, kind: io::ErrorKind) {
        self.look_who_listens();
        let _ = self.hub.transport_failed(self.now, id, kind);
        self.settle(app);
    }

    /// The transport took some bytes; says whether more wait.
    pub(super) fn sent(&mut self, id: ConnectionId, bytes: usize) -> bool {
        self.hub.sent(self.now, id, bytes).unwrap_or(false)
    }

    pub(super) fn write_shut(&mut self, id: ConnectionId) {
        let _ = self.hub.write_shut(self.now, id);
    }

    /// The socket is dropped: the slot may be reused.
    pub(super) fn released(&mut self, id: ConnectionId) {
        if self.hub.released(id).is_ok() {
            self.put_session(id, Session::Free);
            self.link().load.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Replaces what is known of a connection.
    pub(super) fn put_session(&mut self, id: ConnectionId, session: Session) {
        if let Some(place) = self.sessions.get_mut(id.slot() as usize) {
            *place = session;
        }
    }

    pub(super) fn expire(&mut self, app: &Application, checks_max: usize) -> bool {
        let more = self.hub.expire(self.now, checks_max);
        self.settle(app);
        more
    }

    pub(super) fn run(&mut self, app: &Application, job: Job) {
        job(self, app);
        self.settle(app);
    }

    pub(super) fn abort_all(&mut self, app: &Application) {
        let ids: Vec<_> = self.hub.transports().collect();
        for id in ids {
            let _ = self.hub.abort(self.now, id);
        }
        self.settle(app);
    }

    /// Queues a message for one connection of this shard.
    pub(crate) fn send(&mut self, id: ConnectionId, frame: &Frame) -> Result<(), SendError> {
        self.lease_budget(frame.len());
        self.hub.send(self.now, id, frame)
    }

    /// The same where there is room without anything giving way; says whether there was.
    pub(super) fn send_if_room(&mut self, id: ConnectionId, frame: &Frame) -> Result<bool, SendError> {
        self.lease_budget(frame.len());
        self.hub.send_if_room(self.now, id, frame)
    }

    /// Starts the closing handshake; a connection that is over stays over.
    pub(crate) fn close(&mut self, id: ConnectionId, code: CloseCode, reason: &str) {
        let _ = self.hub.close(self.now, id, code, reason);
        self.refuse_sends(id);
    }

    /// Says why, and starts the closing handshake.
    pub(crate) fn reject(&mut self, id: ConnectionId, rejection: &Rejection) {
        let Some(envelope) = self.hub.envelope(id) else { return };
        // A full outbox loses the message, not the close.
        let _ = self.send(id, &Frame::text(&rejection.write(envelope)));
        self.close(id, rejection.code(), rejection.message());
    }

    /// Delivers to this shard's share of an audience.
    pub(crate) fn deliver(&mut self, publication: &Publication) -> BroadcastReport {
        self.lease_budget(publication.frame.len());
        self.hub.broadcast(self.now, publication)
    }

    /// Delivers here, and relays to the other shards that have members. The
    /// report is of this shard alone.
    pub(crate) fn publish(
        &mut self,
        publisher: Option<ConnectionId>,
        publication: Publication,
    ) -> BroadcastReport {
        let report = self.deliver(&publication);
        if !self.server().has_one_shard() {
            let here = self.hub.shard();
            let shards = self.server().shards_of(&publication.audience);
            let relay = Arc::new(Relay::new(here, publisher, publication));
            for shard in shards.iter().filter(|shard| *shard != here) {
                self.relay(shard, Arc::clone(&relay));
            }
        }
        report
    }

    pub(super) fn take_relay(&mut self, app: &Application, relay: &Relay) {
        self.lease_budget(relay.publication.frame.len());
        self.hub.relayed(self.now, relay);
        self.settle(app);
    }

    /// Whether nothing is to be read here: another shard is behind with what is
    /// published here, or this one with what its own handlers have begun.
    pub(super) fn is_held_up(&self) -> bool {
        !self.held_up_by.is_empty() || self.link().inbox.is_overfull()
    }

    /// Looks whether the shards that hold this one up still do. They wake it
    /// once they do not.
    pub(super) fn look_for_room(&mut self) {
        let mut held_up_by = std::mem::take(&mut self.held_up_by);
        let ready = &self.link().ready;
        held_up_by.retain(|shard| {
            self.server().shard(*shard).is_some_and(|link| !link.inbox.has_room_or_wakes(ready))
        });
        self.held_up_by = held_up_by;
    }

    /// Never waits for room: a call through a [`Handle`] later in the same
    /// callback would overtake it. Instead nothing more is read here.
    fn relay(&mut self, to: ShardId, relay: Arc<Relay>) {
        let Some(link) = self.server().shard(to) else { return };
        let has_room = link.inbox.relay(relay, &self.link().ready);
        if !has_room && !self.held_up_by.contains(&to) {
            self.held_up_by.push(to);
        }
    }

    /// Lets a connection be read again.
    pub(crate) fn resume(&mut self, id: ConnectionId) {
        if self.hub.set_paused(self.now, id, false).is_ok() {
            self.resumed.push(id);
        }
    }

    /// Connections that became readable without their transports knowing.
    pub(super) fn take_resumed(&mut self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.resumed)
    }

    /// Changes who is in which group, and lets the directory know at once:
    /// whoever hears of the change may publish to the group from any shard.
    pub(crate) fn regroup<T>(&mut self, change: impl FnOnce(&mut Hub) -> T) -> T {
        self.look_who_listens();
        let result = change(&mut self.hub);
        self.collect_notices();
        result
    }

    pub(crate) fn describe_connections(&self) -> Vec<ConnectionInfo> {
        self.hub.connections().filter_map(|id| self.describe(id)).collect()
    }

    pub(crate) fn describe(&self, id: ConnectionId) -> Option<ConnectionInfo> {
        let metadata = self.hub.metadata(id)?;
        Some(ConnectionInfo {
            id,
            client_id: metadata.client_id().to_owned(),
            channel: self.hub.channel(id).map(str::to_owned),
            address: metadata.address(),
            peer: metadata.peer(),
            path: metadata.path().to_owned(),
            user_agent: metadata.user_agent().map(str::to_owned),
            connected_at: metadata.connected_at(),
            uptime: self.now.since(metadata.connected_at()),
            quiet: self.hub.last_heard(id).map(|at| self.now.since(at)).unwrap_or_default(),
        })
    }

    /// Makes sure that a frame of `bytes` bytes fits the budget, if the server has as much.
    pub(super) fn lease_budget(&mut self, bytes: usize) {
        let wanted = self.hub.queued_bytes() + (bytes as u64).max(BUDGET_AHEAD_BYTES / 2);
        if self.hub.budget_bytes() < wanted {
            let missing = wanted - self.hub.budget_bytes() + BUDGET_AHEAD_BYTES / 2;
            let missing = usize::try_from(missing).unwrap_or(usize::MAX);
            let granted = self.server().budget().lease(self.hub.shard(), missing);
            self.hub.grant_budget(granted as u64);
        }
    }

    fn give_budget_back(&mut self) {
        let idle = self.hub.budget_bytes().saturating_sub(self.hub.queued_bytes());
        if idle > self.budget_idle_bytes_max {
            let reclaimed = self.hub.reclaim_budget(idle.saturating_sub(BUDGET_AHEAD_BYTES));
            let reclaimed = usize::try_from(reclaimed).unwrap_or(usize::MAX);
            self.server().budget().give_back(self.hub.shard(), reclaimed);
        }
    }
}
