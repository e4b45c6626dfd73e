//! A whole conversation between two connections and a room, driven by hand.
//!
//! No runtime, no socket, no clock: the core is a machine that is told what
//! happened and asked what to do. An adapter does the same calls with real
//! bytes; here the bytes are made up, so that every step can be seen and
//! checked. Read `main` first, then the steps in its order.
//!
//! ```text
//! cargo run --example drive_by_hand
//! ```
#![expect(clippy::print_stdout, reason = "a tutorial shows what happens")]

use fanfare::core::broadcast::{Exclusion, Target};
use fanfare::core::close::CloseCode;
use fanfare::core::config::Settings;
use fanfare::core::handshake::Request;
use fanfare::core::hub::{Acceptance, Decision, Event, Hub, HubConfig, Notice, Publication, Transmit};
use fanfare::core::id::{ConnectionId, ShardId};
use fanfare::core::random::Random;
use fanfare::core::time::Instant;
use fanfare::core::wire::{ControlPayload, Decoder, Frame, Incoming, Limits, Role};
use std::error::Error;
use std::sync::Arc;

type Step<T = ()> = Result<T, Box<dyn Error>>;

const UPGRADE: &[u8] = b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn main() -> Step {
    // Same settings, same seed, same calls: same bytes, always. A real adapter
    // seeds from the operating system, because ids and hash keys come from here.
    let config = Settings::default().with(|server| server.connection.outbox_messages_max = 2).build()?;
    let random = Random::from_seed([7; 32]);
    // Time is a number that the caller hands in. It stands still until we say otherwise.
    let now = Instant::ZERO;
    let mut hub = Hub::new(now, ShardId(0), Arc::new(HubConfig::new(config)), random);
    // All shards draw on one budget for what waits to be written; this is ours.
    hub.grant_budget(1024 * 1024);

    let ann = a_head_in_two_pieces(&mut hub, now)?;
    let bob = a_head_with_a_message_behind_it(&mut hub, now)?;
    a_room(&mut hub, now, ann, bob)?;
    let now = a_heartbeat(&mut hub, now, [ann, bob])?;
    a_slow_reader(&mut hub, now, ann, bob)?;
    the_peer_closes(&mut hub, now, ann)?;
    we_close(&mut hub, now, bob)?;
    assert_eq!((hub.connections().count(), hub.queued_bytes()), (0, 0), "nothing is left behind");
    Ok(())
}

fn a_head_in_two_pieces(hub: &mut Hub, now: Instant) -> Step<ConnectionId> {
    println!("-- ann arrives; her request comes in two reads");
    let ann = hub.accept(now)?;
    let mut head = UPGRADE.to_vec();
    let (first, second) = head.split_at_mut(40);
    assert!(hub.receive(now, ann, first)?.event.is_none(), "half a head is no request");
    let received = hub.receive(now, ann, second)?;
    let Some(Event::Request(request)) = received.event else { return Err("no request".into()) };
    // The hub waits for our decision, however long it takes us (until
    // `handshake_time_max`), and wants nothing read meanwhile.
    assert!(!hub.wants_read(ann));
    accept(hub, now, ann, &request, "ann").map(|()| ann)
}

fn a_head_with_a_message_behind_it(hub: &mut Hub, now: Instant) -> Step<ConnectionId> {
    println!("-- bob arrives; his first message is in the same read as his request");
    let bob = hub.accept(now)?;
    let mut read = [UPGRADE, &from_client(&Frame::text("hello?"))].concat();

    let received = hub.receive(now, bob, &mut read)?;
    let consumed = received.consumed;
    let Some(Event::Request(request)) = received.event else { return Err("no request".into()) };
    accept(hub, now, bob, &request, "bob")?;

    // One call gives one event. The rest of the read is ours to bring again.
    let received = hub.receive(now, bob, &mut read[consumed..])?;
    let Some(Event::Message(message)) = received.event else { return Err("no message".into()) };
    println!("   bob says {:?}", message.as_text().unwrap_or_default());

    // It borrows our read buffer, not the hub, and is encoded straight from there.
    hub.send(now, bob, &Frame::from(&message))?;
    assert_eq!(heard(write(hub, now, bob)?)?, ["\"hello?\""], "the echo");
    Ok(bob)
}

/// Accepts an upgrade on terms that a real application takes from its routes.
fn accept(hub: &mut Hub, now: Instant, id: ConnectionId, request: &Request, client_id: &str) -> Step {
    hub.decide(now, id, Decision::Accept(Acceptance::new(request, client_id)))?;
    let answer = String::from_utf8(write(hub, now, id)?)?;
    assert!(answer.starts_with("HTTP/1.1 101 ") && hub.is_open(id));
    println!("   {client_id} asks for {}: {}", request.path(), answer.lines().next().unwrap_or_default());
    Ok(())
}

fn a_room(hub: &mut Hub, now: Instant, ann: ConnectionId, bob: ConnectionId) -> Step {
    println!("-- both join the lobby, and ann speaks to the others in it");
    assert!(hub.join(ann, "/", "lobby")? && hub.join(bob, "/", "lobby")?);
    // What happens without an answer of its own is told in notices. These
    // matter to whoever must know which shard has members of which group.
    while let Some(Notice::GroupOpened(group)) = hub.next_notice() {
        println!("   notice: {group} has its first member");
    }

    // A frame is encoded once, and every recipient's outbox names the same one.
    let others = Target::room("/", "lobby").except(Exclusion::Connection(ann));
    let report = hub.broadcast(now, &Publication::new(others, Frame::text("hi all")));
    assert_eq!((report.matched(), report.queued()), (1, 1));

    // The hub lists each transport that has something to do, once, however
    // many messages were queued meanwhile: one write per turn carries them all.
    let listed = [hub.next_listed(), hub.next_listed(), hub.next_listed()];
    assert_eq!(listed, [Some(ann), Some(bob), None], "ann since her request was answered");
    assert!(write(hub, now, ann)?.is_empty(), "she was left out");
    assert_eq!(heard(write(hub, now, bob)?)?, ["\"hi all\""]);
    Ok(())
}

fn a_heartbeat(hub: &mut Hub, mut now: Instant, connections: [ConnectionId; 2]) -> Step<Instant> {
    println!("-- nobody says a word until the first pings are due");
    // First pings are spread, so that connections which came together are not
    // pinged together; each has its own. An early call would be harmless.
    while hub.stats().pings_queued < 2 {
        now = hub.next_deadline().ok_or("open connections have deadlines")?;
        hub.expire(now, 100);
    }
    for id in connections {
        assert_eq!(heard(write(hub, now, id)?)?, ["ping"]);
        hub.receive(now, id, &mut from_client(&Frame::pong(&ControlPayload::EMPTY)))?;
        assert_eq!(hub.last_heard(id), Some(now), "alive for another `liveness_time_max`");
    }
    println!("   at {now:?} both have been pinged, and both answer");
    Ok(now)
}

fn a_slow_reader(hub: &mut Hub, now: Instant, ann: ConnectionId, bob: ConnectionId) -> Step {
    println!("-- bob's socket takes three bytes and no more");
    let to_bob = |text| Publication::new(Target::Connection(bob), Frame::text(text));
    hub.broadcast(now, &to_bob("one"));
    assert!(matches!(hub.transmit(bob, 16)?, Transmit::Write(_)));
    // Any short write will do. What is lent or half gone is never dropped.
    assert!(hub.sent(now, bob, 3)?, "more waits: the rest of `one`");

    // His outbox holds two messages (our setting), and the default policy drops
    // what is newest. Others do not feel it, and the report tells the truth.
    assert_eq!(hub.broadcast(now, &to_bob("two")).queued(), 1);
    assert_eq!(hub.broadcast(now, &to_bob("three")).queued(), 1);
    assert_eq!(hub.broadcast(now, &to_bob("four")).dropped(), 1);
    hub.send(now, ann, &Frame::text("still quick"))?;
    assert_eq!(heard(write(hub, now, ann)?)?, ["\"still quick\""]);

    // Had he taken nothing for `write_time_max`, he would have been cut.
    let received = heard([&Frame::text("one").as_bytes()[..3], &write(hub, now, bob)?].concat())?;
    assert_eq!(received, ["\"one\"", "\"two\"", "\"three\""]);
    println!("   then he hears {}; four was dropped, and counted", received.join(", "));
    Ok(())
}

fn the_peer_closes(hub: &mut Hub, now: Instant, ann: ConnectionId) -> Step {
    println!("-- ann says goodbye");
    hub.receive(now, ann, &mut from_client(&Frame::close(CloseCode::Normal, "done")))?;
    assert_eq!(closed(hub)?, (ann, CloseCode::Normal));
    // The conversation is over, the transport is not: our answer goes out, our
    // side is shut, and what she still sends is thrown away until she shuts hers.
    // A socket dropped earlier would turn unread input into a reset.
    assert_eq!(heard(write(hub, now, ann)?)?, ["close 1000"]);
    end(hub, now, ann)
}

fn we_close(hub: &mut Hub, now: Instant, bob: ConnectionId) -> Step {
    println!("-- we say goodbye to bob");
    // A graceful close lets queued messages go first; he leaves his rooms at once.
    hub.send(now, bob, &Frame::text("last words"))?;
    hub.close(now, bob, CloseCode::Away, "closing time")?;
    assert_eq!((hub.is_open(bob), hub.rooms_len()), (false, 0));
    assert_eq!(heard(write(hub, now, bob)?)?, ["\"last words\"", "close 1001"]);

    hub.receive(now, bob, &mut from_client(&Frame::close(CloseCode::Away, "")))?;
    assert_eq!(closed(hub)?, (bob, CloseCode::Away));
    assert!(write(hub, now, bob)?.is_empty(), "only our side is shut");
    end(hub, now, bob)
}

/// The one `Closed` that each transport ends in.
fn closed(hub: &mut Hub) -> Step<(ConnectionId, CloseCode)> {
    let mut notices = std::iter::from_fn(|| hub.next_notice());
    let Some(Notice::Closed(closed)) = notices.find(|notice| matches!(notice, Notice::Closed(_))) else {
        return Err("nobody has closed".into());
    };
    println!("   notice: {}", closed.reason);
    Ok((closed.id, closed.reason.code()))
}

/// The peer shuts its side, and the transport is dropped, here in thought. Its
/// slot may be reused from now on; its id never is.
fn end(hub: &mut Hub, now: Instant, id: ConnectionId) -> Step {
    hub.end_of_input(now, id)?;
    assert!(matches!(hub.transmit(id, 16)?, Transmit::Release { abort: false }));
    hub.released(id)?;
    assert!(hub.transmit(id, 16).is_err(), "a stale id is refused, and never finds the successor");
    Ok(())
}

/// An adapter's writing side: asks what to do, does it, says what was done.
fn write(hub: &mut Hub, now: Instant, id: ConnectionId) -> Step<Vec<u8>> {
    let mut wire = Vec::new();
    loop {
        match hub.transmit(id, 16)? {
            Transmit::Write(pieces) => {
                let written_before = wire.len();
                pieces.for_each(|piece| wire.extend(piece.as_bytes()));
                hub.sent(now, id, wire.len() - written_before)?;
            }
            Transmit::ShutdownWrite => hub.write_shut(now, id)?,
            Transmit::Nothing | Transmit::Release { .. } => return Ok(wire),
        }
    }
}

/// What a client makes of bytes from the hub.
fn heard(mut wire: Vec<u8>) -> Step<Vec<String>> {
    let limits = Limits { message_bytes_max: 1024, fragments_max: 1 };
    let (mut decoder, mut heard, mut at) = (Decoder::new(Role::Client), Vec::new(), 0);
    while at < wire.len() {
        let step = decoder.decode(&limits, &mut wire[at..])?;
        at += step.consumed;
        heard.extend(step.incoming.map(|incoming| match incoming {
            Incoming::Message(message) => format!("{:?}", message.as_text().unwrap_or("(binary)")),
            Incoming::Compressed(_) => "(compressed)".to_owned(), // never: we have not offered it
            Incoming::Ping(_) => "ping".to_owned(),
            Incoming::Pong(_) => "pong".to_owned(),
            Incoming::Close(frame) => frame.map_or("close".into(), |frame| format!("close {}", frame.code)),
        }));
    }
    Ok(heard)
}

/// A frame as a client sends it. Its mask must be fresh and unpredictable; not in a tutorial.
fn from_client(frame: &Frame) -> Vec<u8> {
    frame.masked([1, 2, 3, 4]).as_bytes().to_vec()
}

/// `cargo test` runs the tutorial too: what it asserts stays true.
#[test]
fn the_tutorial_holds() {
    main().unwrap();
}
