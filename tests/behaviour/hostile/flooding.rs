//! Attacks with quantity: pings, messages, and answers that nobody reads.

use super::Siege;
use crate::world::{Log, Raw, World, frame};
use fanfare::{HandleError, Route};

pub(crate) fn a_flood_of_pings_is_refused_at_the_rate(world: &World) {
    let mut siege = Siege::new(world, |_| {});
    for flood in [frame(9, &[0; 125]), frame(10, b"unasked")] {
        let mut raw = siege.server.raw_open("/");
        raw.write(&flood.repeat(1_000));
        let mut pongs = 0;
        siege.hear_refusal_after(raw, 1008, |_, opcode| {
            assert_eq!(opcode, 10);
            pongs += 1;
        });
        assert!(pongs <= 100, "{pongs}");
    }
    siege.assert_over();
}

pub(crate) fn messages_over_the_rate_are_refused(world: &World) {
    let mut siege = Siege::new(world, |settings| settings.connection.messages_per_second_max = 1_000);
    let mut raw = siege.server.raw_open("/");
    raw.write(&frame(2, b"").repeat(5_000));
    siege.hear_refusal_after(raw, 1008, |_, opcode| assert_eq!(opcode, 2));
    siege.assert_over();
    assert!(siege.ends.all()[0].contains("more than 1000 messages in a second"));
}

/// Where the rate is no limit, what waits still is: the latest pings are
/// answered, and those that found no room never.
pub(crate) fn pongs_for_a_peer_that_does_not_read_are_bounded(world: &World) {
    /// Far more bytes than the two sockets of a connection hold.
    const PINGS: u32 = 100_000;
    const PONGS_PENDING_MAX: u32 = 4;
    let taken = Log::default();
    let noted = taken.clone();
    let route = Route::new().on_message(move |ctx, message| {
        if message.as_text() == Some("that is all") {
            noted.note("all");
            return Ok(());
        }
        ctx.send(&message)
    });
    let unlimited = |settings: &mut fanfare::Settings| {
        settings.connection.control_frames_per_second_max = u32::MAX;
        settings.connection.pongs_pending_max = PONGS_PENDING_MAX as usize;
    };
    let mut siege = Siege::of(world, unlimited, route, |app| app);
    let mut raw = siege.server.raw_open("/");
    for thousand in 0..PINGS / 1_000 {
        let pings: Vec<u8> = (0..1_000)
            .flat_map(|number| {
                frame(9, &[&(thousand * 1_000 + number).to_be_bytes()[..], &[0; 121]].concat())
            })
            .collect();
        raw.write(&pings);
        if thousand % 10 == 0 {
            siege.assert_served();
        }
    }
    raw.write(&frame(1, b"that is all"));
    taken.wait_for(1);
    siege.assert_served();

    let mut pongs = Vec::new();
    while pongs.last() != Some(&(PINGS - 1)) {
        let (opcode, payload) = raw.hear();
        assert_eq!((opcode, payload.len()), (10, 125));
        pongs.push(u32::from_be_bytes(payload[..4].try_into().unwrap()));
    }
    assert!(pongs.is_sorted(), "in the order of the pings");
    assert!(pongs.len() < PINGS as usize, "some found no room");
    // One that is partly written already cannot give way.
    let latest: Vec<u32> = (PINGS - (PONGS_PENDING_MAX - 1)..PINGS).collect();
    assert!(pongs.ends_with(&latest), "the latest did");
    siege.assert_served();
}

/// However many stop reading, what waits for all of them stays within the
/// server's budget, other shards have their share of it, and when they are gone
/// there is room again.
pub(crate) fn stopped_readers_stay_within_the_budget(world: &World) {
    const BUDGET_BYTES: usize = 2 << 20;
    const MESSAGE_BYTES: usize = 64 << 10;
    let siege = Siege::new(world, |settings| settings.server_outbox_bytes_max = BUDGET_BYTES);
    let handle = siege.server.handle();
    let ids = || handle.connections().wait().unwrap().into_iter().map(|info| info.id);
    let neighbours: Vec<_> = ids().collect();
    let stopped: Vec<Raw> = (0..8).map(|_| siege.server.raw_open("/")).collect();
    let shard = neighbours[0].shard();
    let readers: Vec<_> = ids().filter(|id| id.shard() == shard && !neighbours.contains(id)).collect();
    let message = vec![0; MESSAGE_BYTES];
    let mut rounds = 0;
    while handle.stats().dropped_budget == 0 {
        rounds += 1;
        assert!(rounds < 10_000, "the budget must come to its end: {:?}", handle.stats());
        for id in &readers {
            match handle.send(*id, message.as_slice()).wait() {
                Ok(()) | Err(HandleError::Send(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        let stats = handle.stats();
        let gone = stats.deliveries_sent + stats.evicted + stats.discarded;
        let waiting_bytes = stats.deliveries_queued.saturating_sub(gone) * MESSAGE_BYTES as u64;
        assert!(waiting_bytes <= BUDGET_BYTES as u64, "{waiting_bytes}");
    }
    for elsewhere in neighbours.iter().filter(|id| id.shard() != shard) {
        assert_eq!(handle.send(*elsewhere, "well?").wait(), Ok(()));
    }
    assert_eq!(siege.ends.all().len(), 0, "to stop is no offence before its time is over");
    let gone = stopped.len();
    drop(stopped);
    siege.ends.wait_for(gone);
    for id in &neighbours {
        assert_eq!(handle.send(*id, "well?").wait(), Ok(()));
    }
}
