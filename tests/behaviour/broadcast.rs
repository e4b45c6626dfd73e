//! Who hears a broadcast, how often, and in which order.

use crate::world::{Peer, Said, Server, World, config};
use fanfare::core::broadcast::Label;
use fanfare::{
    Accept, App, Audience, BroadcastReport, Condition, ConnectionId, Exclusion, Filter, GroupName, RoomName,
    Route, Target,
};
use std::collections::BTreeMap;
use std::thread;

/// Joins the rooms named in the query, in the namespace of the path; the label
/// `odd` is set on every second connection by its header.
fn member() -> Route {
    Route::new()
        .authorise(|request| {
            let client = request.query_param("client").unwrap_or_default();
            let label = request.header("x-odd").unwrap_or("no").to_owned();
            Ok(Accept::new().client_id(client).label("odd", label))
        })
        .on_open(|ctx| {
            let rooms = ctx.metadata().and_then(|metadata| metadata.query().map(str::to_owned));
            let rooms = rooms.unwrap_or_default();
            let rooms = rooms.split("rooms=").nth(1).unwrap_or_default();
            rooms.split(',').filter(|room| !room.is_empty()).try_for_each(|room| {
                let (namespace, name) = room.split_once(':').unwrap_or(("/", room));
                ctx.join_in(namespace, name).map(drop)
            })
        })
        .on_message(|ctx, message| ctx.send(&message))
}

struct Crowd<'w> {
    peers: Vec<Peer<'w>>,
    ids: Vec<ConnectionId>,
}

/// Eight peers: client `c0`..`c3` twice each; all in `all`, the even in `even`,
/// the first three in `first`, the last two in `/side` too.
fn crowd<'w>(server: &Server<'w>) -> Crowd<'w> {
    let mut peers = Vec::new();
    for n in 0..8 {
        let mut rooms = vec!["all"];
        rooms.extend((n % 2 == 0).then_some("even"));
        rooms.extend((n < 3).then_some("first"));
        rooms.extend((n >= 6).then_some("/side:desk"));
        let path = format!("/?client=c{}&rooms={}", n % 4, rooms.join(","));
        let mut peer =
            server.try_connect(&path, &[("x-odd", if n % 2 == 1 { "yes" } else { "no" })]).unwrap();
        peer.expect_echo("in");
        peers.push(peer);
    }
    Crowd { ids: ids_in_order(server, &mut peers), peers }
}

/// Which peer has which id: each is told its own.
fn ids_in_order(server: &Server<'_>, peers: &mut [Peer<'_>]) -> Vec<ConnectionId> {
    for info in server.handle().connections().wait().unwrap() {
        server.handle().send(info.id, info.id.to_string()).wait().unwrap();
    }
    let hear = |peer: &mut Peer<'_>| {
        let Said::Text(id) = peer.hear() else { panic!("an id must come") };
        id.parse().unwrap()
    };
    peers.iter_mut().map(hear).collect()
}

pub(crate) fn every_target_reaches_each_recipient_once(world: &World) {
    let server = world.start(App::new().route("/", member()));
    let mut crowd = crowd(&server);
    let ids = crowd.ids.clone();
    let even = || Target::room("/", "even");
    let rooms = Target::Rooms(vec![RoomName::new("/", "even"), RoomName::new("/", "first")]);
    let odd = Condition::Label(Label::new("odd", "yes"));
    let cases: Vec<(Audience, Vec<usize>)> = vec![
        (Target::Everyone.into(), (0..8).collect()),
        (Target::Everyone.except(Exclusion::Connection(ids[3])), vec![0, 1, 2, 4, 5, 6, 7]),
        (Target::namespace("/").into(), (0..8).collect()),
        (Target::namespace("/side").into(), vec![6, 7]),
        (even().into(), vec![0, 2, 4, 6]),
        (even().except(Exclusion::Client("c0".into())), vec![2, 6]),
        (rooms.clone().into(), vec![0, 1, 2, 4, 6]),
        (rooms.except(Exclusion::Room(RoomName::new("/", "first"))), vec![4, 6]),
        (Target::room("/side", "desk").into(), vec![6, 7]),
        (Target::room("/", "nobody").into(), vec![]),
        (Target::client("c1").into(), vec![1, 5]),
        (Target::Connection(ids[2]).into(), vec![2]),
        (Target::Connections(vec![ids[7], ids[0], ids[7]]).into(), vec![0, 7]),
        (Target::Filter(Filter::new(odd).unwrap()).into(), vec![1, 3, 5, 7]),
    ];
    for (number, (audience, expected)) in cases.into_iter().enumerate() {
        let text = format!("case {number}");
        let report = server.handle().broadcast(audience, text.as_str()).wait().unwrap();
        assert_counts(report, expected.len(), &text);
        for peer in &expected {
            crowd.peers[*peer].expect(&text);
        }
        // And nobody else heard it, nor anyone twice.
        for peer in &mut crowd.peers {
            peer.expect_echo(&format!("after {number}"));
        }
    }
    let all = GroupName::Room(RoomName::new("/", "all"));
    let mut members = server.handle().members(all).wait().unwrap();
    members.sort_unstable();
    crowd.ids.sort_unstable();
    assert_eq!(members, crowd.ids);
}

fn assert_counts(report: BroadcastReport, queued: usize, case: &str) {
    let counts = (report.matched(), report.queued(), report.dropped(), report.closed());
    assert_eq!(counts, (queued as u64, queued as u64, 0, 0), "{case}");
}

/// What `peer` hears of `count` messages `publisher:number`, by publisher.
fn numbers_by_publisher(peer: &mut Peer<'_>, count: usize) -> BTreeMap<String, Vec<usize>> {
    let mut heard: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for _ in 0..count {
        let Said::Text(text) = peer.hear() else { panic!("a message of a publisher must come") };
        let (publisher, number) = text.split_once(':').unwrap();
        heard.entry(publisher.to_owned()).or_default().push(number.parse().unwrap());
    }
    heard
}

fn roomy() -> fanfare::core::config::Config {
    config(|settings| {
        settings.connection.outbox_messages_max = 2_000;
        settings.connection.messages_per_second_max = 0;
    })
}

pub(crate) fn each_publisher_is_heard_in_order(world: &World) {
    const EACH: usize = 200;
    let hall = Route::new().on_open(|ctx| ctx.join("hall").map(drop)).on_message(|ctx, message| {
        ctx.broadcast(Target::room("/", "hall"), &message);
    });
    let server = world.start(App::new().config(roomy()).route("/", hall));
    let mut peers: Vec<_> = (0..6).map(|_| server.connect("/")).collect();
    let present = server.handle().connections().wait().unwrap().len();
    assert_eq!(present, peers.len());
    for number in 0..EACH {
        for (name, peer) in peers.iter_mut().take(4).enumerate() {
            peer.send(&format!("{name}:{number}"));
        }
    }
    for peer in &mut peers {
        let heard = numbers_by_publisher(peer, 4 * EACH);
        assert_eq!(heard.len(), 4);
        assert!(heard.values().all(|numbers| numbers.iter().copied().eq(0..EACH)), "{heard:?}");
    }
}

pub(crate) fn a_crowd_of_publishers_on_threads_is_heard_in_order(world: &World) {
    const EACH: usize = 200;
    let hall = Route::new().on_open(|ctx| ctx.join("hall").map(drop));
    let server = world.start(App::new().config(roomy()).route("/", hall));
    let mut peers: Vec<_> = (0..4).map(|_| server.connect("/")).collect();
    // All have joined: the answer comes behind whatever opening them asked for.
    assert_eq!(server.handle().rooms().wait().unwrap().values().sum::<usize>(), 4);
    thread::scope(|scope| {
        for name in 0..3 {
            let handle = server.handle().clone();
            scope.spawn(move || {
                for number in 0..EACH {
                    let report = handle.broadcast(Target::room("/", "hall"), format!("{name}:{number}"));
                    assert_counts(report.wait().unwrap(), 4, "each of the four");
                }
            });
        }
    });
    for peer in &mut peers {
        let heard = numbers_by_publisher(peer, 3 * EACH);
        assert!(heard.values().all(|numbers| numbers.iter().copied().eq(0..EACH)), "{heard:?}");
    }
}
